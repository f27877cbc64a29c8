package store

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Directory gives what is kept of a directory's source; a zero record where
// nothing is.
func (s *Store) Directory(ctx context.Context, source string) (approvals.DirectoryRecord, error) {
	all, err := list(ctx, s, "read what is kept of the directory", func(scan scan) (r approvals.DirectoryRecord, err error) {
		var people, refused, accepted string
		var asOf, refusedAt, acceptedAt stamp
		if err := scan(&r.Source, &people, &asOf, &refused, &refusedAt, &accepted, &r.AcceptedBy, &acceptedAt); err != nil {
			return r, err
		}
		r.AsOf, r.RefusedAt, r.AcceptedAt = asOf.Time, refusedAt.Time, acceptedAt.Time
		if people != "" {
			r.People = []byte(people)
		}
		if refused != "" {
			if err := fromJSON(refused, &r.Refused); err != nil {
				return r, err
			}
		}
		if accepted != "" {
			err = fromJSON(accepted, &r.Accepted)
		}
		return r, err
	}, `SELECT source, people, as_of, refused, refused_at, accepted, accepted_by, accepted_at FROM directories WHERE source = $1`, source)
	if err != nil || len(all) == 0 {
		return approvals.DirectoryRecord{Source: source}, err
	}
	return all[0], nil
}

// KeepDirectory keeps a reading that was taken, unless a later one is kept;
// nil people: the same as before.
func (s *Store) KeepDirectory(ctx context.Context, source string, people []byte, asOf time.Time) error {
	return s.directory(ctx, `INSERT INTO directories (source, people, as_of, refused, accepted, accepted_by) VALUES ($1, $2, $3, '', '', '')
		ON CONFLICT (source) DO UPDATE SET as_of = excluded.as_of, refused = '', refused_at = NULL,
		  people = CASE excluded.people WHEN '' THEN directories.people ELSE excluded.people END
		WHERE directories.as_of IS NULL OR directories.as_of <= excluded.as_of`, source, string(people), at(asOf))
}

// RefuseDirectory notes why a reading was not taken, and since when.
func (s *Store) RefuseDirectory(ctx context.Context, source string, losses []approvals.Loss) error {
	text, err := asJSON(losses)
	if err != nil {
		return err
	}
	return s.directory(ctx, `INSERT INTO directories (source, people, refused, refused_at, accepted, accepted_by) VALUES ($1, '', $2, $3, '', '')
		ON CONFLICT (source) DO UPDATE SET refused = excluded.refused, refused_at = COALESCE(directories.refused_at, excluded.refused_at)`,
		source, text, at(s.now()))
}

// accepted notes that the losses for which a reading was not taken are true.
func (w *writer) accepted(c approvals.Change) error {
	for _, r := range c.Accepted {
		text, err := asJSON(r.Accepted)
		if err != nil {
			return err
		}
		n, err := execute(w.ctx, w.tx, `UPDATE directories SET accepted = $2, accepted_by = $3, accepted_at = $4 WHERE source = $1`,
			r.Source, text, string(r.AcceptedBy), at(r.AcceptedAt))
		if err != nil {
			return err
		}
		if n == 0 {
			return approvals.Errorf(approvals.CodeNotFound, "Nothing is kept of the directory %s.", r.Source)
		}
	}
	return nil
}

func (s *Store) directory(ctx context.Context, query string, args ...any) error {
	if err := s.usable(); err != nil {
		return err
	}
	_, err := execute(ctx, s.direct, query, args...)
	return s.dialect.wrap("keep the directory's people", err)
}
