package store

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
)

// adopted reads what became of each adopted grant: extended, or asked for anew
// and given, counts as renewed.
const adopted = ` FROM requests r JOIN grants g ON g.id = r.grant_id WHERE r.kind = 'adoption'`

const adoptedFate = `r.decided_by, r.decided_at,
	EXISTS (SELECT 1 FROM requests x WHERE x.beneficiary = g.principal AND x.grant_id = g.id AND x.kind = 'extension' AND x.state = 'approved')
	OR EXISTS (SELECT 1 FROM grants n WHERE n.principal = g.principal AND n.entitlement = g.entitlement AND n.id <> g.id
		AND n.created_at > g.created_at AND n.active_at IS NOT NULL)`

// AdoptedGrants lists the grants that gave standing access an end, of one
// entitlement or of all, the oldest first, with what became of each.
func (s *Store) AdoptedGrants(ctx context.Context, e approvals.EntitlementID) ([]approvals.AdoptedGrant, error) {
	query, args := "SELECT "+grantTable.list("g.")+", "+adoptedFate+adopted, []any(nil)
	if e != "" {
		query, args = query+" AND r.entitlement = $1", []any{string(e)}
	}
	return list(ctx, s, "list adopted grants", readAdopted, query+" ORDER BY g.created_at, g.id", args...)
}

func readAdopted(scan scan) (a approvals.AdoptedGrant, err error) {
	var decided stamp
	more := func(dest ...any) error { return scan(append(dest, &a.By, &decided, &a.Renewed)...) }
	a.Grant, err = readGrant(more)
	a.At = decided.Time
	return a, err
}
