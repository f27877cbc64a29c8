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
// What is stored is named after the first event in it.
var boundaries = []string{
	"apply/request.drafted", "apply/request.submitted", "apply/grant.provisioning", "apply/grant.active", "apply/grant.revoking", "apply/grant.revoked",
	"apply/grant.retried", "claim", "finish", "retry", "tick",
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

func (f *fate) wishes() []wish {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.order.Wishes
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

// Apply makes new grants as short as they were wished: people may not ask for
// less than a minute.
func (m mortalStore) Apply(ctx context.Context, c approvals.Change) error {
	for i, g := range c.Grants {
		for _, v := range m.fate.wishes() {
			if g.Version == 0 && v.Who == g.Principal && v.What == g.Entitlement {
				c.Grants[i].Duration = v.Duration
			}
		}
	}
	name := "apply"
	if len(c.Events) > 0 {
		name += "/" + string(c.Events[0].Kind)
	}
	return crossing(m.fate, name, func() error { return m.Store.Apply(ctx, c) })
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
