package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Grant finds a grant by id.
func (s *Store) Grant(ctx context.Context, id approvals.GrantID) (approvals.Grant, error) {
	return s.gathers.grants.one(ctx, s, string(id), "There is no such grant.")
}

// LiveGrants lists a principal's live grants, oldest first; an empty
// entitlement means all.
func (s *Store) LiveGrants(ctx context.Context, principal approvals.PrincipalID, entitlement approvals.EntitlementID) ([]approvals.Grant, error) {
	all, err := s.gathers.live.rows(ctx, s, string(principal))
	return of(all, entitlement, func(g approvals.Grant) approvals.EntitlementID { return g.Entitlement }), err
}

// LiveGrantsOn lists the live grants of an entitlement by id, those after the
// given id, at most limit: pages for a sweep.
func (s *Store) LiveGrantsOn(ctx context.Context, entitlement approvals.EntitlementID, after approvals.GrantID, limit int) ([]approvals.Grant, error) {
	return list(ctx, s, "list an entitlement's grants", readGrant,
		selectGrant+"WHERE "+live+" AND entitlement = $1 AND id > $2 ORDER BY id LIMIT $3", string(entitlement), string(after), int64(limit))
}

// GrantsOf lists a principal's grants, live or not, newest first, at most limit.
func (s *Store) GrantsOf(ctx context.Context, principal approvals.PrincipalID, limit int) ([]approvals.Grant, error) {
	return list(ctx, s, "list a principal's grants", readGrant,
		selectGrant+"WHERE principal = $1 ORDER BY created_at DESC, id DESC LIMIT $2", string(principal), int64(limit))
}

// GrantsIn lists the grants in any of the states by id, those after the given
// id, at most limit: pages for a sweep.
func (s *Store) GrantsIn(ctx context.Context, states []approvals.GrantState, after approvals.GrantID, limit int) ([]approvals.Grant, error) {
	if len(states) == 0 {
		return nil, nil
	}
	// One ordered read of the index for each state, merged: reading them
	// together would sort all that match.
	parts := make([]string, len(states))
	args := []any{string(after), int64(limit)}
	for i, state := range states {
		parts[i] = fmt.Sprintf("SELECT * FROM (%sWHERE state = $%d AND id > $1 ORDER BY id LIMIT $2) s%d", selectGrant, i+3, i)
		args = append(args, string(state))
	}
	return list(ctx, s, "list grants by state", readGrant, strings.Join(parts, " UNION ALL ")+" ORDER BY id LIMIT $2", args...)
}

// GrantsDue lists the grants that need attention now: time is up, an end was
// ordered, or what lived on after removal is over; the longest due first, at
// most limit.
func (s *Store) GrantsDue(ctx context.Context, now time.Time, limit int) ([]approvals.Grant, error) {
	return list(ctx, s, "list due grants", readGrant,
		selectGrant+"WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2", at(now), int64(limit))
}

// Failing lists the grants whose current step has failed at least a number of
// times and is tried again, oldest first, at most limit.
func (s *Store) Failing(ctx context.Context, times, limit int) ([]approvals.Grant, error) {
	return list(ctx, s, "list failing grants", readGrant,
		selectGrant+"WHERE state IN ('scheduled', 'provisioning', 'revoking') AND attempts >= $1 ORDER BY created_at, id LIMIT $2", int64(times), int64(limit))
}

// Overdue counts the grants whose access outlives its end, and says for how
// long the oldest of them has.
func (s *Store) Overdue(ctx context.Context, now time.Time) (count int, oldest time.Duration, err error) {
	type sum struct {
		count int
		since stamp
	}
	v, err := single(ctx, s, "count overdue grants", "", func(scan scan) (v sum, err error) { return v, scan(&v.count, &v.since) },
		"SELECT count(*), min(due_at) FROM grants WHERE due_at < $1 AND state <> 'residual'", at(now))
	if err != nil || v.count == 0 {
		return 0, 0, err
	}
	return v.count, now.Sub(v.since.Time), nil
}
