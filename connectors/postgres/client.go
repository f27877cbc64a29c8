package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/hallpass-dev/hallpass/approvals"
)

// role is a row of pg_roles as far as the connector cares.
type role struct {
	OID        uint32
	Name       string
	CanLogin   bool
	Super      bool
	Own        bool // a login that this connector created, by its comment
	Self       bool // the bot's own login
	ValidUntil pgtype.Timestamptz
}

// client is one conversation with the server, with the driver's quoting.
type client struct {
	conn   *pgx.Conn
	marker string
}

// marker is the comment by which a connector knows the logins that it created.
func (c *Connector) marker() string {
	return "Created by the Hallpass connector " + c.cfg.Name + ", which drops it when its access ends."
}

// converse runs fn on one connection. What it only reads needs no transaction:
// each statement sees what is committed when it begins, in one as outside.
func (c *Connector) converse(ctx context.Context, fn func(context.Context, client) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	conn, err := c.pool.Acquire(ctx)
	if err != nil {
		return classify(err, reading)
	}
	defer conn.Release()
	return classify(fn(ctx, client{conn.Conn(), c.marker()}), reading)
}

// transact runs fn in one transaction. All changes to one login take turns,
// over all replicas: concurrent GRANT and REVOKE of the same roles fail in the
// server with internal errors otherwise. The turn is taken in one round trip
// with the begin.
func (c *Connector) transact(ctx context.Context, login string, fn func(context.Context, client) error) error {
	return c.converse(ctx, func(ctx context.Context, cl client) error {
		turn, err := cl.conn.PgConn().EscapeString("hallpass login " + login)
		if err != nil {
			return err
		}
		tx, err := cl.conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('" + turn + "', 0))"})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // no effect after Commit
		if err := fn(ctx, cl); err != nil {
			return err
		}
		return classify(tx.Commit(ctx), committing)
	})
}

// role looks a role up; nil if there is none.
func (c client) role(ctx context.Context, name string) (*role, error) {
	rows, err := c.conn.Query(ctx, `
		SELECT oid, rolname AS name, rolcanlogin AS can_login, rolsuper AS super,
		       coalesce(shobj_description(oid, 'pg_authid') = $2, false) AS own,
		       rolname = current_user AS self, rolvaliduntil AS valid_until
		FROM pg_roles WHERE rolname = $1`, name, c.marker)
	if err != nil {
		return nil, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[role])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

// member reports whether the login is in the group: by a grant of its own, and
// by any path at all. A superuser is in every group.
func (c client) member(ctx context.Context, login, group uint32) (direct, any bool, err error) {
	err = c.conn.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM pg_auth_members WHERE roleid = $2 AND member = $1),
		       pg_has_role($1::oid, $2::oid, 'MEMBER')`, login, group).Scan(&direct, &any)
	return direct, any, err
}

// others counts the login's memberships besides one group.
func (c client) others(ctx context.Context, login, group uint32) (n int, err error) {
	err = c.conn.QueryRow(ctx, `SELECT count(DISTINCT roleid) FROM pg_auth_members WHERE member = $1 AND roleid <> $2`,
		login, group).Scan(&n)
	return n, err
}

// place finds a group role, how many others the login is in, and whether it is in
// this one by a grant of its own. The group is 0 when there is none.
func (c client) place(ctx context.Context, login uint32, name string) (group uint32, others int, direct bool, err error) {
	err = c.conn.QueryRow(ctx, `
		SELECT coalesce(g.oid, 0::oid), (SELECT count(DISTINCT roleid) FROM pg_auth_members WHERE member = $1 AND roleid IS DISTINCT FROM g.oid),
		       EXISTS (SELECT FROM pg_auth_members WHERE roleid = g.oid AND member = $1)
		FROM (SELECT) one LEFT JOIN pg_roles g ON g.rolname = $2`, login, name).Scan(&group, &others, &direct)
	return group, others, direct, err
}

// exec runs statements that take names: each %s is one, quoted by the driver.
func (c client) exec(ctx context.Context, format string, names ...string) error {
	quoted := make([]any, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	_, err := c.conn.Exec(ctx, fmt.Sprintf(format, quoted...))
	return err
}

// create makes a login with an end date and a comment that says whose it is.
func (c client) create(ctx context.Context, login string, end time.Time) error {
	err := c.exec(ctx, "CREATE ROLE %s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT VALID UNTIL '"+stamp(end)+"'", login)
	if err != nil {
		return err
	}
	comment, err := c.conn.PgConn().EscapeString(c.marker)
	if err != nil {
		return err
	}
	_, err = c.conn.Exec(ctx, "COMMENT ON ROLE "+quote(login)+" IS '"+comment+"'")
	return err
}

// quote is the driver's way to write a name in SQL.
func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func (c client) setEnd(ctx context.Context, login string, end time.Time) error {
	return c.exec(ctx, "ALTER ROLE %s VALID UNTIL '"+stamp(end)+"'", login)
}

// stamp writes a time as the server reads it whatever its settings: digits and
// fixed letters, so that it needs no quoting.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000000+00") }

// sessions counts what a login has open.
func (c client) sessions(ctx context.Context, login uint32) (n int, err error) {
	err = c.conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usesysid = $1", login).Scan(&n)
	return n, err
}

// refuse says why a login cannot be given a role, or nil.
func (r *role) refuse() error {
	switch {
	case r.Self:
		return fail(approvals.Permanent, nil, "%q is the bot's own login; it is nobody's account.", r.Name)
	case r.Super:
		return fail(approvals.Permanent, nil, "%q is a superuser: it can do everything already.", r.Name)
	case !r.CanLogin && !r.Own:
		return fail(approvals.Permanent, nil, "%q may not log in; an administrator has to allow it first.", r.Name)
	}
	return nil
}
