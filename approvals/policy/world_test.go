package policy_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

const exampleAccess = "../../examples/access"

// monday is when the tests' requests are made.
var monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func exampleCatalogue(tb testing.TB) *catalog.Catalogue {
	tb.Helper()
	c, err := catalog.Load(tb.Context(), exampleAccess, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func entitlement(tb testing.TB, id approvals.EntitlementID) approvals.Entitlement {
	tb.Helper()
	e, err := exampleCatalogue(tb).Entitlement(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// exampleSet is the example folder's policy set.
func exampleSet(tb testing.TB) *policy.Set {
	tb.Helper()
	s, err := policy.Load(tb.Context(), policy.Options{Dir: exampleAccess, Catalogue: exampleCatalogue(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// folder writes an access folder with these files in policies/.
func folder(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	write(tb, dir, files)
	return dir
}

func write(tb testing.TB, dir string, files map[string]string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "policies"), 0o750); err != nil {
		tb.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "policies", name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
}

func load(tb testing.TB, files map[string]string) (*policy.Set, error) {
	tb.Helper()
	return policy.Load(tb.Context(), policy.Options{Dir: folder(tb, files), Catalogue: exampleCatalogue(tb)})
}

// mustLoad loads policies that are known to be good.
func mustLoad(tb testing.TB, files map[string]string) *policy.Set {
	tb.Helper()
	s, err := load(tb, files)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// maya asks to read the billing database for 20 minutes: the example set
// approves it at once, by read-only-with-ticket.
func maya(tb testing.TB) (approvals.Facts, approvals.Assessment) {
	tb.Helper()
	p := approvals.Principal{
		ID: "maya", Name: "Maya Lindqvist", Email: "maya@example.com", Title: "Billing Support Engineer",
		Department: "Billing Support", Location: "Austin", Manager: "tom", Groups: []string{"billing-support", "support"},
	}
	return approvals.Facts{
			At: monday, Kind: approvals.KindAccess, Requester: p, Beneficiary: p,
			Entitlement: entitlement(tb, "billing-db:read-only"), Duration: 20 * time.Minute, ReasonLength: 12,
			Ticket: "INC-4312", Weekday: time.Monday, MinuteOfDay: 600,
			Directory: approvals.DirectoryState{Source: "file:people.yaml", AsOf: monday.Add(-time.Hour)},
		}, approvals.Assessment{
			Score: 18, Raw: 18, Confidence: approvals.ConfidenceLow, Model: "test",
		}
}

// A policy that permits support to read the billing database, and examples
// that prove it.
const (
	permitRead = `@id("read")
@owner("security@example.com")
@reason("Support may read.")
@review_by("2027-06-30")
permit (principal in Group::"support", action == Action::"request", resource == Entitlement::"billing-db:read-only")
when { context has score && context.score <= 30 };
`
	permitReadTest = `defaults:
  ask: billing-db:read-only
  score: 10
examples:
  - {name: support reads, who: {groups: [support]}, expect: auto_approve, by: [read]}
  - {name: sales asks, who: {groups: [sales]}, expect: route, not: [read]}
`
)
