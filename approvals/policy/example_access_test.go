package policy_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

const exampleAccess = "../../examples/access"

func TestExampleAccessFolderHolds(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(t.Context(), exampleAccess, nil)
	if err != nil {
		t.Fatal(err)
	}
	report, err := policy.Check(t.Context(), policy.Options{Dir: exampleAccess, Catalogue: c}, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC))
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
