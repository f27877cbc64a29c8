package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// in is the URL of a login for another database of the same server.
func (s *server) in(t *testing.T, database, user, password string) string {
	t.Helper()
	u, err := url.Parse(s.dsn(user, password))
	if err != nil {
		t.Fatal(err)
	}
	other, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = other.Path
	return u.String()
}

// created is access by a login that the connector makes, with a password.
func (s *server) created(t *testing.T) (*postgres.Connector, approvals.Grant, approvals.Receipt) {
	t.Helper()
	c, g := s.connector(t), s.creating("g1", "priya_"+s.suffix+"@example.com")
	r, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	s.cleanup(t, login(g.Account))
	s.exec(t, "ALTER ROLE "+ident(login(g.Account))+" PASSWORD '"+theirs+"'")
	return c, g, r
}

// end takes access away as the lifecycle does, which tries again what may be.
func end(t *testing.T, c approvals.Connector, g approvals.Grant, r approvals.Receipt) (sessions int, reason string) {
	t.Helper()
	for {
		removal, err := c.Revoke(t.Context(), g, r)
		sessions += removal.SessionsEnded
		if err == nil {
			return sessions, removal.Reason
		}
		if failureKind(err) != approvals.Retryable {
			t.Fatal(err)
		}
	}
}

// A role is the whole server's: one connector serves all its databases, and the
// end is the end in each.
func TestSessionsOfEveryDatabaseEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, g, r := s.created(t)
	name := login(g.Account)
	sessions := []*pgx.Conn{s.mustSignIn(t, g.Account)}
	for range 2 {
		conn, err := pgx.Connect(t.Context(), s.in(t, pgtest.Start(t).Database(t), name, theirs))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		sessions = append(sessions, conn)
	}
	if p, err := c.Check(t.Context(), g, r); p.Sessions != 3 || err != nil {
		t.Errorf("%+v, %v, want 3 sessions", p, err)
	}
	if ended, _ := end(t, c, g, r); ended != 3 {
		t.Errorf("%d sessions ended, want 3", ended)
	}
	for i, conn := range sessions {
		if _, err := conn.Exec(t.Context(), "SELECT 1"); err == nil {
			t.Errorf("session %d works on", i)
		}
	}
	if n := s.one(t, "SELECT count(*) FROM pg_roles WHERE rolname = '"+name+"'"); n != 0 {
		t.Error("the created login is still there")
	}
}

// What a login owns in another database keeps it from being dropped, and not
// from being ended.
func TestALoginThatOwnsThingsInAnotherDatabaseIsDisabled(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, g, r := s.created(t)
	name := login(g.Account)
	database := pgtest.Start(t).Database(t)
	admin, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), "DROP OWNED BY "+ident(name)); err != nil {
			t.Error(err)
		}
		_ = admin.Close(context.Background())
	})
	if _, err := admin.Exec(t.Context(), "CREATE TABLE notes (); ALTER TABLE notes OWNER TO "+ident(name)); err != nil {
		t.Fatal(err)
	}
	if _, reason := end(t, c, g, r); !strings.Contains(reason, "owns objects") {
		t.Errorf("the reason is %q", reason)
	}
	if p, err := c.Check(t.Context(), g, r); p.Present || p.Sessions != 0 || !strings.Contains(p.Detail, "may not log in") || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
}

// A client that signs in again and again while its access ends gets in no more
// once it has: the login is closed before its sessions end.
func TestNobodySlipsInWhileACreatedLoginEnds(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, g, r := s.created(t)
	name := login(g.Account)
	var stop atomic.Bool
	var held []*pgx.Conn
	var pusher sync.WaitGroup
	entered := make(chan struct{}, 1)
	pusher.Go(func() {
		for !stop.Load() {
			conn, err := pgx.Connect(context.Background(), s.dsn(name, theirs))
			if err != nil {
				continue
			}
			held = append(held, conn)
			select {
			case entered <- struct{}{}:
			default:
			}
		}
	})
	<-entered
	end(t, c, g, r)
	stop.Store(true)
	pusher.Wait()
	for _, conn := range held {
		if _, err := conn.Exec(context.Background(), "SELECT 1"); err == nil {
			t.Error("a session that slipped in works on")
		}
		_ = conn.Close(context.Background())
	}
	if p, err := c.Check(t.Context(), g, r); p.Present || p.Sessions != 0 || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
}
