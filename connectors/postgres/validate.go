package postgres

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Validate reports whether the entry's role exists and can be handed out, and
// whether the bot's own login may do all that the entry will take. The error
// holds the statement that mends it.
func (c *Connector) Validate(ctx context.Context, e approvals.Entitlement) error {
	t, err := decodeTarget(e.Target)
	if err != nil {
		return err
	}
	return c.converse(ctx, func(ctx context.Context, cl client) error {
		group, err := cl.group(ctx, t.role)
		if err != nil {
			return err
		}
		var self string
		var mayAdmin, maySignal, mayCreate, database, connect bool
		err = cl.conn.QueryRow(ctx, `
			SELECT r.rolname, r.rolcreaterole OR r.rolsuper,
			       pg_has_role(r.oid, $1::oid, 'MEMBER WITH ADMIN OPTION')
			         OR r.rolcreaterole AND current_setting('server_version_num')::int < 160000,
			       pg_has_role(r.oid, 'pg_signal_backend', 'USAGE'),
			       $2 = '' OR EXISTS (SELECT FROM pg_database WHERE datname = $2),
			       coalesce((SELECT has_database_privilege($1::oid, oid, 'CONNECT') FROM pg_database WHERE datname = $2), true)
			FROM pg_roles r WHERE r.rolname = current_user`, group.OID, t.database).
			Scan(&self, &mayCreate, &mayAdmin, &maySignal, &database, &connect)
		if err != nil {
			return err
		}
		switch {
		case !mayAdmin:
			return fail(approvals.Misconfigured, nil, "The bot may not hand out %q; run: GRANT %s TO %s WITH ADMIN OPTION;", t.role, quote(t.role), quote(self))
		case !maySignal:
			return fail(approvals.Misconfigured, nil, "The bot may not end sessions; run: GRANT pg_signal_backend TO %s;", quote(self))
		case t.create && !mayCreate:
			return fail(approvals.Misconfigured, nil, "The bot may not create logins; run: ALTER ROLE %s CREATEROLE; or take create_login out of the target.", quote(self))
		case !database:
			return fail(approvals.Misconfigured, nil, "The server has no database %q; mend the target.", t.database)
		case !connect:
			return fail(approvals.Misconfigured, nil, "The role %q may not connect to %q; run: GRANT CONNECT ON DATABASE %s TO %s;", t.role, t.database, quote(t.database), quote(t.role))
		}
		return nil
	})
}
