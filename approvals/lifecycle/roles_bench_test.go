package lifecycle_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// atOnce is how many calls a role server is given at once, by the worker as by
// the bare loop.
const atOnce = 8

// roleServer is a PostgreSQL server whose logins were created by Hallpass, one
// for each grant.
type roleServer struct {
	*postgres.Connector
	admin *pgxpool.Pool
}

const (
	roleGroup  = "bench_ro"
	roleMarker = "Created by the Hallpass connector bench, which drops it when its access ends."
)

func newRoleServer(b *testing.B) *roleServer {
	b.Helper()
	cluster := pgtest.Durable(b)
	pc, err := pgxpool.ParseConfig(cluster.AdminDSN())
	if err != nil {
		b.Fatal(err)
	}
	pc.MaxConns = atOnce
	admin, err := pgxpool.NewWithConfig(context.Background(), pc)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(admin.Close)
	s := &roleServer{admin: admin}
	s.exec(b, "CREATE ROLE "+roleGroup, "CREATE ROLE hallpass LOGIN CREATEROLE PASSWORD 'bench'",
		"GRANT pg_signal_backend TO hallpass", "GRANT "+roleGroup+" TO hallpass WITH ADMIN OPTION")
	b.Cleanup(func() { s.exec(b, "DROP ROLE hallpass", "DROP ROLE "+roleGroup) }) // the server may serve the next run
	dsn := strings.Replace(cluster.AdminDSN(), admin.Config().ConnConfig.User+":"+admin.Config().ConnConfig.Password, "hallpass:bench", 1)
	if s.Connector, err = postgres.New(postgres.Config{Name: "bench", DSN: dsn, Domain: "example.com"}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	return s
}

func (s *roleServer) exec(b *testing.B, statements ...string) {
	b.Helper()
	for _, q := range statements {
		if _, err := s.admin.Exec(context.Background(), q); err != nil {
			b.Fatal(err)
		}
	}
}

func (s *roleServer) each() int { return 1 }

func (s *roleServer) target(int) map[string]string {
	return map[string]string{"role": roleGroup, "create_login": "true"}
}

// makeLogins makes logins as the connector does, many in one statement.
func (s *roleServer) makeLogins(b *testing.B, logins []string) {
	b.Helper()
	_, err := s.admin.Exec(context.Background(), fmt.Sprintf(`DO $do$ DECLARE r text; BEGIN
		FOREACH r IN ARRAY ARRAY['%s'] LOOP
			EXECUTE format('CREATE ROLE %%I LOGIN VALID UNTIL ''2099-01-01''', r);
			EXECUTE format('COMMENT ON ROLE %%I IS %%L', r, '%s');
			EXECUTE format('GRANT %s TO %%I', r);
		END LOOP; END $do$`, strings.Join(logins, "','"), roleMarker, roleGroup))
	if err != nil {
		b.Fatal(err)
	}
}

func login(g approvals.Grant) string { return strings.TrimSuffix(g.Account, "@example.com") }

func (s *roleServer) seat(b *testing.B, grants []approvals.Grant) {
	b.Helper()
	var logins []string
	for _, g := range grants {
		logins = append(logins, login(g))
	}
	s.makeLogins(b, logins)
}

func (s *roleServer) judge(b *testing.B, _ []approvals.GrantID) {
	b.Helper()
	if n := s.left(b); n > 0 {
		b.Errorf("%d logins are left on the server", n)
	}
}

func (s *roleServer) left(b *testing.B) (n int) {
	b.Helper()
	if err := s.admin.QueryRow(context.Background(), "SELECT count(*) FROM pg_roles WHERE rolname ~ '^[pb][0-9]{6}'").Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// bare ends logins with nothing but the statements that it takes, over as many
// connections as calls: what the server itself can do.
func (s *roleServer) bare(b *testing.B, n int) float64 {
	b.Helper()
	var logins []string
	for i := range n {
		logins = append(logins, fmt.Sprintf("b%06d", i))
	}
	for from := 0; from < n; from += 500 {
		s.makeLogins(b, logins[from:min(n, from+500)])
	}
	began := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := s.endBare(context.Background(), logins[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	return float64(n) / time.Since(began).Seconds()
}

func (s *roleServer) endBare(ctx context.Context, login string) error {
	err := pgx.BeginFunc(ctx, s.admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "ALTER ROLE "+login+" NOLOGIN"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "REVOKE "+roleGroup+" FROM "+login)
		return err
	})
	if err != nil {
		return err
	}
	var told int
	if err := s.admin.QueryRow(ctx, "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1", login).Scan(&told); err != nil {
		return err
	}
	if _, err := s.admin.Exec(ctx, "DROP ROLE "+login); err != nil {
		return err
	}
	var there bool
	if err := s.admin.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", login).Scan(&there); err != nil || there {
		return fmt.Errorf("%s is still there: %w", login, err)
	}
	return nil
}

// BenchmarkEndsRoles ends 10,000 grants, or HALLPASS_BENCH_ROLES of them, in the
// same second, each with a login of its own on a PostgreSQL server; and as many
// with the bare statements alone.
func BenchmarkEndsRoles(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			n := number(b, "HALLPASS_BENCH_ROLES", 10_000, 300)
			var s *roleServer
			endingIn(b, e.url, func(b *testing.B) hand {
				s = newRoleServer(b)
				b.ReportMetric(s.bare(b, n), "bare/s")
				return s
			}, atOnce, n, time.Second)
		})
	}
}
