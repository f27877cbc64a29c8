package scoring

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

func TestColdStartHasLowConfidence(t *testing.T) {
	t.Parallel()
	for decisions, want := range map[int]approvals.Confidence{0: approvals.ConfidenceLow, 4000: approvals.ConfidenceLow, 12_000: approvals.ConfidenceHigh} {
		o := synthetic.New(synthetic.Config{People: 240, Entitlements: 60, Grants: 3000, Decisions: decisions, Seed: 1})
		a := assessed(t, build(o), Shipped(), o.Facts(5, 0))
		if a.Confidence != want {
			t.Errorf("after %d decisions confidence is %s, want %s", decisions, a.Confidence, want)
		}
		if said := named(a, "unknown.experience") != nil; said != (decisions < experienced) {
			t.Errorf("after %d decisions inexperience is said: %v", decisions, said)
		}
	}
}

func TestUnknownAttributesAndStaleDirectoryAreSaidAndLowerConfidence(t *testing.T) {
	t.Parallel()
	o := company(1)
	w, m := build(o), Shipped()
	for name, change := range map[string]func(*approvals.Facts){
		"unknown.manager":    func(f *approvals.Facts) { f.Beneficiary.Manager = "" },
		"unknown.department": func(f *approvals.Facts) { f.Beneficiary.Department = "" },
		"unknown.directory":  func(f *approvals.Facts) { f.Directory.Stale = true },
	} {
		f := o.Facts(5, 0)
		if a := assessed(t, w, m, f); a.Confidence != approvals.ConfidenceHigh || named(a, name) != nil {
			t.Fatalf("the ordinary request has confidence %s and factors %+v", a.Confidence, a.Factors)
		}
		change(&f)
		a := assessed(t, w, m, f)
		if a.Confidence != approvals.ConfidenceLow || named(a, name) == nil {
			t.Errorf("%s: confidence is %s, factors %+v", name, a.Confidence, a.Factors)
		}
	}
}

// TestConfidenceIsMediumWhereLittleIsKnownOfTheTeamOrTheAccess: enough is known
// of the organisation, but not of what this request is about.
func TestConfidenceIsMediumWhereLittleIsKnownOfTheTeamOrTheAccess(t *testing.T) {
	t.Parallel()
	o := company(1)
	w, m := build(o), Shipped()
	for name, c := range map[string]struct {
		change func(*approvals.Facts)
		want   approvals.Confidence
	}{
		"nothing is new":     {func(*approvals.Facts) {}, approvals.ConfidenceHigh},
		"the entitlement is": {func(f *approvals.Facts) { f.Entitlement.ID = "system0:new" }, approvals.ConfidenceMedium},
		"the manager is":     {func(f *approvals.Facts) { f.Beneficiary.Manager = synthetic.PersonID(7) }, approvals.ConfidenceMedium},
	} {
		f := o.Facts(5, 0)
		c.change(&f)
		if a := assessed(t, w, m, f); a.Confidence != c.want {
			t.Errorf("%s: confidence is %s, want %s", name, a.Confidence, c.want)
		}
	}
	o.SwapTitle(5, o.People[6].Title+" and more")
	o.State.AsOf = synthetic.Now.Add(-24 * time.Hour)
	w.SetPeople(o.People, o.State)
	if a := assessed(t, w, m, o.Facts(5, 0)); a.Confidence != approvals.ConfidenceMedium {
		t.Errorf("the day after a change of title confidence is %s, want medium", a.Confidence)
	}
}
