package scoring

import (
	"context"
	"fmt"
	"sync"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Feed is where human decisions come from. The store implements it.
type Feed interface {
	// Learned lists human decisions whose sequence is greater than after, by
	// ascending sequence, at most limit of them; decisions of one sequence are
	// never parted. None is no error.
	Learned(ctx context.Context, after int64, limit int) ([]approvals.Learned, error)
}

// Scorer scores requests against a World. It implements approvals.Scorer.
type Scorer struct {
	world   *World
	feed    Feed
	weights *Weights

	catching sync.Mutex // one catch-up at a time
}

// New makes a scorer. Without a feed (nil) the world is only as fresh as its
// owner keeps it; without weights (nil) the shipped ones are used.
func New(world *World, feed Feed, weights *Weights) *Scorer {
	if weights == nil {
		weights = Shipped()
	}
	return &Scorer{world: world, feed: feed, weights: weights}
}

// page is how many decisions are read at a time.
const page = 5000

// CatchUp learns every decision that the feed has and the world has not. It
// replays all of them after a start, and the few that other replicas recorded
// later on.
func (s *Scorer) CatchUp(ctx context.Context) error {
	if s.feed == nil {
		return nil
	}
	s.catching.Lock()
	defer s.catching.Unlock()
	for {
		after := s.world.Sequence()
		learned, err := s.feed.Learned(ctx, after, page)
		if err != nil {
			return fmt.Errorf("read human decisions after %d: %w", after, err)
		}
		for _, l := range learned {
			s.world.Learn(l)
		}
		if len(learned) < page || s.world.Sequence() == after {
			return nil
		}
	}
}

// Evidence catches up with the feed and counts what the past and the peers say
// of a request, on one version of the world. It fails when the feed does: an
// old count could hide a fresh denial.
func (s *Scorer) Evidence(ctx context.Context, f approvals.Facts) (approvals.Evidence, error) {
	if err := s.CatchUp(ctx); err != nil {
		return approvals.Evidence{}, err
	}
	var o observation
	w := s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	subject := w.subject(&f)
	var cells found
	w.observe(&subject, f.At, f.Duration, &o, &cells)
	o.alike = w.likeness(&subject)
	s.weights.leaveOneOut(w, &subject, &cells, &o)
	counts := o.counts()
	counts = append(counts,
		approvals.Count{Name: "world.people", N: int64(w.peopleSum >> 1), Of: int64(w.active)},
		approvals.Count{Name: "world.holdings", N: int64(w.holdingSum >> 1), Of: w.holdings})
	return approvals.Evidence{World: w.sequence, Counts: counts}, nil
}
