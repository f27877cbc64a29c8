package approvals_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestWhatIsForeseenIsWhatIsDecided(t *testing.T) {
	t.Parallel()
	for name, ruling := range map[string]approvals.Ruling{"routed": approvalstest.Routed(2), "automatic": approvalstest.Automatic(), "refused": approvalstest.Refused("Never.")} {
		r := newRig(t)
		r.Policy.Rule(ruling)
		ask := approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly}
		_, foreseen, err := r.Service.Foresee(t.Context(), by("amy"), ask)
		code(t, "", err)
		same(t, name+": nothing is stored", []int{0, 0}, []int{len(r.Store.Events()), len(r.Store.Notices())})
		d := r.decision(r.ask(func(a *approvals.Ask) { a.Duration = 0 }).ID)
		same(t, name, []any{d.Ruling.Outcome, d.Approvers, d.Ruling.Quorum, d.Fallback},
			[]any{foreseen.Ruling.Outcome, foreseen.Approvers, foreseen.Ruling.Quorum, foreseen.Fallback})
	}
}

func TestNobodyForeseesForSomebodyElseOrForNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct {
		actor approvals.PrincipalID
		ask   approvals.Ask
		want  approvals.Code
	}{
		"another requester": {"bob", approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly}, approvals.CodeForbidden},
		"nothing named":     {"amy", approvals.Ask{Requester: "amy"}, approvals.CodeInvalid},
		"not there":         {"amy", approvals.Ask{Requester: "amy", Entitlement: "no:such"}, approvals.CodeNotFound},
		"somebody who left": {"ivan", approvals.Ask{Requester: "ivan", Entitlement: approvalstest.ReadOnly}, approvals.CodeForbidden},
	} {
		if _, _, err := r.Service.Foresee(t.Context(), by(c.actor), c.ask); approvals.ErrorCode(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
