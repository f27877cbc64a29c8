package postgres_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// server is a database with one table, a group role that may read it, a bot
// with the privileges that doc.go lists, and an administrator.
type server struct {
	admin  *pgx.Conn
	url    *url.URL
	suffix string // keeps roles apart, which all databases of the cluster share
	group  string
	bot    string
	admins string // how the bot is given a role to hand out, as doc.go has it for this server's version
	logs   *bytes.Buffer
}

func start(t *testing.T, botRights ...string) *server {
	t.Helper()
	u, err := url.Parse(pgtest.Start(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: u, suffix: strings.ToLower(rand.Text()[:10]), logs: &bytes.Buffer{}}
	s.group, s.bot = "billing_ro_"+s.suffix, "hallpass_"+s.suffix
	if s.admin, err = pgx.Connect(t.Context(), u.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.admin.Close(context.Background()) })
	s.admins = "WITH ADMIN OPTION"
	if s.one(t, "SELECT current_setting('server_version_num')::int") >= 160000 {
		s.admins = "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
	}
	s.exec(t, "CREATE TABLE refunds (id int)", "INSERT INTO refunds VALUES (1)")
	s.create(t, s.group, "NOLOGIN")
	s.create(t, s.bot, "LOGIN PASSWORD '"+secret+"'")
	s.exec(t, "GRANT SELECT ON refunds TO "+ident(s.group))
	if botRights == nil {
		botRights = []string{"GRANT pg_signal_backend TO BOT", "GRANT GROUP TO BOT WITH ADMIN OPTION", "ALTER ROLE BOT CREATEROLE"}
	}
	for _, sql := range botRights {
		s.exec(t, strings.NewReplacer("BOT", ident(s.bot), "GROUP", ident(s.group), "WITH ADMIN OPTION", s.admins).Replace(sql))
	}
	return s
}

// secret is the bot's password; it must never be seen.
const secret = "b0t-passw0rd-in-the-dsn"

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }

func (s *server) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := s.admin.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// create makes a role that goes with the test.
func (s *server) create(t *testing.T, name, options string) {
	t.Helper()
	s.exec(t, "CREATE ROLE "+ident(name)+" "+options)
	s.cleanup(t, name)
}

// hand makes a role that the bot may hand out.
func (s *server) hand(t *testing.T, role string) {
	t.Helper()
	s.create(t, role, "NOLOGIN")
	s.exec(t, "GRANT "+ident(role)+" TO "+ident(s.bot)+" "+s.admins)
}

func (s *server) cleanup(t *testing.T, name string) {
	t.Cleanup(func() {
		ctx := context.Background()
		if s.admin.QueryRow(ctx, "SELECT FROM pg_roles WHERE rolname = $1", name).Scan() != nil {
			return
		}
		for _, sql := range []string{"DROP OWNED BY ", "DROP ROLE "} {
			if _, err := s.admin.Exec(ctx, sql+ident(name)); err != nil {
				t.Errorf("%s%s: %v", sql, name, err)
			}
		}
	})
}

func (s *server) dsn(user, password string) string {
	u := *s.url
	u.User = url.UserPassword(user, password)
	return u.String()
}

func (s *server) connector(t *testing.T) *postgres.Connector {
	t.Helper()
	return s.connectorAt(t, s.dsn(s.bot, secret))
}

