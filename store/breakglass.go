package store

import (
	"context"
	"errors"

	"github.com/hallpass-dev/hallpass/approvals"
)

func (w *writer) breakGlass(c approvals.Change) error {
	var created [][]any
	changed := make(map[string][]any)
	for _, b := range c.BreakGlass {
		row, err := breakGlassRow(b)
		if err != nil {
			return err
		}
		if b.Version == 0 {
			created = append(created, row)
			continue
		}
		if _, twice := changed[string(b.Request)]; twice {
			return approvals.Errorf(approvals.CodeInternal, "The review of %s is changed twice in one change.", b.Request)
		}
		changed[string(b.Request)] = row
	}
	if err := w.insert(breakGlassTable, created, "This person's last break-glass is not reviewed yet, or this one was stored already."); err != nil {
		return err
	}
	return w.swap(breakGlassTable, "The review of", changed)
}

func breakGlassRow(b approvals.BreakGlassReview) ([]any, error) {
	told, err := asJSON(b.Told)
	if err != nil {
		return nil, err
	}
	toldIn, err := asJSON(b.ToldIn)
	return []any{string(b.Request), b.Version + 1, string(b.Requester), string(b.Beneficiary), string(b.Entitlement), string(b.Grant),
		at(b.OpenedAt), at(b.DueAt), int64(b.Escalations), told, toldIn, string(b.Finding), at(b.ClosedAt), string(b.ClosedBy), b.Note}, err
}

func readBreakGlass(scan scan) (b approvals.BreakGlassReview, err error) {
	var opened, due, closed stamp
	var told, toldIn string
	if err := scan(&b.Request, &b.Version, &b.Requester, &b.Beneficiary, &b.Entitlement, &b.Grant, &opened, &due, &b.Escalations,
		&told, &toldIn, &b.Finding, &closed, &b.ClosedBy, &b.Note); err != nil {
		return b, err
	}
	b.OpenedAt, b.DueAt, b.ClosedAt = opened.Time, due.Time, closed.Time
	return b, errors.Join(fromJSON(told, &b.Told), fromJSON(toldIn, &b.ToldIn))
}

// BreakGlassReview finds the review of a break-glass by its request.
func (s *Store) BreakGlassReview(ctx context.Context, id approvals.RequestID) (approvals.BreakGlassReview, error) {
	return single(ctx, s, "read a review of a break-glass", "There is no such review.", readBreakGlass,
		"SELECT "+breakGlassTable.list("")+" FROM break_glass WHERE request_id = $1", string(id))
}

// OpenBreakGlass lists the reviews that nobody has closed, oldest first, at
// most limit.
func (s *Store) OpenBreakGlass(ctx context.Context, limit int) ([]approvals.BreakGlassReview, error) {
	return list(ctx, s, "list open reviews of break-glass", readBreakGlass,
		"SELECT "+breakGlassTable.list("")+" FROM break_glass WHERE closed_at IS NULL ORDER BY opened_at, request_id LIMIT $1", int64(limit))
}
