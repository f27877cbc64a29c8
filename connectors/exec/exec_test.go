package exec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/contract"
	"github.com/hallpass-dev/hallpass/connectors/contract/contracttest"
	"github.com/hallpass-dev/hallpass/connectors/exec"
)

const secret = "hunter2-of-the-mainframe"

// TestMain is the program itself when it is started as one: it takes the
// question to the socket of the test and brings back the answer.
func TestMain(m *testing.M) {
	socket := os.Getenv("EXEC_TEST_SOCKET")
	if socket == "" {
		os.Exit(m.Run())
	}
	code, err := ask(socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, secret, err)
		os.Exit(1)
	}
	os.Exit(code)
}

// ask is the program: the first byte that comes back is its exit code.
func ask(socket string) (int, error) {
	question, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 0, err
	}
	conn, err := net.Dial("tcp", socket)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(question); err != nil {
		return 0, err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(conn)
	if err != nil || len(answer) == 0 {
		return 0, errors.New("no answer")
	}
	_, err = os.Stdout.Write(answer[1:])
	return int(answer[0]), err
}

// program makes a configuration whose program answers as said.
func program(t *testing.T, answer func(question []byte) (code byte, out []byte)) exec.Config {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				question, err := io.ReadAll(conn)
				if err != nil {
					return
				}
				code, out := answer(question)
				_, _ = conn.Write(append([]byte{code}, out...))
			}()
		}
	}()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Config{Name: "mainframe", Command: []string{self}, Operations: contract.Optional, Timeout: time.Minute,
		// The race detector waits a second at each exit otherwise.
		Environment: map[string]string{"EXEC_TEST_SOCKET": l.Addr().String(), "MAINFRAME_TOKEN": secret, "GORACE": "atexit_sleep_ms=0"}}
}

func open(t *testing.T, cfg exec.Config) *contract.Connector {
	t.Helper()
	c, err := exec.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) (approvals.Connector, connectortest.World) {
		s := contracttest.New()
		cfg := program(t, func(question []byte) (byte, []byte) {
			a := s.Answer(question)
			switch a.Trouble {
			case "":
				return 0, a.Body
			case connectortest.LostAnswer:
				return 1, []byte("Traceback: " + secret)
			default:
				return 75, fmt.Appendf(nil, `{"error":{"kind":"retryable","message":"The mainframe is busy.","after_seconds":%d}}`, a.Seconds)
			}
		})
		return open(t, cfg), s.World([]string{secret}, nil)
	}})
}

// script makes a connector of a shell script.
func script(t *testing.T, body string, timeout time.Duration) *contract.Connector {
	t.Helper()
	return open(t, exec.Config{Name: "script", Command: []string{file(t, "#!/bin/sh\n"+body, 0o700)}, Timeout: timeout})
}

// file makes an executable. It is written by another process: while this one
// forks elsewhere, a file that it has open for writing cannot be started.
func file(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	cmd := osexec.CommandContext(t.Context(), "/bin/sh", "-c", `cat > "$0"`, path)
	cmd.Stdin = bytes.NewReader([]byte(content))
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEndsOfAProgramAreToldApart(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		want       approvals.FailureKind
		words      string
	}{
		{"done", `echo '{"receipt":{"n":"7"}}'`, "", ""},
		{"an error, with a failing exit", `echo '{"error":{"kind":"permanent","message":"no such person"}}'; exit 3`, approvals.Permanent, "no such person"},
		{"an error, with a good exit", `echo '{"error":{"kind":"misconfigured","message":"no token"}}'`, approvals.Misconfigured, "no token"},
		{"a crash", `echo ` + secret + ` >&2; exit 1`, approvals.Ambiguous, "without saying why"},
		{"a good answer, then a crash", `echo '{}'; exit 1`, approvals.Ambiguous, "without saying why"},
		{"killed", `kill -9 $$`, approvals.Ambiguous, "without saying why"},
		{"no answer", `true`, approvals.Ambiguous, "can't be understood"},
		{"chatter", `echo done; echo '{}'`, approvals.Ambiguous, "can't be understood"},
		{"endless", `head -c 2000000 /dev/zero`, approvals.Ambiguous, "too long"},
	} {
		r, err := script(t, tc.body, time.Minute).Grant(t.Context(), approvals.Grant{ID: "gr_1"})
		if tc.want == "" {
			if err != nil || r["n"] != "7" {
				t.Errorf("%s: %v, %v", tc.name, r, err)
			}
			continue
		}
		var got *approvals.ConnectorError
		if !errors.As(err, &got) || got.Kind != tc.want || !strings.Contains(got.Message, tc.words) {
			t.Errorf("%s: %v, want %s with %q", tc.name, err, tc.want, tc.words)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error quotes what the program wrote: %v", tc.name, err)
		}
	}
}

