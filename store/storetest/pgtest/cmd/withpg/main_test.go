package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

func TestRunPassesOnTheExitCode(t *testing.T) {
	pgtest.Start(t) // Skips without PostgreSQL.
	out := filepath.Join(t.TempDir(), "env")
	t.Setenv("OUT", out)
	code, err := run(false, []string{"sh", "-c", `echo "$DATABASE_URL $HALLPASS_TEST_POSTGRES" >"$OUT"; exit 7`})
	if code != 7 || err != nil {
		t.Errorf("code %d, error %v; want the command's own 7", code, err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	urls := strings.Fields(string(data))
	if len(urls) != 2 || !strings.HasPrefix(urls[0], "postgres://") || !strings.HasPrefix(urls[1], "postgres://") || urls[0] == urls[1] {
		t.Errorf("the command saw %q, want its own database's URL and the superuser's", urls)
	}
}

func TestRunNamesWhatItCannotRun(t *testing.T) {
	for _, tc := range []struct {
		name string
		bin  string
		args []string
		code int
		want string
	}{
		{"no command", "", nil, 2, "usage"},
		{"no PostgreSQL", t.TempDir(), []string{"true"}, 3, pgtest.EnvBin},
		{"no such command", "", []string{"no-such-command-anywhere"}, 1, "no-such-command-anywhere"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.bin == "" && tc.args != nil {
				pgtest.Start(t) // Skips without PostgreSQL.
			}
			if tc.bin != "" {
				t.Setenv(pgtest.EnvDSN, "")
			}
			t.Setenv(pgtest.EnvBin, tc.bin)
			code, err := run(false, tc.args)
			if code != tc.code || err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("code %d, error %v; want %d and %q", code, err, tc.code, tc.want)
			}
			if got := errors.Is(err, pgtest.ErrNotInstalled); got != (tc.code == 3) {
				t.Errorf("ErrNotInstalled is %v", got)
			}
		})
	}
}
