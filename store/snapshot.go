package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Snapshot is one look at the database: however much is written meanwhile, all
// that it reads is of one moment. It is for reports, and ends with the call
// that it was made for.
type Snapshot struct {
	store *Store
	ctx   context.Context
	tx    *sql.Tx
}

// Look reads the database as it is at one moment. Over SQLite nothing else is
// read or written until visit returns.
func (s *Store) Look(ctx context.Context, visit func(*Snapshot) error) error {
	if err := s.usable(); err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.snapshot, ReadOnly: true})
	if err != nil {
		return s.dialect.wrap("look at the database", err)
	}
	defer func() { _ = tx.Rollback() }()
	return visit(&Snapshot{s, ctx, tx})
}

// Asked is a request that was submitted.
type Asked struct {
	Request     approvals.RequestID
	Entitlement approvals.EntitlementID
}

// Asked lists the requests that were submitted at or after a time and before
// another, in that order.
func (v *Snapshot) Asked(from, to time.Time) ([]Asked, error) {
	return looked(v, "list the requests of a period", func(scan scan) (a Asked, err error) { return a, scan(&a.Request, &a.Entitlement) },
		"SELECT id, entitlement FROM requests WHERE submitted_at >= $1 AND submitted_at < $2 ORDER BY submitted_at, id", at(from), at(to))
}

// Span finds the numbers of the first and the last event that happened in a
// period, or belongs to a request that was submitted in it; 0, 0: there is none.
func (v *Snapshot) Span(from, to time.Time) (first, last int64, err error) {
	spans, err := looked(v, "find the events of a period", func(scan scan) (n [2]int64, err error) { return n, scan(&n[0], &n[1]) },
		`SELECT coalesce(min(sequence), 0), coalesce(max(sequence), 0) FROM events WHERE at >= $1 AND at < $2
		OR request_id IN (SELECT id FROM requests WHERE submitted_at >= $1 AND submitted_at < $2)`, at(from), at(to))
	if err != nil || len(spans) == 0 {
		return 0, 0, err
	}
	return spans[0][0], spans[0][1], nil
}

// Events lists the events after a number and up to another, at most limit.
func (v *Snapshot) Events(after, upTo int64, limit int) ([]approvals.Event, error) {
	return looked(v, "read the audit log", readEvent,
		"SELECT body FROM events WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3", after, upTo, int64(limit))
}

// LawBefore is the last event before a number that says which policies are in
// force; nil when there is none.
func (v *Snapshot) LawBefore(sequence int64) (*approvals.Event, error) {
	all, err := looked(v, "find the policies in force", readEvent,
		"SELECT body FROM events WHERE sequence < $1 AND kind = $2 ORDER BY sequence DESC LIMIT 1", sequence, string(approvals.EventPolicyLoaded))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Life is all that is kept of one request. Events are all of them, in the order
// of their numbers, and so are decisions and answers.
type Life struct {
	Request   approvals.Request
	Decisions []approvals.Decision
	Answers   []approvals.Approval
	Grant     *approvals.Grant // nil: none came of it
	Glass     *approvals.BreakGlassReview
	Events    []approvals.Event
}

// Lives reads what is kept of some requests, in their order. It leaves out
// those that the database does not have.
func (v *Snapshot) Lives(ids []approvals.RequestID) ([]Life, error) {
	keys := make([]any, len(ids))
	for i, id := range ids {
		keys[i] = string(id)
	}
	lives := make(map[approvals.RequestID]*Life, len(ids))
	var grants []any
	err := each(v, "read requests", readRequest, selectRequest+"WHERE requests.id IN", keys, "", func(r approvals.Request) {
		lives[r.ID] = &Life{Request: r}
		if r.Grant != "" {
			grants = append(grants, string(r.Grant))
		}
	})
	if err == nil {
		err = v.fill(lives, keys, grants)
	}
	if err != nil {
		return nil, err
	}
	all := make([]Life, 0, len(lives))
	for _, id := range ids {
		if life, ok := lives[id]; ok {
			all = append(all, *life)
		}
	}
	return all, nil
}

// fill adds to requests what belongs to them. Rows that name a request which is
// not there, as only a meddled database has them, are passed over.
func (v *Snapshot) fill(lives map[approvals.RequestID]*Life, requests, grants []any) error {
	return firstError(
		func() error {
			return each(v, "read decisions", readDecision, "SELECT "+decisionTable.list("")+" FROM decisions WHERE request_id IN", requests, " ORDER BY request_id, sequence",
				belongs(lives, func(d approvals.Decision) approvals.RequestID { return d.Request }, func(l *Life, d approvals.Decision) { l.Decisions = append(l.Decisions, d) }))
		},
		func() error {
			return each(v, "read answers", readApproval, "SELECT "+approvalTable.list("")+" FROM approvals WHERE request_id IN", requests, " ORDER BY request_id, sequence",
				belongs(lives, func(a approvals.Approval) approvals.RequestID { return a.Request }, func(l *Life, a approvals.Approval) { l.Answers = append(l.Answers, a) }))
		},
		func() error {
			return each(v, "read reviews of break-glass", readBreakGlass, "SELECT "+breakGlassTable.list("")+" FROM break_glass WHERE request_id IN", requests, "",
				belongs(lives, func(b approvals.BreakGlassReview) approvals.RequestID { return b.Request }, func(l *Life, b approvals.BreakGlassReview) { l.Glass = &b }))
		},
		func() error {
			return each(v, "read events", readEvent, "SELECT body FROM events WHERE request_id <> '' AND request_id IN", requests, " ORDER BY sequence",
				belongs(lives, func(e approvals.Event) approvals.RequestID { return e.Request }, func(l *Life, e approvals.Event) { l.Events = append(l.Events, e) }))
		},
		func() error {
			found := map[approvals.GrantID]*approvals.Grant{}
			err := each(v, "read grants", readGrant, selectGrant+"WHERE id IN", grants, "", func(g approvals.Grant) { found[g.ID] = &g })
			for _, life := range lives {
				life.Grant = found[life.Request.Grant]
			}
			return err
		},
	)
}

// belongs adds a row to the request that it is of.
func belongs[T any](lives map[approvals.RequestID]*Life, of func(T) approvals.RequestID, add func(*Life, T)) func(T) {
	return func(row T) {
		if life, ok := lives[of(row)]; ok {
			add(life, row)
		}
	}
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// each hands over the rows whose key is among some, which are asked for a few
// hundred at a time.
func each[T any](v *Snapshot, op string, read func(scan) (T, error), query string, keys []any, order string, take func(T)) error {
	for page := range slices.Chunk(keys, 256) {
		all, err := looked(v, op, read, query+" ("+params(1, len(page))+")"+order, page...)
		if err != nil {
			return err
		}
		for _, row := range all {
			take(row)
		}
	}
	return nil
}

func looked[T any](v *Snapshot, op string, read func(scan) (T, error), query string, args ...any) ([]T, error) {
	all, err := collect(v.ctx, v.tx, read, query, args...)
	return all, v.store.dialect.wrap(op, err)
}
