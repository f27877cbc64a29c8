package approvals_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// fuse makes the nth call of what it guards fail, once.
type fuse struct {
	mu   sync.Mutex
	left int // calls until it blows; 0: it does not
	blew bool
}

func (f *fuse) burn() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left > 0 {
		if f.left--; f.left == 0 {
			f.blew = true
			return approvals.Errorf(approvals.CodeUnavailable, "It does not answer.")
		}
	}
	return nil
}

// fused is a store, a directory and a catalogue behind a fuse.
type fused struct {
	*approvalstest.Store
	*fuse
}

func (s fused) Request(ctx context.Context, id approvals.RequestID) (approvals.Request, error) {
	if err := s.burn(); err != nil {
		return approvals.Request{}, err
	}
	return s.Store.Request(ctx, id)
}

func (s fused) RequestByKey(ctx context.Context, key string) (approvals.Request, error) {
	if err := s.burn(); err != nil {
		return approvals.Request{}, err
	}
	return s.Store.RequestByKey(ctx, key)
}

func (s fused) Grant(ctx context.Context, id approvals.GrantID) (approvals.Grant, error) {
	if err := s.burn(); err != nil {
		return approvals.Grant{}, err
	}
	return s.Store.Grant(ctx, id)
}

func (s fused) Decision(ctx context.Context, id approvals.RequestID) (approvals.Decision, error) {
	if err := s.burn(); err != nil {
		return approvals.Decision{}, err
	}
	return s.Store.Decision(ctx, id)
}

func (s fused) Approvals(ctx context.Context, id approvals.RequestID) ([]approvals.Approval, error) {
	if err := s.burn(); err != nil {
		return nil, err
	}
	return s.Store.Approvals(ctx, id)
}

func (s fused) LiveGrants(ctx context.Context, p approvals.PrincipalID, e approvals.EntitlementID) ([]approvals.Grant, error) {
	if err := s.burn(); err != nil {
		return nil, err
	}
	return s.Store.LiveGrants(ctx, p, e)
}

func (s fused) GrantsOf(ctx context.Context, p approvals.PrincipalID, limit int) ([]approvals.Grant, error) {
	if err := s.burn(); err != nil {
		return nil, err
	}
	return s.Store.GrantsOf(ctx, p, limit)
}

func (s fused) HoldingsOf(ctx context.Context, p approvals.PrincipalID) ([]approvals.Holding, error) {
	if err := s.burn(); err != nil {
		return nil, err
	}
	return s.Store.HoldingsOf(ctx, p)
}

func (s fused) PendingRequests(ctx context.Context, p approvals.PrincipalID, e approvals.EntitlementID) ([]approvals.Request, error) {
	if err := s.burn(); err != nil {
		return nil, err
	}
	return s.Store.PendingRequests(ctx, p, e)
}

func (s fused) BundleRequests(ctx context.Context, b approvals.BundleID) ([]approvals.Request, error) {
	if err := s.burn(); err != nil {
		return nil, err
	}
	return s.Store.BundleRequests(ctx, b)
}

func (s fused) AutoApprovals(ctx context.Context, p approvals.PrincipalID, since time.Time) (int, error) {
	if err := s.burn(); err != nil {
		return 0, err
	}
	return s.Store.AutoApprovals(ctx, p, since)
}

func (s fused) Apply(ctx context.Context, c approvals.Change) error {
	if err := s.burn(); err != nil {
		return err
	}
	return s.Store.Apply(ctx, c)
}

type fusedDirectory struct {
	*approvalstest.Directory
	*fuse
}

func (d fusedDirectory) Principal(ctx context.Context, id approvals.PrincipalID) (approvals.Principal, error) {
	if err := d.burn(); err != nil {
		return approvals.Principal{}, err
	}
	return d.Directory.Principal(ctx, id)
}

func (d fusedDirectory) Members(ctx context.Context, group string) ([]approvals.Principal, error) {
	if err := d.burn(); err != nil {
		return nil, err
	}
	return d.Directory.Members(ctx, group)
}

func (d fusedDirectory) State(ctx context.Context) (approvals.DirectoryState, error) {
	if err := d.burn(); err != nil {
		return approvals.DirectoryState{}, err
	}
	return d.Directory.State(ctx)
}

type fusedCatalogue struct {
	*approvalstest.Catalogue
	*fuse
}

func (c fusedCatalogue) Entitlement(ctx context.Context, id approvals.EntitlementID) (approvals.Entitlement, error) {
	if err := c.burn(); err != nil {
		return approvals.Entitlement{}, err
	}
	return c.Catalogue.Entitlement(ctx, id)
}

