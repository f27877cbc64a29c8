package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// NoticeLease is an entry of the outbox taken for delivery until a time.
type NoticeLease = approvals.NoticeLease

// ClaimNotices leases at most limit notices that are due at now: of each Order
// only the oldest that is not delivered, so that the door sees them in order.
// Notices of an empty Order wait for nothing. Home tabs come last: nobody waits
// for them.
func (s *Store) ClaimNotices(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]NoticeLease, error) {
	if limit <= 0 {
		return nil, nil
	}
	leases, err := list(ctx, s, "claim notices", readNotice, `WITH due AS MATERIALIZED (
			SELECT * FROM (`+s.dueNotices("<>")+`) cards UNION ALL SELECT * FROM (`+s.dueNotices("=")+`) homes)
		UPDATE notices SET attempt = attempt + 1, leased_until = $3, holder = $4
		FROM (SELECT id AS pick FROM due ORDER BY late, run_at, id LIMIT $2 + 0) picked WHERE notices.id = pick
		RETURNING id, slot, ord, kind, request_id, grant_id, recipient, channel, words, attempt, settled, leased_until, last_error`,
		at(now), int64(limit), at(now.Add(lease)), s.holder.Load().mark())
	slices.SortFunc(leases, func(a, b NoticeLease) int { return cmp.Compare(a.ID, b.ID) })
	return leases, err
}

// dueNotices selects notices that are due: Home tabs, or all others. The limit
// is a sum because SQLite would otherwise look at its value to plan, and plan
// anew each time.
func (s *Store) dueNotices(home string) string {
	late := map[string]string{"<>": "0", "=": "1"}[home]
	return `SELECT id, run_at, ` + late + ` AS late FROM notices
		WHERE kind ` + home + ` 'home' AND run_at <= $1 AND (leased_until IS NULL OR leased_until <= $1) AND (ord = '' OR NOT EXISTS (
			SELECT 1 FROM notices earlier WHERE earlier.ord = notices.ord AND earlier.id < notices.id))
		ORDER BY run_at, id LIMIT $2 + 0` + s.dialect.skipLocked
}

func readNotice(scan scan) (l NoticeLease, err error) {
	var settled int
	var until stamp
	err = scan(&l.ID, &l.Slot, &l.Order, &l.Kind, &l.Request, &l.Grant, &l.To, &l.Channel, &l.Words, &l.Attempt, &settled, &until, &l.LastError)
	l.Until = until.Time
	l.Sending = settled < l.Attempt-1
	return l, err
}

const heldNotice = " WHERE id = $1 AND attempt = $2 AND leased_until IS NOT NULL"

// FinishNotice removes a delivered notice and, in the same transaction, notes
// where its slot's message is. A nil message leaves the slot as it was, for a
// notice that needed no message. CodeConflict says that the lease is lost.
func (s *Store) FinishNotice(ctx context.Context, l NoticeLease, m *approvals.Message) error {
	return s.transact(ctx, "finish a notice", func(tx *sql.Tx) error {
		n, err := execute(ctx, tx, "DELETE FROM notices"+heldNotice, l.ID, int64(l.Attempt))
		if err != nil {
			return err
		}
		if n == 0 {
			return leaseLost("notice")
		}
		if m == nil {
			return nil
		}
		_, err = execute(ctx, tx, `INSERT INTO messages (slot, channel, ts, digest) VALUES ($1, $2, $3, $4)
			ON CONFLICT (slot) DO UPDATE SET channel = excluded.channel, ts = excluded.ts, digest = excluded.digest`,
			m.Slot, m.Channel, m.TS, m.Digest)
		return err
	})
}

// RetryNotice gives a notice back, to be delivered at a time, and notes why.
// Set l.Sending when the failure left it open whether the message arrived, and
// clear it when it surely did not. Later notices of its Order, which must wait
// for it, are not looked at before then. CodeConflict says that the lease is
// lost.
func (s *Store) RetryNotice(ctx context.Context, l NoticeLease, again time.Time, cause string) error {
	settled := l.Attempt
	if l.Sending {
		settled = 0
	}
	return s.transact(ctx, "retry a notice", func(tx *sql.Tx) error {
		n, err := execute(ctx, tx, "UPDATE notices SET run_at = $3, last_error = $4, settled = $5, leased_until = NULL, holder = NULL"+heldNotice,
			l.ID, int64(l.Attempt), at(again), printable(cause), int64(settled))
		if err == nil && n == 0 {
			err = leaseLost("notice")
		}
		if err != nil || l.Order == "" {
			return err
		}
		_, err = execute(ctx, tx, "UPDATE notices SET run_at = $3 WHERE ord = $1 AND id > $2 AND run_at < $3", l.Order, l.ID, at(again))
		return err
	})
}

// Superseded reports whether a later notice for the same slot and order waits:
// what it says will include what this one says.
func (s *Store) Superseded(ctx context.Context, l NoticeLease) (bool, error) {
	n, err := single(ctx, s, "look for a later notice", "", readInt,
		"SELECT count(*) FROM (SELECT 1 FROM notices WHERE ord = $1 AND id > $2 AND slot = $3 LIMIT 1) later", l.Order, l.ID, l.Slot)
	return n > 0, err
}

func readMessage(scan scan) (m approvals.Message, err error) {
	return m, scan(&m.Slot, &m.Channel, &m.TS, &m.Digest)
}

const selectMessage = "SELECT slot, channel, ts, digest FROM messages WHERE "

// Message says where a slot was delivered; CodeNotFound if it was not yet.
func (s *Store) Message(ctx context.Context, slot string) (approvals.Message, error) {
	return single(ctx, s, "read a message", "This was not delivered yet.", readMessage, selectMessage+"slot = $1", slot)
}

// MessageAt says which slot's message stands at a place; CodeNotFound if none does.
func (s *Store) MessageAt(ctx context.Context, channel, ts string) (approvals.Message, error) {
	return single(ctx, s, "find a message", "No message of ours stands there.", readMessage,
		selectMessage+"channel = $1 AND ts = $2 ORDER BY slot LIMIT 1", channel, ts)
}
