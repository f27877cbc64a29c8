package approvals_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestDutiesThatAreKeptApartStayApartWhateverThePoliciesSay(t *testing.T) {
	t.Parallel()
	conflict := func(rule string, ask bool) approvals.Conflict {
		return approvals.Conflict{Rule: rule, Reason: "Whoever posts does not pay.", Ask: ask, With: "payments:release"}
	}
	const why = "Billing <database> & more can't be held together with payments:release. Whoever posts does not pay."
	for name, tc := range map[string]struct {
		conflicts []approvals.Conflict
		ruling    approvals.Ruling
		want      approvals.Outcome
		words     string
		policies  []string
	}{
		"no conflict":              {nil, approvalstest.Automatic(), approvals.AutoApprove, "Low risk, permitted at once.", []string{"auto"}},
		"asked about":              {[]approvals.Conflict{conflict("a", true)}, approvalstest.Automatic(), approvals.Route, why, []string{"auto"}},
		"asked about anyway":       {[]approvals.Conflict{conflict("a", true)}, approvalstest.Routed(2), approvals.Route, "A person decides.", nil},
		"refused":                  {[]approvals.Conflict{conflict("a", false)}, approvalstest.Automatic(), approvals.Refuse, why, []string{"hallpass.segregation.a"}},
		"refused instead of asked": {[]approvals.Conflict{conflict("a", true), conflict("b", false)}, approvalstest.Routed(1), approvals.Refuse, why, []string{"hallpass.segregation.b"}},
	} {
		f := sampleFacts()
		f.Conflicts = tc.conflicts
		r := approvals.Restrain(f, approvals.Assessment{}, tc.ruling)
		var named []string
		for _, p := range r.Policies {
			named = append(named, p.ID)
		}
		same(t, name+": outcome", tc.want, r.Outcome)
		same(t, name+": words", tc.words, r.Words)
		same(t, name+": policies", tc.policies, named)
		if r.Version != tc.ruling.Version || r.Quorum < 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
