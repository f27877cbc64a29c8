package pgtest

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// needed are the programs that a cluster takes; a folder counts only if it
// holds all of them, since a client-only package brings just some.
var needed = []string{"initdb", "pg_ctl", "postgres"}

// installs are where the usual packages put the server: Debian and Ubuntu keep
// it off PATH on purpose, and so do the PGDG packages, Homebrew and Postgres.app.
var installs = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/usr/local/pgsql/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// findBinaries returns the folder of the server binaries: the one named by
// HALLPASS_POSTGRES_BIN, else PATH's, else the newest of the usual places.
func findBinaries() (string, error) {
	if dir := os.Getenv(EnvBin); dir != "" {
		if err := complete(dir); err != nil {
			return "", fmt.Errorf("%w in %s=%s: %w; point it at the folder that holds %s",
				ErrNotInstalled, EnvBin, dir, err, strings.Join(needed, ", "))
		}
		return dir, nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		// A link on PATH may stand alone, while its target has the rest beside it.
		if path, err = filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(path)) == nil {
			return filepath.Dir(path), nil
		}
	}
	if dir, ok := newest(installs); ok {
		return dir, nil
	}
	return "", fmt.Errorf("%w; install the server (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17), "+
		"or set %s to the folder that holds initdb, or %s to the URL of a server", ErrNotInstalled, EnvBin, EnvDSN)
}

// complete returns nil when dir holds every needed program.
func complete(dir string) error {
	for _, name := range needed {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// newest returns the complete folder with the highest version in its path.
func newest(globs []string) (string, bool) {
	var dirs []string
	for _, glob := range globs {
		found, _ := filepath.Glob(glob) // The only error is a malformed pattern, and ours are constants.
		for _, dir := range found {
			if complete(dir) == nil {
				dirs = append(dirs, dir)
			}
		}
	}
	if len(dirs) == 0 {
		return "", false
	}
	return slices.MaxFunc(dirs, func(a, b string) int { return cmp.Compare(version(a), version(b)) }), true
}

// version reads the major version out of a path such as
// /usr/lib/postgresql/17/bin, as the last number in it; 0 without one.
func version(dir string) float64 {
	digits := func(r rune) bool { return (r < '0' || r > '9') && r != '.' }
	for _, field := range slices.Backward(strings.FieldsFunc(dir, digits)) {
		if v, err := strconv.ParseFloat(field, 64); err == nil {
			return v
		}
	}
	return 0
}
