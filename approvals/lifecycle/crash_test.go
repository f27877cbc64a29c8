package lifecycle_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// life is that of one process: it dies at its nth call to the database or the
// system, either just before the call or just after its effect. After that it
// does nothing any more.
type life struct {
	mu    sync.Mutex
	left  int
	after bool
	dead  bool
	last  string // what it was doing when it died
	bury  func() // called at the death; may be nil
}

func (l *life) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// act makes a call, unless the process dies of it. What was under way when the
// process died may still come to an effect; nobody hears of it.
func act[T any](l *life, what string, call func() (T, error)) (T, error) {
	var none T
	gone := &approvals.Error{Code: approvals.CodeUnavailable, Message: "This process is dead."}
	switch dies, dead := l.step(what); {
	case dead:
		return none, gone
	case dies:
		if l.after {
			_, _ = call()
		}
		return none, gone
	}
	v, err := call()
	if l.over() {
		return none, gone
	}
	return v, err
}

// step counts a call, and says whether the process dies of it or is dead.
func (l *life) step(what string) (dies, dead bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return false, true
	}
	if l.left--; l.left > 0 {
		return false, false
	}
	l.dead, l.last = true, what
	if l.bury != nil {
		l.bury()
	}
	return true, false
}

func do(l *life, what string, call func() error) error {
	_, err := act(l, what, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// mortalStore is the database as one process sees it until it dies.
type mortalStore struct {
	database
	life *life
}

func (m mortalStore) Apply(ctx context.Context, c approvals.Change) error {
	return do(m.life, "apply", func() error { return m.database.Apply(ctx, c) })
}

func (m mortalStore) ClaimTasks(ctx context.Context, kinds []approvals.TaskKind, now time.Time, lease time.Duration, limit int) ([]approvals.Lease, error) {
	due, ok, err := m.NextTask(ctx, kinds)
	if err != nil || !ok || due.After(now) {
		return nil, err // looking in vain is no boundary
	}
	return act(m.life, "claim", func() ([]approvals.Lease, error) { return m.database.ClaimTasks(ctx, kinds, now, lease, limit) })
}

func (m mortalStore) FinishTask(ctx context.Context, l approvals.Lease) error {
	return do(m.life, "finish", func() error { return m.database.FinishTask(ctx, l) })
}

func (m mortalStore) RetryTask(ctx context.Context, l approvals.Lease, again time.Time, cause string) error {
	return do(m.life, "retry", func() error { return m.database.RetryTask(ctx, l, again, cause) })
}

func (m mortalStore) Tick(ctx context.Context, t approvals.Task) (bool, error) {
	return act(m.life, "tick", func() (bool, error) { return m.database.Tick(ctx, t) })
}

// mortalBox is the system as one process reaches it until it dies.
type mortalBox struct {
	*sandbox.Sandbox
	life *life
}

func (m mortalBox) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	return act(m.life, "grant", func() (approvals.Receipt, error) { return m.Sandbox.Grant(ctx, g) })
}

func (m mortalBox) Revoke(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Removal, error) {
	return act(m.life, "revoke", func() (approvals.Removal, error) { return m.Sandbox.Revoke(ctx, g, r) })
}

func (m mortalBox) Check(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Presence, error) {
	return act(m.life, "check", func() (approvals.Presence, error) { return m.Sandbox.Check(ctx, g, r) })
}

func (m mortalBox) SetEnd(ctx context.Context, g approvals.Grant, r approvals.Receipt, end time.Time) error {
	return do(m.life, "set end", func() error { return m.Sandbox.SetEnd(ctx, g, r, end) })
}

func (m mortalBox) EndSessions(ctx context.Context, g approvals.Grant, r approvals.Receipt) (int, error) {
	return act(m.life, "end sessions", func() (int, error) { return m.Sandbox.EndSessions(ctx, g, r) })
}

// mortal is a worker configuration of a process that dies.
func (r *rig) mortal(l *life) lifecycle.Config {
	cfg := r.config()
	service := *r.Service
	db := mortalStore{r.store, l}
	service.Store, cfg.Service, cfg.Store = db, &service, db
	cfg.Connectors = map[string]approvals.Connector{"postgres": mortalBox{r.box, l}}
	cfg.Sweep, cfg.Observe = "@every 24h", "@every 24h" // so that the steps are those of the grant
	return cfg
}

const lifeSpan = 10 * time.Minute

// crash lets one process die at its nth step and another take over. It tells
// what the first was doing; "" when it outlived the grant.
func crash(t *testing.T, n int, after bool) (doing string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, approvalstest.NewStore())
		l := &life{left: n, after: after}
		stop := r.worker(r.mortal(l))
		id := r.hold("amy", approvalstest.ReadOnly, lifeSpan)
		for range 12 {
			pass(lifeSpan / 10)
			if l.over() {
				break
			}
		}
		stop()
		cfg := r.config()
		cfg.Sweep = "@every 24h"
		r.worker(cfg)
		pass(2 * time.Minute) // the dead process's leases run out
		if g := r.grant(id); g.State == approvals.GrantProvisioning || g.State == approvals.GrantScheduled {
			t.Errorf("%q, %v: it is still %s", l.last, after, g.State)
		}
		pass(lifeSpan)
		doing = l.last
		r.endedWell(id, fmt.Sprintf("step %d, %q, effect %v", n, doing, after))
	})
	return doing
}

// endedWell checks that a grant had one effect of each kind, and that its end
// was proved in time.
func (r *rig) endedWell(id approvals.GrantID, how string) {
	r.t.Helper()
	g := r.grant(id)
	if g.State != approvals.GrantRevoked {
		r.t.Errorf("%s: it is %s", how, g.State)
	}
	if n, m := r.box.Count(sandbox.OpGrant, string(id)), r.box.Count(sandbox.OpRevoke, string(id)); n != 1 || m != 1 {
		r.t.Errorf("%s: %d grants and %d removals in effect, want one each", how, n, m)
	}
	if r.member("amy", "read-only") != nil {
		r.t.Errorf("%s: access is left behind", how)
	}
	if late := g.RevokedAt.Sub(g.EndsAt); late < 0 || late > 80*time.Second {
		r.t.Errorf("%s: proved %s after its end, want within the lease and a retry", how, late)
	}
	for _, kind := range []approvals.EventKind{approvals.EventGrantActive, approvals.EventGrantRevoking, approvals.EventGrantRevoked} {
		if n := len(r.events(id, kind)); n != 1 {
			r.t.Errorf("%s: %d events %s, want 1", how, n, kind)
		}
	}
}

func TestCrashAtEveryBoundaryLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("effect=%v", after), func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			for n := 1; n < 60; n++ {
				doing := crash(t, n, after)
				if doing == "" {
					break
				}
				seen[doing] = true
			}
			for _, what := range []string{"claim", "check", "apply", "grant", "set end", "finish", "revoke", "end sessions"} {
				if !seen[what] {
					t.Errorf("no process died at %q", what)
				}
			}
		})
	}
}
