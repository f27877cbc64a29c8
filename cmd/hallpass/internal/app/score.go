package app

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
)

// score makes the scorer and replays the past into its world: people from the
// directory, decisions and observed holdings from the database.
func (a *App) score(ctx context.Context) (*scoring.Scorer, error) {
	a.world = scoring.NewWorld(scoring.Options{})
	if err := a.people(ctx); err != nil {
		return nil, err
	}
	if err := a.replayHoldings(ctx); err != nil {
		return nil, err
	}
	s := scoring.New(a.world, a.Store, nil)
	return s, s.CatchUp(ctx)
}

// people puts what the directory says into the score's world.
func (a *App) people(ctx context.Context) error {
	people, err := a.Access.People.People(ctx)
	if err != nil {
		return err
	}
	state, err := a.Access.People.State(ctx)
	if err != nil {
		return err
	}
	a.world.SetPeople(people, state)
	return nil
}

// replayHoldings puts what the systems said last into the score's world.
func (a *App) replayHoldings(ctx context.Context) error {
	all, err := a.Access.Catalogue.All(ctx)
	if err != nil {
		return err
	}
	for _, e := range all {
		var after store.HoldingCursor
		var holders []approvals.PrincipalID
		for {
			page, err := a.Store.Holdings(ctx, e.ID, after, 5000)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			holders = append(holders, principals(page)...)
			last := page[len(page)-1]
			after = store.HoldingCursor{Entitlement: last.Entitlement, Account: last.Account}
		}
		a.world.SetHoldings(e.ID, holders)
	}
	return nil
}

func principals(hs []approvals.Holding) []approvals.PrincipalID {
	var ids []approvals.PrincipalID
	for _, h := range hs {
		if h.Principal != "" {
			ids = append(ids, h.Principal)
		}
	}
	return ids
}

// observing is the store as the worker sees it: what systems say they hold
// also reaches the score's world.
type observing struct {
	*store.Store
	world *scoring.World
}

// SaveHoldings keeps an observation and counts it.
func (o observing) SaveHoldings(ctx context.Context, e approvals.EntitlementID, seen []approvals.Holding) error {
	if err := o.Store.SaveHoldings(ctx, e, seen); err != nil {
		return err
	}
	o.world.SetHoldings(e, principals(seen))
	return nil
}
