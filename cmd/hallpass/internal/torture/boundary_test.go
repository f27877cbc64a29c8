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
	At    string // "" for a process that lives on
	Nth   int
	After bool
}

// boundaries are the names at which a process may die whatever it speaks to.
// What is stored is named after the first event in it.
var boundaries = []string{
	"apply/request.drafted", "apply/request.submitted", "apply/grant.provisioning", "apply/grant.active", "apply/grant.revoking", "apply/grant.revoked",
	"apply/grant.retried", "claim", "finish", "retry", "tick",
}

// fate counts a process's calls and ends it, by the signal that no process can
// catch, at the one that was meant.
type fate struct {
	end  end
	note string // file that is written just before the death, so that a test knows it happened

	mu   sync.Mutex
	left int
}

func (f *fate) strikes(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name != f.end.At {
		return false
	}
	f.left--
	return f.left == 0
}

func (f *fate) die() {
	_ = os.WriteFile(f.note, []byte(f.end.At), 0o600)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing more happens here
}

// cross makes a call at a boundary.
func cross[T any](f *fate, name string, call func() (T, error)) (T, error) {
	if !f.strikes(name) {
		return call()
	}
	if f.end.After {
		_, _ = call()
	}
	f.die()
	panic("a dead process goes on")
}

func crossing(f *fate, name string, call func() error) error {
	_, err := cross(f, name, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// mortalStore is the database of a process that dies.
type mortalStore struct {
	*store.Store
	fate   *fate
	wishes []wish
}

// Apply makes new grants as short as they were wished: people may not ask for
// less than a minute.
func (m mortalStore) Apply(ctx context.Context, c approvals.Change) error {
	for i, g := range c.Grants {
		for _, v := range m.wishes {
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
