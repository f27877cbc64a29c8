package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The methods below read the past for those who count it: one row at a time,
// however many there are. What they hand over is valid until yield returns;
// they stop at yield's first error and return it. Over SQLite nothing else is
// read or written meanwhile.

// ordinary leaves out what another action of the law, or nobody, decided:
// break-glass, and standing access that was adopted.
const ordinary = " AND r.kind IN ('access', 'extension') AND NOT EXISTS (SELECT 1 FROM break_glass b WHERE b.request_id = r.id)"

const selectPast = `SELECT d.request_id, d.sequence, r.kind, r.state, r.decided_by, r.decided_at, r.entitlement,
	EXISTS (SELECT 1 FROM approvals a WHERE a.request_id = r.id AND a.answer = 'approved' AND a.duration > 0),
	d.facts, d.assessment, d.ruling FROM decisions d JOIN requests r ON r.id = d.request_id WHERE `

// PastDecisions hands over every decision that was taken at or after a time,
// second looks included, in no particular order.
func (s *Store) PastDecisions(ctx context.Context, since time.Time, yield func(approvals.PastDecision) error) error {
	return s.past(ctx, "read past decisions", yield, selectPast+"d.at >= $1"+ordinary, at(since))
}

// PastDenials hands over every decision, second looks included, of each
// request that was denied, by whomever and whenever.
func (s *Store) PastDenials(ctx context.Context, yield func(approvals.PastDecision) error) error {
	return s.past(ctx, "read past denials", yield, selectPast+"r.state = 'denied'"+ordinary)
}

func (s *Store) past(ctx context.Context, op string, yield func(approvals.PastDecision) error, query string, args ...any) error {
	return s.each(ctx, op, func(scan scan) error {
		var d approvals.PastDecision
		var decided stamp
		var facts, assessment, ruling sql.RawBytes
		if err := scan(&d.Request, &d.Sequence, &d.Kind, &d.State, &d.DecidedBy, &decided, &d.Entitlement, &d.Shortened,
			&facts, &assessment, &ruling); err != nil {
			return s.dialect.wrap(op, err)
		}
		d.DecidedAt, d.Facts, d.Assessment, d.Ruling = decided.Time, facts, assessment, ruling
		return yield(d)
	}, query, args...)
}

// PastGrants hands over every grant, one person's after the other's.
func (s *Store) PastGrants(ctx context.Context, yield func(approvals.PastGrant) error) error {
	const op = "read past grants"
	return s.each(ctx, op, func(scan scan) error {
		var g approvals.PastGrant
		var active, ends, revoking stamp
		if err := scan(&g.Principal, &g.Entitlement, &g.Kind, &g.State, &active, &ends, &revoking, &g.EndReason, &g.Extended); err != nil {
			return s.dialect.wrap(op, err)
		}
		g.ActiveAt, g.EndsAt, g.RevokingAt = active.Time, ends.Time, revoking.Time
		return yield(g)
	}, `SELECT g.principal, g.entitlement, r.kind, g.state, g.active_at, g.ends_at, g.revoking_at, g.end_reason,
		EXISTS (SELECT 1 FROM requests x WHERE x.beneficiary = g.principal AND x.grant_id = g.id AND x.kind = 'extension' AND x.state = 'approved')
		FROM grants g JOIN requests r ON r.id = g.request_id ORDER BY g.principal`)
}

// PastEnds hands over what was recorded when access ended at or after a time:
// the events grant.revoked and grant.residual, in the order of the log.
func (s *Store) PastEnds(ctx context.Context, since time.Time, yield func(approvals.Event) error) error {
	const op = "read ends of access"
	return s.each(ctx, op, func(scan scan) error {
		var body sql.RawBytes
		var e approvals.Event
		if err := scan(&body); err != nil {
			return s.dialect.wrap(op, err)
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return s.dialect.wrap(op, err)
		}
		return yield(e)
	}, "SELECT body FROM events WHERE kind IN ('grant.revoked', 'grant.residual') AND at >= $1 ORDER BY sequence", at(since))
}

// each reads rows one by one, for as long as it takes. Its errors are those of
// the database, or what one returns.
func (s *Store) each(ctx context.Context, op string, one func(scan) error, query string, args ...any) error {
	if err := s.usable(); err != nil {
		return err
	}
	var from querier = s.db
	if s.dialect == postgres {
		tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return s.dialect.wrap(op, err)
		}
		defer func() { _ = tx.Rollback() }()                                              // It wrote nothing.
		if _, err := tx.ExecContext(ctx, "SET LOCAL statement_timeout = 0"); err != nil { // a long past takes longer than a query usually may
			return s.dialect.wrap(op, err)
		}
		from = tx
	}
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return s.dialect.wrap(op, err)
	}
	defer func() { _ = rows.Close() }() // What it could say, rows.Err says.
	for rows.Next() {
		if err := one(rows.Scan); err != nil {
			return err
		}
	}
	return s.dialect.wrap(op, rows.Err())
}

// KeptLaws lists the texts of a kind that are kept, the oldest first.
func (s *Store) KeptLaws(ctx context.Context, kind string) ([]approvals.KeptLaw, error) {
	return list(ctx, s, "list what decided since when", func(scan scan) (k approvals.KeptLaw, err error) {
		var since stamp
		err = scan(&k.Name, &since)
		k.Since = since.Time
		return k, err
	}, "SELECT name, since FROM laws WHERE kind = $1 ORDER BY since, name", kind)
}
