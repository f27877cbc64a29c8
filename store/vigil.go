package store

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// holderClass is the first half of the advisory lock keys of processes;
	// the second is the identity. Any constant that nobody else uses will do.
	holderClass = 1212238924

	vigilBeat = 15 * time.Second       // between looks whether the lock is still held, and for one of them
	vigilWait = 5 * time.Second        // for a lock that the server still thinks is held
	firstWait = 100 * time.Millisecond // before the lock is taken again; it doubles
	mostWait  = 10 * time.Second
)

// holderLocks are the rows of pg_locks that stand for living processes.
var holderLocks = "locktype = 'advisory' AND objsubid = 2 AND classid = " + strconv.Itoa(holderClass) +
	" AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"

// vigil keeps a PostgreSQL connection that holds an advisory lock, by which
// other processes tell that this one lives: the server releases it when the
// process ends, by whatever cause. On the same connection it listens to what
// other processes publish.
type vigil struct {
	config *pgx.ConnConfig
	holder *atomic.Pointer[identity]
	herald *herald
	log    *slog.Logger
	beat   time.Duration
	stop   context.CancelFunc
	done   chan struct{}
}

func newVigil(config *pgx.ConnConfig, holder *atomic.Pointer[identity], herald *herald, log *slog.Logger) *vigil {
	config = config.Copy()
	config.RuntimeParams["lock_timeout"] = strconv.FormatInt(vigilWait.Milliseconds(), 10)
	config.RuntimeParams["statement_timeout"] = strconv.FormatInt(vigilBeat.Milliseconds(), 10)
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) { herald.notified(n, holder.Load().id) }
	return &vigil{config: config, holder: holder, herald: herald, log: log, beat: vigilBeat, done: make(chan struct{})}
}

// keepVigil takes the lock, or goes on trying in the background: without it
// leases are only left to run out.
func keepVigil(ctx context.Context, config *pgx.ConnConfig, holder *atomic.Pointer[identity], herald *herald, log *slog.Logger) *vigil {
	v := newVigil(config, holder, herald, log)
	conn, err := v.lock(ctx)
	if err != nil {
		log.WarnContext(ctx, "can't show other replicas that this one lives; its leases run out by time until it can", "error", err)
	}
	ctx, v.stop = context.WithCancel(context.WithoutCancel(ctx))
	go v.run(ctx, conn)
	return v
}

// end gives the lock up and waits until it is gone.
func (v *vigil) end() {
	v.stop()
	<-v.done
}

// Living is how many processes have this database open now, this one included.
// One whose connection just broke may be missing for a moment.
func (s *Store) Living(ctx context.Context) (n int, err error) {
	if s.dialect == sqlite { // nobody else can have the file open
		return 1, nil
	}
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM pg_locks WHERE granted AND "+holderLocks).Scan(&n); err != nil {
		return 0, s.dialect.wrap("count the processes that share the database", err)
	}
	return max(1, n), nil
}

// run watches over the lock, and takes it again when it is lost, until ctx ends.
func (v *vigil) run(ctx context.Context, conn *pgx.Conn) {
	defer close(v.done)
	for {
		if conn == nil {
			if conn = v.regain(ctx); conn == nil {
				return
			}
		}
		err := v.watch(ctx, conn)
		v.herald.live.Store(false)
		v.holder.Store(v.holder.Load().with(false))
		hangUp(conn)
		conn = nil
		if ctx.Err() != nil {
			return
		}
		v.log.WarnContext(ctx, "lost the connection that shows other replicas that this one lives; making another", "error", err)
	}
}

// regain tries to take the lock until it has it; nil says that ctx ended.
func (v *vigil) regain(ctx context.Context) *pgx.Conn {
	for wait := firstWait; ; wait = min(2*wait, mostWait) {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait/2 + rand.N(wait/2)): //nolint:gosec // Nobody gains by guessing a pause.
		}
		conn, err := v.lock(ctx)
		if err == nil {
			v.herald.everything() // what was published meanwhile is lost
			v.log.InfoContext(ctx, "other replicas see again that this one lives")
			return conn
		}
		v.log.DebugContext(ctx, "can't show other replicas that this one lives", "error", err)
	}
}

// lock connects and takes the lock, under the same identity as before, so that
// leases from before are safe again. If the server does not notice soon that
// the connection before is gone, the next try is under a new one.
func (v *vigil) lock(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, v.config.ConnectTimeout+vigilBeat)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, v.config)
	if err != nil {
		return nil, err
	}
	own := v.holder.Load()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1::int, $2::int)", holderClass, own.id); err != nil {
		hangUp(conn)
		if f, _ := postgresFault(err); f == faultContention {
			v.holder.Store(newIdentity())
		}
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+newsChannel); err != nil {
		hangUp(conn)
		return nil, err
	}
	v.holder.Store(own.with(true))
	v.herald.live.Store(true)
	return conn, nil
}

// watch returns when the lock is lost, or ctx ends.
func (v *vigil) watch(ctx context.Context, conn *pgx.Conn) error {
	for {
		// This reads, and so learns of the connection's end at once. Notifications
		// go to the herald.
		quiet, cancel := context.WithTimeout(ctx, v.beat)
		err := error(nil)
		for err == nil {
			err = conn.PgConn().WaitForNotification(quiet)
		}
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if conn.IsClosed() || !pgconn.Timeout(err) {
			return err
		}
		if err := v.look(ctx, conn); err != nil {
			return err
		}
	}
}

// look asks the server whether this very session still holds the lock. It may
// not behind a proxy that hands out sessions as it likes.
func (v *vigil) look(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, vigilBeat)
	defer cancel()
	var held bool
	err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND objid = $1::bigint::oid AND "+
		holderLocks+")", v.holder.Load().id).Scan(&held)
	if err == nil && !held {
		err = errors.New("the session does not hold its advisory lock; connect to PostgreSQL without a transaction pooler")
	}
	return err
}

// hangUp ends a connection, and with it its lock.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
