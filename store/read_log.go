package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/hallpass-dev/hallpass/approvals"
)

// EventFilter says which audit events are meant. Empty fields do not filter.
type EventFilter struct {
	Request approvals.RequestID
	Grant   approvals.GrantID
	After   int64 // only events of a higher sequence
	Limit   int   // at most so many; 0: 1000
}

// Events lists audit events by sequence.
func (s *Store) Events(ctx context.Context, f EventFilter) ([]approvals.Event, error) {
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	query, args := "SELECT body FROM events WHERE sequence > $1", []any{f.After, int64(f.Limit)}
	for column, id := range map[string]string{"request_id": string(f.Request), "grant_id": string(f.Grant)} {
		if id != "" {
			args = append(args, id)
			query += fmt.Sprintf(" AND %s = $%d AND %s <> ''", column, len(args), column)
		}
	}
	return list(ctx, s, "list audit events", readEvent, query+" ORDER BY sequence LIMIT $2", args...)
}

// Learned lists human decisions by sequence, those after the given one. Rows
// that share a sequence are never cut apart, so that the last sequence of an
// answer is where to go on; there may be a few more than limit for that.
func (s *Store) Learned(ctx context.Context, after int64, limit int) ([]approvals.Learned, error) {
	return list(ctx, s, "list human decisions", readLearned, "SELECT "+learnedTable.list("")+` FROM learned
		WHERE sequence > $1 AND sequence <= (
			SELECT max(sequence) FROM (SELECT sequence FROM learned WHERE sequence > $1 ORDER BY sequence LIMIT $2) page)
		ORDER BY sequence, position`, after, int64(limit))
}

// SaveHoldings replaces what is known of an entitlement's holders by what its
// system says now. It is an observation, no change of state: no event tells of
// it. Of two holdings of one account the last counts.
func (s *Store) SaveHoldings(ctx context.Context, entitlement approvals.EntitlementID, seen []approvals.Holding) error {
	last := make(map[string]int, len(seen))
	for i, h := range seen {
		if h.Entitlement != entitlement {
			return approvals.Errorf(approvals.CodeInternal, "A holding of %s came with those of %s.", h.Entitlement, entitlement)
		}
		last[h.Account] = i
	}
	var rows [][]any
	for i, h := range seen {
		if last[h.Account] == i {
			rows = append(rows, []any{string(h.Entitlement), h.Account, string(h.Principal), at(h.AsOf)})
		}
	}
	news := News{Holders: []approvals.EntitlementID{entitlement}}
	err := s.transact(ctx, "save holdings", func(tx *sql.Tx) error {
		if _, err := execute(ctx, tx, "DELETE FROM holdings WHERE entitlement = $1", string(entitlement)); err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := holdingTable.insert(ctx, tx, s.dialect, rows, ""); err != nil {
				return err
			}
		}
		return s.publish(ctx, tx, news)
	})
	if err == nil {
		s.herald.hear(news)
	}
	return err
}

// HoldingCursor is where to go on in Holdings; its zero value is the start.
type HoldingCursor struct {
	Entitlement approvals.EntitlementID
	Account     string
}

// Holdings lists what the systems said last, by entitlement and account, those
// after the cursor, at most limit. An empty entitlement means all.
func (s *Store) Holdings(ctx context.Context, entitlement approvals.EntitlementID, after HoldingCursor, limit int) ([]approvals.Holding, error) {
	query := "SELECT " + holdingTable.list("") + " FROM holdings WHERE (entitlement, account) > ($1, $2)"
	args := []any{string(after.Entitlement), after.Account, int64(limit)}
	if entitlement != "" {
		query, args = query+" AND entitlement = $4", append(args, string(entitlement))
	}
	return list(ctx, s, "list holdings", readHolding, query+" ORDER BY entitlement, account LIMIT $3", args...)
}

// HoldingsOf lists what the systems said last that a principal holds, by
// entitlement and account.
func (s *Store) HoldingsOf(ctx context.Context, principal approvals.PrincipalID) ([]approvals.Holding, error) {
	return list(ctx, s, "list a principal's holdings", readHolding, "SELECT "+holdingTable.list("")+
		" FROM holdings WHERE principal = $1 AND principal <> '' ORDER BY entitlement, account", string(principal))
}

func readHolding(scan scan) (h approvals.Holding, err error) {
	var seen stamp
	err = scan(&h.Entitlement, &h.Account, &h.Principal, &seen)
	h.AsOf = seen.Time
	return h, err
}
