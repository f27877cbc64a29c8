package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func install(t *testing.T, dir string, names ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewestPrefersTheHighestCompleteVersion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		complete []string
		clients  []string
		want     string
	}{
		{"none", nil, nil, ""},
		{"numeric, not alphabetic", []string{"lib/9.6/bin", "lib/15/bin"}, nil, "lib/15/bin"},
		{"a client package does not count", []string{"lib/15/bin"}, []string{"lib/17/bin"}, "lib/15/bin"},
		{"over all places", []string{"lib/15/bin", "opt/postgresql@18/bin"}, nil, "opt/postgresql@18/bin"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for _, dir := range tc.complete {
				install(t, filepath.Join(root, dir), needed...)
			}
			for _, dir := range tc.clients {
				install(t, filepath.Join(root, dir), "initdb")
			}
			got, _ := newest([]string{filepath.Join(root, "lib/*/bin"), filepath.Join(root, "opt/*/bin")})
			got = strings.TrimPrefix(strings.TrimPrefix(got, root), "/")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("chosen folder (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVersionReadsTheMajorNumber(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]float64{
		"/usr/lib/postgresql/17/bin":                   17,
		"/usr/lib/postgresql/9.6/bin":                  9.6,
		"/usr/pgsql-16/bin":                            16,
		"/opt/homebrew/opt/postgresql@18/bin":          18,
		"/usr/local/pgsql/bin":                         0,
		"/Applications/P.app/Contents/Versions/15/bin": 15,
	} {
		if got := version(dir); got != want {
			t.Errorf("version(%s) = %v, want %v", dir, got, want)
		}
	}
}

func TestFindBinariesNamesTheMend(t *testing.T) {
	dir := t.TempDir()
	install(t, dir, "initdb", "postgres")
	t.Setenv(EnvBin, dir)
	_, err := findBinaries()
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "pg_ctl") {
		t.Errorf("error must be ErrNotInstalled and name pg_ctl: %v", err)
	}
	install(t, dir, "pg_ctl")
	got, err := findBinaries()
	if diff := cmp.Diff(dir, got); diff != "" || err != nil {
		t.Errorf("found folder (-want +got):\n%s%v", diff, err)
	}
}

func TestFindBinariesFollowsALinkOnPath(t *testing.T) {
	real, path := t.TempDir(), t.TempDir()
	install(t, real, needed...)
	if err := os.Symlink(filepath.Join(real, "initdb"), filepath.Join(path, "initdb")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvBin, "")
	t.Setenv("PATH", path)
	want, err := filepath.EvalSymlinks(real)
	if err != nil {
		t.Fatal(err)
	}
	got, err := findBinaries()
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("found folder (-want +got):\n%s%v", diff, err)
	}
}
