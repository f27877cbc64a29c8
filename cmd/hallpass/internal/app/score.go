package app

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
)

// score makes the scorer and replays the past into its world: people from the
// directory, decisions and holdings from the database.
func (a *App) score(ctx context.Context) (*scoring.Scorer, error) {
	a.world = scoring.NewWorld(scoring.Options{})
	if err := a.refresh(ctx); err != nil {
		return nil, err
	}
	weights, err := Weights(a.config)
	if err != nil {
		return nil, err
	}
	s := scoring.New(a.world, a.Store, weights)
	return s, replay(ctx, a.Store, a.world, s)
}

// replay reads who holds what, and what people decided, side by side.
func replay(ctx context.Context, st *store.Store, w *scoring.World, s *scoring.Scorer) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return replayHoldings(ctx, st, w) })
	g.Go(func() error { return s.CatchUp(ctx) })
	return g.Wait()
}

// replayHoldings puts who holds what into the score's world.
func replayHoldings(ctx context.Context, st *store.Store, w *scoring.World) error {
	return w.ReplaceHoldings(func(each func(entitlement, principal []byte) error) error {
		return st.EachHolder(ctx, each)
	})
}

// sweepEvery is how often the score reads again what it should have heard of.
const sweepEvery = 10 * time.Minute

// follow keeps the score's world as fresh as the news: what this process and
// other replicas decide, observe, grant and take away. A sweep is the net under
// it, and comes no other way: reading and taking in what was read must not be
// overtaken. What fails is left to the next sweep, and decisions also to the
// next scoring.
func (a *App) follow(ctx context.Context) error {
	sweep := time.NewTimer(sweepEvery)
	defer sweep.Stop()
	news := make(chan store.News)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for ctx.Err() == nil {
			n, err := a.Store.News(ctx)
			if err != nil {
				continue // the context ended
			}
			select {
			case news <- n:
			case <-ctx.Done():
			}
		}
		return nil
	})
	g.Go(func() error {
		for {
			var n store.News
			select {
			case <-ctx.Done():
				return nil
			case n = <-news:
			case <-sweep.C:
				n.All = true
			}
			if n.All {
				sweep.Reset(sweepEvery)
			}
			if err := a.take(ctx, n); err != nil && ctx.Err() == nil {
				a.log.Warn("what changed was not read; the score learns of it at the next sweep", "error", err)
			}
		}
	})
	return g.Wait()
}

// take puts what changed into the score's world.
func (a *App) take(ctx context.Context, n store.News) (err error) {
	if n.All {
		return replay(ctx, a.Store, a.world, a.scorer)
	}
	if n.Decisions {
		err = a.scorer.CatchUp(ctx)
	}
	for _, e := range n.Holders {
		err = errors.Join(err, a.holders(ctx, e))
	}
	return err
}

func (a *App) holders(ctx context.Context, e approvals.EntitlementID) error {
	all, err := a.Store.Holders(ctx, e)
	if err == nil {
		a.world.SetHoldings(e, all)
	}
	return err
}

// Weights are the configured weights of the score, or those of this version.
func Weights(c config.Config) (*scoring.Weights, error) {
	w, _, err := weightsText(c)
	return w, err
}

// WeightsOf are the weights that a stored score came from, so that it can be
// computed again after others came into force: those kept when they did. Where
// none are kept under the model's name, they are the weights in force.
func WeightsOf(ctx context.Context, c config.Config, s *store.Store, model string) (*scoring.Weights, error) {
	current, err := Weights(c)
	if err != nil || current.Model() == model {
		return current, err
	}
	kept, err := keptWeights(ctx, s, model)
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		return current, nil
	}
	return kept, err
}

// weightsText is Weights with the file that they are read from.
func weightsText(c config.Config) (*scoring.Weights, []byte, error) {
	if c.Score.Weights == "" {
		return scoring.Shipped(), scoring.ShippedFile(), nil
	}
	wrong := func(why string) (*scoring.Weights, []byte, error) {
		return nil, nil, approvals.Problems{c.At("score", "weights").Problem(`name a file that "hallpass score fit" wrote`, "the weights cannot be used: %s", why)}
	}
	data, err := os.ReadFile(c.Path(c.Score.Weights))
	if err != nil {
		return wrong("the file cannot be read")
	}
	w, err := scoring.ParseWeights(data)
	if err != nil {
		return wrong(err.Error())
	}
	return w, data, nil
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
