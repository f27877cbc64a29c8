package store

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

var restoreTable = newTable("restores", 1, `id text, version bigint, found_at timestamptz, had bigint, known bigint, until timestamptz,
	whole boolean, listed text, accepted_at timestamptz, accepted_by text`)

func (w *writer) restores(c approvals.Change) error {
	var created [][]any
	changed := make(map[string][]any)
	for _, r := range c.Restores {
		listed, err := asJSON(r.Listed)
		if err != nil {
			return err
		}
		row := []any{r.ID, r.Version + 1, at(r.FoundAt), r.Had, r.Known, at(r.Until), r.Whole, listed, at(r.AcceptedAt), string(r.AcceptedBy)}
		if r.Version == 0 {
			created = append(created, row)
		} else {
			changed[r.ID] = row
		}
	}
	if err := w.insert(restoreTable, created, "Another replica has found this already."); err != nil {
		return err
	}
	return w.swap(restoreTable, "Restore", changed)
}

// LastRestore is the latest time that the database was found to be older than
// it should be; CodeNotFound: it never was.
func (s *Store) LastRestore(ctx context.Context) (approvals.Restore, error) {
	return single(ctx, s, "read the last restore", "The database was never found to be restored.", func(scan scan) (r approvals.Restore, err error) {
		var found, until, accepted stamp
		var listed string
		if err := scan(&r.ID, &r.Version, &found, &r.Had, &r.Known, &until, &r.Whole, &listed, &accepted, &r.AcceptedBy); err != nil {
			return r, err
		}
		r.FoundAt, r.Until, r.AcceptedAt = found.Time, until.Time, accepted.Time
		return r, fromJSON(listed, &r.Listed)
	}, "SELECT "+restoreTable.list("")+" FROM restores ORDER BY found_at DESC, id DESC LIMIT 1")
}

// LastEventAt is when the last event of the log happened; zero when there is none.
func (s *Store) LastEventAt(ctx context.Context) (time.Time, error) {
	last, err := list(ctx, s, "read the last event", func(scan scan) (t stamp, err error) { return t, scan(&t) },
		"SELECT at FROM events ORDER BY sequence DESC LIMIT 1")
	if err != nil || len(last) == 0 {
		return time.Time{}, err
	}
	return last[0].Time, nil
}
