package pgtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// childEnv makes TestChild act; without it the test is a no-op, so that it can
// live in the same binary.
const childEnv = "PGTEST_CHILD"

// TestChild is not a test of its own: the tests below run it in a process that
// they can kill or starve.
func TestChild(t *testing.T) {
	mode := os.Getenv(childEnv)
	if mode == "" {
		return
	}
	cluster := pgtest.Start(t)
	fmt.Println("dsn " + cluster.AdminDSN())
	if mode == "wait" {
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
}

// child prepares this test binary to run TestChild with a temporary folder of
// its own, which the server's user may enter.
func child(t *testing.T, mode string, env ...string) (cmd *exec.Cmd, tmp string) {
	t.Helper()
	tmp = t.TempDir()
	openToServer(t, tmp)
	if err := os.Chmod(tmp, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+mode, "TMPDIR="+tmp, pgtest.EnvDSN+"=")
	cmd.Env = append(cmd.Env, env...)
	return cmd, tmp
}

// waitFor polls until ok, on a ticker and not longer than 20 s.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited 20 s for %s", what)
		}
	}
}

func empty(t *testing.T, dir string) bool {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "hallpass-pg-*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(left) == 0
}

func TestClusterGoesWithItsProcess(t *testing.T) {
	t.Parallel()
	pgtest.Start(t) // Skips without PostgreSQL.
	for _, tc := range []struct {
		name string
		end  func(*exec.Cmd, io.Closer) error
	}{
		{"killed", func(c *exec.Cmd, _ io.Closer) error { return c.Process.Kill() }},
		{"interrupted", func(c *exec.Cmd, _ io.Closer) error { return c.Process.Signal(os.Interrupt) }},
		{"finished", func(_ *exec.Cmd, stdin io.Closer) error { return stdin.Close() }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cmd, tmp := child(t, "wait")
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			addr := readAddr(t, stdout)
			if empty(t, tmp) {
				t.Fatal("the running cluster keeps no folder where the test looks for it")
			}
			if err := tc.end(cmd, stdin); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			waitFor(t, "the folder to go", func() bool { return empty(t, tmp) })
			if conn, err := net.Dial("tcp", addr); err == nil {
				_ = conn.Close()
				t.Errorf("something still listens on %s", addr)
			}
		})
	}
}

func readAddr(t *testing.T, r io.Reader) string {
	t.Helper()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if dsn, ok := strings.CutPrefix(lines.Text(), "dsn "); ok {
			u, err := url.Parse(dsn)
			if err != nil {
				t.Fatal(err)
			}
			return u.Host
		}
	}
	t.Fatal("the child ended before its cluster was up")
	return ""
}

func TestMissingBinariesSkipOrFail(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, require, want string
		fails               bool
	}{
		{"skip in plain words", "", "--- SKIP: TestChild", false},
		{"fail when required", "1", "--- FAIL: TestChild", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cmd, _ := child(t, "once", pgtest.EnvBin+"="+t.TempDir(), pgtest.EnvRequire+"="+tc.require)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if failed := errors.As(err, &exit); failed != tc.fails {
				t.Errorf("failed is %v, want %v: %v", failed, tc.fails, err)
			}
			for _, want := range []string{tc.want, pgtest.ErrNotInstalled.Error(), pgtest.EnvBin, "initdb"} {
				if !strings.Contains(string(out), want) {
					t.Errorf("output lacks %q:\n%s", want, out)
				}
			}
		})
	}
}

func TestBrokenInitdbShowsItsWords(t *testing.T) {
	bin := t.TempDir()
	for name, script := range map[string]string{
		"initdb": "echo no space on device >&2; exit 1", "pg_ctl": "exit 1", "postgres": "exit 1",
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	openToServer(t, bin)
	t.Setenv(pgtest.EnvDSN, "")
	t.Setenv(pgtest.EnvBin, bin)
	_, err := pgtest.New(t.Context(), pgtest.Options{})
	if err == nil || !strings.Contains(err.Error(), "no space on device") {
		t.Errorf("error lacks initdb's own words: %v", err)
	}
}

// openToServer lets the server's user reach dir, since a test's folder is closed to others.
func openToServer(t *testing.T, dir string) {
	t.Helper()
	for ; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
