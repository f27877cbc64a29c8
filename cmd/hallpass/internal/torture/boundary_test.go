package torture

import (
	"context"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// end says where a process dies: at the nth call of a name, just before it or
// just after its effect.
type end struct {
	At    string // "": nowhere
	Nth   int    // counted by each process
	After bool
}

// boundaries are the names at which a process may die whatever it speaks to.
// What is stored is named after the event that sets it apart, or the first in it.
var boundaries = []string{
	"apply/request.drafted", "apply/request.submitted", "apply/grant.provisioning", "apply/grant.active", "apply/grant.revoking", "apply/grant.revoked",
	"apply/grant.retried", "apply/extension.submitted", "apply/grant.extended", "apply/grant.released",
	"apply/breakglass.opened", "apply/breakglass.reviewed", "apply/breakglass.escalated", "claim", "finish", "retry", "tick",
}

// boundary names what is stored.
func boundary(c approvals.Change) string {
	name := "apply"
	for i, e := range c.Events {
		switch {
		case e.Kind == approvals.EventGrantRevoking && e.Detail["reason"] == string(approvals.EndReleased):
			name = "apply/grant.released"
		case i == 0, e.Kind == approvals.EventGrantExtended, e.Kind == approvals.EventBreakGlassOpened:
			name = "apply/" + string(e.Kind)
		}
	}
	for _, r := range c.Requests {
		if r.Kind == approvals.KindExtension && r.State == approvals.RequestPending {
			name = "apply/extension.submitted"
		}
	}
	return name
}

// order is what all processes of a world are told, as a line of JSON on their
// standard inputs; it stands until the next.
type order struct {
	Wishes []wish
	End    end
	Note   string // file that is made just before the death: the one process that makes it dies
}

// fate counts a process's calls and ends it, by the signal that no process can
// catch, at the one that was meant.
type fate struct {
	mu    sync.Mutex
	order order
	left  int
}

// obey takes an order over. One that means the same death does not begin anew.
func (f *fate) obey(o order) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.order.Note != o.Note || f.order.End != o.End {
		f.left = o.End.Nth
	}
	f.order = o
}

// wish is the one that a grant fulfils.
func (f *fate) wish(who approvals.PrincipalID, what approvals.EntitlementID) (wish, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range f.order.Wishes {
		if v.Who == who && v.What == what {
			return v, true
		}
	}
	return wish{}, false
}

// strikes reports whether this is the call that the process does not survive,
// and whether it dies after it.
func (f *fate) strikes(name string) (dies, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name != f.order.End.At {
		return false, false
	}
	f.left--
	return f.left == 0 && first(f.order.Note), f.order.End.After
}

// first reports whether a note is not made yet, and makes it.
func first(note string) bool {
	f, err := os.OpenFile(note, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false // another process died of it
	}
	return f.Close() == nil
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing more happens here
}

// cross makes a call at a boundary.
func cross[T any](f *fate, name string, call func() (T, error)) (T, error) {
	dies, after := f.strikes(name)
	if !dies {
		return call()
	}
	if after {
		_, _ = call()
	}
	die()
	panic("a dead process goes on")
}

func crossing(f *fate, name string, call func() error) error {
	_, err := cross(f, name, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// mortalStore is the database of a process that dies.
type mortalStore struct {
	*store.Store
	fate *fate
}

// Apply makes grants, what they are extended by, and the time for reviews as
// short as they were wished: people may not ask for less than a minute.
func (m mortalStore) Apply(ctx context.Context, c approvals.Change) error {
	name := boundary(c)
	for i, g := range c.Grants {
		v, ok := m.fate.wish(g.Principal, g.Entitlement)
		switch {
		case ok && g.Version == 0:
			c.Grants[i].Duration = v.Duration
		case ok && name == "apply/grant.extended":
			old, err := m.Grant(ctx, g.ID)
			if err != nil {
				return err
			}
			c.Grants[i].Duration, c.Grants[i].EndsAt = old.Duration+v.More, old.EndsAt.Add(v.More)
			shorten(c, approvals.TaskRevoke, string(g.ID), c.Grants[i].EndsAt)
			shorten(c, approvals.TaskRemind, string(g.ID), c.Grants[i].NudgeAt())
		}
	}
	for i, b := range c.BreakGlass {
		if v, ok := m.fate.wish(b.Beneficiary, b.Entitlement); ok && b.Version == 0 && v.Late {
			c.BreakGlass[i].DueAt = b.OpenedAt.Add(300 * time.Millisecond)
			shorten(c, approvals.TaskBreakGlass, string(b.Request), c.BreakGlass[i].DueAt)
		}
	}
	return crossing(m.fate, name, func() error { return m.Store.Apply(ctx, c) })
}

// shorten moves a task of a change to the time that is meant.
func shorten(c approvals.Change, kind approvals.TaskKind, key string, at time.Time) {
	for i, t := range c.Tasks {
		if t.Kind == kind && t.Key == key {
			c.Tasks[i].RunAt = at
		}
	}
}

func (m mortalStore) ClaimTasks(ctx context.Context, kinds []approvals.TaskKind, now time.Time, lease time.Duration, limit int) ([]approvals.Lease, error) {
	due, ok, err := m.NextTask(ctx, kinds)
	if err != nil || !ok || due.After(now) {
		return nil, err // looking in vain is no boundary
	}
	return cross(m.fate, "claim", func() ([]approvals.Lease, error) { return m.Store.ClaimTasks(ctx, kinds, now, lease, limit) })
}

func (m mortalStore) FinishTask(ctx context.Context, l approvals.Lease) error {
	return crossing(m.fate, "finish", func() error { return m.Store.FinishTask(ctx, l) })
}

func (m mortalStore) RetryTask(ctx context.Context, l approvals.Lease, again time.Time, cause string) error {
	return crossing(m.fate, "retry", func() error { return m.Store.RetryTask(ctx, l, again, cause) })
}

func (m mortalStore) Tick(ctx context.Context, t approvals.Task) (bool, error) {
	return cross(m.fate, "tick", func() (bool, error) { return m.Store.Tick(ctx, t) })
}
