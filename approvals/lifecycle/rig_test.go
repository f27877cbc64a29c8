package lifecycle_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// database is what a rig stands on: the double, which takes hours of virtual
// time in no time, or SQLite.
type database interface {
	approvals.Store
	lifecycle.Store
}

// rig is the whole path from request to proof, with the sandbox at its end, in
// virtual time.
type rig struct {
	*approvalstest.World
	t     *testing.T
	store database
	box   *sandbox.Sandbox
	asked int
	heard int // notices that told has returned
}

// inBubble runs a test in virtual time on the double.
func inBubble(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newRig(t, approvalstest.NewStore())) })
}

// inBubbles runs a test in virtual time on the double and on SQLite.
func inBubbles(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	t.Run("double", func(t *testing.T) { inBubble(t, test) })
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		empty := storetest.EmptySQLite(t)
		synctest.Test(t, func(t *testing.T) { test(t, newRig(t, openSQLite(t, empty))) })
	})
}

// openSQLite opens a migrated database until the test ends.
func openSQLite(t *testing.T, url string) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newRig(t *testing.T, db database) *rig {
	t.Helper()
	// Native end dates are applied a day late, so that what ends access is the worker.
	box, err := sandbox.New(sandbox.Config{SweepLag: 24 * time.Hour,
		Resources: []sandbox.Resource{{System: "postgres", Name: "billing-db", Levels: []string{"read-only", "admin"}}}})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{World: approvalstest.NewWorld(db), t: t, store: db, box: box}
	r.Policy.Rule(approvalstest.Automatic())
	return r
}

// double is the store of a rig that stands on the double.
func (r *rig) double() *approvalstest.Store {
	r.t.Helper()
	s, ok := r.store.(*approvalstest.Store)
	if !ok {
		r.t.Fatal("this test looks into the double")
	}
	return s
}

// config is that of a worker on the rig.
func (r *rig) config() lifecycle.Config {
	return lifecycle.Config{Service: r.Service, Store: r.store, Poll: time.Minute,
		Connectors: map[string]approvals.Connector{"postgres": r.box}}
}

// worker starts a worker, which ends with the test or before.
func (r *rig) worker(cfg lifecycle.Config) (stop func()) {
	r.t.Helper()
	w, err := lifecycle.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	over := false
	stop = func() {
		if over {
			return
		}
		over = true
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	}
	r.t.Cleanup(stop)
	return stop
}

// once works on what is due now.
func (r *rig) once(cfg lifecycle.Config) {
	r.t.Helper()
	w, err := lifecycle.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := w.RunOnce(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// ask requests access, which the policy decides, and returns the request.
func (r *rig) ask(who approvals.PrincipalID, what approvals.EntitlementID, how time.Duration) approvals.Request {
	r.t.Helper()
	r.asked++
	actor := approvals.Person(who, "test", "")
	req, err := r.Service.Draft(r.t.Context(), actor, approvals.Ask{Requester: who, Entitlement: what, Duration: how,
		Reason: "a refund is stuck", Key: fmt.Sprintf("test:%d", r.asked)})
	if err == nil {
		req, err = r.Service.Submit(r.t.Context(), actor, req.ID)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return req
}

// hold is ask for what is granted at once.
func (r *rig) hold(who approvals.PrincipalID, what approvals.EntitlementID, how time.Duration) approvals.GrantID {
	r.t.Helper()
	return r.ask(who, what, how).Grant
}

func (r *rig) grant(id approvals.GrantID) approvals.Grant {
	r.t.Helper()
	g, err := r.store.Grant(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return g
}

// is fails the test unless the grant is in the state.
func (r *rig) is(id approvals.GrantID, want approvals.GrantState) {
	r.t.Helper()
	if g := r.grant(id); g.State != want {
		r.t.Fatalf("grant %s is %s, want %s; last error %q", id, g.State, want, g.LastError)
	}
}

// works fails the test unless the account's access is as wanted, in the system
// itself.
func (r *rig) works(who approvals.PrincipalID, level string, want bool) {
	r.t.Helper()
	if got := r.member(who, level) != nil; got != want {
		r.t.Fatalf("%s has %s: %v, want %v", who, level, got, want)
	}
}

func (r *rig) member(who approvals.PrincipalID, level string) *sandbox.Member {
	for _, m := range r.box.Snapshot().Members {
		if m.Account == string(who)+"@example.com" && m.Level == level {
			return &m
		}
	}
	return nil
}

// log reads the audit log; of a grant, where there is one.
func (r *rig) log(id approvals.GrantID) []approvals.Event {
	r.t.Helper()
	switch db := r.store.(type) {
	case *approvalstest.Store:
		return db.Events()
	case *store.Store:
		all, err := db.Events(context.Background(), store.EventFilter{Grant: id, Limit: 10_000})
		if err != nil {
			r.t.Fatal(err)
		}
		return all
	}
	return nil
}

// events lists the audit events of a grant.
func (r *rig) events(id approvals.GrantID, kinds ...approvals.EventKind) []approvals.Event {
	r.t.Helper()
	var some []approvals.Event
	for _, e := range r.log(id) {
		for _, k := range kinds {
			if e.Grant == id && e.Kind == k {
				some = append(some, e)
			}
		}
	}
	return some
}

// pass lets time go by, and everything that happens in it happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
