package bot

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

const (
	// leaningFor is how long it is believed what somebody probably wants.
	leaningFor = time.Minute
	// pastAsked is how many of a person's latest requests are looked at.
	pastAsked = 50
	// peersAtMost is how many of a person's peers are looked at.
	peersAtMost = 100
	// ownLean and peerLean are what the past adds at most to the rank of an
	// entitlement: less than a word that matches, so that what is typed decides.
	ownLean, peerLean = 0.9, 0.4
)

// leanings remembers for a short while what people probably want.
type leanings struct {
	mu sync.Mutex
	of map[approvals.PrincipalID]leaning
}

// leaning is what a person probably wants, from above 0 to 1 by entitlement:
// what they asked for before, the latest first, then what their peers hold.
type leaning struct {
	by map[approvals.EntitlementID]float64
	at time.Time
}

// leaning reads what a person probably wants. It only orders a list: when it
// can't be read, nothing is preferred.
func (b *Bot) leaning(ctx context.Context, p approvals.Principal) func(approvals.EntitlementID) float64 {
	now := b.cfg.Now()
	b.leanings.mu.Lock()
	known, ok := b.leanings.of[p.ID]
	b.leanings.mu.Unlock()
	if !ok || now.Sub(known.at) >= leaningFor {
		by, err := b.lean(ctx, p)
		if err != nil {
			b.log.WarnContext(ctx, "a list is not ordered by what somebody asked for before", "person", p.ID, "error", err)
		}
		known = leaning{by, now}
		b.leanings.mu.Lock()
		if b.leanings.of == nil || len(b.leanings.of) > keptAtMost {
			b.leanings.of = map[approvals.PrincipalID]leaning{}
		}
		b.leanings.of[p.ID] = known
		b.leanings.mu.Unlock()
	}
	return func(id approvals.EntitlementID) float64 { return known.by[id] }
}

func (b *Bot) lean(ctx context.Context, p approvals.Principal) (map[approvals.EntitlementID]float64, error) {
	by := map[approvals.EntitlementID]float64{}
	everybody, err := b.cfg.Directory.People(ctx)
	if err != nil {
		return nil, err
	}
	if peers := peersOf(p, everybody); len(peers) > 0 {
		held, err := b.cfg.Store.HeldAmong(ctx, peers)
		if err != nil {
			return nil, err
		}
		for id, n := range held {
			by[id] = peerLean * float64(n) / float64(len(peers))
		}
	}
	asked, err := b.cfg.Store.RequestsBy(ctx, p.ID, pastAsked)
	for i, r := range slices.Backward(asked) { // the latest last, so that it counts
		if r.Entitlement != "" && r.Beneficiary == p.ID {
			by[r.Entitlement] = ownLean - (ownLean-peerLean)*float64(i)/pastAsked
		}
	}
	return by, err
}

// peersOf are those who work beside a person: for the same manager, or else in
// the same department.
func peersOf(p approvals.Principal, everybody []approvals.Principal) []approvals.PrincipalID {
	beside := func(same func(approvals.Principal) bool) (ids []approvals.PrincipalID) {
		for _, other := range everybody {
			if other.ID != p.ID && !other.Inactive && same(other) {
				if ids = append(ids, other.ID); len(ids) == peersAtMost {
					break
				}
			}
		}
		return ids
	}
	team := beside(func(other approvals.Principal) bool { return p.Manager != "" && other.Manager == p.Manager })
	if len(team) > 0 {
		return team
	}
	return beside(func(other approvals.Principal) bool { return p.Department != "" && other.Department == p.Department })
}
