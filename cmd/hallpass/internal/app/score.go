package app

import (
	"context"
	"os"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
)

// score makes the scorer and replays the past into its world: people from the
// directory, decisions and observed holdings from the database.
func (a *App) score(ctx context.Context) (*scoring.Scorer, error) {
	a.world = scoring.NewWorld(scoring.Options{})
	if err := a.refresh(ctx); err != nil {
		return nil, err
	}
	if err := a.replayHoldings(ctx); err != nil {
		return nil, err
	}
	weights, err := Weights(a.config)
	if err != nil {
		return nil, err
	}
	s := scoring.New(a.world, a.Store, weights)
	return s, s.CatchUp(ctx)
}

// Weights are the configured weights of the score, or those of this version.
func Weights(c config.Config) (*scoring.Weights, error) {
	if c.Score.Weights == "" {
		return scoring.Shipped(), nil
	}
	wrong := func(why string) error {
		return approvals.Problems{c.At("score", "weights").Problem(`name a file that "hallpass score fit" wrote`, "the weights cannot be used: %s", why)}
	}
	data, err := os.ReadFile(c.Path(c.Score.Weights))
	if err != nil {
		return nil, wrong("the file cannot be read")
	}
	w, err := scoring.ParseWeights(data)
	if err != nil {
		return nil, wrong(err.Error())
	}
	return w, nil
}

// refresh puts what directory and catalogue say into the score's world.
func (a *App) refresh(ctx context.Context) error {
	people, err := a.Access.People.People(ctx)
	if err != nil {
		return err
	}
	state, err := a.Access.People.State(ctx)
	if err != nil {
		return err
	}
	all, err := a.Access.Catalogue.All(ctx)
	if err != nil {
		return err
	}
	a.world.SetPeople(people, state)
	a.world.SetCatalogue(all)
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
