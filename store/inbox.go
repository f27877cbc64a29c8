package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// InboundLease is an entry of the inbox taken for handling until a time.
type InboundLease = approvals.InboundLease

// Receive keeps what came through a door. It is not fresh when the same key
// came before, handled or not; keys are remembered until Prune.
func (s *Store) Receive(ctx context.Context, in approvals.Inbound) (fresh bool, err error) {
	if err := s.usable(); err != nil {
		return false, err
	}
	payload := in.Payload
	if payload == nil {
		payload = []byte{}
	}
	n, err := execute(ctx, s.direct, `INSERT INTO inbound (key, kind, payload, ord, at, run_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (key) DO NOTHING`, in.Key, in.Kind, payload, in.Order, at(in.At))
	if n > 0 {
		s.waker.signal()
	}
	return n > 0, s.dialect.wrap("receive", err)
}

// ClaimInbound leases at most limit entries that are due at now: of each Order
// only the oldest that is not handled. Entries of an empty Order wait for
// nothing.
func (s *Store) ClaimInbound(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]InboundLease, error) {
	if limit <= 0 {
		return nil, nil
	}
	leases, err := list(ctx, s, "claim inbound", readInbound, `WITH due AS MATERIALIZED (
			SELECT id FROM inbound WHERE done_at IS NULL AND run_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
				AND (ord = '' OR NOT EXISTS (SELECT 1 FROM inbound earlier
					WHERE earlier.done_at IS NULL AND earlier.ord = inbound.ord AND earlier.id < inbound.id))
			ORDER BY run_at, id LIMIT $2 + 0`+s.dialect.skipLocked+`)
		UPDATE inbound SET attempt = attempt + 1, leased_until = $3, holder = $4
		FROM (SELECT id AS pick FROM due) picked WHERE inbound.id = pick
		RETURNING id, key, kind, payload, ord, at, attempt, leased_until, last_error`,
		at(now), int64(limit), at(now.Add(lease)), s.holder.Load().mark())
	slices.SortFunc(leases, func(a, b InboundLease) int { return cmp.Compare(a.ID, b.ID) })
	return leases, err
}

func readInbound(scan scan) (l InboundLease, err error) {
	var came, until stamp
	err = scan(&l.ID, &l.Key, &l.Kind, &l.Payload, &l.Order, &came, &l.Attempt, &until, &l.LastError)
	l.At, l.Until = came.Time, until.Time
	return l, err
}

const heldInbound = " WHERE id = $1 AND attempt = $2 AND leased_until IS NOT NULL AND done_at IS NULL"

// FinishInbound notes that an entry was handled, and drops its payload; its
// key stays until Prune. CodeConflict says that the lease is lost.
func (s *Store) FinishInbound(ctx context.Context, l InboundLease) error {
	return s.fenced(ctx, "finish inbound", "entry", "UPDATE inbound SET done_at = $3, leased_until = NULL, payload = $4"+heldInbound,
		l.ID, int64(l.Attempt), at(s.now()), []byte{})
}

// RetryInbound gives an entry back, to be handled at a time, and notes why.
// Later entries of its Order go on waiting. CodeConflict says that the lease
// is lost.
func (s *Store) RetryInbound(ctx context.Context, l InboundLease, again time.Time, cause string) error {
	return s.fenced(ctx, "retry inbound", "entry", "UPDATE inbound SET run_at = $3, last_error = $4, leased_until = NULL, holder = NULL"+heldInbound,
		l.ID, int64(l.Attempt), at(again), printable(cause))
}
