package peoplefile_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/peoplefile"
)

var monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

const (
	asYAML = `as_of: "2026-01-05T09:00:00Z"
people:
  - id: tom
    name: Tom Okafor
    email: tom@example.com
    title: Billing Support Lead
    groups: [support, leads]
  - id: maya
    name: Maya Lindqvist
    email: Maya@example.com
    department: Billing Support
    location: Austin
    manager: tom@example.com
    groups: [support]
    time_zone: America/Chicago
    accounts: {postgres-prod: mlindqvist}
    contractor: true
  - id: gone
    name: Gone Away
    email: gone@example.com
    manager: tom
    admin: true
    inactive: true
    function: Customer support, billing
`
	asCSV = `id,email,name,title,department,location,manager,groups,time_zone,accounts,contractor,admin,inactive,function
tom,tom@example.com,Tom Okafor,Billing Support Lead,,,,support; leads,,,,,,
maya,Maya@example.com,Maya Lindqvist,,Billing Support,Austin,tom@example.com,support,America/Chicago,postgres-prod=mlindqvist,true,,,
gone,gone@example.com,Gone Away,,,,tom,,,,,true,true,"Customer support, billing"
`
)

func file(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	replace(tb, path, text)
	return path
}

// replace writes the file as it would have been written an hour ago.
func replace(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Chtimes(path, monday.Add(-time.Hour), monday.Add(-time.Hour)); err != nil {
		tb.Fatal(err)
	}
}

func open(tb testing.TB, path string, now time.Time) *directory.Directory {
	tb.Helper()
	d, err := peoplefile.Open(tb.Context(), path, directory.Config{Now: func() time.Time { return now }})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestYAMLAndCSVSayTheSame(t *testing.T) {
	t.Parallel()
	want := []approvals.Principal{
		{ID: "gone", Name: "Gone Away", Email: "gone@example.com", Manager: "tom", Admin: true, Inactive: true, Function: "Customer support, billing"},
		{
			ID: "maya", Name: "Maya Lindqvist", Email: "Maya@example.com", Department: "Billing Support", Location: "Austin",
			Manager: "tom", Groups: []string{"support"}, TimeZone: "America/Chicago",
			Accounts: map[string]string{"postgres-prod": "mlindqvist"}, Contractor: true,
		},
		{ID: "tom", Name: "Tom Okafor", Email: "tom@example.com", Title: "Billing Support Lead", Groups: []string{"support", "leads"}},
	}
	for name, text := range map[string]string{"people.yaml": asYAML, "people.csv": asCSV, "bom.csv": "\xef\xbb\xbf" + asCSV} {
		d := open(t, file(t, name, text), monday)
		got, err := d.People(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		state, err := d.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(approvals.DirectoryState{Source: "file:" + name, AsOf: monday.Add(-time.Hour)}, state); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	d := open(t, file(t, "people.yaml", asYAML), monday)
	ctx := t.Context()
	if p, err := d.Principal(ctx, "maya"); err != nil || p.Name != "Maya Lindqvist" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := d.ByEmail(ctx, "mAYA@EXAMPLE.com"); err != nil || p.ID != "maya" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, id := range []approvals.PrincipalID{"", "Maya", "maya@example.com", "eve"} {
		if _, err := d.Principal(ctx, id); approvals.ErrorCode(err) != approvals.CodeNotFound {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, email := range []string{"", "maya", "eve@example.com"} {
		if _, err := d.ByEmail(ctx, email); approvals.ErrorCode(err) != approvals.CodeNotFound {
			t.Errorf("%q: %v", email, err)
		}
	}
	for group, want := range map[string]string{"support": "maya tom", "leads": "tom", "nobody": "", "": ""} {
		members, err := d.Members(ctx, group)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, m := range members {
			ids = append(ids, string(m.ID))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("members of %q are %q, want %q", group, got, want)
		}
	}
}

func TestAnswersCannotBeUsedToChangeTheDirectory(t *testing.T) {
	t.Parallel()
	d := open(t, file(t, "people.yaml", asYAML), monday)
	p, err := d.Principal(t.Context(), "maya")
	if err != nil {
		t.Fatal(err)
	}
	p.Groups[0], p.Accounts["postgres-prod"] = "leads", "root"
	all, err := d.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all[1].Groups[0] = "leads"
	if again, err := d.ByEmail(t.Context(), "maya@example.com"); err != nil || again.Groups[0] != "support" || again.Accounts["postgres-prod"] != "mlindqvist" {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestOldEmptyAndFutureFilesAreStale(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		now        time.Time
		stale      bool
	}{
		{"an hour old", asYAML, monday, false},
		{"a day old", asYAML, monday.Add(23 * time.Hour), false},
		{"over a day old", asYAML, monday.Add(23*time.Hour + 1), true},
		{"from a little ahead", asYAML, monday.Add(-2 * time.Hour), false},
		{"from far ahead", asYAML, monday.Add(-2*time.Hour - 1), true},
		{"empty", "people: []\n", monday, true},
		{"by the file's own time", "people: [{id: a, name: A, email: a@example.com}]", monday, false},
		{"by the file's own time, a day later", "people: [{id: a, name: A, email: a@example.com}]", monday.Add(24 * time.Hour), true},
	} {
		d := open(t, file(t, "people.yaml", tc.text), tc.now)
		state, err := d.State(t.Context())
		if err != nil || state.Stale != tc.stale {
			t.Errorf("%s: %+v, %v", tc.name, state, err)
		}
	}
}

func TestReloadKeepsTheLastGoodReading(t *testing.T) {
	t.Parallel()
	path := file(t, "people.yaml", asYAML)
	d := open(t, path, monday)
	for _, tc := range []struct{ name, text string }{
		{"cut off", asYAML[:len(asYAML)/2]},
		{"a typo", strings.Replace(asYAML, "groups:", "group:", 1)},
		{"emptied", "people: []\n"},
		{"half an export", asYAML[:strings.Index(asYAML, "  - id: maya")]},
	} {
		replace(t, path, tc.text)
		if err := d.Reload(t.Context()); err == nil {
			t.Errorf("%s: it was taken", tc.name)
		} else if _, ok := err.(approvals.Problems); !ok { //nolint:errorlint // the type itself is what is promised
			t.Errorf("%s: the error is %v", tc.name, err)
		}
		if people, err := d.People(t.Context()); err != nil || len(people) != 3 {
			t.Errorf("%s: %d people, %v", tc.name, len(people), err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := d.Reload(t.Context()); err == nil {
		t.Error("a file that is gone was taken")
	}
	replace(t, path, asYAML[:strings.Index(asYAML, "  - id: gone")])
	if err := d.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	if people, err := d.People(t.Context()); err != nil || len(people) != 2 {
		t.Errorf("%d people, %v", len(people), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Reload(ctx); err == nil {
		t.Error("a cancelled reload went on")
	}
}

func TestReadersSeeOneReading(t *testing.T) {
	t.Parallel()
	path := file(t, "people.yaml", asYAML)
	d := open(t, path, monday)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 200 {
				people, err := d.People(t.Context())
				if err != nil || len(people) != 2 && len(people) != 3 {
					t.Errorf("%d people, %v", len(people), err)
					return
				}
			}
		})
	}
	without := asYAML[:strings.Index(asYAML, "  - id: gone")]
	for i := range 10 {
		replace(t, path, []string{without, asYAML}[i%2])
		if err := d.Reload(t.Context()); err != nil {
			t.Error(err)
		}
	}
	readers.Wait()
}