func TestProgramAndItsChildrenEndWithTheirTime(t *testing.T) {
	t.Parallel()
	// The child keeps the output open: only its own end lets the call return
	// before the pipe's grace, and only a kill of the group ends it.
	c := script(t, "sleep 600 & sleep 600", 200*time.Millisecond)
	_, err := c.Grant(t.Context(), approvals.Grant{ID: "gr_1"})
	var got *approvals.ConnectorError
	if !errors.As(err, &got) || got.Kind != approvals.Ambiguous || !strings.Contains(got.Message, "in time") {
		t.Errorf("%v, want it stopped, as ambiguous", err)
	}
}

func TestProgramSeesNothingButWhatItWasGiven(t *testing.T) {
	// Not parallel: it sets the environment.
	t.Setenv("SLACK_BOT_TOKEN", "xoxb-of-hallpass")
	c := open(t, exec.Config{Name: "env", Environment: map[string]string{"GIVEN": "yes"},
		Command: []string{file(t, "#!/bin/sh\n"+`printf '{"present":true,"detail":"%s %s %s %s"}' "$(env | cut -d= -f1 | sort | tr '\n' ' ')" "$GIVEN" "$#" "$1"`, 0o700), "; touch /x"}})
	p, err := c.Check(t.Context(), approvals.Grant{ID: "gr_1", Account: "$(id)"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "GIVEN HOME LANG PATH PWD  yes 1 ; touch /x"; p.Detail != want { // PWD is the shell's own
		t.Errorf("the program saw %q, want %q", p.Detail, want)
	}
}

func TestProgramsThatOthersMayChangeAreRefused(t *testing.T) {
	t.Parallel()
	good := file(t, "#!/bin/sh\n", 0o755)
	open755 := file(t, "#!/bin/sh\n", 0o755)
	if err := os.Chmod(filepath.Dir(open755), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		cfg  exec.Config
		want string
	}{
		{exec.Config{Name: "m", Command: []string{good}}, ""},
		{exec.Config{Command: []string{good}}, "no name"},
		{exec.Config{Name: "m"}, "absolute path"},
		{exec.Config{Name: "m", Command: []string{"sh", "-c", "true"}}, "absolute path"},
		{exec.Config{Name: "m", Command: []string{"/nonexistent"}}, "no such file"},
		{exec.Config{Name: "m", Command: []string{"/"}}, "no executable"},
		{exec.Config{Name: "m", Command: []string{file(t, "x", 0o600)}}, "chmod 0755"},
		{exec.Config{Name: "m", Command: []string{file(t, "x", 0o775)}}, "chmod go-w"},
		{exec.Config{Name: "m", Command: []string{open755}}, "folder"},
		{exec.Config{Name: "m", Command: []string{good}, Environment: map[string]string{"A=B": "c"}}, "proper name"},
	} {
		_, err := exec.New(tc.cfg)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: %v, want %q", tc.cfg.Command, err, tc.want)
		}
	}
	c := open(t, exec.Config{Name: "m", Command: []string{good}})
	if err := os.Chmod(good, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := c.Grant(t.Context(), approvals.Grant{ID: "gr_1"})
	var got *approvals.ConnectorError
	if !errors.As(err, &got) || got.Kind != approvals.Misconfigured {
		t.Errorf("after it became writable: %v, want it refused as misconfigured", err)
	}
}
