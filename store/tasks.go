package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// leaseLost is what a worker is told that was too slow, or was overtaken.
func leaseLost(what string) error {
	return approvals.Errorf(approvals.CodeConflict, "The lease on this %s is lost: it ran out, or somebody put or finished it again.", what)
}

// ClaimTasks leases at most limit tasks of the given kinds that are due at now
// and that nobody holds, or whose lease ran out, those of the oldest RunAt
// first. No task is leased twice at a time.
func (s *Store) ClaimTasks(ctx context.Context, kinds []approvals.TaskKind, now time.Time, lease time.Duration, limit int) ([]approvals.Lease, error) {
	if len(kinds) == 0 || limit <= 0 {
		return nil, nil
	}
	// Each kind reads its own part of the index in order and stops at the
	// limit; read together, all that is due would have to be sorted. What is
	// held is passed over by the index, not row by row.
	args := []any{at(now), int64(limit), at(now.Add(lease)), s.holder.Load().mark()}
	var parts []string
	for _, kind := range kinds {
		args = append(args, string(kind))
		for _, unheld := range []string{"leased_until IS NULL", "leased_until <= $1"} {
			parts = append(parts, fmt.Sprintf(`SELECT * FROM (SELECT id, run_at FROM tasks
				WHERE kind = $%d AND done_at IS NULL AND run_at <= $1 AND %s
				ORDER BY run_at, id LIMIT $2%s) k%d`, len(args), unheld, s.dialect.skipLocked, len(parts)))
		}
	}
	leases, err := list(ctx, s, "claim tasks", readLease, `WITH due AS MATERIALIZED (`+strings.Join(parts, " UNION ALL ")+`)
		UPDATE tasks SET attempt = attempt + 1, leased_until = $3, holder = $4
		FROM (SELECT id AS pick FROM due ORDER BY run_at, id LIMIT $2) picked WHERE tasks.id = pick
		RETURNING kind, key, run_at, attempt, leased_until, last_error`, args...)
	if err != nil {
		s.noteWrites(err)
	}
	slices.SortStableFunc(leases, func(a, b approvals.Lease) int {
		return cmp.Or(a.RunAt.Compare(b.RunAt), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return leases, err
}

func readLease(scan scan) (l approvals.Lease, err error) {
	var run, until stamp
	err = scan(&l.Kind, &l.Key, &run, &l.Attempt, &until, &l.LastError)
	l.RunAt, l.Until = run.Time, until.Time
	return l, err
}

const heldTask = " WHERE kind = $1 AND key = $2 AND attempt = $3 AND leased_until IS NOT NULL AND done_at IS NULL"

// FinishTask ends a task that is done. CodeConflict says that the lease is
// lost; the task is then somebody else's, or over.
func (s *Store) FinishTask(ctx context.Context, l approvals.Lease) error {
	return s.submit(ctx, "finish a task", &pending{finish: &l})
}

// finish ends the tasks whose leases are still held, and returns their keys.
func (w *writer) finish(leases []approvals.Lease) (map[string]bool, error) {
	now := at(w.store.now())
	var rows [][]any
	for _, l := range leases {
		rows = append(rows, []any{string(l.Kind), l.Key, int64(l.Attempt), now})
	}
	return finishTable.touch(w.ctx, w.tx, w.store.dialect, rows, `SET done_at = v.done_at, leased_until = NULL FROM v
		WHERE tasks.kind = v.kind AND tasks.key = v.key AND tasks.attempt = v.attempt AND tasks.leased_until IS NOT NULL AND tasks.done_at IS NULL`)
}

// RetryTask gives a task back, to be run again at a time, and notes why.
// CodeConflict says that the lease is lost.
func (s *Store) RetryTask(ctx context.Context, l approvals.Lease, again time.Time, cause string) error {
	return s.fenced(ctx, "retry a task", "task", "UPDATE tasks SET run_at = $4, last_error = $5, leased_until = NULL, holder = NULL"+heldTask,
		string(l.Kind), l.Key, int64(l.Attempt), at(again), printable(cause))
}

// fenced runs a statement that touches one row as long as its lease is held.
func (s *Store) fenced(ctx context.Context, op, what, query string, args ...any) error {
	if err := s.usable(); err != nil {
		return err
	}
	touched, err := execute(ctx, s.direct, query, args...)
	if err == nil && touched == 0 {
		err = leaseLost(what)
	}
	return s.dialect.wrap(op, err)
}

// printable makes any text storable: a cause may quote what a system said.
func printable(cause string) string {
	const most = 2000
	cause = strings.ToValidUTF8(strings.ReplaceAll(cause, "\x00", "�"), "�")
	if len(cause) > most {
		cause = strings.ToValidUTF8(cause[:most], "") + "…"
	}
	return cause
}

// Tick puts a task unless one of its kind and key was ever put, finished or
// not. Replicas that tick at the same moment agree on a key, such as
// name@time, and one of them is told that it is fresh.
func (s *Store) Tick(ctx context.Context, t approvals.Task) (fresh bool, err error) {
	if err := s.usable(); err != nil {
		return false, err
	}
	n, err := execute(ctx, s.direct, "INSERT INTO tasks (kind, key, run_at) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO NOTHING",
		string(t.Kind), t.Key, at(t.RunAt))
	if n > 0 {
		s.waker.signal()
	}
	return n > 0, s.dialect.wrap("tick", err)
}

// Hasten brings a task forward to its RunAt. One that somebody holds, that is
// done or that comes sooner stays as it is: a lease is not taken away.
func (s *Store) Hasten(ctx context.Context, t approvals.Task) error {
	if err := s.usable(); err != nil {
		return err
	}
	n, err := execute(ctx, s.direct, "UPDATE tasks SET run_at = $3 WHERE kind = $1 AND key = $2 AND run_at > $3 AND leased_until IS NULL AND done_at IS NULL",
		string(t.Kind), t.Key, at(t.RunAt))
	if n > 0 {
		s.waker.signal()
	}
	return s.dialect.wrap("hasten a task", err)
}

// NextTask says when the next task of the given kinds is due, counting leased
// ones from the end of their lease; ok is false when there is none.
func (s *Store) NextTask(ctx context.Context, kinds []approvals.TaskKind) (due time.Time, ok bool, err error) {
	var parts []string
	var args []any
	for i, kind := range kinds {
		args = append(args, string(kind))
		parts = append(parts, fmt.Sprintf(`SELECT * FROM (SELECT run_at AS due FROM tasks
				WHERE kind = $%[1]d AND done_at IS NULL AND leased_until IS NULL ORDER BY run_at LIMIT 1) r%[2]d
			UNION ALL SELECT * FROM (SELECT leased_until AS due FROM tasks
				WHERE kind = $%[1]d AND leased_until IS NOT NULL ORDER BY leased_until LIMIT 1) l%[2]d`, i+1, i))
	}
	if len(parts) == 0 {
		return time.Time{}, false, nil
	}
	next, err := list(ctx, s, "find the next task", func(scan scan) (t stamp, err error) { return t, scan(&t) },
		"SELECT due FROM ("+strings.Join(parts, " UNION ALL ")+") dues ORDER BY due LIMIT 1", args...)
	if err != nil || len(next) == 0 {
		return time.Time{}, false, err
	}
	return next[0].Time, true, nil
}

// Prune removes what was kept only to be recognised or counted: tasks finished
// and inbound entries handled before a time, and what was taken from the budgets
// of the days before it. It returns how many rows went.
func (s *Store) Prune(ctx context.Context, before time.Time) (int64, error) {
	const batch = 5000
	var removed int64
	for _, old := range []struct {
		query  string
		before any
	}{
		{"DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE done_at < $1 ORDER BY done_at LIMIT $2)", at(before)},
		{"DELETE FROM inbound WHERE id IN (SELECT id FROM inbound WHERE done_at < $1 ORDER BY done_at LIMIT $2)", at(before)},
		{"DELETE FROM spendings WHERE (budget, day) IN (SELECT budget, day FROM spendings WHERE day < $1 ORDER BY day LIMIT $2)", before.UTC().Format(time.DateOnly)},
	} {
		for n := int64(batch); n == batch; removed += n {
			err := s.transact(ctx, "prune", func(tx *sql.Tx) (err error) {
				n, err = execute(ctx, tx, old.query, old.before, int64(batch))
				return err
			})
			if err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}
