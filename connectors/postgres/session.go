package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// dying is for how long one session is awaited after it was told to end.
const dying = 3 * time.Second

// EndSessions ends every session of the grant's login and waits until they are
// gone. Sessions that are opened while it runs are not its business. It drops a
// login of our own that a revocation disabled and did not come to drop: when
// that one's answer was lost, the read-back finds no access, and nobody calls it
// again.
func (c *Connector) EndSessions(ctx context.Context, g approvals.Grant, r approvals.Receipt) (ended int, err error) {
	m, err := c.place(g, r)
	if err != nil {
		return 0, err
	}
	var login *position
	err = c.converse(ctx, func(ctx context.Context, cl client) (err error) {
		login, err = cl.position(ctx, m)
		return err
	})
	if err != nil || login == nil {
		return 0, err
	}
	if ended, err = c.terminate(ctx, &login.role); err != nil {
		return ended, err
	}
	if !login.Member {
		c.setCleared(m, true)
	}
	if !login.last() || login.CanLogin || login.Direct {
		return ended, nil
	}
	_, err = c.drop(ctx, m)
	if lost, ok := errors.AsType[*approvals.ConnectorError](err); ok && lost.Kind == approvals.Ambiguous {
		err = fail(approvals.Retryable, lost, "PostgreSQL did not say whether the login %q is gone; it is tried again.", m.login)
	}
	return ended, err
}

// terminate ends the sessions that a login has open now, and returns once they
// are gone. It fails as retryable when some resist.
func (c *Connector) terminate(ctx context.Context, login *role) (ended int, err error) {
	if login.Self {
		return 0, login.refuse()
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	// All are told first, so that they die side by side; then each is awaited.
	// The calls stand in FILTER on purpose: conditions of one WHERE run in an
	// order of the planner's choosing, which could end everybody's sessions.
	var told []int32
	err = c.pool.QueryRow(ctx, `
		SELECT coalesce(array_agg(pid) FILTER (WHERE pg_terminate_backend(pid)), '{}')
		FROM pg_stat_activity WHERE usesysid = $1`, login.OID).Scan(&told)
	if err != nil {
		return 0, classify(err, reading)
	}
	if len(told) == 0 {
		return 0, nil
	}
	// A false answer is no proof that a session is left: it may have ended just
	// before it was to be awaited. So they are counted afterwards.
	if _, err = c.pool.Exec(ctx, `
		SELECT count(pg_terminate_backend(pid, $3))
		FROM pg_stat_activity WHERE usesysid = $1 AND pid = ANY($2)`, login.OID, told, dying.Milliseconds()); err != nil {
		return 0, classify(err, reading)
	}
	var left int
	err = c.pool.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE usesysid = $1 AND pid = ANY($2)`, login.OID, told).Scan(&left)
	if err != nil {
		return 0, classify(err, reading)
	}
	if left > 0 {
		return len(told) - left, fail(approvals.Retryable, nil, "%d session(s) of %q were told to end and are still there.", left, login.Name)
	}
	return len(told), nil
}
