package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	driftTable = newTable("drift", 1, `id text, version bigint, kind text, entitlement text, connector text, target text, account text,
		folded text, principal text, grant_id text, instead text, repair text, attempts bigint, last_error text, first_seen timestamptz,
		last_seen timestamptz, resolved_at timestamptz, resolution text`)
	baselineTable = newTable("baselines", 1, `entitlement text, connector text, target text, at timestamptz, trust_until timestamptz`)
	selectDrift   = "SELECT " + driftTable.list("") + " FROM drift "
)

// drift stores differences and baselines. What ends goes first, since an
// account has one open drift.
func (w *writer) drift(c approvals.Change) error {
	var created [][]any
	changed := make(map[string][]any)
	for _, d := range c.Drift {
		row, err := driftRow(d)
		if err != nil {
			return err
		}
		if d.Version == 0 {
			created = append(created, row)
			continue
		}
		if _, twice := changed[string(d.ID)]; twice {
			return approvals.Errorf(approvals.CodeInternal, "The drift %s is changed twice in one change.", d.ID)
		}
		changed[string(d.ID)] = row
	}
	if err := w.swap(driftTable, "Drift", changed); err != nil {
		return err
	}
	if err := w.insert(driftTable, created, "This difference is known already."); err != nil {
		return err
	}
	latest := make([][]any, 0, len(c.Baselines))
	for _, b := range c.Baselines {
		target, err := asJSON(b.Target)
		if err != nil {
			return err
		}
		latest = append(latest, []any{string(b.Entitlement), b.Connector, target, at(b.At), at(b.TrustUntil)})
	}
	return w.put(baselineTable, latest, ` ON CONFLICT (entitlement) DO UPDATE SET connector = excluded.connector, target = excluded.target,
		at = excluded.at, trust_until = excluded.trust_until`)
}

// driftKeys marks what a change touches: one open drift of an account.
func driftKeys(c approvals.Change, keys map[string]bool) {
	for _, d := range c.Drift {
		keys["drift\x00"+string(d.ID)], keys["drift of\x00"+joinKey(string(d.Entitlement), strings.ToLower(d.Account))] = true, true
	}
	if len(c.Restores) > 0 {
		keys["restore"] = true
	}
	for _, id := range c.Journal {
		keys["journal\x00"+id] = true
	}
	for _, b := range c.Baselines {
		keys["baseline\x00"+string(b.Entitlement)] = true
	}
}

func driftRow(d approvals.Drift) ([]any, error) {
	target, err := asJSON(d.Target)
	return []any{string(d.ID), d.Version + 1, string(d.Kind), string(d.Entitlement), d.Connector, target, d.Account,
		strings.ToLower(d.Account), string(d.Principal), string(d.Grant), string(d.Instead), string(d.Repair), int64(d.Attempts), d.LastError,
		at(d.FirstSeen), at(d.LastSeen), at(d.ResolvedAt), string(d.Resolution)}, err
}

func readDrift(scan scan) (d approvals.Drift, err error) {
	var target, folded string
	var first, last, resolved stamp
	if err := scan(&d.ID, &d.Version, &d.Kind, &d.Entitlement, &d.Connector, &target, &d.Account, &folded, &d.Principal, &d.Grant, &d.Instead,
		&d.Repair, &d.Attempts, &d.LastError, &first, &last, &resolved, &d.Resolution); err != nil {
		return d, err
	}
	d.FirstSeen, d.LastSeen, d.ResolvedAt = first.Time, last.Time, resolved.Time
	return d, fromJSON(target, &d.Target)
}

// Drift finds one difference between a system and the grants.
func (s *Store) Drift(ctx context.Context, id approvals.DriftID) (approvals.Drift, error) {
	return single(ctx, s, "read drift", "There is no such drift.", readDrift, selectDrift+"WHERE id = $1", string(id))
}

// Drifts lists differences by id.
func (s *Store) Drifts(ctx context.Context, f approvals.DriftFilter) ([]approvals.Drift, error) {
	query, args := selectDrift+"WHERE id > $1", []any{string(f.After)}
	and := func(condition string, values ...any) {
		query += " AND " + condition + params(1+len(args), len(values)) + ")"
		args = append(args, values...)
	}
	if f.Entitlement != "" {
		and("entitlement IN (", string(f.Entitlement))
	}
	if f.Account != "" {
		and("folded IN (", strings.ToLower(f.Account))
	}
	if len(f.Kinds) > 0 {
		kinds := make([]any, len(f.Kinds))
		for i, k := range f.Kinds {
			kinds[i] = string(k)
		}
		and("kind IN (", kinds...)
	}
	if f.Open {
		query += " AND resolved_at IS NULL"
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	args = append(args, int64(limit))
	return list(ctx, s, "list drift", readDrift, query+" ORDER BY id LIMIT "+params(len(args), 1), args...)
}

// SawDrift notes that all that is open on an entitlement was there at a time.
func (s *Store) SawDrift(ctx context.Context, e approvals.EntitlementID, seen time.Time) error {
	return s.transact(ctx, "note drift", func(tx *sql.Tx) error {
		_, err := execute(ctx, tx, "UPDATE drift SET last_seen = $1 WHERE entitlement = $2 AND resolved_at IS NULL AND last_seen < $1", at(seen), string(e))
		return err
	})
}

// CountDrift counts what is open, by its kind.
func (s *Store) CountDrift(ctx context.Context) (map[approvals.DriftKind]int, error) {
	counts := map[approvals.DriftKind]int{}
	_, err := list(ctx, s, "count drift", func(scan scan) (kind approvals.DriftKind, err error) {
		var n int
		err = scan(&kind, &n)
		counts[kind] = n
		return kind, err
	}, "SELECT kind, count(*) FROM drift WHERE resolved_at IS NULL GROUP BY kind")
	return counts, err
}

// Baseline is the first look at an entitlement.
func (s *Store) Baseline(ctx context.Context, e approvals.EntitlementID) (approvals.Baseline, error) {
	return single(ctx, s, "read a baseline", "Nobody has looked at this entitlement yet.", func(scan scan) (b approvals.Baseline, err error) {
		var target string
		var taken, trust stamp
		if err := scan(&b.Entitlement, &b.Connector, &target, &taken, &trust); err != nil {
			return b, err
		}
		b.At, b.TrustUntil = taken.Time, trust.Time
		return b, fromJSON(target, &b.Target)
	}, "SELECT "+baselineTable.list("")+" FROM baselines WHERE entitlement = $1", string(e))
}

// EndedOn lists an entitlement's grants that were revoked since a time, by that.
func (s *Store) EndedOn(ctx context.Context, e approvals.EntitlementID, since time.Time) ([]approvals.Grant, error) {
	return list(ctx, s, "list ended grants", readGrant,
		selectGrant+"WHERE state = 'revoked' AND revoked_at >= $1 AND entitlement = $2 ORDER BY revoked_at, id", at(since), string(e))
}

// Listed is what a system said last of who holds an entitlement, by account.
func (s *Store) Listed(ctx context.Context, e approvals.EntitlementID) ([]approvals.Holding, error) {
	return list(ctx, s, "list holdings", readHolding, "SELECT "+holdingTable.list("")+
		" FROM holdings WHERE entitlement = $1 ORDER BY account", string(e))
}
