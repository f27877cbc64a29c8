package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func inTwoDays(a *approvals.Ask) { a.StartsAt = epoch.Add(48*time.Hour + 30*time.Second) }

func TestAccessMayBeginLaterAndIsDecidedAgainThen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		then  approvals.Ruling
		state approvals.GrantState
	}{
		"it still holds": {approvalstest.Automatic(), approvals.GrantProvisioning},
		"it does not":    {approvalstest.Refused("Frozen."), approvals.GrantFailed},
	} {
		r := newRig(t)
		r.Policy.Rule(approvalstest.Automatic())
		req := r.ask(inTwoDays)
		start := epoch.Add(48 * time.Hour)
		g := r.grant(req.Grant)
		same(t, name+": scheduled", []any{approvals.GrantScheduled, start, start}, []any{g.State, g.StartsAt, r.decision(req.ID).Facts.StartsAt})
		same(t, name+": tasks", []string{"provision gr_2 +48h0m0s"}, r.tasks())
		_, err := r.Service.Provision(t.Context(), g.ID, false, r.now().Add(time.Minute))
		code(t, approvals.CodeConflict, err)
		_, err = r.draft(nil)
		code(t, "", err)
		again, _ := r.draft(nil)
		_, err = r.Service.Submit(t.Context(), by("amy"), again.ID)
		same(t, name+": asked again", "Billing database, read only is already granted, from 25 November 12:00 UTC on.", approvals.ErrorMessage(err))
		r.pass(48 * time.Hour)
		r.Policy.Rule(c.then)
		g, err = r.Service.Provision(t.Context(), g.ID, false, r.now().Add(time.Minute))
		code(t, "", err)
		same(t, name, c.state, g.State)
	}
}

func TestAStartThatIsOverIsNow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	draft, err := r.draft(func(a *approvals.Ask) { a.StartsAt = epoch.Add(-time.Hour) })
	code(t, "", err)
	same(t, "in the past", time.Time{}, draft.StartsAt)
	req := r.ask(func(a *approvals.Ask) { a.StartsAt = epoch.Add(time.Hour) })
	r.pass(2 * time.Hour)
	_, err = r.Service.Approve(t.Context(), by("mia"), req.ID, "")
	code(t, "", err)
	same(t, "approved after its start", time.Time{}, r.grant(r.request(req.ID).Grant).StartsAt)
	far, err := r.draft(func(a *approvals.Ask) { a.Requester, a.StartsAt = "bob", epoch.Add(91*24*time.Hour) })
	code(t, "", err)
	_, err = r.Service.Submit(t.Context(), by("bob"), far.ID)
	same(t, "too far ahead", "Ask at most 90 days ahead.", approvals.ErrorMessage(err))
}
