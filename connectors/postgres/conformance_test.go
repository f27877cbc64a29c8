package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
)

func TestConformanceWithExistingLogins(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) (approvals.Connector, connectortest.World) {
		s := start(t)
		w := s.world(t, "")
		w.Account, w.Neighbour = s.person(t, "maya"), s.person(t, "li")
		w.Unknown = "ghost_" + s.suffix + "@example.com"
		return s.throughLine(t, &w), w
	}})
}

func TestConformanceWithCreatedLogins(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) (approvals.Connector, connectortest.World) {
		s := start(t)
		w := s.world(t, "true")
		w.Account, w.Neighbour = "maya_"+s.suffix+"@example.com", "li_"+s.suffix+"@example.com"
		for _, account := range []string{w.Account, w.Neighbour} {
			s.cleanup(t, login(account))
		}
		w.Seat = nil // standing access needs a login that was there before
		return s.throughLine(t, &w), w
	}})
}

func login(account string) string {
	name, _, _ := strings.Cut(account, "@")
	return name
}

// world shows the server to the suite, as an administrator and as the people
// themselves.
func (s *server) world(t *testing.T, create string) connectortest.World {
	t.Helper()
	other := "ops_" + s.suffix
	s.hand(t, other)
	s.exec(t, "CREATE TABLE "+other+" (id int)", "GRANT SELECT ON "+other+" TO "+ident(other))
	entitle := func(id, role string) approvals.Entitlement {
		return approvals.Entitlement{ID: approvals.EntitlementID(id), Target: map[string]string{"role": role, "create_login": create}}
	}
	tables := map[approvals.EntitlementID]string{"ro": "refunds", "ops": other}
	return connectortest.World{
		Entitlement: entitle("ro", s.group),
		Alias:       approvals.Entitlement{ID: "alias", Target: map[string]string{"role": s.group, "create_login": create, "database": "postgres"}},
		Other:       entitle("ops", other),
		Nowhere:     entitle("no", "nobody_made_this_"+s.suffix),
		Reaches: func(t *testing.T, e approvals.Entitlement, account string) bool {
			conn, err := s.enter(t, account)
			if err != nil {
				return false
			}
			defer func() {
				if err := conn.Close(context.Background()); err != nil {
					t.Error(err)
				}
				s.awaitNone(t, conn.PgConn().PID())
			}()
			_, err = conn.Exec(t.Context(), "SELECT id FROM "+tables[e.ID])
			return err == nil
		},
		Open: func(t *testing.T, account string) func() bool {
			conn, err := s.enter(t, account)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close(context.Background()) })
			if _, err := conn.Exec(t.Context(), "SET ROLE "+ident(s.group)); err != nil {
				t.Fatal(err)
			}
			return func() bool { return read(t.Context(), conn) == nil }
		},
		Seat: func(t *testing.T, account string) {
			s.exec(t, "GRANT "+ident(s.group)+" TO "+ident(login(account)))
		},
		Secrets: []string{secret, theirs},
		Logs:    func() string { return s.logs.String() },
	}
}

// enter signs in as the account. A login that the connector made has no
// password; the administrator gives it one first, as doc.go says.
func (s *server) enter(t *testing.T, account string) (*pgx.Conn, error) {
	t.Helper()
	name := login(account)
	if s.one(t, "SELECT count(*) FROM pg_authid WHERE rolname = $1 AND rolcanlogin AND rolpassword IS NULL", name) == 1 {
		s.exec(t, "ALTER ROLE "+ident(name)+" PASSWORD '"+theirs+"'")
	}
	return pgx.Connect(t.Context(), s.dsn(name, theirs))
}

// one is the number that a query answers with.
func (s *server) one(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := s.admin.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// awaitNone waits until a backend that was told goodbye is gone, so that
// nobody counts it.
func (s *server) awaitNone(t *testing.T, pid uint32) {
	t.Helper()
	if s.one(t, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid) == 0 {
		return
	}
	if s.one(t, "SELECT pg_terminate_backend($1, 20000)::int + 1", pid) == 1 &&
		s.one(t, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid) > 0 {
		t.Fatal("a closed session does not go")
	}
}

// throughLine makes a connector whose way to the server can be spoilt.
func (s *server) throughLine(t *testing.T, w *connectortest.World) approvals.Connector {
	t.Helper()
	l := newLine(t, s.url.Host)
	u, err := url.Parse(s.dsn(s.bot, secret))
	if err != nil {
		t.Fatal(err)
	}
	u.Host = l.addr()
	w.Inject = func(t *testing.T, f connectortest.Fault) bool {
		switch {
		case f.Op == connectortest.Check:
			return false // the server answers from one truth
		case f.Trouble == connectortest.LostAnswer:
			l.cutAt(mark{"COMMIT", afterwards})
		case f.Trouble == connectortest.Cut:
			l.cutAt(mark{"COMMIT", before})
		case f.Trouble == connectortest.Conflict:
			s.exec(t, "ALTER ROLE "+ident(s.bot)+" CONNECTION LIMIT 0",
				"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '"+s.bot+"'")
		default:
			return false
		}
		return true
	}
	w.Heal = func(t *testing.T) {
		l.cutAt(mark{})
		s.exec(t, "ALTER ROLE "+ident(s.bot)+" CONNECTION LIMIT -1")
	}
	return s.connectorAt(t, u.String())
}
