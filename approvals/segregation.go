package approvals

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// conflicts finds what the beneficiary holds, or is about to hold, that may not
// be held together with an entitlement: by a live grant, or in the system
// itself as it was last listed. yields says which of the other grants give way
// to the request's own, so that of two that exclude each other one goes on.
func (s *Service) conflicts(ctx context.Context, r Request, e Entitlement, p Principal, yields func(g, own Grant) bool) ([]Conflict, error) {
	if len(e.Segregation) == 0 {
		return nil, nil
	}
	held, err := s.held(ctx, r, p.ID, yields)
	if err != nil {
		return nil, err
	}
	var found []Conflict
	for _, rule := range e.Segregation {
		for _, other := range rule.With {
			if standing, holds := held[other]; holds {
				found = append(found, Conflict{Rule: rule.Rule, Reason: rule.Reason, Ask: rule.Ask, With: other, Standing: standing})
			}
		}
	}
	slices.SortFunc(found, func(a, b Conflict) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.With, b.With)) })
	return found, nil
}

// pastGrants bounds how many ended grants are looked at to tell whether a
// system's list is older than the last removal.
const pastGrants = 200

// held is what somebody has besides what a request gives and what yields to
// it, and whether it is standing access.
func (s *Service) held(ctx context.Context, r Request, id PrincipalID, yields func(g, own Grant) bool) (map[EntitlementID]bool, error) {
	held := make(map[EntitlementID]bool)
	live, err := s.Store.LiveGrants(ctx, id, "")
	if err != nil {
		return nil, err
	}
	var own Grant
	for _, g := range live {
		if g.ID == r.Grant {
			own = g
		}
	}
	for _, g := range live {
		if g.ID != own.ID && !yields(g, own) {
			held[g.Entitlement] = false
		}
	}
	seen, err := s.Store.HoldingsOf(ctx, id)
	if err != nil || len(seen) == 0 {
		return held, err
	}
	past, err := s.Store.GrantsOf(ctx, id, pastGrants)
	if err != nil {
		return nil, err
	}
	for _, h := range seen {
		given := slices.ContainsFunc(past, func(g Grant) bool { return g.Entitlement == h.Entitlement && cameOf(h, g) })
		if _, known := held[h.Entitlement]; !known && !given {
			held[h.Entitlement] = true
		}
	}
	return held, nil
}

// later reports whether a grant waits to be provisioned and comes after one
// that does so as well. A zero own is a request that has none yet.
func later(g, own Grant) bool {
	if own.ID == "" || g.State != GrantScheduled || own.State != GrantScheduled {
		return own.ID != "" && g.State == GrantScheduled
	}
	return younger(g, own)
}

// younger reports whether a grant was made after another.
func younger(g, own Grant) bool {
	return cmp.Or(g.CreatedAt.Compare(own.CreatedAt), cmp.Compare(g.ID, own.ID)) > 0
}

// cameOf reports whether what a system listed came of a grant, or is older
// than its removal: then it is no standing access.
func cameOf(h Holding, g Grant) bool {
	if g.Standing {
		return false
	}
	return g.State.Live() || g.State == GrantRevoked && !h.AsOf.After(g.RevokedAt)
}

// segregate refuses, or sends to people, what breaks a rule of segregation of
// duties, whatever the policies say.
func segregate(f Facts, r Ruling) Ruling {
	for _, c := range f.Conflicts {
		why := fmt.Sprintf("%s can't be held together with %s. %s", f.Entitlement.Name, c.With, c.Reason)
		if c.Ask {
			if r.Outcome == AutoApprove {
				r.Problems = append(slices.Clone(r.Problems), why)
				r.Words = why
			}
			continue
		}
		return Ruling{Outcome: Refuse, Version: r.Version, Quorum: r.Quorum, Words: why, Problems: r.Problems,
			Policies: []PolicyRef{{ID: "hallpass.segregation." + c.Rule, Effect: "forbid", Reason: c.Reason}}}
	}
	return r
}
