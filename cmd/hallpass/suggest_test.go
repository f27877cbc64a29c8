package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals/analytics"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/suggest"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// suggested asks what half a year of the example organisation speaks for.
func suggested(t *testing.T, dir, url string) *suggest.Suggestions {
	t.Helper()
	path := filepath.Join(dir, "hallpass.yaml")
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var from suggest.Source
	if err := access(t.Context(), c, &from); err != nil {
		t.Fatal(err)
	}
	halfAYear(t, from, url)
	found, err := suggestions(t.Context(), path, url, suggestNow.AddDate(0, 0, -analytics.QuietDays), suggestNow)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func printed(t *testing.T, found *suggest.Suggestions, asJSON, asDiff bool) string {
	t.Helper()
	var out bytes.Buffer
	if err := printSuggestions(&out, found, asJSON, asDiff); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The report on the example organisation is the same on both engines, and its
// diff is one that Git applies and check accepts.
func TestSuggestReportsOnTheExampleOrganisation(t *testing.T) {
	t.Parallel()
	for engine, url := range map[string]func(testing.TB) string{"sqlite": storetest.EmptySQLite, "postgres": storetest.EmptyPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dir := accessFolder(t, "", "", "")
			found := suggested(t, dir, url(t))
			report := strings.ReplaceAll(printed(t, found, false, false), found.Version.Digest[:12], "DIGEST")
			golden := filepath.Join("testdata", "suggest.golden.md")
			if *update {
				if err := os.WriteFile(golden, []byte(report), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), report); diff != "" {
				t.Error(diff)
			}
			applies(t, dir, printed(t, found, false, true), "all of it")
			for _, p := range found.Proposals {
				applies(t, dir, p.Patch, p.ID)
			}
			applies(t, dir, found.Removal.Patch, "the removal")
		})
	}
}

// applies puts a diff into a copy of the access folder in a repository of its
// own, and checks the folder.
func applies(t *testing.T, dir, patch, what string) {
	t.Helper()
	if patch == "" {
		t.Fatalf("%s: there is no diff", what)
	}
	repo := t.TempDir()
	copied := filepath.Join(repo, "access")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", repo}, {"-C", copied, "add", "."}, {"-C", copied, "apply", "--index", "--whitespace=error", "-"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Stdin = strings.NewReader(patch)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: git %v: %v\n%s\n%s", what, args, err, out, patch)
		}
	}
	var out, errs log
	if code := run(t.Context(), []string{"check", copied}, &out, &errs); code != 0 {
		t.Errorf("%s: check exits with %d\n%s\n%s", what, code, errs.String(), patch)
	}
}

func TestSuggestPrintsJSON(t *testing.T) {
	t.Parallel()
	found := suggested(t, accessFolder(t, "", "", ""), storetest.EmptySQLite(t))
	var r analytics.Report
	if err := json.Unmarshal([]byte(printed(t, found, true, false)), &r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(found.Report, r); diff != "" {
		t.Error(diff)
	}
}
