package approvals_test

import (
	"context"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// rota is a group that lives elsewhere.
type rota struct {
	people ids
	err    error
}

func (r *rota) GroupMembers(context.Context, string) ([]approvals.PrincipalID, error) {
	return r.people, r.err
}

func TestWhoIsOnDutyIsAskedAndAmongTheFacts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	duty := &rota{people: ids{"sue", "bob", "ivan"}}
	r.Service.Groups = map[string]approvals.Groups{"on-call": duty}
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) {
		e.Approvers = []approvals.ApproverRef{"on-call:payments", approvals.ApproverSkipLevel, "group:nobody", "person:adam", "nonsense:x"}
	})
	req := r.ask(nil)
	d := r.decision(req.ID)
	same(t, "asked", ids{"sue", "bob", "olga", "adam"}, d.Approvers)
	same(t, "facts", []any{ids{"bob", "sue"}, approvals.PrincipalID("olga")}, []any{d.Facts.OnDuty, d.Facts.SkipLevel})

	duty.err = approvals.Errorf(approvals.CodeUnavailable, "The rota is away.")
	_, err := r.Service.Approve(t.Context(), by("sue"), req.ID, "")
	code(t, approvals.CodeUnavailable, err) // nobody is told that they may not when nobody knows
	duty.err = nil
	r.step("on duty", "sue", req.ID, approvals.RequestApproved, nil)
	duty.err = approvals.Errorf(approvals.CodeUnavailable, "The rota is away.")
	g := r.request(req.ID).Grant
	_, err = r.Service.Provision(t.Context(), g, false, r.now().Add(time.Minute))
	code(t, approvals.CodeUnavailable, err) // nor does the approval become void
	same(t, "it waits", approvals.GrantScheduled, r.grant(g).State)
	duty.people, duty.err = ids{"bob"}, nil
	got, err := r.Service.Provision(t.Context(), g, false, r.now().Add(time.Minute))
	code(t, "", err)
	same(t, "sue is no longer on duty", approvals.GrantFailed, got.State)
}

func TestAManagerWhoIsUnknownHasNoManager(t *testing.T) {
	t.Parallel()
	for name, manager := range map[string]approvals.PrincipalID{"none": "", "unknown": "zoe"} {
		r := newRig(t)
		r.change("amy", func(p *approvals.Principal) { p.Manager = manager })
		same(t, name, approvals.PrincipalID(""), r.decision(r.ask(nil).ID).Facts.SkipLevel)
	}
}

func TestARequestThatEverybodyChangesIsGivenUpInWords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ruling := approvalstest.Routed(1)
	ruling.EscalateAfter = time.Minute
	r.Policy.Rule(ruling)
	req := r.ask(nil)
	r.pass(time.Hour)
	r.Store.Before(func(approvals.Change) error { return approvals.Errorf(approvals.CodeConflict, "changed") })
	_, err := r.Service.Escalate(t.Context(), req.ID)
	code(t, approvals.CodeUnavailable, err)
	_, err = r.Service.Approve(t.Context(), by("mia"), req.ID, "")
	same(t, "words", "Others are answering this request right now. Please look at it again.", approvals.ErrorMessage(err))
}

func TestABudgetIsOfPermitsAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Service.Budgets = approvals.Budgets{Rule: 1}
	ruling := approvalstest.Automatic()
	ruling.Policies = append(ruling.Policies, approvals.PolicyRef{ID: "note", Effect: "forbid"})
	r.Policy.Rule(ruling)
	same(t, "approved", approvals.RequestApproved, r.ask(nil).State)
}

func TestStandingAccessIsToldFromWhatGrantsGave(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Automatic())
	first := r.ask(nil)
	g, err := r.Service.Provision(t.Context(), first.Grant, true, r.now().Add(time.Minute)) // it was there before
	code(t, "", err)
	same(t, "standing", true, g.Standing)
	_, err = r.Service.Activate(t.Context(), g.ID, nil, "standing")
	code(t, "", err)
	_, err = r.Service.Release(t.Context(), by("amy"), g.ID)
	code(t, "", err)
	_, err = r.Service.Revoked(t.Context(), g.ID, approvals.Removal{}, "standing access stays")
	code(t, "", err)
	r.apart(false)
	r.holding("amy", r.now())
	req := r.ask(admin)
	d := r.decision(req.ID)
	same(t, "refused for what she had before", []any{approvals.RequestDenied, true}, []any{req.State, d.Facts.Conflicts[0].Standing})
}

func TestAReviewWaitsUntilItKnowsWhoApproved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Service.Fallback = nil
	duty := &rota{people: ids{"sue"}}
	r.Service.Groups = map[string]approvals.Groups{"on-call": duty}
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = []approvals.ApproverRef{"on-call:payments"} })
	req := r.ask(nil)
	r.step("on duty", "sue", req.ID, approvals.RequestApproved, nil)
	g := r.activate(r.request(req.ID).Grant)
	r.change("amy", func(p *approvals.Principal) { p.Department = "Data" })
	duty.err = approvals.Errorf(approvals.CodeUnavailable, "The rota is away.")
	_, err := r.Service.Review(t.Context(), g.ID)
	code(t, approvals.CodeUnavailable, err)
	same(t, "she keeps it", approvals.GrantActive, r.grant(g.ID).State)
	_, err = r.Service.Release(t.Context(), by("amy"), g.ID)
	code(t, "", err)
	got, err := r.Service.Review(t.Context(), g.ID)
	code(t, "", err)
	same(t, "what ends is left alone", approvals.GrantRevoking, got.State)
}

func TestWhoAskedForSomebodyElseMayLeave(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Automatic())
	g := r.activate(r.ask(func(a *approvals.Ask) { a.Requester, a.Beneficiary = "mia", "bob" }).Grant)
	r.change("mia", func(p *approvals.Principal) { p.Inactive = true })
	got, err := r.Service.Review(t.Context(), g.ID)
	code(t, "", err)
	same(t, "bob keeps it", approvals.GrantActive, got.State)
}
