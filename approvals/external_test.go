package approvals_test

import (
	"context"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// outside answers external checks from a list of those who pass.
type outside struct {
	asked  []string
	passes map[approvals.PrincipalID]bool
}

func (o *outside) Check(_ context.Context, names []string, f approvals.Facts) []approvals.CheckResult {
	o.asked = append(o.asked, names...)
	passed, known := o.passes[f.Beneficiary.ID]
	if !known {
		return nil
	}
	return []approvals.CheckResult{{Name: "training", Passed: passed, At: f.At}}
}

func TestExternalChecksAreFrozenWithTheFacts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		checks []string
		passes map[approvals.PrincipalID]bool
		want   []bool // what the policy sees of the training
	}{
		{"yes", []string{"training"}, map[approvals.PrincipalID]bool{"amy": true}, []bool{true}},
		{"no", []string{"training"}, map[approvals.PrincipalID]bool{"amy": false}, []bool{false}},
		{"no answer", []string{"training"}, nil, nil},
		{"not asked by the catalogue", nil, map[approvals.PrincipalID]bool{"amy": true}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			o := &outside{passes: tc.passes}
			r.Service.Checks = o
			r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Checks = tc.checks })
			var seen []bool
			r.Policy.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
				seen = nil
				for _, c := range f.Checks {
					seen = append(seen, c.Passed)
				}
				return approvals.Ruling{Outcome: approvals.Route, Quorum: 1}
			})
			req := r.ask(nil)
			same(t, "seen", tc.want, seen)
			same(t, "asked", len(tc.checks), len(o.asked))
			d, err := r.Service.Store.Decision(t.Context(), req.ID)
			code(t, "", err)
			same(t, "stored", len(tc.want), len(d.Facts.Checks))
		})
	}
}
