package approvalstest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

type taskKey struct {
	kind approvals.TaskKind
	key  string
}

// task is a row of the task table. A row that is done stays, so that an old
// lease and a second tick are known.
type task struct {
	approvals.Task
	attempt int
	until   time.Time // of the lease; zero: nobody holds it
	cause   string
	done    bool
}

// put cancels and puts tasks; whoever holds one loses the lease.
func (s *Store) put(cancel, tasks []approvals.Task) {
	for _, t := range cancel {
		if row := s.tasks[taskKey{t.Kind, t.Key}]; row != nil && !row.done {
			row.attempt, row.until, row.done = row.attempt+1, time.Time{}, true
		}
	}
	for _, t := range tasks {
		row := s.tasks[taskKey{t.Kind, t.Key}]
		if row == nil {
			row = &task{}
			s.tasks[taskKey{t.Kind, t.Key}] = row
		}
		if !row.until.IsZero() {
			row.attempt++
		}
		row.Task, row.until, row.cause, row.done = t, time.Time{}, "", false
	}
}

func (s *Store) woken() {
	close(s.wake)
	s.wake = make(chan struct{})
}

// Wake returns a channel that closes when something is stored.
func (s *Store) Wake() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wake
}

// waiting lists the rows that are not done, ordered by time, kind and key.
func (s *Store) waiting(kinds []approvals.TaskKind) []*task {
	var rows []*task
	for k, row := range s.tasks {
		if !row.done && (kinds == nil || slices.Contains(kinds, k.kind)) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b *task) int {
		return cmp.Or(a.RunAt.Compare(b.RunAt), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return rows
}

// Tasks lists the tasks that are not done, ordered by kind and key.
func (s *Store) Tasks() []approvals.Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	var tasks []approvals.Task
	for _, row := range s.waiting(nil) {
		tasks = append(tasks, row.Task)
	}
	slices.SortFunc(tasks, func(a, b approvals.Task) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key)) })
	return tasks
}

// ClaimTasks leases tasks that are due.
func (s *Store) ClaimTasks(_ context.Context, kinds []approvals.TaskKind, now time.Time, lease time.Duration, limit int) ([]approvals.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var leases []approvals.Lease
	for _, row := range s.waiting(kinds) {
		if len(leases) == limit || row.RunAt.After(now) {
			break
		}
		if row.until.After(now) {
			continue
		}
		row.attempt, row.until = row.attempt+1, now.Add(lease)
		leases = append(leases, approvals.Lease{Task: row.Task, Attempt: row.attempt, Until: row.until, LastError: row.cause})
	}
	return leases, nil
}

// held finds the row of a lease that is not lost.
func (s *Store) held(l approvals.Lease) (*task, error) {
	row := s.tasks[taskKey{l.Kind, l.Key}]
	if row == nil || row.done || row.until.IsZero() || row.attempt != l.Attempt {
		return nil, approvals.Errorf(approvals.CodeConflict, "The lease on this task is lost.")
	}
	return row, nil
}

// FinishTask ends a task that is done.
func (s *Store) FinishTask(_ context.Context, l approvals.Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, err := s.held(l)
	if err == nil {
		row.done, row.until = true, time.Time{}
	}
	return err
}

// RetryTask gives a task back.
func (s *Store) RetryTask(_ context.Context, l approvals.Lease, again time.Time, cause string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, err := s.held(l)
	if err == nil {
		row.RunAt, row.cause, row.until = again, cause, time.Time{}
	}
	return err
}

// Tick puts a task unless one of its kind and key was ever put.
func (s *Store) Tick(_ context.Context, t approvals.Task) (fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tasks[taskKey{t.Kind, t.Key}] != nil {
		return false, nil
	}
	s.put(nil, []approvals.Task{t})
	s.woken()
	return true, nil
}

