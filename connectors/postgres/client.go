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

// transact runs fn in one transaction, with how the login stands; nil: there is
// none. All changes to one login take turns, over all replicas: concurrent
// GRANT and REVOKE of the same roles fail in the server with internal errors
// otherwise. What fn has committed itself stays so.
func (c *Connector) transact(ctx context.Context, m membership, fn func(context.Context, client, *position) error) error {
	return c.converse(ctx, func(ctx context.Context, cl client) error {
		login, err := cl.begin(ctx, m)
		if err == nil {
			err = fn(ctx, cl, login)
		}
		if err != nil {
			_, _ = cl.conn.Exec(context.WithoutCancel(ctx), "ROLLBACK") // the pool closes what is still in a transaction
			return err
		}
		if cl.conn.PgConn().TxStatus() == 'I' { // in no transaction
			return nil
		}
		said, err := cl.conn.Exec(ctx, "COMMIT")
		if err == nil && said.String() != "COMMIT" {
			err = pgx.ErrTxCommitRollback
		}
		return classify(err, committing)
	})
}

// begin takes the login's turn and reads how it stands, in one round trip.
func (c client) begin(ctx context.Context, m membership) (login *position, err error) {
	var b pgx.Batch
	b.Queue("BEGIN")
	b.Queue("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "hallpass login "+m.login)
	b.Queue(readPosition, c.marker, m.login, m.role).Query(func(rows pgx.Rows) (err error) {
		login, err = none(pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[position]))
		return err
	})
	return login, c.conn.SendBatch(ctx, &b).Close()
}

// none makes nil of a row that is not there.
func none[T any](v *T, err error) (*T, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return v, err
}

// columns are those of a role r; $1 is the connector's marker. The comment is
// read from its table: the function that does so is planned anew at each call.
const columns = `r.oid, r.rolname AS name, r.rolcanlogin AS can_login, r.rolsuper AS super, r.rolname = current_user AS self,
	r.rolvaliduntil AS valid_until, EXISTS (SELECT FROM pg_shdescription d
		WHERE d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass AND d.description = $1) AS own`

// role looks a role up; nil if there is none.
func (c client) role(ctx context.Context, name string) (*role, error) {
	return one[role](ctx, c, "SELECT "+columns+" FROM pg_roles r WHERE r.rolname = $2", c.marker, name)
}

// one reads the only row of a query; nil if there is none.
func one[T any](ctx context.Context, c client, query string, args ...any) (*T, error) {
	rows, err := c.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return none(pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[T]))
}

// position is how a login stands to a group role.
type position struct {
	role
	Group  uint32 // 0: there is no such role
	Others int    // memberships besides this one
	Direct bool   // a member by a grant of its own
	Member bool   // a member by any path at all; a superuser is in every group
}

// readPosition has the marker, the login and the group for parameters.
const readPosition = "SELECT " + columns + `, coalesce(g.oid, 0::oid) AS group,
		(SELECT count(DISTINCT roleid) FROM pg_auth_members WHERE member = r.oid AND roleid IS DISTINCT FROM g.oid) AS others,
		EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid AND roleid = g.oid) AS direct,
		coalesce(pg_has_role(r.oid, g.oid, 'MEMBER'), false) AS member
	FROM pg_roles r LEFT JOIN pg_roles g ON g.rolname = $3 WHERE r.rolname = $2`

// position reads how a login stands to a group role; nil if there is no login.
func (c client) position(ctx context.Context, m membership) (*position, error) {
	return one[position](ctx, c, readPosition, c.marker, m.login, m.role)
}

// direct reads whether a login is in a group by a grant of its own.
func (c client) direct(ctx context.Context, login, group uint32) (yes bool, err error) {
	err = c.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_auth_members WHERE roleid = $2 AND member = $1)", login, group).Scan(&yes)
	return yes, err
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
