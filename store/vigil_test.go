package store

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
	"github.com/jackc/pgx/v5"
)

// connect opens a session of its own to a test's database.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hangUp(conn) })
	return conn
}

// living waits until sessions other than one hold the lock of an identity, or
// until none does, and returns the first one's process number.
func living(t *testing.T, conn *pgx.Conn, id int64, want bool, other int) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		var pid int
		err := conn.QueryRow(ctx, "SELECT coalesce(min(pid), 0) FROM pg_locks WHERE granted AND objid = $1::bigint::oid AND pid <> $2 AND "+holderLocks,
			id, other).Scan(&pid)
		if err != nil {
			t.Fatalf("waiting for the lock of %d to be held (%v): %v", id, want, err)
		}
		if (pid != 0) == want {
			return pid
		}
	}
}

// vigilOn makes a vigil that is not running yet.
func vigilOn(t *testing.T, dsn string) *vigil {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.ConnectTimeout = 10 * time.Second
	var holder atomic.Pointer[identity]
	holder.Store(newIdentity())
	return newVigil(config, &holder, new(herald), slog.New(slog.DiscardHandler))
}

// takeTask puts a task and leases it for an hour.
func takeTask(t *testing.T, s *Store, key string) approvals.Lease {
	t.Helper()
	now := time.Date(2026, 11, 21, 18, 30, 0, 0, time.UTC)
	if err := s.Apply(t.Context(), approvals.Change{Tasks: []approvals.Task{{Kind: approvals.TaskRevoke, Key: key, RunAt: now}}}); err != nil {
		t.Fatal(err)
	}
	leases, err := s.ClaimTasks(t.Context(), []approvals.TaskKind{approvals.TaskRevoke}, now, time.Hour, 9)
	if err != nil || len(leases) != 1 || leases[0].Key != key {
		t.Fatalf("claimed %v, %v; want task %s", leases, err, key)
	}
	return leases[0]
}

func frees(t *testing.T, s *Store, want int64) {
	t.Helper()
	if freed, err := s.FreeOrphans(t.Context()); freed != want || err != nil {
		t.Errorf("freed %d leases, %v; want %d", freed, err, want)
	}
}

func TestLostLockIsTakenAgain(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	s, other := openInside(t, dsn), openInside(t, dsn)
	migrated(t, s, 0)
	migrated(t, other, 0)
	conn := connect(t, dsn)
	own := s.holder.Load()
	before := takeTask(t, s, "before")
	for range 3 {
		pid := living(t, conn, own.id, true, 0)
		if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend($1)", pid); err != nil {
			t.Fatal(err)
		}
		living(t, conn, own.id, true, pid)
	}
	if id := s.holder.Load().id; id != own.id {
		t.Errorf("the lock came back for %d, not for %d: leases from before are not safe", id, own.id)
	}
	frees(t, other, 0)
	for _, l := range []approvals.Lease{before, takeTask(t, s, "after")} {
		if err := s.FinishTask(t.Context(), l); err != nil {
			t.Errorf("task %s: %v", l.Key, err)
		}
	}
}

