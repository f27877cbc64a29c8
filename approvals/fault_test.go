package approvals_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// made is what a step is about.
type made struct {
	request approvals.Request
	grant   approvals.Grant
}

// step is something that the Service does, what must be there before, and
// whether it was done. loose: it may find that nothing is to be done.
type step struct {
	before func(r *rig) made
	do     func(r *rig, m made) error
	done   func(r *rig, m made) bool
	loose  bool
}

// withFaults lets each call to the database, the directory and the catalogue
// fail in turn. A step either does what it does on facts that say what was
// missing, or fails whole; tried again, it succeeds.
func withFaults(t *testing.T, steps map[string]step) {
	t.Helper()
	for name, c := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; n < 100; n++ {
				if !c.faulty(t, n) {
					return
				}
			}
			t.Error("the step makes a hundred calls")
		})
	}
}

// faulty lets the nth call fail; false: there are not so many.
func (c step) faulty(t *testing.T, n int) bool {
	t.Helper()
	r, _ := glassRig(t)
	f := &fuse{}
	r.Service.Store, r.Service.Directory = fused{r.Store, f}, fusedDirectory{r.Directory, f}
	r.Service.Catalogue = fusedCatalogue{r.Catalogue, f}
	r.apart(true)
	r.holding("amy", epoch)
	ruling := approvalstest.Routed(1)
	ruling.EscalateAfter = time.Hour
	r.Policy.Rule(ruling)
	m := c.before(r)
	f.left = n
	err := c.do(r, m)
	if !f.blew {
		code(t, "", err)
		return false
	}
	at := fmt.Sprintf("call %d", n)
	if done := c.done(r, m); err != nil && done && approvals.ErrorCode(err) != approvals.CodeUnavailable {
		t.Errorf("%s: done, and an error: %v", at, err)
	} else if err != nil && !done {
		if got := approvals.ErrorCode(err); got != approvals.CodeUnavailable && got != approvals.CodeForbidden {
			t.Errorf("%s: code %q: %v", at, got, err)
		}
	}
	if again := c.do(r, m); again != nil && !c.done(r, m) {
		t.Errorf("%s: tried again: %v", at, again)
	}
	if !c.loose && !c.done(r, m) {
		t.Errorf("%s: tried again, it is not done", at)
	}
	return true
}

// Nothing is ever approved by a failure.
func TestWhateverDoesNotAnswerNothingIsApprovedByIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pending := func(r *rig) made { return made{request: r.ask(admin)} }
	held := func(r *rig) made {
		req := r.ask(admin)
		_, err := r.Service.Approve(ctx, by("olga"), req.ID, "")
		code(r.t, "", err)
		req = r.request(req.ID)
		return made{request: req, grant: r.grant(req.Grant)}
	}
	active := func(r *rig) made {
		m := held(r)
		m.grant = r.activate(m.grant.ID)
		return m
	}
	withFaults(t, map[string]step{
		"submit": {func(r *rig) made {
			req, err := r.draft(admin)
			code(r.t, "", err)
			return made{request: req}
		}, func(r *rig, m made) error {
			_, err := r.Service.Submit(ctx, by("amy"), m.request.ID)
			return err
		}, func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestPending }, false},
		"approve": {pending, func(r *rig, m made) error {
			_, err := r.Service.Approve(ctx, by("olga"), m.request.ID, "")
			return err
		}, func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestApproved }, false},
		"deny": {pending, func(r *rig, m made) error {
			_, err := r.Service.Deny(ctx, by("sol"), m.request.ID, "")
			return err
		}, func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestDenied }, false},
		"abstain": {pending, func(r *rig, m made) error {
			_, err := r.Service.Abstain(ctx, by("sol"), m.request.ID, "")
			return err
		}, func(r *rig, m made) bool { given, _ := r.Store.Approvals(ctx, m.request.ID); return len(given) == 1 }, false},
		"escalate": {func(r *rig) made {
			m := pending(r)
			r.pass(2 * time.Hour)
			return m
		}, func(r *rig, m made) error { _, err := r.Service.Escalate(ctx, m.request.ID); return err },
			func(r *rig, m made) bool { return r.decision(m.request.ID).Escalated }, false},
		"decide": {pending, func(r *rig, m made) error {
			_, err := r.Service.Decide(ctx, approvals.System("x"), m.request.ID)
			return err
		}, func(r *rig, m made) bool { return r.decision(m.request.ID).Sequence >= 2 }, false},
		"reconsider": {func(r *rig) made {
			m := pending(r)
			r.Policy.Rule(approvalstest.Refused("No."))
			return m
		}, func(r *rig, m made) error { return r.Service.Reconsider(ctx, m.request.ID) },
			func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestDenied }, true},
		"provision": {held, func(r *rig, m made) error {
			_, err := r.Service.Provision(ctx, m.grant.ID, false, r.now().Add(time.Minute))
			return err
		}, func(r *rig, m made) bool { return r.grant(m.grant.ID).State == approvals.GrantProvisioning }, false},
		"review": {func(r *rig) made {
			m := active(r)
			r.Policy.Rule(approvalstest.Refused("No."))
			return m
		}, func(r *rig, m made) error { _, err := r.Service.Review(ctx, m.grant.ID); return err },
			func(r *rig, m made) bool { return r.grant(m.grant.ID).State == approvals.GrantRevoking }, true},
		"bundle": {func(*rig) made { return made{} }, func(r *rig, _ made) error {
			_, err := r.Service.DraftBundle(ctx, by("amy"), approvals.Ask{Requester: "amy", Reason: "x", Key: "b"}, []approvals.EntitlementID{approvalstest.Admin, approvalstest.Twin})
			return err
		}, func(r *rig, _ made) bool { all, _ := r.Store.RequestByKey(ctx, "b/2"); return all.Bundle != "" }, false},
	})
}
