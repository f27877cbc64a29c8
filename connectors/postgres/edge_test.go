package postgres_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
)

func failureKind(err error) approvals.FailureKind {
	if ce, ok := errors.AsType[*approvals.ConnectorError](err); ok {
		return ce.Kind
	}
	return ""
}

func TestHostileNamesAreNamesAndNothingElse(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.connector(t)
	for _, name := range []string{
		`x"; DROP TABLE refunds; --`, `x'); DROP TABLE refunds; --`, `"`, `""`, `\`, `$1`, "%s", "MixedCase",
		"with space", "tab\tand\nnewline", "日本語", "current_user", "maya chen-" + strings.Repeat("é", 10),
	} {
		login, role := name+s.suffix, "role "+name+s.suffix
		s.create(t, login, "LOGIN PASSWORD '"+theirs+"'")
		s.hand(t, role)
		g := approvals.Grant{ID: "g", Account: login, Duration: time.Hour, Target: map[string]string{"role": role}}
		r, err := c.Grant(t.Context(), g)
		if err != nil {
			t.Errorf("grant to %q: %v", login, err)
			continue
		}
		if p, err := c.Check(t.Context(), g, r); !p.Present || err != nil {
			t.Errorf("check of %q: %+v, %v", login, p, err)
		}
		if _, err := c.Revoke(t.Context(), g, r); err != nil {
			t.Errorf("revoke from %q: %v", login, err)
		}
		created := approvals.Grant{ID: "c", Account: name + "new" + s.suffix, Duration: time.Hour,
			Target: map[string]string{"role": role, "create_login": "true"}}
		if _, err := c.Grant(t.Context(), created); err != nil {
			t.Errorf("create %q: %v", created.Account, err)
		}
		if _, err := c.Revoke(t.Context(), created, nil); err != nil {
			t.Errorf("drop %q: %v", created.Account, err)
		}
	}
	if n := s.one(t, "SELECT count(*) FROM refunds"); n != 1 {
		t.Errorf("the table has %d rows, want 1", n)
	}
}

func TestNamesThatCannotBeAreRefusedAndNotBent(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.connector(t)
	s.create(t, strings.Repeat("a", 53)+s.suffix, "LOGIN") // 63 bytes
	s.create(t, "root_"+s.suffix, "LOGIN SUPERUSER")
	s.create(t, "locked_"+s.suffix, "NOLOGIN")
	for name, account := range map[string]string{
		"too long, would be cut to another's": strings.Repeat("a", 53) + s.suffix + "b",
		"NUL, would be dropped":               "ma\x00ya",
		"invalid UTF-8":                       "ma\xffya",
		"everybody":                           "public",
		"reserved":                            "none",
		"the server's own":                    "pg_monitor",
		"the bot":                             s.bot,
		"superuser":                           "root_" + s.suffix,
		"may not log in":                      "locked_" + s.suffix,
		"empty":                               "",
		"empty before the domain":             "@example.com",
		"another domain's namesake":           "li_" + s.suffix + "@evil.example",
	} {
		s := s.grant("g", account)
		if _, err := c.Grant(t.Context(), s); !slices.Contains([]approvals.FailureKind{approvals.Permanent, approvals.Misconfigured}, failureKind(err)) {
			t.Errorf("%s: grant to %q: %v, want it refused for good", name, account, err)
		}
	}
	for name, target := range map[string]map[string]string{
		"no role":       {},
		"unknown key":   {"role": s.group, "rolle": "x"},
		"not a boolean": {"role": s.group, "create_login": "yes"},
		"a superuser":   {"role": "root_" + s.suffix},
		"an account":    {"role": s.bot},
		"absent":        {"role": "absent_" + s.suffix},
	} {
		err := c.Validate(t.Context(), approvals.Entitlement{ID: "e", Target: target})
		if kind := failureKind(err); kind != approvals.Misconfigured && kind != approvals.Permanent {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
}

func TestThePasswordIsNeverSeen(t *testing.T) {
	t.Parallel()
	s := start(t)
	maya := s.person(t, "maya")
	u, err := url.Parse(s.dsn(s.bot, secret))
	if err != nil {
		t.Fatal(err)
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := gone.Addr().String()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		dsn  string
		want approvals.FailureKind // "": New refuses
	}{
		"bad port":       {"postgres://bot:" + secret + "@host:port/db", ""},
		"bad escape":     {"postgres://bot:" + secret + "%zz@host/db", ""},
		"bad keyword":    {"host=h password=" + secret + " sslmode=sometimes", ""},
		"bad pool":       {s.dsn(s.bot, secret) + "&pool_max_conns=" + secret, ""},
		"wrong password": {s.dsn(s.bot, secret+"-wrong"), approvals.Misconfigured},
		"no database":    {strings.Replace(s.dsn(s.bot, secret), u.Path, "/none_"+s.suffix, 1), approvals.Misconfigured},
		"nobody listens": {strings.Replace(s.dsn(s.bot, secret), u.Host, closed, 1), approvals.Retryable},
	} {
		c, err := postgres.New(postgres.Config{Name: "prod", DSN: tc.dsn})
		if err == nil {
			t.Cleanup(c.Close)
			_, err = c.Grant(t.Context(), s.grant("g", maya))
		}
		if got := failureKind(err); err == nil || got != tc.want {
			t.Errorf("%s: %v, want kind %q", name, got, tc.want)
		}
		var chain strings.Builder
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(&chain, "%v %+v %#v\n", e, e, e)
		}
		if strings.Contains(chain.String(), secret) {
			t.Errorf("%s: the password is in the error", name)
		}
	}
}

func TestACreatedLoginEndsByItselfAndAnExistingOneDoesNot(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, maya := s.connector(t), s.person(t, "maya")
	priya := "priya_" + s.suffix + "@example.com"
	s.cleanup(t, login(priya))
	end := time.Now().Add(30 * time.Minute).Truncate(time.Second).UTC()
	until := func(account string) (at *time.Time) {
		if err := s.admin.QueryRow(t.Context(), "SELECT rolvaliduntil FROM pg_roles WHERE rolname = $1", login(account)).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, g := range []approvals.Grant{s.grant("g1", maya), s.creating("g2", priya)} {
		r, err := c.Grant(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetEnd(t.Context(), g, r, end); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Grant(t.Context(), g); err != nil { // a second call must not move the end
			t.Fatal(err)
		}
	}
	if at := until(maya); at != nil {
		t.Errorf("an existing login got the end %s", at)
	}
	if at := until(priya); at == nil || !at.Equal(end) {
		t.Errorf("the created login ends at %v, want %s", at, end)
	}
	other := s.creating("g3", priya)
	other.Target["role"] = "ops_" + s.suffix
	s.hand(t, other.Target["role"])
	r, err := c.Grant(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetEnd(t.Context(), other, r, end.Add(-20*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if at := until(priya); at.Before(end) {
		t.Errorf("a shorter second grant cut the login's end to %s, want %s or later", at, end)
	}
	if _, err := s.signIn(t, maya); err != nil {
		t.Errorf("the existing login: %v", err)
	}
	s.exec(t, "ALTER ROLE "+ident(login(priya))+" PASSWORD '"+theirs+"' VALID UNTIL 'yesterday'")
	if _, err := s.signIn(t, priya); code(err) != "28P01" {
		t.Errorf("signing in after the native end: %v, want it refused", err)
	}
}

func TestACreatedLoginThatOwnsObjectsStaysDisabledAndOpensAgain(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, g, r := s.created(t)
	account := g.Account
	s.exec(t, "ALTER TABLE refunds OWNER TO "+ident(login(account)))
	removal, err := c.Revoke(t.Context(), g, r)
	if err != nil || !strings.Contains(removal.Reason, "owns objects") || !removal.ResidualUntil.IsZero() {
		t.Errorf("removal %+v, %v; want the reason why the login stays", removal, err)
	}
	if p, err := c.Check(t.Context(), g, r); p.Present || p.Sessions != 0 || err != nil {
		t.Errorf("read-back: %+v, %v", p, err)
	}
	if _, err := s.signIn(t, account); code(err) != "28000" {
		t.Errorf("signing in after the end: %v, want it refused", err)
	}
	if _, err := c.Grant(t.Context(), s.creating("g2", account)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.signIn(t, account); err != nil {
		t.Errorf("signing in with new access: %v", err)
	}
}

func TestACreatedLoginThatARevocationLeftDisabledIsDropped(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, g, r := s.created(t)
	name := login(g.Account)
	s.exec(t, "ALTER ROLE "+ident(name)+" NOLOGIN", "REVOKE "+ident(s.group)+" FROM "+ident(name)+" GRANTED BY "+ident(s.bot)) // and then its answer was lost
	if ended, err := c.EndSessions(t.Context(), g, r); ended != 0 || err != nil {
		t.Errorf("%d sessions ended, %v", ended, err)
	}
	if p, err := c.Check(t.Context(), g, r); p.Present || p.Detail != "there is no login "+name || err != nil {
		t.Errorf("read-back: %+v, %v; want the login gone", p, err)
	}
}

func TestAccessThroughAnotherRoleIsSeenAndNotMistakenForOurs(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, maya := s.connector(t), s.person(t, "maya")
	team := "team_" + s.suffix
	s.create(t, team, "NOLOGIN")
	s.exec(t, "GRANT "+ident(s.group)+" TO "+ident(team), "GRANT "+ident(team)+" TO "+ident(login(maya)))
	g := s.grant("g1", maya)
	p, err := c.Check(t.Context(), g, nil)
	if !p.Present || !strings.Contains(p.Detail, "through another role") || err != nil {
		t.Errorf("check: %+v, %v; want it present through another role", p, err)
	}
	held, err := c.List(t.Context(), approvals.Entitlement{ID: "e", Target: g.Target})
	accounts := []string{}
	for _, h := range held {
		accounts = append(accounts, h.Account)
	}
	if diff := cmp.Diff([]string{maya}, accounts); diff != "" || err != nil {
		t.Errorf("holders (-want +got):\n%s%v", diff, err)
	}
	r, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Revoke(t.Context(), g, r); err != nil {
		t.Fatal(err)
	}
	if p, err := c.Check(t.Context(), g, r); !p.Present || err != nil {
		t.Errorf("check after the end: %+v, %v; access through the team is still there and must be said", p, err)
	}
}

func TestASessionLeftBehindByACrashIsCountedAndEnded(t *testing.T) {
	t.Parallel()
	s := start(t)
	before, maya := s.connector(t), s.person(t, "maya")
	g := s.grant("g1", maya)
	r, err := before.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	conn := s.mustSignIn(t, maya)
	if _, err := conn.Exec(t.Context(), "SET ROLE "+ident(s.group)); err != nil {
		t.Fatal(err)
	}
	s.exec(t, "REVOKE "+ident(s.group)+" FROM "+ident(login(maya))+" GRANTED BY "+ident(s.bot)) // as far as a revocation got
	if err := read(t.Context(), conn); err != nil {
		t.Fatalf("the premise is gone: a session in SET ROLE lost its rights by REVOKE alone: %v", err)
	}
	after := s.connector(t)
	if p, err := after.Check(t.Context(), g, r); p.Present || p.Sessions != 1 || err != nil {
		t.Errorf("check after the crash: %+v, %v; want 1 session left", p, err)
	}
	if removal, err := after.Revoke(t.Context(), g, r); removal.SessionsEnded != 1 || err != nil {
		t.Errorf("the second revocation: %+v, %v; want 1 session ended", removal, err)
	}
	if err := read(t.Context(), conn); err == nil {
		t.Error("the session reads on")
	}
}

func TestValidateNamesTheStatementThatMends(t *testing.T) {
	t.Parallel()
	admin, signal := "GRANT GROUP TO BOT WITH ADMIN OPTION", "GRANT pg_signal_backend TO BOT"
	for name, tc := range map[string]struct {
		rights []string
		target map[string]string
		want   string // "": sound
	}{
		"all there":         {[]string{admin, signal}, nil, ""},
		"no admin option":   {[]string{signal}, nil, "WITH ADMIN OPTION"},
		"no signal":         {[]string{admin}, nil, "GRANT pg_signal_backend"},
		"no createrole":     {[]string{admin, signal}, map[string]string{"create_login": "true"}, "CREATEROLE"},
		"with createrole":   {[]string{admin, signal, "ALTER ROLE BOT CREATEROLE"}, map[string]string{"create_login": "true"}, ""},
		"no such database":  {[]string{admin, signal}, map[string]string{"database": "absent"}, `no database "absent"`},
		"existing database": {[]string{admin, signal}, map[string]string{"database": "postgres"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tc.rights...)
			c := s.connector(t)
			target := map[string]string{"role": s.group}
			for k, v := range tc.target {
				target[k] = v
			}
			err := c.Validate(t.Context(), approvals.Entitlement{ID: "e", Target: target})
			if tc.want == "" && err != nil {
				t.Errorf("a sound entry: %v", err)
			}
			if tc.want != "" && (failureKind(err) != approvals.Misconfigured || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%v, want it misconfigured with %q", err, tc.want)
			}
		})
	}
}

func TestTheLeastPrivilegeOfTheDocumentationIsEnoughWithoutCreateRole(t *testing.T) {
	t.Parallel()
	s := start(t, "GRANT pg_signal_backend TO BOT", "GRANT GROUP TO BOT WITH ADMIN OPTION")
	c, maya := s.connector(t), s.person(t, "maya")
	g := s.grant("g1", maya)
	r, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	s.mustSignIn(t, maya)
	if removal, err := c.Revoke(t.Context(), g, r); removal.SessionsEnded != 1 || err != nil {
		t.Errorf("removal %+v, %v", removal, err)
	}
	_, err = c.Grant(t.Context(), s.creating("g2", "priya_"+s.suffix+"@example.com"))
	if failureKind(err) != approvals.Misconfigured {
		t.Errorf("creating a login without CREATEROLE: %v, want misconfigured", err)
	}
}
