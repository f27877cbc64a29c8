package store

import (
	"context"
	"database/sql"
	"math"
	"math/rand/v2"
)

// identity is in whose name leases are taken: this process, for as long as it
// keeps its database open.
type identity struct {
	id     int64 // positive, and small enough for half of PostgreSQL's advisory lock key
	locked bool  // whether other processes can tell that this one lives
}

func newIdentity() *identity {
	return &identity{id: rand.Int64N(math.MaxInt32) + 1} //nolint:gosec // A name that has to differ, not a secret.
}

func (i *identity) with(locked bool) *identity { return &identity{id: i.id, locked: locked} }

// mark is what a lease is marked with: NULL while other processes would take
// this one for dead, so that they leave the lease to run out.
func (i *identity) mark() any {
	if !i.locked {
		return nil
	}
	return i.id
}

// leased are the tables with leases, and what their indexes on open work ask for.
var leased = []struct{ table, open string }{
	{"tasks", ""},
	{"notices", ""},
	{"inbound", " AND done_at IS NULL"},
}

// FreeOrphans gives back at once what processes held that have died, instead
// of letting their leases run out, and returns how many those were. It never
// touches a lease of this process, nor of another one that lives. It counts
// as an attempt: the dead process's lease stays lost, and the next one on a
// notice says Sending. Call it at start, and then every few seconds; it reads
// only what is leased.
//
// A process that loses its connection to PostgreSQL while it lives may be
// taken for dead. It then learns from CodeConflict that its lease is lost, as
// after one that ran out.
func (s *Store) FreeOrphans(ctx context.Context) (freed int64, err error) {
	defer func() {
		if freed > 0 {
			s.log.InfoContext(ctx, "leases of processes that died were freed", "leases", freed)
			s.waker.signal()
		}
	}()
	for _, l := range leased {
		// The attempt names the lease that was seen: one that another process
		// takes meanwhile, under a lock younger than this look at the locks,
		// has a later one.
		query := "WITH orphans AS MATERIALIZED (SELECT id AS pick, attempt AS held FROM " + l.table +
			" WHERE leased_until IS NOT NULL" + l.open + " AND holder <> $1 AND " + s.dialect.orphaned + ")" +
			" UPDATE " + l.table + " SET leased_until = NULL, holder = NULL FROM orphans" +
			" WHERE id = pick AND attempt = held AND leased_until IS NOT NULL"
		var n int64
		err := s.transact(ctx, "free the leases of the dead", func(tx *sql.Tx) (err error) {
			n, err = execute(ctx, tx, query, s.holder.Load().id)
			return err
		})
		if err != nil {
			s.noteWrites(err) // a success says little: there may be nothing to write
			return freed, err
		}
		freed += n
	}
	return freed, nil
}
