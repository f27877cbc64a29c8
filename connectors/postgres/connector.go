package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Grant puts the login into the group role, and makes the login where the
// target asks for it and there is none.
func (c *Connector) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	t, err := decodeTarget(g.Target)
	if err != nil {
		return nil, err
	}
	login, err := c.login(g.Account)
	if err != nil {
		return nil, err
	}
	m := membership{login, t.role}
	c.setCleared(m, false)
	receipt := approvals.Receipt{receiptLogin: login, receiptRole: t.role}
	err = c.transact(ctx, m, func(ctx context.Context, cl client, found *position) (err error) {
		if _, err := cl.group(ctx, t.role); err != nil {
			return err
		}
		switch {
		case found == nil && !t.create:
			return fail(approvals.Permanent, nil, "PostgreSQL has no login %q; an administrator can create it, or the catalogue can say create_login.", login)
		case found == nil:
			if err := cl.create(ctx, login, c.nativeEnd(g)); err != nil {
				return err
			}
			receipt[receiptCreated] = "true"
			if found, err = cl.position(ctx, m); err != nil {
				return err
			}
		default:
			if err := c.admit(ctx, cl, found, g); err != nil {
				return err
			}
		}
		receipt[receiptOID] = strconv.FormatUint(uint64(found.OID), 10)
		if found.Direct {
			return nil
		}
		return cl.exec(ctx, "GRANT %s TO %s", t.role, login)
	})
	if err != nil {
		return nil, err
	}
	return receipt, nil
}

// admit checks a login that is there, and opens one of our own again that an
// earlier end has left behind.
func (c *Connector) admit(ctx context.Context, cl client, login *position, g approvals.Grant) error {
	if err := login.refuse(); err != nil || !login.Own {
		return err
	}
	if !login.CanLogin {
		if err := cl.exec(ctx, "ALTER ROLE %s LOGIN", login.Name); err != nil {
			return err
		}
	}
	if login.Direct { // a second call for the same grant: SetEnd's date stands
		return nil
	}
	return cl.extend(ctx, login, c.nativeEnd(g))
}

// extend sets a created login's end date. While the login serves other
// memberships too, the date only moves later: each has an end of its own.
func (c client) extend(ctx context.Context, login *position, end time.Time) error {
	current := login.ValidUntil
	if login.Others > 0 && current.Valid && (current.InfinityModifier == pgtype.Infinity || current.Time.After(end)) {
		return nil
	}
	return c.setEnd(ctx, login.Name, end)
}

// nativeEnd is the date for a new login: the grant's end, or, while its clock
// has not started, the latest moment that it could have had by now.
func (c *Connector) nativeEnd(g approvals.Grant) time.Time {
	if !g.EndsAt.IsZero() {
		return g.EndsAt
	}
	return c.cfg.Now().Add(g.Duration)
}

// SetEnd sets VALID UNTIL on a login that this connector created, and nothing
// on others.
func (c *Connector) SetEnd(ctx context.Context, g approvals.Grant, r approvals.Receipt, end time.Time) error {
	m, err := c.place(g, r)
	if err != nil {
		return err
	}
	return c.transact(ctx, m, func(ctx context.Context, cl client, login *position) error {
		if login == nil {
			return fail(approvals.Permanent, nil, "PostgreSQL has no login %q, so no end can be set.", m.login)
		}
		if !login.Own {
			return nil
		}
		if _, err := cl.group(ctx, m.role); err != nil {
			return err
		}
		return cl.extend(ctx, login, end)
	})
}

// Revoke takes the login out of the group role and ends its sessions. A login
// of our own that serves nothing else is disabled first and dropped last. It
// fails as permanent when a grant by somebody else keeps the login in the role.
func (c *Connector) Revoke(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Removal, error) {
	m, err := c.place(g, r)
	if err != nil {
		return approvals.Removal{}, err
	}
	var login *position
	err = c.transact(ctx, m, func(ctx context.Context, cl client, found *position) error {
		if login = found; login == nil {
			return nil
		}
		return cl.withdraw(ctx, login, m.role)
	})
	if err != nil || login == nil {
		return approvals.Removal{}, err
	}
	removal := approvals.Removal{}
	if removal.SessionsEnded, err = c.terminate(ctx, &login.role); err != nil {
		return removal, err
	}
	c.setCleared(m, true)
	if login.last() {
		removal.Reason, err = c.drop(ctx, m)
	}
	return removal, err
}

// last reports whether a login is our own and serves nothing but the one group.
func (s *position) last() bool { return s.Own && s.Others == 0 }

