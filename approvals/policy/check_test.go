package policy_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestExampleAccessFolderHolds(t *testing.T) {
	t.Parallel()
	c := exampleCatalogue(t)
	report, err := policy.Check(t.Context(), policy.Options{Dir: exampleAccess, Catalogue: c}, monday)
	if err != nil {
		t.Fatal(err)
	}
	if report.Policies < 15 || report.Examples < 30 || len(report.Notes) != 0 {
		t.Errorf("report = %+v", report)
	}
	all, err := c.All(t.Context())
	if err != nil || len(all) != 25 {
		t.Errorf("%d entitlements, error %v; want 25", len(all), err)
	}
}

func TestCheckNotesPoliciesDueForReview(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest})
	for _, tc := range []struct {
		name string
		now  time.Time
		want string
	}{
		{"long before", time.Date(2027, 6, 16, 0, 0, 0, 0, time.UTC), ""},
		{"two weeks ahead", time.Date(2027, 6, 17, 0, 0, 0, 0, time.UTC), "policies/read.cedar:4: the policy \"read\" is due for review by 2027-06-30; look whether it is still right, then move its @review_by"},
		{"afterwards", time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC), "policies/read.cedar:4: the policy \"read\" is due for review by 2027-06-30; that has passed, so as a permit it no longer approves by itself; look whether it is still right, then move its @review_by"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			report, err := policy.Check(t.Context(), policy.Options{Dir: dir, Catalogue: exampleCatalogue(t)}, tc.now)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(report.Notes) > 0 {
				got = strings.ReplaceAll(report.Notes.Error(), filepath.ToSlash(dir)+"/", "")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// crowd is a directory of people in groups.
type crowd struct {
	approvals.Directory
	groups []string
	err    error
}

func (c crowd) People(context.Context) ([]approvals.Principal, error) {
	return []approvals.Principal{{ID: "a", Groups: c.groups}}, c.err
}

func TestCheckNotesGroupsThatNobodyIsIn(t *testing.T) {
	t.Parallel()
	twice := strings.Replace(permitRead, "when {", `when { principal in Group::"oncall" || principal in Group::"nobody" ||`, 1)
	examples := strings.Replace(permitReadTest, "groups: [sales]}", "groups: [sales]}, score: 50", 1)
	dir := folder(t, map[string]string{"read.cedar": twice, "read_test.yaml": examples})
	o := policy.Options{Dir: dir, Catalogue: exampleCatalogue(t), People: crowd{groups: []string{"support", "on-call"}}}
	report, err := policy.Check(t.Context(), o, monday)
	if err != nil {
		t.Fatal(err)
	}
	want := `policies/read.cedar:6: the policy "read" names the group "oncall", in which the directory has nobody; did you mean "on-call"?
policies/read.cedar:6: the policy "read" names the group "nobody", in which the directory has nobody; look whether it is spelt as in the directory`
	if diff := cmp.Diff(want, strings.ReplaceAll(report.Notes.Error(), filepath.ToSlash(dir)+"/", "")); diff != "" {
		t.Error(diff)
	}
	o.People = crowd{err: errors.New("timeout")}
	if _, err := policy.Check(t.Context(), o, monday); err == nil {
		t.Error("a directory that does not answer passes for one without groups")
	}
	if _, err := policy.Load(t.Context(), o); err != nil {
		t.Errorf("loading depends on the directory: %v", err)
	}
}

// TestCheckNamesFileLineAndMend holds what a person reads when a folder is
// wrong in many ways. Each folder of testdata/wrong is one such folder.
func TestCheckNamesFileLineAndMend(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/wrong/*")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, dir := range cases {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			_, err := policy.Check(t.Context(), policy.Options{Dir: dir, Catalogue: exampleCatalogue(t)}, monday)
			if err == nil {
				t.Fatal("the folder loads")
			}
			problems, ok := err.(approvals.Problems) //nolint:errorlint // the type itself is what is promised
			if !ok {
				t.Fatalf("the error is a %T", err)
			}
			for _, p := range problems {
				if p.File == "" || p.What == "" || p.Mend == "" {
					t.Errorf("incomplete: %+v", p)
				}
			}
			golden(t, filepath.Join(dir, "want.txt"), err.Error()+"\n")
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
