package lifecycle_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
	"github.com/hallpass-dev/hallpass/store"
)

// absent is a database that goes away and comes back.
type absent struct {
	database
	away  *atomic.Bool
	tries *atomic.Int64 // what was asked of it while it was away
}

func (a absent) answer() error {
	if a.away.Load() {
		a.tries.Add(1)
		return &approvals.Error{Code: approvals.CodeUnavailable, Message: "The database does not answer."}
	}
	return nil
}

func (a absent) Apply(ctx context.Context, c approvals.Change) error {
	if err := a.answer(); err != nil {
		return err
	}
	return a.database.Apply(ctx, c)
}

func (a absent) Grant(ctx context.Context, id approvals.GrantID) (approvals.Grant, error) {
	if err := a.answer(); err != nil {
		return approvals.Grant{}, err
	}
	return a.database.Grant(ctx, id)
}

func (a absent) LiveGrants(ctx context.Context, who approvals.PrincipalID, what approvals.EntitlementID) ([]approvals.Grant, error) {
	if err := a.answer(); err != nil {
		return nil, err
	}
	return a.database.LiveGrants(ctx, who, what)
}

// fatal is a system after whose next grant the database is away.
type fatal struct {
	*sandbox.Sandbox
	armed, away *atomic.Bool
}

func (f fatal) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	r, err := f.Sandbox.Grant(ctx, g)
	if f.armed.CompareAndSwap(true, false) {
		f.away.Store(true)
	}
	return r, err
}

// losing is a worker's configuration that loses its database at the next grant
// that armed says; away says whether it is lost now.
func (r *rig) losing() (cfg lifecycle.Config, armed, away *atomic.Bool) {
	armed, away = &atomic.Bool{}, &atomic.Bool{}
	cfg = r.config()
	service, db := *r.Service, absent{r.store, away, new(atomic.Int64)}
	service.Store, cfg.Service, cfg.Store, cfg.Journal = db, &service, db, &store.Journal{}
	cfg.Connectors = map[string]approvals.Connector{"postgres": fatal{r.box, armed, away}}
	return cfg, armed, away
}

// lost is access that was given twenty seconds ago, just before the database
// went away.
func (r *rig) lost() (amy approvals.GrantID, cfg lifecycle.Config, away *atomic.Bool) {
	cfg, armed, away := r.losing()
	armed.Store(true)
	amy = r.hold("amy", approvalstest.Admin, time.Hour)
	r.worker(cfg)
	pass(20 * time.Second)
	return amy, cfg, away
}

func TestAccessIsTakenBackWhenTheDatabaseIsGoneBeforeItIsRecorded(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		amy, cfg, away := r.lost()
		r.works("amy", "admin", true) // a database that is back soon costs nobody anything
		pass(30 * time.Second)
		r.works("amy", "admin", false)
		r.is(amy, approvals.GrantProvisioning)
		if n := len(cfg.Journal.Entries()); n != 1 {
			t.Errorf("%d entries in the journal, want one", n)
		}
		tries := cfg.Store.(absent).tries
		tries.Store(0)
		pass(time.Minute)
		if n := tries.Load(); n == 0 || n > 600 {
			t.Errorf("the database was asked %d times in a minute, want some hundreds at most", n)
		}
		away.Store(false)
		pass(3 * time.Minute)
		r.is(amy, approvals.GrantActive)
		r.works("amy", "admin", true)
		if n := len(r.events(amy, approvals.EventGrantActive, approvals.EventJournalMerged)); n != 2 {
			t.Errorf("%d events of what befell it, want that it was taken back and that it works", n)
		}
		pass(time.Hour)
		r.is(amy, approvals.GrantRevoked)
	})
}

func TestAccessThatIsRecordedInTimeIsNotTakenBack(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		amy, _, away := r.lost()
		away.Store(false)
		pass(3 * time.Minute)
		r.is(amy, approvals.GrantActive)
		if n := r.box.Count(sandbox.OpRevoke, string(amy)); n != 0 {
			t.Errorf("it was taken away %d times", n)
		}
	})
}

func TestAccessThatAnotherGrantBacksIsNotTakenBack(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		cfg, armed, away := r.losing()
		r.hold("amy", approvalstest.ReadOnly, time.Hour)
		r.worker(cfg)
		pass(time.Minute)
		armed.Store(true)
		twin := r.hold("amy", approvalstest.Twin, time.Hour)
		pass(2 * time.Minute)
		if !away.Load() {
			t.Fatal("the database was never away")
		}
		r.works("amy", "read-only", true)
		away.Store(false)
		pass(3 * time.Minute)
		r.is(twin, approvals.GrantActive)
	})
}
