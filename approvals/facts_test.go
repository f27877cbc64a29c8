package approvals_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

var update = flag.Bool("update", false, "rewrite golden files")

func sampleFacts() approvals.Facts {
	amy := approvals.Principal{ID: "amy", Name: "Amy Adeyemi", Email: "amy@example.com", Title: "Engineer", Department: "Payments",
		Manager: "mia", Groups: []string{"on-call", "payments"}, Accounts: map[string]string{"postgres": "amy", "aws": "aa"}, TimeZone: "Africa/Lagos"}
	return approvals.Facts{
		At: epoch, Kind: approvals.KindAccess, Requester: amy, Beneficiary: amy, Duration: time.Hour, ReasonLength: 17, Ticket: "INC-4312",
		Entitlement: approvals.Entitlement{ID: "billing-db:read-only", System: "postgres", Connector: "pg", Resource: "billing-db", Level: "read-only",
			Name: "Billing <database> & more", Sensitivity: approvals.Medium, Owners: []approvals.PrincipalID{"olga"},
			Approvers: []approvals.ApproverRef{approvals.ApproverManager}, DefaultDuration: time.Hour, MaxDuration: 8 * time.Hour,
			Target: map[string]string{"role": "billing_ro", "host": "db1"}},
		Weekday: time.Monday, MinuteOfDay: 780, Directory: approvals.DirectoryState{Source: "file:people.yaml", AsOf: epoch.Add(-time.Hour)},
		Evidence: approvals.Evidence{World: 41, Counts: []approvals.Count{{Name: "peers.team", N: 3, Of: 9}}},
	}
}

func TestDigestOfFactsNeverChanges(t *testing.T) {
	t.Parallel()
	const golden = "testdata/facts.digest"
	got := sampleFacts().Digest() + "\n"
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "digest; a change makes every stored decision unverifiable", string(want), got)
}

func TestDigestSeesEveryChange(t *testing.T) {
	t.Parallel()
	seen := map[string]string{sampleFacts().Digest(): "the sample"}
	for name, edit := range map[string]func(*approvals.Facts){
		"time":     func(f *approvals.Facts) { f.At = f.At.Add(time.Millisecond) },
		"duration": func(f *approvals.Facts) { f.Duration++ },
		"manager":  func(f *approvals.Facts) { f.Beneficiary.Manager = "bob" },
		"account":  func(f *approvals.Facts) { f.Requester.Accounts = map[string]string{"postgres": "amy"} },
		"target":   func(f *approvals.Facts) { f.Entitlement.Target = map[string]string{"role": "admin", "host": "db1"} },
		"evidence": func(f *approvals.Facts) { f.Evidence.World++ },
		"problem":  func(f *approvals.Facts) { f.Problems = []string{"x"} },
		"stale":    func(f *approvals.Facts) { f.Directory.Stale = true },
	} {
		f := sampleFacts()
		edit(&f)
		if other, twice := seen[f.Digest()]; twice {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[f.Digest()] = name
	}
}

func TestCountFindsByName(t *testing.T) {
	t.Parallel()
	e := sampleFacts().Evidence
	same(t, "found", approvals.Count{Name: "peers.team", N: 3, Of: 9}, e.Count("peers.team"))
	same(t, "not made", approvals.Count{Name: "peers.title"}, e.Count("peers.title"))
}

func TestFactsFreezeTheRequestersLocalTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Directory.Change("amy", func(p *approvals.Principal) { p.TimeZone = "Asia/Tokyo" })
	r.pass(13 * time.Hour) // 01:00 UTC on Tuesday
	req := r.ask(nil)
	d, err := r.Store.Decision(t.Context(), req.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d.Facts.Weekday != time.Tuesday || d.Facts.MinuteOfDay != 10*60 || d.Facts.ReasonLength != len("a refund is stuck") {
		t.Errorf("%s, minute %d, %d runes", d.Facts.Weekday, d.Facts.MinuteOfDay, d.Facts.ReasonLength)
	}
}

func TestPrincipalDetails(t *testing.T) {
	t.Parallel()
	p := sampleFacts().Requester
	same(t, "account", "amy", p.Account("postgres"))
	same(t, "account elsewhere", "amy@example.com", p.Account("okta"))
	same(t, "first name", "Amy", p.FirstName())
	same(t, "zone", "Africa/Lagos", p.Zone().String())
	same(t, "unknown zone", "UTC", approvals.Principal{TimeZone: "Mars/Olympus"}.Zone().String())
	if !p.In("payments") || p.In("pay") {
		t.Error("groups are matched whole")
	}
	kind, name := approvals.ApproverRef("group:security:eu").Split()
	same(t, "reference", []string{"group", "security:eu"}, []string{kind, name})
}
