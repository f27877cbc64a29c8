package approvals_test

import (
	"context"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// In an emergency a failure opens nothing that would not open without it, and
// whoever tries again gets it.
func TestWhateverDoesNotAnswerNoGlassIsBrokenByIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	ask := approvals.Ask{Requester: "amy", Entitlement: approvalstest.Twin, Reason: "payments are down", Key: "glass"}
	broken := func(r *rig) made {
		req, err := r.Service.BreakGlass(ctx, by("amy"), ask)
		code(r.t, "", err)
		return made{request: req, grant: r.activate(req.Grant)}
	}
	reviewed := func(f approvals.Finding) func(r *rig, m made) error {
		return func(r *rig, m made) error {
			_, err := r.Service.ReviewBreakGlass(ctx, by("sol"), m.request.ID, f, "seen")
			if approvals.ErrorCode(err) == approvals.CodeAlreadyDecided {
				return nil
			}
			return err
		}
	}
	closed := func(r *rig, m made) bool { return !r.glass(m.request.ID).Open() }
	withFaults(t, map[string]step{
		"break glass": {func(r *rig) made {
			r.entry(func(e *approvals.Entitlement) { e.Owners = nil }) // another's break-glass is looked at for whom it was
			other, err := r.Service.BreakGlass(ctx, by("bob"), approvals.Ask{Requester: "bob", Entitlement: approvalstest.ReadOnly, Reason: "down", Key: "bob"})
			code(r.t, "", err)
			return made{request: other}
		}, func(r *rig, _ made) error { _, err := r.Service.BreakGlass(ctx, by("amy"), ask); return err },
			func(r *rig, _ made) bool {
				req, err := r.Store.RequestByKey(ctx, "glass")
				return err == nil && req.State == approvals.RequestApproved
			}, false},
		"review as justified":     {broken, reviewed(approvals.Justified), closed, false},
		"review as not justified": {broken, reviewed(approvals.NotJustified), closed, false},
		"escalate the review": {func(r *rig) made {
			m := broken(r)
			r.pass(48 * time.Hour)
			return m
		}, func(r *rig, m made) error { return r.Service.EscalateBreakGlass(ctx, m.request.ID) },
			func(r *rig, m made) bool { return r.glass(m.request.ID).Escalations > 0 }, false},
	})
}

// What is asked together, and what runs, keeps to it as well.
func TestWhateverDoesNotAnswerNothingIsHalfAsked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	both := []approvals.EntitlementID{approvalstest.Admin, approvalstest.Twin}
	drafted := func(r *rig) made {
		all, err := r.Service.DraftBundle(ctx, by("amy"), approvals.Ask{Requester: "amy", Reason: "x", Key: "b"}, both)
		code(r.t, "", err)
		return made{request: all[0]}
	}
	bundle := func(r *rig, m made, all func(approvals.Request) bool) bool {
		rs, err := r.Store.BundleRequests(ctx, m.request.Bundle)
		for _, req := range rs {
			err = firstOf(err, all(req))
		}
		return err == nil && len(rs) == 2
	}
	withFaults(t, map[string]step{
		"profile": {func(r *rig) made {
			r.Service.Profiles = profiles{"payments": {Name: "payments", Title: "Payments", Entitlements: both}}
			return made{}
		}, func(r *rig, _ made) error {
			_, err := r.Service.DraftProfile(ctx, by("amy"), approvals.Ask{Requester: "amy", Reason: "x", Key: "b"}, "payments")
			if approvals.ErrorCode(err) == approvals.CodeConflict {
				return nil
			}
			return err
		}, func(r *rig, _ made) bool { all, _ := r.Store.RequestByKey(ctx, "b/2"); return all.Profile != "" }, false},
		"amend a bundle": {drafted, func(r *rig, m made) error {
			_, err := r.Service.AmendBundle(ctx, by("amy"), m.request.Bundle, approvals.Ask{Requester: "amy", Beneficiary: "bob", Reason: "y", Duration: time.Minute})
			return err
		}, func(r *rig, m made) bool {
			return bundle(r, m, func(req approvals.Request) bool { return req.Reason == "y" && req.Beneficiary == "bob" })
		}, false},
		"submit a bundle": {drafted, func(r *rig, m made) error {
			_, unsent, err := r.Service.SubmitBundle(ctx, by("amy"), m.request.Bundle)
			for _, why := range unsent {
				err = why
			}
			return err
		}, func(r *rig, m made) bool {
			return bundle(r, m, func(req approvals.Request) bool { return req.State == approvals.RequestPending })
		}, false},
		"a shorter time for what runs": {func(r *rig) made {
			g := r.approved()
			r.entry(func(e *approvals.Entitlement) { e.MaxDuration = time.Hour })
			return made{grant: g}
		}, func(r *rig, m made) error { _, err := r.Service.Review(ctx, m.grant.ID); return err },
			func(r *rig, m made) bool { return r.grant(m.grant.ID).Duration == time.Hour }, true},
		"decide over budget": {func(r *rig) made {
			m := made{request: r.ask(twin)}
			r.Service.Budgets = approvals.Budgets{Rule: 1}
			r.Policy.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
				if len(f.Problems) > 0 {
					return approvalstest.Routed(1)
				}
				return approvalstest.Automatic()
			})
			r.ask(func(a *approvals.Ask) { a.Requester, a.Entitlement = "bob", approvalstest.Twin })
			return m
		}, func(r *rig, m made) error {
			_, err := r.Service.Decide(ctx, approvals.System("x"), m.request.ID)
			return err
		}, func(r *rig, m made) bool { return r.decision(m.request.ID).Sequence >= 2 }, false},
		"extend": {func(r *rig) made { return made{grant: r.approved()} }, func(r *rig, m made) error {
			_, err := r.Service.Extend(ctx, by("amy"), m.grant.ID, time.Hour, "", "more")
			return err
		}, func(r *rig, _ made) bool { req, _ := r.Store.RequestByKey(ctx, "more"); return req.ID != "" }, false},
		"approve an extension": {func(r *rig) made {
			g := r.approved()
			more, err := r.Service.Extend(ctx, by("amy"), g.ID, time.Hour, "", "more")
			code(r.t, "", err)
			return made{request: more, grant: g}
		}, func(r *rig, m made) error { _, err := r.Service.Approve(ctx, by("mia"), m.request.ID, ""); return err },
			func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestApproved }, false},
	})
}

// firstOf is an error, or one for what does not hold.
func firstOf(err error, holds bool) error {
	if err == nil && !holds {
		return context.Canceled
	}
	return err
}