func TestLockEndsWithTheStore(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	s, err := Open(t.Context(), Config{URL: dsn})
	if err != nil {
		t.Fatal(err)
	}
	other := openInside(t, dsn)
	conn, id := connect(t, dsn), s.holder.Load().id
	living(t, conn, id, true, 0)
	alive(t, other, 2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	living(t, conn, id, false, 0)
	alive(t, other, 1)
	alive(t, openInside(t, "sqlite:"+t.TempDir()), 1)
}

// alive checks how many processes are counted.
func alive(t *testing.T, s *Store, want int) {
	t.Helper()
	if n, err := s.Living(t.Context()); n != want || err != nil {
		t.Errorf("%d processes live, %v; want %d", n, err, want)
	}
}

// A server that is down, or has no connection to spare, must not keep a
// replica from working.
func TestLeasesWithoutALockAreLeftToRunOut(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	s, other := openInside(t, dsn), openInside(t, dsn)
	migrated(t, s, 0)
	migrated(t, other, 0)
	s.holder.Store(newIdentity()) // whose lock nobody holds
	lease := takeTask(t, s, "unlocked")
	frees(t, s, 0)
	frees(t, other, 0)
	if err := s.FinishTask(t.Context(), lease); err != nil {
		t.Error(err)
	}
}

// A process that is cut off from the server may be taken for dead: what it
// does then must not count.
func TestLeaseOfAProcessTakenForDeadIsFenced(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	s, other := openInside(t, dsn), openInside(t, dsn)
	migrated(t, s, 0)
	migrated(t, other, 0)
	gone := newIdentity().with(true)
	s.holder.Store(gone)
	lease := takeTask(t, s, "t")
	frees(t, s, 0)
	frees(t, other, 1)
	frees(t, other, 0)
	next, err := other.ClaimTasks(t.Context(), []approvals.TaskKind{approvals.TaskRevoke}, lease.RunAt, time.Hour, 9)
	if err != nil || len(next) != 1 || next[0].Attempt != 2 {
		t.Fatalf("claimed %v, %v; want the task, attempt 2", next, err)
	}
	for _, err := range []error{s.FinishTask(t.Context(), lease), s.RetryTask(t.Context(), lease, lease.RunAt, "late")} {
		if approvals.ErrorCode(err) != approvals.CodeConflict {
			t.Errorf("the process taken for dead was told %v", err)
		}
	}
	if err := other.FinishTask(t.Context(), next[0]); err != nil {
		t.Error(err)
	}
}

func TestLockThatTheServerStillHoldsIsTakenUnderANewIdentity(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	v, ghost := vigilOn(t, dsn), connect(t, dsn)
	v.config.RuntimeParams["lock_timeout"] = "20"
	first := v.holder.Load()
	if _, err := ghost.Exec(t.Context(), "SELECT pg_advisory_lock($1::int, $2::int)", holderClass, first.id); err != nil {
		t.Fatal(err)
	}
	if conn, err := v.lock(t.Context()); err == nil {
		hangUp(conn)
		t.Fatal("two sessions hold one lock")
	}
	conn, err := v.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer hangUp(conn)
	second := v.holder.Load()
	if second.id == first.id || !second.locked {
		t.Errorf("identity %+v after %+v; want another one, locked", second, first)
	}
	living(t, ghost, second.id, true, 0)
}

func TestVigilKeepsTryingUntilTheServerAnswers(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	v, admin := vigilOn(t, dsn), connect(t, dsn)
	if _, err := admin.Exec(t.Context(), "ALTER DATABASE "+pgx.Identifier{v.config.Database}.Sanitize()+" CONNECTION LIMIT 0"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(t.Context(), "CREATE ROLE "+role(v)+" LOGIN PASSWORD 'p'"); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = admin.Exec(context.WithoutCancel(t.Context()), "DROP ROLE "+role(v)) }()
	v.config.User, v.config.Password = v.config.Database, "p"
	running := keepVigil(t.Context(), v.config, v.holder, new(herald), v.log)
	if v.holder.Load().locked {
		t.Error("locked without a connection")
	}
	if _, err := admin.Exec(t.Context(), "ALTER DATABASE "+pgx.Identifier{v.config.Database}.Sanitize()+" CONNECTION LIMIT 9"); err != nil {
		t.Fatal(err)
	}
	living(t, admin, v.holder.Load().id, true, 0)
	running.end()
	living(t, admin, v.holder.Load().id, false, 0)
	if v.holder.Load().locked {
		t.Error("locked after the end")
	}
}

// role is the name of a role for one test: connection limits spare superusers.
func role(v *vigil) string { return pgx.Identifier{v.config.Database}.Sanitize() }

func TestVigilNoticesASessionThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	v := vigilOn(t, pgtest.Start(t).Database(t))
	conn, err := v.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { hangUp(conn) }()
	if err := v.look(t.Context(), conn); err != nil {
		t.Errorf("while it holds the lock: %v", err)
	}
	quiet, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	v.beat = 10 * time.Millisecond
	if err := v.watch(quiet, conn); err == nil || quiet.Err() == nil {
		t.Errorf("lost a lock that is held: %v", err)
	}

	hangUp(conn)
	if conn, err = v.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
	if err := v.watch(t.Context(), conn); err == nil || !strings.Contains(err.Error(), "transaction pooler") {
		t.Errorf("without the lock: %v", err)
	}
}

func TestIdentitiesFitALockKey(t *testing.T) {
	t.Parallel()
	for range 1000 {
		if i := newIdentity(); i.id < 1 || i.id > 1<<31-1 || i.locked || i.mark() != nil {
			t.Fatalf("identity %+v, mark %v", i, i.mark())
		}
	}
	if i := newIdentity().with(true); i.mark() != i.id {
		t.Errorf("mark %v of %+v", i.mark(), i)
	}
}

// A replica of the version before this one may take leases while replicas of
// this version run. It leaves the holder as it finds it, so it must find none.
func TestWhatIsGivenBackHasNoHolder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		l := takeTask(t, s, "retried")
		takeTask(t, s, "put again")
		err := s.Apply(t.Context(), approvals.Change{Notices: []approvals.Notice{{Slot: "s", Order: "o", Kind: approvals.NoticeRequest}},
			Tasks: []approvals.Task{{Kind: approvals.TaskRevoke, Key: "put again", RunAt: l.RunAt}}})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().Add(time.Minute)
		if _, err := s.Receive(t.Context(), approvals.Inbound{Key: "k", At: now}); err != nil {
			t.Fatal(err)
		}
		notices, err := s.ClaimNotices(t.Context(), now, time.Minute, 9)
		inbound, err2 := s.ClaimInbound(t.Context(), now, time.Minute, 9)
		if err != nil || err2 != nil || len(notices) != 1 || len(inbound) != 1 {
			t.Fatalf("claimed %v and %v, %v, %v; want one each", notices, inbound, err, err2)
		}
		for _, err := range []error{s.RetryTask(t.Context(), l, now, "x"), s.RetryNotice(t.Context(), notices[0], now, "x"), s.RetryInbound(t.Context(), inbound[0], now, "x")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range leased {
			var rows, held int
			if err := s.db.QueryRowContext(t.Context(), "SELECT count(*), count(holder) FROM "+l.table).Scan(&rows, &held); err != nil {
				t.Fatal(err)
			}
			if rows == 0 || held != 0 {
				t.Errorf("%s: %d of %d rows have a holder, want none of some", l.table, held, rows)
			}
		}
	})
}
