package store

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
)

// amongAtMost is how many people HeldAmong looks at. One number of parameters
// makes one statement.
const amongAtMost = 100

// HeldAmong counts, by entitlement, how many of some people hold it now: by what
// the systems said last, or by a grant that lives. Of more than a hundred people
// the first hundred count.
func (s *Store) HeldAmong(ctx context.Context, people []approvals.PrincipalID) (map[approvals.EntitlementID]int, error) {
	if len(people) == 0 {
		return nil, nil
	}
	args := make([]any, amongAtMost)
	for i := range args {
		args[i] = string(people[min(i, len(people)-1)])
	}
	in := "(" + params(1, amongAtMost) + ")"
	held := map[approvals.EntitlementID]int{}
	_, err := list(ctx, s, "count what people hold", func(scan scan) (e approvals.EntitlementID, err error) {
		var n int
		err = scan(&e, &n)
		held[e] = n
		return e, err
	}, `SELECT entitlement, count(*) FROM (SELECT entitlement, principal FROM holdings WHERE principal <> '' AND principal IN `+in+`
		UNION SELECT entitlement, principal FROM grants WHERE state NOT IN ('revoked', 'failed') AND principal IN `+in+`) held GROUP BY entitlement`, args...)
	return held, err
}
