// Package pgtest starts a private PostgreSQL cluster for tests and benchmarks.
//
// A cluster lives in its own temporary directory, listens on 127.0.0.1 at a
// random port, asks for a random password, and belongs to the process that
// started it: when that process ends, by whatever cause, a guard stops the
// server and removes the directory. It works as root too, where the server
// runs as another user, because PostgreSQL refuses to run as root.
//
// The package must never touch a server that it did not start, other than the
// one that HALLPASS_TEST_POSTGRES names on purpose, and must never be imported
// by code that ships: its servers are built to be thrown away.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The environment variables that steer the package.
const (
	// EnvDSN names an existing server to use instead of starting one. The
	// role in it must be allowed to create databases and roles.
	EnvDSN = "HALLPASS_TEST_POSTGRES"
	// EnvBin names the folder that holds initdb, pg_ctl and postgres, when
	// they are not where the package looks.
	EnvBin = "HALLPASS_POSTGRES_BIN"
	// EnvRequire, when "1", turns the skip for missing binaries into a failure.
	EnvRequire = "HALLPASS_REQUIRE_POSTGRES"
)

// ErrNotInstalled says that no PostgreSQL server binaries were found. The
// error that wraps it names the mend.
var ErrNotInstalled = errors.New("PostgreSQL server binaries not found")

// Options adjusts a cluster. The zero value is right for tests.
type Options struct {
	// Durable keeps fsync and full-page writes on. Benchmarks want it; tests
	// do not, since a test's cluster is never read after a crash.
	Durable bool
}

// Cluster is a running PostgreSQL server. Its methods are safe for concurrent
// use.
type Cluster struct {
	admin *url.URL
	proc  *process // nil when the server is one that EnvDSN names
}

var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

// Start returns the cluster that this test process shares, starting it at the
// first call. Without PostgreSQL binaries it skips the test, or fails it when
// HALLPASS_REQUIRE_POSTGRES=1. Any other fault fails the test. The cluster
// ends with the process; nobody closes it.
func Start(tb testing.TB) *Cluster {
	tb.Helper()
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		shared.cluster, shared.err = New(ctx, Options{})
	})
	switch {
	case shared.err == nil:
	case errors.Is(shared.err, ErrNotInstalled) && os.Getenv(EnvRequire) != "1":
		tb.Skipf("skipped: needs PostgreSQL: %v", shared.err)
	default:
		tb.Fatalf("PostgreSQL for tests: %v", shared.err)
	}
	return shared.cluster
}

// Durable starts a cluster that commits to disk, as a server in earnest does,
// and ends with the benchmark. Where Start skips, it does.
func Durable(tb testing.TB) *Cluster {
	tb.Helper()
	Start(tb)
	c, err := New(context.Background(), Options{Durable: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// New starts a cluster that the caller closes, or adopts the server that
// HALLPASS_TEST_POSTGRES names. It returns ErrNotInstalled, wrapped with the
// mend, when there are no server binaries.
func New(ctx context.Context, opts Options) (*Cluster, error) {
	if dsn := os.Getenv(EnvDSN); dsn != "" {
		return adopt(ctx, dsn)
	}
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	proc, err := startProcess(ctx, bin, opts)
	if err != nil {
		return nil, err
	}
	c := &Cluster{proc: proc, admin: &url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, proc.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(proc.port)),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}}
	return c, nil
}

func adopt(ctx context.Context, dsn string) (*Cluster, error) {
	admin, err := url.Parse(dsn)
	if err != nil || (admin.Scheme != "postgres" && admin.Scheme != "postgresql") {
		// The DSN holds a password, and so does url.Parse's error: neither is shown.
		return nil, fmt.Errorf("%s is not a postgres:// URL; set it to postgres://user:password@host:port/postgres", EnvDSN)
	}
	c := &Cluster{admin: admin}
	if err := c.exec(ctx, "SELECT 1"); err != nil {
		return nil, fmt.Errorf("reach the server that %s names: %w", EnvDSN, err)
	}
	return c, nil
}

// AdminDSN returns the superuser's URL for the maintenance database.
func (c *Cluster) AdminDSN() string { return c.admin.String() }

// Database creates an empty UTF-8 database and returns its URL. It is dropped,
// with whatever connections are left open, when the test ends.
func (c *Cluster) Database(tb testing.TB) string {
	tb.Helper()
	// template0 accepts no connections, so parallel tests never find it in use.
	return c.copyOf(tb, "template0")
}

// Copy is Database with all that another database holds, which its URL names
// and nobody is connected to.
func (c *Cluster) Copy(tb testing.TB, dsn string) string {
	tb.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		tb.Fatal("the URL of the database to copy can't be read") // The cause would show its password.
	}
	return c.copyOf(tb, strings.TrimPrefix(u.Path, "/"))
}

func (c *Cluster) copyOf(tb testing.TB, template string) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dsn, drop, err := c.create(ctx, template)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := drop(ctx); err != nil {
			tb.Error(err)
		}
	})
	return dsn
}

// NewDatabase creates an empty UTF-8 database and returns its URL and the
// function that drops it, open connections or not.
func (c *Cluster) NewDatabase(ctx context.Context) (dsn string, drop func(context.Context) error, err error) {
	return c.create(ctx, "template0")
}

func (c *Cluster) create(ctx context.Context, template string) (dsn string, drop func(context.Context) error, err error) {
	name := "hp_" + strings.ToLower(rand.Text())
	ident := pgx.Identifier{name}.Sanitize()
	if err := c.exec(ctx, "CREATE DATABASE "+ident+" TEMPLATE "+pgx.Identifier{template}.Sanitize()+" ENCODING 'UTF8'"); err != nil {
		return "", nil, fmt.Errorf("create test database: %w", err)
	}
	drop = func(ctx context.Context) error {
		if err := c.exec(ctx, "DROP DATABASE IF EXISTS "+ident+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop test database: %w", err)
		}
		return nil
	}
	u := *c.admin
	u.Path = "/" + name
	return u.String(), drop, nil
}

// Close stops the server and removes its directory. It does nothing to a
// server that HALLPASS_TEST_POSTGRES names, and nothing the second time.
func (c *Cluster) Close() error {
	if c.proc == nil {
		return nil
	}
	return c.proc.stop()
}

func (c *Cluster) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, c.AdminDSN())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
}
