package approvals

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// Look is what one look at a system found out about one entitlement.
type Look struct {
	Entitlement Entitlement
	Twins       []EntitlementID               // other entries that mean the same holding
	Listed      []Holding                     // who holds it, with Principal where the directory knows the account
	Before      []Holding                     // what was listed the last time
	At          time.Time                     // when the list was begun
	Gone        []Grant                       // those of Missing that a read-back confirmed
	Replaced    map[PrincipalID]EntitlementID // of the same resource: whose granted access went away in this look
}

// seen are the accounts that a look found, in lower case.
func (l Look) seen() map[string]bool {
	seen := make(map[string]bool, len(l.Listed))
	for _, h := range l.Listed {
		seen[strings.ToLower(h.Account)] = true
	}
	return seen
}

const (
	// settles is how far a system's list may lag behind what was just given or
	// taken away.
	settles = 5 * time.Minute
	// A list is not believed that lost at least lostAtLeast holders and more
	// than half of all, or all of at least lostAtLeast-1.
	lostAtLeast = 4
	// newAtMost is how many accesses that nobody granted may appear between two
	// looks at one entitlement for the repair to take them away by itself. More
	// look like a system that was restored or a catalogue that is wrong.
	newAtMost = 10
	driftPage = 1000
	driftStep = 50 // differences that are stored in one transaction
)

// known are the grants that a look is compared with: those that give, or lately
// gave, what its entitlement means, by the account in lower case. A grant on top
// of standing access gives nothing.
type known map[string][]Grant

// known reads them: those that live, and those that ended since the last look.
func (s *Service) known(ctx context.Context, l Look) (known, error) {
	by, since := known{}, l.At
	for _, h := range l.Before {
		since = minTime(since, h.AsOf)
	}
	add := func(grants []Grant) {
		for _, g := range grants {
			if s.means(g, l.Entitlement) && g.State != GrantScheduled && !g.Standing {
				account := strings.ToLower(g.Account)
				by[account] = append(by[account], g)
			}
		}
	}
	for _, id := range append([]EntitlementID{l.Entitlement.ID}, l.Twins...) {
		for after := GrantID(""); ; {
			page, err := s.Store.LiveGrantsOn(ctx, id, after, driftPage)
			if err != nil {
				return nil, err
			}
			add(page)
			if len(page) < driftPage {
				break
			}
			after = page[len(page)-1].ID
		}
		ended, err := s.Store.EndedOn(ctx, id, since.Add(-settles))
		if err != nil {
			return nil, err
		}
		add(ended)
	}
	return by, nil
}

// explain reports whether a grant explains that an account is listed at a time.
func (k known) explain(account string, at time.Time) bool {
	return slices.ContainsFunc(k[strings.ToLower(account)], func(g Grant) bool {
		return g.State.Live() || g.RevokedAt.After(at.Add(-settles))
	})
}

// lasting are an account's grants that a list of that time must show.
func (k known) lasting(account string, at time.Time) []Grant {
	return slices.DeleteFunc(slices.Clone(k[account]), func(g Grant) bool {
		return g.State != GrantActive || g.Expired(at) || !g.ActiveAt.Before(at.Add(-settles))
	})
}

// otherwise reports whether a grant of an entitlement that the catalogue no
// longer has, or calls otherwise, gives a holding.
func (s *Service) otherwise(ctx context.Context, l Look, h Holding) (bool, error) {
	if h.Principal == "" {
		return false, nil
	}
	live, err := s.Store.LiveGrants(ctx, h.Principal, "")
	return slices.ContainsFunc(live, func(g Grant) bool {
		return s.means(g, l.Entitlement) && strings.EqualFold(g.Account, h.Account) && g.State != GrantScheduled && !g.Standing
	}), err
}

// Missing lists the active grants whose access a look did not find. They have
// to be checked one by one: a list can be older than a grant.
func (s *Service) Missing(ctx context.Context, l Look) ([]Grant, error) {
	k, err := s.known(ctx, l)
	if err != nil || s.shrunk(l, k) {
		return nil, err
	}
	seen := l.seen()
	var missing []Grant
	for _, account := range slices.Sorted(maps.Keys(k)) {
		if !seen[account] {
			missing = append(missing, k.lasting(account, l.At)...)
		}
	}
	return missing, nil
}

// shrunk reports whether a look found so few that its list is not believed.
// Grants that ended since the last list are no loss.
func (s *Service) shrunk(l Look, k known) bool {
	expected := map[string]bool{}
	for _, h := range l.Before {
		account := strings.ToLower(h.Account)
		expected[account] = len(k[account]) == 0
	}
	for account := range k {
		expected[account] = len(k.lasting(account, l.At)) > 0
	}
	seen, all, lost := l.seen(), 0, 0
	for account, there := range expected {
		if there {
			all++
			if !seen[account] {
				lost++
			}
		}
	}
	return lost >= lostAtLeast && 2*lost > all || lost >= lostAtLeast-1 && lost == all
}
