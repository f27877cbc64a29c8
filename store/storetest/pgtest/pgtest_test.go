package pgtest_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func query[T any](t *testing.T, conn *pgx.Conn, sql string) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestDatabasesAreEmptyAndApart(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	one, two := connect(t, cluster.Database(t)), connect(t, cluster.Database(t))
	if _, err := one.Exec(t.Context(), "CREATE TABLE only_here (id int)"); err != nil {
		t.Fatal(err)
	}
	const tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
	got := []int{query[int](t, one, tables), query[int](t, two, tables)}
	if diff := cmp.Diff([]int{1, 0}, got); diff != "" {
		t.Errorf("tables in the two databases (-want +got):\n%s", diff)
	}
	if enc := query[string](t, one, "SHOW server_encoding"); enc != "UTF8" {
		t.Errorf("encoding is %s, want UTF8", enc)
	}
}

func TestACopyHoldsWhatItWasMadeFrom(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	from := cluster.Database(t)
	conn, err := pgx.Connect(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 7 AS n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, connect(t, cluster.Copy(t, from)), "SELECT n FROM kept"); n != 7 {
		t.Errorf("the copy holds %d, want 7", n)
	}
}

func TestDatabaseIsDroppedUnderAnOpenConnection(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	var dsn string
	t.Run("user", func(t *testing.T) {
		dsn = cluster.Database(t)
		if _, err := pgx.Connect(context.Background(), dsn); err != nil {
			t.Fatal(err)
		}
	})
	_, err := pgx.Connect(t.Context(), dsn)
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != "3D000" {
		t.Errorf("connecting after the test ended gave %v, want invalid_catalog_name", err)
	}
}

func TestDatabasesCanBeMadeInParallel(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	for range 8 {
		t.Run("one", func(t *testing.T) {
			t.Parallel()
			connect(t, cluster.Database(t))
		})
	}
}

func TestWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.Start(t).AdminDSN())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("postgres", "guess")
	_, err = pgx.Connect(t.Context(), u.String())
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != "28P01" {
		t.Errorf("a wrong password gave %v, want invalid_password", err)
	}
}

func TestStartSharesOneClusterInAProcess(t *testing.T) {
	t.Parallel()
	if one, two := pgtest.Start(t), pgtest.Start(t); one != two {
		t.Errorf("two calls gave two clusters: %s and %s", one.AdminDSN(), two.AdminDSN())
	}
}

func TestOptionsSetDurability(t *testing.T) {
	pgtest.Start(t) // Skips without PostgreSQL.
	t.Setenv(pgtest.EnvDSN, "")
	for _, tc := range []struct {
		name string
		opts pgtest.Options
		want string
	}{
		{"tests do without fsync", pgtest.Options{}, "off"},
		{"benchmarks keep fsync", pgtest.Options{Durable: true}, "on"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cluster, err := pgtest.New(t.Context(), tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := cluster.Close(); err != nil {
					t.Error(err)
				}
			})
			conn := connect(t, cluster.AdminDSN())
			got := []string{query[string](t, conn, "SHOW fsync"), query[string](t, conn, "SHOW full_page_writes")}
			if diff := cmp.Diff([]string{tc.want, tc.want}, got); diff != "" {
				t.Errorf("fsync and full_page_writes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamedServerIsUsedAndLeftRunning(t *testing.T) {
	host := pgtest.Start(t)
	t.Setenv(pgtest.EnvDSN, host.AdminDSN())
	guest, err := pgtest.New(t.Context(), pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dsn := guest.Database(t)
	if err := guest.Close(); err != nil {
		t.Fatal(err)
	}
	connect(t, dsn)
	if diff := cmp.Diff(host.AdminDSN(), guest.AdminDSN()); diff != "" {
		t.Errorf("admin DSN (-want +got):\n%s", diff)
	}
}

func TestBadServerURLIsNamedWithoutItsPassword(t *testing.T) {
	for _, dsn := range []string{
		"host=localhost password=s3cret",
		"postgres://u:s3cret@127.0.0.1:1/postgres",
		"postgres://u:s3cret@[::1/postgres",
	} {
		t.Setenv(pgtest.EnvDSN, dsn)
		_, err := pgtest.New(t.Context(), pgtest.Options{})
		if err == nil {
			t.Fatalf("%s was accepted", dsn)
		}
		if !strings.Contains(err.Error(), pgtest.EnvDSN) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("error must name %s and hide the password: %v", pgtest.EnvDSN, err)
		}
	}
}
