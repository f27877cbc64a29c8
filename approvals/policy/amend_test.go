package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

func opened(t *testing.T, dir string) *policy.Folder {
	t.Helper()
	f, err := policy.OpenFolder(t.Context(), policy.Options{Dir: dir, Catalogue: exampleCatalogue(t)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// draft is a permit that the example folder has not.
func draft() policy.Draft {
	return policy.Draft{ID: "refunds-for-billing", Owner: "o@example.com", Reason: `They "always" may.`, ReviewBy: time.Date(2027, 5, 21, 0, 0, 0, 0, time.UTC),
		Budget: 3, Entitlement: "refunds:issue", Department: `Billing "B" Support`, MaxScore: 20, MaxDuration: 90 * time.Minute, Ticket: true}
}

// What a draft and its examples say is what a folder with them on disk says.
func TestAFolderWithADraftLoadsFromDisk(t *testing.T) {
	t.Parallel()
	d := draft()
	f := opened(t, exampleAccess)
	with, err := f.With(d)
	if err != nil {
		t.Fatal(err)
	}
	onDisk := written(t, with)
	if diff := cmp.Diff(with.Set.Version().Digest, onDisk.Version().Digest); diff != "" {
		t.Error(diff)
	}
	if f.Set.Version().Digest == onDisk.Version().Digest || len(f.Edits) != 0 {
		t.Error("the folder that was read has changed, or the other has not")
	}
	facts := approvals.Facts{At: monday, Kind: approvals.KindAccess, Entitlement: entitlement(t, d.Entitlement), Duration: d.MaxDuration, Ticket: "T-1",
		Beneficiary: approvals.Principal{ID: "p", Department: d.Department}, Directory: approvals.DirectoryState{AsOf: monday}, Weekday: monday.Weekday()}
	facts.Requester = facts.Beneficiary
	decide := func(score int) approvals.Outcome {
		return onDisk.Decide(facts, approvals.Assessment{Score: score, Confidence: approvals.ConfidenceHigh}).Outcome
	}
	if in, out := decide(d.MaxScore), decide(d.MaxScore+1); in != approvals.AutoApprove || out != approvals.Route {
		t.Errorf("at the highest score: %s, above it: %s", in, out)
	}
	facts.Entitlement.Sensitivity = approvals.High
	if later := decide(0); later != approvals.Route {
		t.Errorf("of high sensitivity by now: %s", later)
	}
}

// written puts a changed folder on disk and loads it.
func written(t *testing.T, f *policy.Folder) *policy.Set {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(exampleAccess)); err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Edits {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(e.Path)), []byte(e.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := policy.Load(t.Context(), policy.Options{Dir: dir, Catalogue: exampleCatalogue(t)})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func errorSays(err error, what string) bool {
	var ps approvals.Problems
	return errors.As(err, &ps) && strings.Contains(ps.Error(), what)
}

func TestADraftThatDoesNotHoldIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*policy.Draft)
		says   string
	}{
		"an id that is none":             {func(d *policy.Draft) { d.ID = "Not An Id" }, "cannot be an @id"},
		"an id that is taken":            {func(d *policy.Draft) { d.ID = "guests-never" }, "is taken"},
		"a file that is there":           {func(d *policy.Draft) { d.ID = "requests" }, "there is such a file already"},
		"nothing that the catalogue has": {func(d *policy.Draft) { d.Entitlement = "refunds:giv" }, "refunds:giv"},
		"a control character":            {func(d *policy.Draft) { d.Department = "a\u0001b" }, "not Cedar"},
		"high sensitivity":               {func(d *policy.Draft) { d.Entitlement = "ledger:post" }, "stands in the way"},
		"longer than the catalogue says": {func(d *policy.Draft) { d.MaxDuration = 1000 * time.Hour }, "stands in the way"},
		"checks and fields that two people look at": {func(d *policy.Draft) {
			d.Entitlement, d.Fields = "payments:release", []string{"run=weekly"}
		}, "stands in the way"},
		"no owner":                 {func(d *policy.Draft) { d.Owner = "" }, "no @owner"},
		"a field that nobody asks": {func(d *policy.Draft) { d.Fields = []string{"run=weekly"} }, "run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draft()
			tc.change(&d)
			if _, err := opened(t, exampleAccess).With(d); !errorSays(err, tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

func TestPermitsAreTakenAwayWithTheirExamples(t *testing.T) {
	t.Parallel()
	f := opened(t, exampleAccess)
	for _, ref := range f.Set.RequestPermits() {
		t.Run(ref.ID, func(t *testing.T) {
			t.Parallel()
			without, err := f.Without(ref.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range without.Edits {
				if strings.Contains(e.Text(), ref.ID) {
					t.Errorf("%s still speaks of it", e.Path)
				}
				if strings.HasSuffix(e.Text(), "\n\n") {
					t.Errorf("%s ends with an empty line", e.Path)
				}
			}
			if got := written(t, without).RuleVersion(ref.ID); got != "" {
				t.Error("it is still there")
			}
		})
	}
}

func TestTakingAwayLeavesWhatStandsAround(t *testing.T) {
	t.Parallel()
	const (
		head = "// The law.\n\n"
		one  = "// One; with a semicolon.\n@id(\"one\") @owner(\"o\") @reason(\"r; // no comment\") @review_by(\"2030-01-01\")\npermit (principal, action == Action::\"request\", resource == Entitlement::\"tickets:agent\"); // the end;\n"
		two  = "// Two.\n@id(\"two\") @owner(\"o\") @reason(\"r\") @review_by(\"2030-01-01\")\npermit (principal, action == Action::\"request\", resource == Entitlement::\"refunds:issue\");\n"
	)
	const (
		first    = `{name: one, ask: "tickets:agent", score: 1, expect: auto_approve, by: [one], not: [two]}`
		second   = "    not: [one]\n"
		third    = "not: [one, two]"
		examples = `examples:
  # One.
  - ` + first + `
  # Two, and one is spared.
  - name: two
    ask: refunds:issue
    ticket: T-1
    score: 1
    expect: auto_approve
    by: ["two"]
` + second + `
  # Neither.
  - {name: neither, ask: "ledger:view", score: 1, expect: route, ` + third + `}
# The end.
`
	)
	dir := folder(t, map[string]string{"a.cedar": head + one + "\n" + two, "a_test.yaml": examples})
	without, err := opened(t, dir).Without("one")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range without.Edits {
		got[e.Path] = e.Text()
	}
	want := map[string]string{
		"policies/a.cedar": head + two,
		"policies/a_test.yaml": strings.NewReplacer(first, `{name: one, ask: "tickets:agent", score: 1, expect: route, by: [], not: [two]}`,
			second, "    not: []\n", third, "not: [two]").Replace(examples),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := opened(t, dir).Without("one", "two"); !errorSays(err, "no policy") {
		t.Errorf("a folder without any policy: %v", err)
	}
}

func TestRequestPermitsLeaveOutWhoMayAnswerAndEmergencies(t *testing.T) {
	t.Parallel()
	var got []string
	for _, ref := range opened(t, exampleAccess).Set.RequestPermits() {
		got = append(got, ref.ID)
	}
	want := []string{"finance-month-end", "low-sensitivity", "on-call-debugging", "read-only-with-ticket", "short-extension", "staging-for-engineers"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
