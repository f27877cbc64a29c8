package store

import (
	"context"
	"database/sql"
	"time"
)

// Anchor is how far a place outside of the database has got.
type Anchor struct {
	Name         string
	Size         int64     // events of the last checkpoint that arrived; 0: none did
	At           time.Time // when it arrived
	FailingSince time.Time // zero: it works
	LastError    string    // for people, without secrets
}

// SaveAnchor notes how far an anchor is. A failure keeps what arrived before.
func (s *Store) SaveAnchor(ctx context.Context, a Anchor) error {
	return s.transact(ctx, "note an anchor", func(tx *sql.Tx) error {
		_, err := execute(ctx, tx, `INSERT INTO anchors (name, size, at, failing_since, last_error) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (name) DO UPDATE SET
				size = CASE WHEN excluded.size > anchors.size THEN excluded.size ELSE anchors.size END,
				at = coalesce(excluded.at, anchors.at), failing_since = excluded.failing_since, last_error = excluded.last_error`,
			a.Name, a.Size, at(a.At), at(a.FailingSince), printable(a.LastError))
		return err
	})
}

// Anchors lists the anchors that were ever used, by name.
func (s *Store) Anchors(ctx context.Context) ([]Anchor, error) {
	return list(ctx, s, "list anchors", func(scan scan) (a Anchor, err error) {
		var arrived, failing stamp
		err = scan(&a.Name, &a.Size, &arrived, &failing, &a.LastError)
		a.At, a.FailingSince = arrived.Time, failing.Time
		return a, err
	}, "SELECT name, size, at, failing_since, last_error FROM anchors ORDER BY name")
}
