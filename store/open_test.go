package store_test

import (
	"bufio"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// refuses opens a URL that must be refused and returns the error as logs and
// as people see it.
func refuses(t *testing.T, want approvals.Code, url string) string {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err == nil {
		_ = s.Close()
		t.Fatal("opened")
	}
	if got := approvals.ErrorCode(err); got != want {
		t.Errorf("code = %q, want %q: %v", got, want, err)
	}
	return err.Error() + "\n" + approvals.ErrorMessage(err)
}

func TestOpenRefusesWhatIsNoDatabaseURL(t *testing.T) {
	t.Parallel()
	for url, mend := range map[string]string{
		"":                                  "postgres://",
		"mysql://root:hunter2@db/hallpass":  "sqlite:PATH",
		"sqlite:":                           "sqlite:./data",
		"postgres://u:hunter2@h:notaport/d": "percent-encoded",
		"postgres://u:hunter2%zz@h/d":       "percent-encoded",
		"postgres://u:hunter2@h/d?sslmode=perhaps": "percent-encoded",
	} {
		said := refuses(t, approvals.CodeInvalid, url)
		if !strings.Contains(said, mend) {
			t.Errorf("%s: %q does not say %q", url, said, mend)
		}
		if strings.Contains(said, "hunter2") {
			t.Errorf("%s: the password shows: %s", url, said)
		}
	}
}

func TestOpenSaysWhyPostgresIsNotReached(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	said := refuses(t, approvals.CodeUnavailable, "postgres://u:hunter2@"+address+"/d?sslmode=disable")
	if !strings.Contains(said, address+" does not answer") || strings.Contains(said, "hunter2") {
		t.Errorf("said %q", said)
	}
}

func TestOpenSaysWhatPostgresRefuses(t *testing.T) {
	t.Parallel()
	dsn, err := url.Parse(pgtest.Start(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong := *dsn
	wrong.User = url.UserPassword(dsn.User.Username(), "hunter2")
	said := refuses(t, approvals.CodeInvalid, wrong.String())
	if !strings.Contains(said, "Check the user, the password") || strings.Contains(said, "hunter2") {
		t.Errorf("said %q", said)
	}
	missing := *dsn
	missing.Path = "/nowhere"
	said = refuses(t, approvals.CodeInvalid, missing.String())
	password, _ := dsn.User.Password()
	if !strings.Contains(said, `no database "nowhere"`) || strings.Contains(said, password) {
		t.Errorf("said %q", said)
	}
}

func TestSQLitePathIsAFolderOrAFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b", "100% ?#&;_pragma=x")
	for path, file := range map[string]string{
		dir:                            filepath.Join(dir, "hallpass.db"),
		filepath.Join(dir, "x.db"):     filepath.Join(dir, "x.db"),
		filepath.Join(dir, "y.sqlite"): filepath.Join(dir, "y.sqlite"),
		filepath.Join(dir, "folder"):   filepath.Join(dir, "folder", "hallpass.db"),
	} {
		open(t, "sqlite:"+path)
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v: others can read it", file, info.Mode())
		}
	}
}

func TestSQLiteSaysWhyAPathCannotBeOpened(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file.txt")
	if err := os.WriteFile(file, []byte(strings.Repeat("this is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below")} {
		if said := refuses(t, approvals.CodeUnavailable, "sqlite:"+path); !strings.Contains(said, path) {
			t.Errorf("%q does not name %s", said, path)
		}
	}
}

func TestStoreRefusesWorkUntilMigrated(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, name, dsn string) {
		s, err := store.Open(t.Context(), store.Config{URL: dsn})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		if s.Engine() != name {
			t.Errorf("engine = %q, want %q", s.Engine(), name)
		}
		_, readErr := s.Request(t.Context(), "r")
		for _, err := range []error{s.Ping(t.Context()), readErr, s.Apply(t.Context(), storetest.Submission("r")), s.FinishTask(t.Context(), approvals.Lease{})} {
			if approvals.ErrorCode(err) != approvals.CodeUnavailable || !strings.Contains(approvals.ErrorMessage(err), "hallpass migrate") {
				t.Errorf("before migration: %v", err)
			}
		}
		for range 2 {
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// onEach runs a test on an empty database of each engine.
func onEach(t *testing.T, test func(t *testing.T, engine, url string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite", "sqlite:"+t.TempDir())
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, "postgres", pgtest.Start(t).Database(t))
	})
}

func TestSecondUseOfASQLiteFileIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, "sqlite:"+dir)
	said := refuses(t, approvals.CodeUnavailable, "sqlite:"+dir)
	for _, part := range []string{"Another process", strconv.Itoa(os.Getpid()), "use PostgreSQL"} {
		if !strings.Contains(said, part) {
			t.Errorf("%q does not say %q", said, part)
		}
	}
	if err := first.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// holderEnv names the database that TestHolder holds open for another test.
const holderEnv = "HALLPASS_TEST_HOLD"

// TestHolder is the second process of TestKilledProcessGivesTheSQLiteFileFree.
func TestHolder(t *testing.T) {
	if os.Getenv(holderEnv) == "" {
		t.Skip("only runs for TestKilledProcessGivesTheSQLiteFileFree")
	}
	s := open(t, os.Getenv(holderEnv))
	if err := s.Apply(t.Context(), storetest.Submission("r1")); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("holding\n")
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed, or the other test ends
}

func TestKilledProcessGivesTheSQLiteFileFree(t *testing.T) {
	t.Parallel()
	dsn := "sqlite:" + t.TempDir()
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHolder$")
	holder.Env = append(os.Environ(), holderEnv+"="+dsn)
	if _, err := holder.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "holding\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	if said := refuses(t, approvals.CodeUnavailable, dsn); !strings.Contains(said, strconv.Itoa(holder.Process.Pid)) {
		t.Errorf("%q does not name process %d", said, holder.Process.Pid)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // it says "killed"
	s := open(t, dsn)
	if _, err := s.Request(t.Context(), "r1"); err != nil {
		t.Errorf("what was stored before the kill: %v", err)
	}
}
