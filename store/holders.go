package store

import (
	"context"
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
	each := func(h held) error {
		all = append(all, h.principal)
		return nil
	}
	return all, s.eachHolder(ctx, e, each)
}

// EachHolder passes on the holders of every entitlement, in any order.
func (s *Store) EachHolder(ctx context.Context, each func(approvals.EntitlementID, approvals.PrincipalID) error) error {
	return s.eachHolder(ctx, "", func(h held) error { return each(h.entitlement, h.principal) })
}

// eachHolder is for one entitlement, or for all where it is empty.
func (s *Store) eachHolder(ctx context.Context, e approvals.EntitlementID, each func(held) error) error {
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
	names := interner{}
	for _, part := range []struct {
		query string
		whole bool
	}{{listedHolders, false}, {givenHolders, true}} {
		pass := func(h held) error {
			if !part.whole && len(without) > 0 && without[h] {
				return nil
			}
			return each(h)
		}
		query, args := one(part.query, "entitlement")
		err := s.stream(ctx, reading{
			op: op, query: query, args: args, long: e == "",
			scan: func(scan scan) error {
				h, err := readHolder(scan)
				if err != nil {
					return err
				}
				return pass(h)
			},
			raw: func(v [][]byte) error {
				return pass(held{approvals.EntitlementID(names.text(v[0])), approvals.PrincipalID(names.text(v[1]))})
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
