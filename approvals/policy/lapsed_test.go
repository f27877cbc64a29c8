package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

// A rule that lapsed approves nothing by itself in the version that a review
// looked at. A forbid, and who may answer, do not lapse.
func TestARuleThatLapsedApprovesNothingByItself(t *testing.T) {
	t.Parallel()
	set := written(t, `permit (principal, action == Action::"request", resource);`, `permit (principal, action == Action::"approve", resource);`)
	f := approvals.Facts{
		At: exampleAt, Kind: approvals.KindAccess, Requester: approvals.Principal{ID: "ada"}, Beneficiary: approvals.Principal{ID: "ada"},
		Entitlement: approvals.Entitlement{ID: "x:y", MaxDuration: time.Hour}, Duration: time.Minute, Directory: approvals.DirectoryState{AsOf: exampleAt},
	}
	decide := func(lapsed ...approvals.LapsedRule) approvals.Ruling {
		f.Lapsed = lapsed
		return set.Decide(f, approvals.Assessment{})
	}
	this := approvals.LapsedRule{Rule: "p0", Text: set.RuleVersion("p0"), Campaign: "camp_1"}
	for name, c := range map[string]struct {
		lapsed []approvals.LapsedRule
		want   approvals.Outcome
	}{
		"none":            {nil, approvals.AutoApprove},
		"this one":        {[]approvals.LapsedRule{this}, approvals.Route},
		"another version": {[]approvals.LapsedRule{{Rule: "p0", Text: "other", Campaign: "camp_1"}}, approvals.AutoApprove},
		"another rule":    {[]approvals.LapsedRule{{Rule: "p9", Text: this.Text, Campaign: "camp_1"}}, approvals.AutoApprove},
	} {
		if got := decide(c.lapsed...); got.Outcome != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	want := []string{`the policy "p0" would permit it, but stopped approving by itself after a review`}
	if diff := cmp.Diff(want, decide(this).Problems); diff != "" {
		t.Error(diff)
	}
	f.Lapsed = []approvals.LapsedRule{{Rule: "p1", Text: set.RuleVersion("p1"), Campaign: "camp_1"}}
	if v := set.MayApprove(f, approvals.Assessment{}, approvals.Principal{ID: "ben"}); !v.Allowed {
		t.Errorf("who may answer lapsed as well: %+v", v)
	}
	if got := set.RuleVersion("p7"); got != "" {
		t.Errorf("a policy that there is not has the version %q", got)
	}
}