func (s *server) connectorAt(t *testing.T, dsn string) *postgres.Connector {
	t.Helper()
	c, err := postgres.New(postgres.Config{Name: "prod", DSN: dsn, Domain: "example.com",
		Logger: slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// person makes an ordinary login and returns its account.
func (s *server) person(t *testing.T, name string) (account string) {
	t.Helper()
	s.create(t, name+"_"+s.suffix, "LOGIN PASSWORD '"+theirs+"'")
	return name + "_" + s.suffix + "@example.com"
}

// theirs is the password of every person.
const theirs = "their-own-passw0rd"

func (s *server) grant(id, account string) approvals.Grant {
	return approvals.Grant{ID: approvals.GrantID(id), Account: account, Duration: time.Hour,
		Target: map[string]string{"role": s.group}}
}

func (s *server) creating(id, account string) approvals.Grant {
	g := s.grant(id, account)
	g.Target["create_login"] = "true"
	return g
}

// signIn opens a session as a person would, with the person's own password.
func (s *server) signIn(t *testing.T, account string) (*pgx.Conn, error) {
	t.Helper()
	login, _, _ := strings.Cut(account, "@")
	conn, err := pgx.Connect(t.Context(), s.dsn(login, theirs))
	if err == nil {
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
	}
	return conn, err
}

func (s *server) mustSignIn(t *testing.T, account string) *pgx.Conn {
	t.Helper()
	conn, err := s.signIn(t, account)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// code is the server's SQLSTATE in err, "" for success, "lost" for a
// connection that is gone.
func code(err error) string {
	if err == nil {
		return ""
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pe.Code
	}
	return "lost"
}

func read(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SELECT id FROM refunds")
	return err
}

func TestAnExistingLoginReadsUntilTheEndAndNoSessionGoesOn(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, maya := s.connector(t), s.person(t, "maya")
	g := s.grant("g1", maya)
	receipt, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	inherits, assumed := s.mustSignIn(t, maya), s.mustSignIn(t, maya)
	if _, err := assumed.Exec(t.Context(), "SET ROLE "+ident(s.group)); err != nil {
		t.Fatal(err)
	}
	for _, conn := range []*pgx.Conn{inherits, assumed} {
		if err := read(t.Context(), conn); err != nil {
			t.Errorf("read while access works: %v", err)
		}
	}
	p, err := c.Check(t.Context(), g, receipt)
	if !p.Present || p.Sessions != 2 || err != nil {
		t.Errorf("read-back during access: %+v, %v; want present with 2 sessions", p, err)
	}
	got, err := c.Revoke(t.Context(), g, receipt)
	if diff := cmp.Diff(approvals.Removal{SessionsEnded: 2}, got); diff != "" || err != nil {
		t.Errorf("removal (-want +got):\n%s%v", diff, err)
	}
	for name, conn := range map[string]*pgx.Conn{"inheriting": inherits, "SET ROLE": assumed} {
		if err := read(t.Context(), conn); err == nil {
			t.Errorf("the %s session reads on after the end", name)
		}
	}
	later := s.mustSignIn(t, maya) // an ordinary login keeps all else that it had
	if got := code(read(t.Context(), later)); got != "42501" {
		t.Errorf("read after the end: %q, want insufficient_privilege", got)
	}
	if _, err := later.Exec(t.Context(), "SET ROLE "+ident(s.group)); code(err) != "42501" {
		t.Errorf("SET ROLE after the end: %v, want insufficient_privilege", err)
	}
	p, err = c.Check(t.Context(), g, receipt)
	if p.Present || p.Sessions != 0 || err != nil {
		t.Errorf("read-back after the end: %+v, %v; want nothing, although the person is signed in for other work", p, err)
	}
}

func TestACreatedLoginCannotSignInAfterTheEndAndIsGone(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.connector(t)
	account := "priya_" + s.suffix + "@example.com"
	login, _, _ := strings.Cut(account, "@")
	g := s.creating("g1", account)
	receipt, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	s.cleanup(t, login)
	if receipt["created"] != "true" {
		t.Errorf("the receipt does not say that the login was created: %v", receipt)
	}
	if _, err := s.signIn(t, account); code(err) != "28P01" {
		t.Errorf("a created login has no password, yet signing in gives %v", err)
	}
	s.exec(t, "ALTER ROLE "+ident(login)+" PASSWORD '"+theirs+"'")
	conn := s.mustSignIn(t, account)
	if err := read(t.Context(), conn); err != nil {
		t.Errorf("read while access works: %v", err)
	}
	if _, err := conn.Exec(t.Context(), "SET ROLE "+ident(s.group)); err != nil {
		t.Fatal(err)
	}
	got, err := c.Revoke(t.Context(), g, receipt)
	if diff := cmp.Diff(approvals.Removal{SessionsEnded: 1}, got); diff != "" || err != nil {
		t.Errorf("removal (-want +got):\n%s%v", diff, err)
	}
	if err := read(t.Context(), conn); err == nil {
		t.Error("the open session reads on after the end")
	}
	if _, err := s.signIn(t, account); code(err) != "28P01" {
		t.Errorf("signing in after the end: %v, want it refused", err)
	}
	p, err := c.Check(t.Context(), g, receipt)
	if p.Present || p.Sessions != 0 || err != nil {
		t.Errorf("read-back after the end: %+v, %v", p, err)
	}
	if err := s.admin.QueryRow(t.Context(), "SELECT FROM pg_roles WHERE rolname = $1", login).Scan(); err == nil {
		t.Error("the created login was not dropped")
	}
}
