package store

import (
	"context"
	"database/sql"
	"time"
)

// Forward is how far a receiver of audit events outside of the database has got.
type Forward struct {
	Name         string
	Sequence     int64     // of the last event that arrived; 0: none did
	At           time.Time // when that was noted
	FailingSince time.Time // zero: it works
	LastError    string    // for people, without secrets
	Turn         int64     // whose it is: grows each time that another process takes it

	Waiting int64     // events that have not arrived; only from Forwards
	Oldest  time.Time // when the first of them happened; only from Forwards
}

// forwardLease is for how long a process has a receiver to itself without
// saying so again.
const forwardLease = time.Minute

func readForward(scan scan) (f Forward, err error) {
	var noted, failing stamp
	err = scan(&f.Name, &f.Sequence, &noted, &failing, &f.LastError, &f.Turn)
	f.At, f.FailingSince = noted.Time, failing.Time
	return f, err
}

// TakeForward gives a receiver to this process alone, for a minute, and says how
// far it is. One that is new begins before the first event, or after the last
// one there is now. Turn is what an earlier call returned, 0 before the first.
// CodeConflict says that another process has it.
func (s *Store) TakeForward(ctx context.Context, name string, turn int64, fromNow bool) (Forward, error) {
	if turn == 0 {
		turn = -1 // no row's
		if err := s.newForward(ctx, name, fromNow); err != nil {
			return Forward{}, err
		}
	}
	now := s.now()
	all, err := list(ctx, s, "take a receiver of audit events", readForward, `UPDATE forwards SET leased_until = $3, holder = $4, turn = CASE WHEN turn = $5 THEN turn ELSE turn + 1 END
		WHERE name = $1 AND (turn = $5 OR leased_until IS NULL OR leased_until <= $2 OR `+s.dialect.orphaned+`)
		RETURNING name, sequence, at, failing_since, last_error, turn`, name, at(now), at(now.Add(forwardLease)), s.holder.Load().mark(), turn)
	if err == nil && len(all) == 0 {
		err = leaseLost("receiver of audit events")
	}
	if err != nil {
		return Forward{}, err
	}
	return all[0], nil
}

// newForward notes a receiver that is new.
func (s *Store) newForward(ctx context.Context, name string, fromNow bool) error {
	begin := "0"
	if fromNow {
		begin = "(SELECT sequence FROM event_head WHERE id = 1)"
	}
	return s.transact(ctx, "note a receiver of audit events", func(tx *sql.Tx) error {
		_, err := execute(ctx, tx, "INSERT INTO forwards (name, sequence, turn, last_error) VALUES ($1, "+begin+", 0, '') ON CONFLICT DO NOTHING", name)
		return err
	})
}

// SaveForward notes how far a receiver is, or since when it fails. CodeConflict
// says that another process has taken it.
func (s *Store) SaveForward(ctx context.Context, f Forward) error {
	return s.fenced(ctx, "note how far a receiver of audit events is", "receiver of audit events",
		"UPDATE forwards SET sequence = $3, at = $4, failing_since = $5, last_error = $6 WHERE name = $1 AND turn = $2",
		f.Name, f.Turn, f.Sequence, at(f.At), at(f.FailingSince), printable(f.LastError))
}

// Forwards lists the receivers that were ever configured, by name, with what
// waits for each.
func (s *Store) Forwards(ctx context.Context) ([]Forward, error) {
	return list(ctx, s, "list receivers of audit events", func(scan scan) (f Forward, err error) {
		var waiting int64
		var oldest stamp
		f, err = readForward(func(to ...any) error { return scan(append(to, &waiting, &oldest)...) })
		f.Waiting, f.Oldest = waiting, oldest.Time
		return f, err
	}, `SELECT name, sequence, at, failing_since, last_error, turn, (SELECT sequence FROM event_head WHERE id = 1) - sequence,
		(SELECT events.at FROM events WHERE events.sequence = forwards.sequence + 1) FROM forwards ORDER BY name`)
}
