package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// AutomaticEvents lists, by number, the events of the log in (after, upTo] that
// recorded a decision which nobody looked at when it was taken, from a time
// until before another: what a policy alone approved, what was opened by
// break-glass, and standing access that was adopted. At most limit; the log alone is asked.
func (s *Store) AutomaticEvents(ctx context.Context, from, to time.Time, after, upTo int64, limit int) ([]approvals.Event, error) {
	return list(ctx, s, "list automatic decisions", readEvent, "SELECT body FROM events WHERE sequence > $1 AND sequence <= $2"+
		" AND at >= $3 AND at < $4 AND "+automatic+" ORDER BY sequence LIMIT $5", after, upTo, at(from), at(to), int64(limit))
}

// automatic is the condition of an event that records a decision which nobody
// looked at. The body is canonical JSON: in it, text that somebody wrote has its
// quotation marks escaped.
const automatic = `(kind = '` + string(approvals.EventRequestDecided) + `' AND body LIKE '%"outcome":"auto_approve"%' OR kind IN ('` +
	string(approvals.EventBreakGlassOpened) + `', '` + string(approvals.EventGrantAdopted) + `'))`

// AutomaticEventsOf lists, by number, such events of some requests among the
// first upTo events of the log.
func (s *Store) AutomaticEventsOf(ctx context.Context, requests []approvals.RequestID, upTo int64) ([]approvals.Event, error) {
	keys := make([]any, len(requests))
	for i, id := range requests {
		keys[i] = string(id)
	}
	all, err := among(ctx, s, "find automatic decisions", readEvent,
		"SELECT body FROM events WHERE request_id <> '' AND "+automatic+" AND request_id IN", keys)
	all = slices.DeleteFunc(all, func(e approvals.Event) bool { return e.Sequence > upTo })
	slices.SortFunc(all, func(a, b approvals.Event) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return all, err
}

// AutomaticOf adds to such events what the database has of them, in their order.
func (s *Store) AutomaticOf(ctx context.Context, events []approvals.Event) ([]approvals.Automatic, error) {
	var requests []any
	for _, e := range events {
		requests = append(requests, string(e.Request))
	}
	rs, err := among(ctx, s, "read reviewed requests", readRequest, "SELECT "+requestTable.list("")+" FROM requests WHERE id IN", requests)
	if err != nil {
		return nil, err
	}
	ds, err := among(ctx, s, "read reviewed decisions", readDecision, "SELECT "+decisionTable.list("")+" FROM decisions WHERE request_id IN", requests)
	if err != nil {
		return nil, err
	}
	byRequest, grants := map[approvals.RequestID]*approvals.Request{}, []any{}
	for i, r := range rs {
		byRequest[r.ID] = &rs[i]
		if r.Grant != "" {
			grants = append(grants, string(r.Grant))
		}
	}
	gs, err := among(ctx, s, "read reviewed grants", readGrant, selectGrant+"WHERE id IN", grants)
	if err != nil {
		return nil, err
	}
	ends, err := among(ctx, s, "read the ends of grants", readEvent,
		"SELECT body FROM events WHERE grant_id <> '' AND kind = '"+string(approvals.EventGrantRevoked)+"' AND grant_id IN", grants)
	if err != nil {
		return nil, err
	}
	all := make([]approvals.Automatic, len(events))
	for i, e := range events {
		all[i] = assemble(e, byRequest[e.Request], ds, gs, ends)
	}
	return all, nil
}

// among reads the rows whose key is among some, a few hundred at a time.
func among[T any](ctx context.Context, s *Store, op string, read func(scan) (T, error), query string, keys []any) (all []T, err error) {
	for page := range slices.Chunk(keys, 256) {
		rows, err := list(ctx, s, op, read, query+" ("+params(1, len(page))+")", page...)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// assemble finds what belongs to an event: the decision that was taken on the
// facts which it names, and where there is none the latest.
func assemble(e approvals.Event, r *approvals.Request, ds []approvals.Decision, gs []approvals.Grant, ends []approvals.Event) approvals.Automatic {
	a := approvals.Automatic{Event: e, Request: r}
	for i, d := range ds {
		if d.Request != e.Request {
			continue
		}
		if d.Facts.Digest() == e.FactsDigest {
			a.Decision = &ds[i]
			break
		}
		if a.Decision == nil || d.Sequence > a.Decision.Sequence {
			a.Decision = &ds[i]
		}
	}
	if r == nil || r.Grant == "" {
		return a
	}
	for i := range gs {
		if gs[i].ID == r.Grant {
			a.Grant = &gs[i]
		}
	}
	for i := range ends {
		if ends[i].Grant == r.Grant && (a.Revoked == nil || ends[i].Sequence > a.Revoked.Sequence) {
			a.Revoked = &ends[i]
		}
	}
	return a
}

// UnloggedApprovals lists the requests that a policy alone is said to have
// approved from a time until before another, and of which the log has no such
// decision, at most limit.
func (s *Store) UnloggedApprovals(ctx context.Context, from, to time.Time, limit int) ([]approvals.RequestID, error) {
	return list(ctx, s, "list approvals that the log does not have", func(scan scan) (id approvals.RequestID, err error) { return id, scan(&id) },
		`SELECT id FROM requests WHERE state = 'approved' AND decided_by = '' AND decided_at >= $1 AND decided_at < $2 AND NOT EXISTS (
			SELECT 1 FROM events WHERE request_id <> '' AND request_id = requests.id AND `+automatic+`) ORDER BY id LIMIT $3`,
		at(from), at(to), int64(limit))
}
