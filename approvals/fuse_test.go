package approvals_test

import (
	"context"
	"sync"
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

func (s fused) OpenBreakGlass(ctx context.Context, limit int) ([]approvals.BreakGlassReview, error) {
	if err := s.burn(); err != nil {
		return nil, err
	}
	return s.Store.OpenBreakGlass(ctx, limit)
}

func (s fused) BreakGlassReview(ctx context.Context, id approvals.RequestID) (approvals.BreakGlassReview, error) {
	if err := s.burn(); err != nil {
		return approvals.BreakGlassReview{}, err
	}
	return s.Store.BreakGlassReview(ctx, id)
}

func (s fused) Lapses(ctx context.Context) ([]approvals.Lapse, error) {
	if err := s.burn(); err != nil {
		return nil, err
	}
	return s.Store.Lapses(ctx)
}

func (s fused) BindingOf(ctx context.Context, door string, p approvals.PrincipalID) (approvals.Binding, error) {
	if err := s.burn(); err != nil {
		return approvals.Binding{}, err
	}
	return s.Store.BindingOf(ctx, door, p)
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