// Hasten brings a task forward unless somebody holds it.
func (s *Store) Hasten(_ context.Context, t approvals.Task) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if row := s.tasks[taskKey{t.Kind, t.Key}]; row != nil && !row.done && row.until.IsZero() && t.RunAt.Before(row.RunAt) {
		row.RunAt = t.RunAt
		s.woken()
	}
	return nil
}

// NextTask says when the next task is due, a leased one when its lease ends.
func (s *Store) NextTask(_ context.Context, kinds []approvals.TaskKind) (due time.Time, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, row := range s.waiting(kinds) {
		at := row.RunAt
		if !row.until.IsZero() {
			at = row.until
		}
		if !ok || at.Before(due) {
			due, ok = at, true
		}
	}
	return due, ok, nil
}

// Adrift lists tasks that are needed and that nobody has put.
func (s *Store) Adrift(_ context.Context, now time.Time, limit int) ([]approvals.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lost []approvals.Task
	need := func(kind approvals.TaskKind, key string) {
		if row := s.tasks[taskKey{kind, key}]; (row == nil || row.done) && len(lost) < limit {
			lost = append(lost, approvals.Task{Kind: kind, Key: key, RunAt: now})
		}
	}
	for _, id := range s.given {
		switch g := s.grants[id]; {
		case g.StartsAt.After(now):
		case g.State == approvals.GrantScheduled, g.State == approvals.GrantProvisioning:
			need(approvals.TaskProvision, string(id))
		case due(g, now):
			need(approvals.TaskRevoke, string(id))
		}
	}
	for _, id := range s.order {
		if r := s.requests[id]; r.State == approvals.RequestPending && !now.Before(r.LapsesAt) {
			need(approvals.TaskLapse, string(id))
		}
	}
	for id, b := range s.glass {
		if b.Open() && !now.Before(b.DueAt) {
			need(approvals.TaskBreakGlass, string(id))
		}
	}
	return lost, nil
}

// due reports whether a grant's end has come, or the end of what lives on.
func due(g approvals.Grant, now time.Time) bool {
	return g.State == approvals.GrantRevoking && !g.RevokingAt.After(now) || g.State == approvals.GrantActive && g.Expired(now) ||
		g.State == approvals.GrantResidual && !now.Before(g.ResidualUntil)
}

// GrantsDue lists grants that need attention since a time.
func (s *Store) GrantsDue(_ context.Context, since time.Time, limit int) ([]approvals.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var some []approvals.Grant
	for _, id := range s.given {
		if g := s.grants[id]; due(g, since) && len(some) < limit {
			some = append(some, g)
		}
	}
	return some, nil
}

// Waiting lists pending requests by id.
func (s *Store) Waiting(_ context.Context, after approvals.RequestID, limit int) ([]approvals.RequestID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []approvals.RequestID
	for id, r := range s.requests {
		if r.State == approvals.RequestPending && id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(limit, len(ids))], nil
}

// GrantsIn lists grants in some states by id.
func (s *Store) GrantsIn(_ context.Context, states []approvals.GrantState, after approvals.GrantID, limit int) ([]approvals.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Grant
	for id, g := range s.grants {
		if slices.Contains(states, g.State) && id > after {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b approvals.Grant) int { return cmp.Compare(a.ID, b.ID) })
	return all[:min(limit, len(all))], nil
}

// Overdue counts grants that outlive their end, and says for how long the
// oldest has.
func (s *Store) Overdue(_ context.Context, now time.Time) (count int, oldest time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		if late := g.Overdue(now); late > 0 {
			count, oldest = count+1, max(oldest, late)
		}
	}
	return count, oldest, nil
}

// SaveHoldings replaces what is known of an entitlement's holders.
func (s *Store) SaveHoldings(_ context.Context, e approvals.EntitlementID, seen []approvals.Holding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holdings[e] = slices.Clone(seen)
	return nil
}

// Holdings lists what was saved last.
func (s *Store) Holdings(e approvals.EntitlementID) []approvals.Holding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.holdings[e])
}
