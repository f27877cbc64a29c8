package catalog

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Live is the catalogue in force. Reload swaps it whole.
type Live struct {
	dir     string
	people  approvals.Directory
	loading sync.Mutex // one reload at a time, so that an older reading never replaces a newer one
	current atomic.Pointer[Catalogue]
}

var (
	_ approvals.Catalogue = (*Live)(nil)
	_ approvals.Profiles  = (*Live)(nil)
)

// Open loads the first catalogue; see Load.
func Open(ctx context.Context, dir string, people approvals.Directory) (*Live, error) {
	l := &Live{dir: dir, people: people}
	if err := l.Reload(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// Reload reads the files and looks owners up again. If anything is wrong the
// running catalogue stays in force, and the error says what.
func (l *Live) Reload(ctx context.Context) error {
	l.loading.Lock()
	defer l.loading.Unlock()
	c, err := Load(ctx, l.dir, l.people)
	if err != nil {
		return err
	}
	l.current.Store(c)
	return nil
}

// Entitlement gives one entitlement of the catalogue in force, or CodeNotFound.
func (l *Live) Entitlement(ctx context.Context, id approvals.EntitlementID) (approvals.Entitlement, error) {
	return l.current.Load().Entitlement(ctx, id)
}

// All lists every entitlement of the catalogue in force, ordered by id.
func (l *Live) All(ctx context.Context) ([]approvals.Entitlement, error) {
	return l.current.Load().All(ctx)
}

// Digest names the catalogue in force; see Catalogue.Digest.
func (l *Live) Digest() string { return l.current.Load().Digest() }

// Profile gives one profile of the catalogue in force, or CodeNotFound.
func (l *Live) Profile(ctx context.Context, name string) (approvals.Profile, error) {
	return l.current.Load().Profile(ctx, name)
}

// AllProfiles lists every profile of the catalogue in force, ordered by name.
func (l *Live) AllProfiles(ctx context.Context) ([]approvals.Profile, error) {
	return l.current.Load().AllProfiles(ctx)
}
