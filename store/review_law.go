package store

import (
	"context"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// KeepLaw keeps a text that decides, under a name that is a digest of it, so
// that what was decided by it can be computed again. A name that is kept stays
// as it is. It changes no state: decisions name what they were taken by, and
// who reads it compares the text with the name.
func (s *Store) KeepLaw(ctx context.Context, kind, name, body string) error {
	if err := s.usable(); err != nil {
		return err
	}
	_, err := execute(ctx, s.direct, "INSERT INTO laws (kind, name, body, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
		kind, name, body, at(s.now()))
	if err != nil {
		if _, absent := s.Law(ctx, kind, name); absent == nil { // what is kept needs no writes
			return nil
		}
	}
	return s.dialect.wrap("keep what decides", err)
}

// Law finds a text that decided; CodeNotFound for one that was not kept.
func (s *Store) Law(ctx context.Context, kind, name string) (string, error) {
	return single(ctx, s, "read what decided", "The text that decided then is not kept.",
		func(scan scan) (body string, err error) { return body, scan(&body) },
		"SELECT body FROM laws WHERE kind = $1 AND name = $2", kind, name)
}

// LawNames lists the names of the texts of a kind that are kept.
func (s *Store) LawNames(ctx context.Context, kind string) ([]string, error) {
	return list(ctx, s, "list what decided", func(scan scan) (name string, err error) { return name, scan(&name) },
		"SELECT name FROM laws WHERE kind = $1 ORDER BY name", kind)
}

// LogSize is how many events the audit log has.
func (s *Store) LogSize(ctx context.Context) (int64, error) {
	tree, err := s.Head(ctx)
	return tree.Size(), err
}

// CheckpointAfter finds the first checkpoint that covers the event which froze
// a review. CodeNotFound: none does yet.
func (s *Store) CheckpointAfter(ctx context.Context, c approvals.Campaign) (size int64, note []byte, err error) {
	events, err := s.ReviewEvents(ctx, c)
	if err != nil {
		return 0, nil, err
	}
	for _, e := range events {
		if e.Kind != approvals.EventReviewFrozen {
			continue
		}
		first, err := s.Checkpoints(ctx, e.Sequence-1, 1)
		if err != nil {
			return 0, nil, err
		}
		if len(first) == 1 {
			return first[0].Size, first[0].Note, nil
		}
	}
	return 0, nil, approvals.Errorf(approvals.CodeNotFound, "No checkpoint was signed yet since the review was frozen.")
}

// ReviewEvents lists the events of a review since it was frozen, by number.
func (s *Store) ReviewEvents(ctx context.Context, c approvals.Campaign) ([]approvals.Event, error) {
	all, err := list(ctx, s, "list a review's events", readEvent,
		"SELECT body FROM events WHERE sequence > $1 AND (kind LIKE 'review.%' OR kind LIKE 'rule.%') ORDER BY sequence", c.Size)
	return slices.DeleteFunc(all, func(e approvals.Event) bool { return e.Detail["campaign"] != string(c.ID) }), err
}