// withdraw ends the membership, and disables a login of our own that has no
// other. A group that is gone has no members; the login may still be ours to
// drop.
func (c client) withdraw(ctx context.Context, login *position, group string) error {
	if login.Self {
		return login.refuse()
	}
	var say []string
	if login.last() && login.CanLogin {
		say = append(say, "ALTER ROLE "+quote(login.Name)+" NOLOGIN")
	}
	if login.Direct {
		say = append(say, "REVOKE "+quote(group)+" FROM "+quote(login.Name))
	}
	if len(say) == 0 {
		return nil
	}
	if _, err := c.conn.Exec(ctx, strings.Join(say, "; ")); err != nil || !login.Direct {
		return err
	}
	direct, err := c.direct(ctx, login.OID, login.Group)
	if err == nil && direct {
		err = fail(approvals.Permanent, nil, "%q stays in %q: somebody else granted it too, and only they or a superuser can take that back.", login.Name, group)
	}
	return err
}

// drop removes a login of our own that serves nothing any more. One that owns
// objects stays, disabled, and the reason says so.
func (c *Connector) drop(ctx context.Context, m membership) (reason string, err error) {
	err = c.transact(ctx, m, func(ctx context.Context, cl client, login *position) error {
		if login == nil || !login.Own || login.CanLogin {
			return nil
		}
		return classify(cl.exec(ctx, "DROP ROLE %s; COMMIT", m.login), committing) // one round trip
	})
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "2BP01" { // dependent objects still exist
		c.cfg.Logger.WarnContext(ctx, "a created login owns objects and was not dropped; it is disabled", "connector", c.cfg.Name, "login", m.login)
		return fmt.Sprintf("The login %s is disabled and in no role, but was not dropped: it owns objects.", m.login), nil
	}
	return "", err
}

// group looks up a role that can be handed out.
func (c client) group(ctx context.Context, name string) (*role, error) {
	r, err := c.role(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, fail(approvals.Permanent, nil, "PostgreSQL has no role %q; create it, or mend the catalogue.", name)
	case r.Super:
		return nil, fail(approvals.Misconfigured, nil, "The role %q is a superuser; it can't be handed out.", name)
	case r.CanLogin:
		return nil, fail(approvals.Misconfigured, nil, "The role %q can log in, so it is somebody's account; name a group role (NOLOGIN).", name)
	}
	return r, nil
}

// Check reads membership, by any path, and sessions back from the server.
func (c *Connector) Check(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Presence, error) {
	m, err := c.place(g, r)
	if err != nil {
		return approvals.Presence{}, err
	}
	var p approvals.Presence
	err = c.converse(ctx, func(ctx context.Context, cl client) error {
		login, err := cl.position(ctx, m)
		if err != nil {
			return err
		}
		if login == nil {
			p.Detail = fmt.Sprintf("there is no login %s", m.login)
			if oid, bad := strconv.ParseUint(r[receiptOID], 10, 32); bad == nil {
				p.Sessions, err = cl.sessions(ctx, uint32(oid))
			}
			return err
		}
		p.Present = login.Member
		if p.Sessions, err = cl.sessions(ctx, login.OID); err != nil {
			return err
		}
		if !p.Present && c.isCleared(m) {
			p.Sessions = 0 // those that are open now were opened without the role
		}
		p.Detail = describe(m, login, p)
		return nil
	})
	return p, err
}

func describe(m membership, login *position, p approvals.Presence) string {
	var b strings.Builder
	switch {
	case login.Direct:
		fmt.Fprintf(&b, "%s is a member of %s", m.login, m.role)
	case p.Present:
		fmt.Fprintf(&b, "%s is a member of %s through another role", m.login, m.role)
	default:
		fmt.Fprintf(&b, "%s is no member of %s", m.login, m.role)
	}
	if !login.CanLogin {
		b.WriteString(", may not log in")
	}
	if u := login.ValidUntil; u.Valid && u.InfinityModifier == pgtype.Finite {
		fmt.Fprintf(&b, ", password valid until %s", u.Time.UTC().Format(time.RFC3339))
	}
	fmt.Fprintf(&b, "; open sessions: %d", p.Sessions)
	return b.String()
}

// List returns every login that is in the group role by any path, except
// superusers, who are in all of them, and the bot itself.
func (c *Connector) List(ctx context.Context, e approvals.Entitlement) ([]approvals.Holding, error) {
	t, err := decodeTarget(e.Target)
	if err != nil {
		return nil, err
	}
	held := []approvals.Holding{}
	err = c.converse(ctx, func(ctx context.Context, cl client) error {
		group, err := cl.group(ctx, t.role)
		if err != nil {
			return err
		}
		rows, err := cl.conn.Query(ctx, `
			SELECT rolname FROM pg_roles
			WHERE rolcanlogin AND NOT rolsuper AND rolname <> current_user AND pg_has_role(oid, $1::oid, 'MEMBER')
			ORDER BY rolname`, group.OID)
		if err != nil {
			return err
		}
		logins, err := pgx.CollectRows(rows, pgx.RowTo[string])
		now := c.cfg.Now().UTC()
		for _, login := range logins {
			held = append(held, approvals.Holding{Entitlement: e.ID, Account: c.account(login), AsOf: now})
		}
		return err
	})
	return held, err
}
