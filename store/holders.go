package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// gone is for how long access that was taken away outweighs a system's list
// from before: long enough for the next list.
const gone = 24 * time.Hour

// Three parts of who holds what: what the systems said last, what was taken
// away since they said it, and what was given.
const (
	listedHolders = "SELECT entitlement, principal FROM holdings WHERE principal <> ''"
	goneHolders   = `SELECT h.entitlement, h.principal FROM grants g JOIN holdings h ON h.entitlement = g.entitlement AND h.account = g.account
		WHERE g.revoked_at > $1 AND g.revoked_at > h.as_of AND g.state = 'revoked' AND NOT g.standing`
	givenHolders = "SELECT entitlement, principal FROM grants WHERE state = 'active'"
)

// held is that somebody holds an entitlement.
type held struct {
	entitlement approvals.EntitlementID
	principal   approvals.PrincipalID
}

func readHolder(scan scan) (h held, err error) { return h, scan(&h.entitlement, &h.principal) }

// Holders are the people who hold an entitlement: those that its system listed
// last, without whose access was taken away since, and with whom a grant gives
// it now. Somebody may come twice.
func (s *Store) Holders(ctx context.Context, e approvals.EntitlementID) ([]approvals.PrincipalID, error) {
	var all []approvals.PrincipalID
	each := func(_, principal []byte) error {
		all = append(all, approvals.PrincipalID(principal))
		return nil
	}
	return all, s.eachHolder(ctx, e, each)
}

// EachHolder passes on the holders of every entitlement, in any order. The text
// of entitlement and principal holds until each returns: of millions of rows
// most name what is known already.
func (s *Store) EachHolder(ctx context.Context, each func(entitlement, principal []byte) error) error {
	return s.eachHolder(ctx, "", each)
}

// eachHolder is for one entitlement, or for all where it is empty.
func (s *Store) eachHolder(ctx context.Context, e approvals.EntitlementID, each func(entitlement, principal []byte) error) error {
	const op = "list holders"
	one := func(query, column string, args ...any) (string, []any) {
		if e == "" {
			return query, args
		}
		return query + " AND " + column + " = " + params(1+len(args), 1), append(args, string(e))
	}
	query, args := one(goneHolders, "g.entitlement", at(s.now().Add(-gone)))
	taken, err := list(ctx, s, op, readHolder, query, args...)
	if err != nil {
		return err
	}
	without := map[held]bool{}
	for _, h := range taken {
		without[h] = true
	}
	remaining := func(entitlement, principal []byte) error {
		if len(without) > 0 && without[held{approvals.EntitlementID(entitlement), approvals.PrincipalID(principal)}] {
			return nil
		}
		return each(entitlement, principal)
	}
	for _, part := range []struct {
		query string
		pass  func(entitlement, principal []byte) error
	}{{listedHolders, remaining}, {givenHolders, each}} {
		query, args := one(part.query, "entitlement")
		err := s.stream(ctx, reading{
			op: op, query: query, args: args, long: e == "",
			scan: func(scan scan) error {
				var entitlement, principal sql.RawBytes
				if err := scan(&entitlement, &principal); err != nil {
					return err
				}
				return part.pass(entitlement, principal)
			},
			raw: func(v [][]byte) error { return part.pass(v[0], v[1]) },
		})
		if err != nil {
			return err
		}
	}
	return nil
}
