package main_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// room lists everything that the top level has room for.
var room = strings.Fields(`
	cmd bot scoring approvals connectors store prompts migrations
	go.mod go.sum Makefile README.md LICENSE NOTICE CHANGELOG.md CONTRIBUTING.md SECURITY.md
	docs examples deploy .ci .github .golangci.yml
	.gitignore .gitattributes .editorconfig`)

// vague are folder names that gather what belongs to nobody.
var vague = strings.Fields("util utils common helper helpers misc shared lib")

// root returns the checkout's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// files returns the slash-separated paths of what is or will be committed.
func files(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("skipped: needs a git checkout: %v", err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
}

func TestTopLevelHoldsOnlyWhatItHasRoomFor(t *testing.T) {
	t.Parallel()
	for _, file := range files(t) {
		if top, _, _ := strings.Cut(file, "/"); !slices.Contains(room, top) {
			t.Errorf("%s: the top level has no room for %s", file, top)
		}
	}
}

func TestNoFolderIsVague(t *testing.T) {
	t.Parallel()
	for _, file := range files(t) {
		for _, part := range strings.Split(filepath.Dir(file), "/") {
			if slices.Contains(vague, part) {
				t.Errorf("%s: name the folder %q after what it holds", file, part)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		if path, ours := own(p.ImportPath); ours && len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", path)
		}
	}
}

// private matches what ties a file to one machine or one registry. The pieces
// are put together here so that this file does not match itself.
var private = regexp.MustCompile(strings.Join([]string{
	`(^|[^\w.])/(wo` + `rk|fa` + `rm)/`,
	`/tmp/ba` + `sh_jobs`,
	`/ro` + `ot/`,
	`proxy\.gol` + `ang\.org`, `sum\.gol` + `ang\.org`,
	`registry\.npm` + `js\.org`, `py` + `pi\.org`,
	`\b(gc` + `r|ghc` + `r|qua` + `y)\.io\b`, `dock` + `er\.io\b`,
}, "|"))

// hints are pieces of which every match of private holds one. To look for them
// costs next to nothing; private over all lines, under the race detector, as
// much processor time as a third of this package's other tests.
var hints = []string{"rk/", "rm/", "sh_jobs", "ot/", "ang.org", "js.org", "pi.org", "r.io", "y.io"}

// privateIn returns what private matches in a line: "" for nothing.
func privateIn(line string) string {
	if !slices.ContainsFunc(hints, func(hint string) bool { return strings.Contains(line, hint) }) {
		return ""
	}
	return private.FindString(line)
}

func TestNoFileNamesAMachineOrARegistry(t *testing.T) {
	t.Parallel()
	for _, file := range files(t) {
		data, err := os.ReadFile(filepath.Join(root(t), file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // Deleted, and not yet committed.
		}
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(data) {
			continue // An image.
		}
		for i, line := range strings.Split(string(data), "\n") {
			if found := privateIn(line); found != "" {
				t.Errorf("%s:%d names %q", file, i+1, found)
			}
		}
	}
}

func TestPrivatePatternFindsWhatItIsFor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"open /wo" + "rk/main/go.mod":           true,
		"GOPROXY=https://proxy.gol" + "ang.org": true,
		"FROM ghc" + "r.io/owner/image":         true,
		"/ro" + "ot/go/pkg":                     true,
		"cd /fa" + "rm/main":                    true,
		"/tmp/ba" + "sh_jobs.0/job":             true,
		"GOSUMDB=sum.gol" + "ang.org":           true,
		"https://registry.npm" + "js.org/a":     true,
		"https://py" + "pi.org/simple":          true,
		"FROM gc" + "r.io/owner/image":          true,
		"FROM qua" + "y.io/owner/image":         true,
		"FROM dock" + "er.io/library/golang":    true,
		"the framework/guide":                   false,
		"docs/network/index":                    false,
		"FROM golang:1.26":                      false,
	} {
		if got := privateIn(text) != ""; got != want {
			t.Errorf("%q matches: %v, want %v", text, got, want)
		}
	}
}

func TestEditedScriptsCanBeRun(t *testing.T) {
	t.Parallel()
	for _, name := range []string{".ci/run", ".ci/test", ".ci/deps", ".ci/fuzz"} {
		info, err := os.Stat(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&0o111 == 0 {
			t.Errorf("%s is not executable", name)
		}
	}
}
