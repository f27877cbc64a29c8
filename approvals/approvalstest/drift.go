package approvalstest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// drift is where systems and grants differ.
type drift struct {
	rows      map[approvals.DriftID]approvals.Drift
	baselines map[approvals.EntitlementID]approvals.Baseline
	merged    map[string]bool // entries of journals
	restores  []approvals.Restore
}

// check refuses a second open drift of one account.
func (s drift) check(c approvals.Change) error {
	after := maps.Clone(s.rows)
	if after == nil {
		after = map[approvals.DriftID]approvals.Drift{}
	}
	for _, d := range c.Drift {
		old, found := after[d.ID]
		if err := version("drift", old.Version, d.Version, found); err != nil {
			return err
		}
		after[d.ID] = d
	}
	for _, r := range c.Restores {
		if n := len(s.restores); r.Version == 0 && n > 0 && s.restores[n-1].Open() {
			return approvals.Errorf(approvals.CodeDuplicate, "This was found already.")
		} else if r.Version > 0 && s.restores[n-1].Version != r.Version {
			return approvals.Errorf(approvals.CodeConflict, "This restore was changed in the meantime.")
		}
	}
	for _, id := range c.Journal {
		if s.merged[id] {
			return approvals.Errorf(approvals.CodeDuplicate, "This journal entry was merged already.")
		}
	}
	for _, d := range c.Drift {
		for _, o := range after {
			if d.Open() && o.Open() && o.ID != d.ID && o.Entitlement == d.Entitlement && o.Grant == d.Grant && strings.EqualFold(o.Account, d.Account) {
				return approvals.Errorf(approvals.CodeDuplicate, "This difference is known already.")
			}
		}
	}
	return nil
}

func (s *drift) write(c approvals.Change) {
	if s.rows == nil {
		s.rows, s.baselines, s.merged = map[approvals.DriftID]approvals.Drift{}, map[approvals.EntitlementID]approvals.Baseline{}, map[string]bool{}
	}
	for _, d := range c.Drift {
		d.Version++
		s.rows[d.ID] = d
	}
	for _, r := range c.Restores {
		if r.Version > 0 {
			s.restores = s.restores[:len(s.restores)-1]
		}
		r.Version++
		s.restores = append(s.restores, r)
	}
	for _, id := range c.Journal {
		s.merged[id] = true
	}
	for _, b := range c.Baselines {
		s.baselines[b.Entitlement] = b
	}
}

// Drift finds one difference.
func (s *Store) Drift(_ context.Context, id approvals.DriftID) (approvals.Drift, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.drift.rows[id]
	if !ok {
		return d, missing("drift")
	}
	return d, nil
}

// Drifts lists differences by id.
func (s *Store) Drifts(_ context.Context, f approvals.DriftFilter) ([]approvals.Drift, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Drift
	for _, d := range s.drift.rows {
		if d.ID > f.After && (f.Entitlement == "" || d.Entitlement == f.Entitlement) && (f.Account == "" || strings.EqualFold(d.Account, f.Account)) &&
			(len(f.Kinds) == 0 || slices.Contains(f.Kinds, d.Kind)) && (d.Open() || !f.Open) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b approvals.Drift) int { return cmp.Compare(a.ID, b.ID) })
	return all[:min(len(all), cmp.Or(f.Limit, 1000))], nil
}

// SawDrift notes that what is open was there.
func (s *Store) SawDrift(_ context.Context, e approvals.EntitlementID, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, d := range s.drift.rows {
		if d.Entitlement == e && d.Open() && d.LastSeen.Before(at) {
			d.LastSeen = at
			s.drift.rows[id] = d
		}
	}
	return nil
}

// Baseline is the first look at an entitlement.
func (s *Store) Baseline(_ context.Context, e approvals.EntitlementID) (approvals.Baseline, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.drift.baselines[e]
	if !ok {
		return b, missing("baseline")
	}
	return b, nil
}

// LiveGrantsOn lists an entitlement's grants that live, by id.
func (s *Store) LiveGrantsOn(_ context.Context, e approvals.EntitlementID, after approvals.GrantID, limit int) ([]approvals.Grant, error) {
	live := s.grantsOn(e, func(g approvals.Grant) bool { return g.State.Live() && g.ID > after })
	return live[:min(limit, len(live))], nil
}

// EndedOn lists an entitlement's grants that were revoked since a time, by id.
func (s *Store) EndedOn(_ context.Context, e approvals.EntitlementID, since time.Time) ([]approvals.Grant, error) {
	return s.grantsOn(e, func(g approvals.Grant) bool { return g.State == approvals.GrantRevoked && !g.RevokedAt.Before(since) }), nil
}

func (s *Store) grantsOn(e approvals.EntitlementID, which func(approvals.Grant) bool) []approvals.Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Grant
	for _, g := range s.grants {
		if g.Entitlement == e && which(g) {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b approvals.Grant) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Listed is what was saved last of an entitlement's holders.
func (s *Store) Listed(_ context.Context, e approvals.EntitlementID) ([]approvals.Holding, error) {
	return s.Holdings(e), nil
}

// Refused is nil: the store in memory takes every write.
func (s *Store) Refused() error { return nil }

// LastRestore is the latest restore.
func (s *Store) LastRestore(context.Context) (approvals.Restore, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.drift.restores); n > 0 {
		return s.drift.restores[n-1], nil
	}
	return approvals.Restore{}, missing("restore")
}
