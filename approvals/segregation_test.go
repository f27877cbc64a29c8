package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

const apart = "Whoever reads billing does not run it."

// apart keeps ReadOnly and Admin apart.
func (r *rig) apart(ask bool) {
	for id, other := range map[approvals.EntitlementID]approvals.EntitlementID{approvalstest.ReadOnly: approvalstest.Admin, approvalstest.Admin: approvalstest.ReadOnly} {
		r.Catalogue.Change(id, func(e *approvals.Entitlement) {
			e.Segregation = []approvals.Segregation{{Rule: "read-or-run", Reason: apart, Ask: ask, With: []approvals.EntitlementID{other}}}
		})
	}
}

const refusedApart = "Billing database, admin can't be held together with billing-db:read-only. " + apart

func TestDutiesAreKeptApart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrange func(r *rig)
		ask     bool
		want    approvals.RequestState
		words   string
	}{
		"nothing else is held":   {func(*rig) {}, false, approvals.RequestApproved, "Low risk, permitted at once."},
		"the other is held":      {func(r *rig) { r.hold(nil) }, false, approvals.RequestDenied, refusedApart},
		"the other is scheduled": {func(r *rig) { r.ask(nil) }, false, approvals.RequestDenied, refusedApart},
		"people may be asked":    {func(r *rig) { r.hold(nil) }, true, approvals.RequestPending, ""},
		"somebody else holds it": {func(r *rig) { r.hold(forBob) }, false, approvals.RequestApproved, "Low risk, permitted at once."},
		"the system says so":     {func(r *rig) { r.holding("amy", epoch) }, false, approvals.RequestDenied, refusedApart},
		"the system's list is older than the removal": {func(r *rig) {
			g := r.hold(nil)
			r.pass(time.Minute)
			r.holding("amy", r.now())
			r.pass(time.Minute)
			_, err := r.Service.Release(r.t.Context(), by("amy"), g.ID)
			code(r.t, "", err)
			_, err = r.Service.Revoked(r.t.Context(), g.ID, approvals.Removal{}, "absent")
			code(r.t, "", err)
		}, false, approvals.RequestApproved, "Low risk, permitted at once."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.apart(c.ask)
			r.Policy.Rule(approvalstest.Automatic())
			c.arrange(r)
			req := r.ask(admin)
			same(t, "state and words", []any{c.want, c.words}, []any{req.State, req.Note})
			d := r.decision(req.ID)
			if c.want == approvals.RequestDenied {
				same(t, "by", []approvals.PolicyRef{{ID: "hallpass.segregation.read-or-run", Effect: "forbid", Reason: apart}}, d.Ruling.Policies)
			}
			if c.ask {
				same(t, "why people are asked", []any{refusedApart, []string{refusedApart}}, []any{d.Ruling.Words, d.Ruling.Problems})
			}
		})
	}
}

func forBob(a *approvals.Ask) { a.Requester = "bob" }

// holding is what the billing system listed at a time.
func (r *rig) holding(who approvals.PrincipalID, at time.Time) {
	h := approvals.Holding{Entitlement: approvalstest.ReadOnly, Account: string(who) + "@example.com", Principal: who, AsOf: at}
	code(r.t, "", r.Store.SaveHoldings(r.t.Context(), approvalstest.ReadOnly, []approvals.Holding{h}))
}

func TestDutiesAreKeptApartAtTheClickAndBeforeAccess(t *testing.T) {
	t.Parallel()
	t.Run("at the click", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.apart(false)
		req := r.ask(admin)
		r.hold(nil)
		r.Policy.Rule(approvalstest.Routed(1))
		_, err := r.Service.Approve(t.Context(), by("olga"), req.ID, "")
		same(t, "refused", []any{approvals.CodeForbidden, "This is refused by now: " + refusedApart}, []any{approvals.ErrorCode(err), approvals.ErrorMessage(err)})
		same(t, "state", approvals.RequestDenied, r.request(req.ID).State)
	})
	t.Run("of two that were approved at once the earlier goes on", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.Policy.Rule(approvalstest.Automatic())
		first, second := r.ask(nil), r.ask(admin)
		r.apart(false) // as if neither had seen the other
		until := r.now().Add(time.Minute)
		g, err := r.Service.Provision(t.Context(), second.Grant, false, until)
		code(t, "", err)
		same(t, "the later", []any{approvals.GrantFailed, "This is refused by now: " + refusedApart}, []any{g.State, g.EndNote})
		g, err = r.Service.Provision(t.Context(), first.Grant, false, until)
		code(t, "", err)
		same(t, "the earlier", approvals.GrantProvisioning, g.State)
	})
}