// TestWhateverDoesNotAnswerNothingIsApprovedByIt lets each call to the database,
// the directory and the catalogue fail in turn, for each step that decides. A
// step either does what it does on facts that say what was missing, or fails
// whole; tried again, it succeeds; and nothing is ever approved by a failure.
func TestWhateverDoesNotAnswerNothingIsApprovedByIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	type made struct {
		request approvals.Request
		grant   approvals.Grant
	}
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
	for name, c := range map[string]struct {
		before func(r *rig) made
		step   func(r *rig, m made) error
		after  func(r *rig, m made) bool // the step was done
	}{
		"submit": {func(r *rig) made {
			req, err := r.draft(admin)
			code(r.t, "", err)
			return made{request: req}
		}, func(r *rig, m made) error {
			_, err := r.Service.Submit(ctx, by("amy"), m.request.ID)
			return err
		}, func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestPending }},
		"approve": {pending, func(r *rig, m made) error {
			_, err := r.Service.Approve(ctx, by("olga"), m.request.ID, "")
			return err
		}, func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestApproved }},
		"deny": {pending, func(r *rig, m made) error {
			_, err := r.Service.Deny(ctx, by("sol"), m.request.ID, "")
			return err
		}, func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestDenied }},
		"abstain": {pending, func(r *rig, m made) error {
			_, err := r.Service.Abstain(ctx, by("sol"), m.request.ID, "")
			return err
		}, func(r *rig, m made) bool { given, _ := r.Store.Approvals(ctx, m.request.ID); return len(given) == 1 }},
		"escalate": {func(r *rig) made {
			m := pending(r)
			r.pass(2 * time.Hour)
			return m
		}, func(r *rig, m made) error { _, err := r.Service.Escalate(ctx, m.request.ID); return err },
			func(r *rig, m made) bool { return r.decision(m.request.ID).Escalated }},
		"decide": {pending, func(r *rig, m made) error {
			_, err := r.Service.Decide(ctx, approvals.System("x"), m.request.ID)
			return err
		}, func(r *rig, m made) bool { return r.decision(m.request.ID).Sequence >= 2 }},
		"reconsider": {func(r *rig) made {
			m := pending(r)
			r.Policy.Rule(approvalstest.Refused("No."))
			return m
		}, func(r *rig, m made) error { return r.Service.Reconsider(ctx, m.request.ID) },
			func(r *rig, m made) bool { return r.request(m.request.ID).State == approvals.RequestDenied }},
		"provision": {held, func(r *rig, m made) error {
			_, err := r.Service.Provision(ctx, m.grant.ID, false, r.now().Add(time.Minute))
			return err
		}, func(r *rig, m made) bool { return r.grant(m.grant.ID).State == approvals.GrantProvisioning }},
		"review": {func(r *rig) made {
			m := active(r)
			r.Policy.Rule(approvalstest.Refused("No."))
			return m
		}, func(r *rig, m made) error { _, err := r.Service.Review(ctx, m.grant.ID); return err },
			func(r *rig, m made) bool { return r.grant(m.grant.ID).State == approvals.GrantRevoking }},
		"bundle": {func(*rig) made { return made{} }, func(r *rig, _ made) error {
			_, err := r.Service.DraftBundle(ctx, by("amy"), approvals.Ask{Requester: "amy", Reason: "x", Key: "b"}, []approvals.EntitlementID{approvalstest.Admin, approvalstest.Twin})
			return err
		}, func(r *rig, _ made) bool { all, _ := r.Store.RequestByKey(ctx, "b/2"); return all.Bundle != "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; n < 100; n++ {
				r := newRig(t)
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
				err := c.step(r, m)
				if !f.blew {
					code(t, "", err)
					return
				}
				at := fmt.Sprintf("call %d", n)
				if done := c.after(r, m); err != nil && done && approvals.ErrorCode(err) != approvals.CodeUnavailable {
					t.Errorf("%s: done, and an error: %v", at, err)
				} else if err != nil && !done {
					if got := approvals.ErrorCode(err); got != approvals.CodeUnavailable && got != approvals.CodeForbidden {
						t.Errorf("%s: code %q: %v", at, got, err)
					}
				}
				if again := c.step(r, m); again != nil && !c.after(r, m) {
					t.Errorf("%s: tried again: %v", at, again)
				}
				if name != "review" && name != "reconsider" && !c.after(r, m) {
					t.Errorf("%s: tried again, it is not done", at)
				}
			}
			t.Error("the step makes a hundred calls")
		})
	}
}
