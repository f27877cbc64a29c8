package scoring

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Feed is where human decisions come from. The store implements it.
type Feed interface {
	// EachLearned passes on human decisions whose sequence is greater than after,
	// by ascending sequence, until each fails.
	EachLearned(ctx context.Context, after int64, each func(approvals.Learned) error) error
	// Generation is a number that differs from before when decisions may have
	// been taken since. It means nothing while heard is false: then other
	// replicas may have decided without this one having been told.
	Generation() (generation uint64, heard bool)
}

// Scorer scores requests against a World. It implements approvals.Scorer.
type Scorer struct {
	world   *World
	feed    Feed
	weights *Weights

	catching sync.Mutex // one catch-up at a time
	caught   atomic.Pointer[uint64]
}

// New makes a scorer. Without a feed (nil) the world is only as fresh as its
// owner keeps it; without weights (nil) the shipped ones are used.
func New(world *World, feed Feed, weights *Weights) *Scorer {
	if weights == nil {
		weights = Shipped()
	}
	return &Scorer{world: world, feed: feed, weights: weights}
}

// together is how many decisions are learned under one lock, so that scoring
// waits neither long nor often.
const together = 256

// CatchUp learns every decision that the feed has and the world has not. It
// replays all of them after a start, and the few that other replicas recorded
// later on. Decisions of one sequence are learned together or not at all, so
// that one that fails half-way can be tried again.
func (s *Scorer) CatchUp(ctx context.Context) error {
	if s.feed == nil {
		return nil
	}
	s.catching.Lock()
	defer s.catching.Unlock()
	generation, _ := s.feed.Generation() // before looking: what comes meanwhile is looked for again
	after := s.world.Sequence()
	if after == 0 {
		s.world.hurry(true)
		defer s.world.hurry(false)
	}
	read := newReader(s.world)
	err := s.feed.EachLearned(ctx, after, read.add)
	read.end(err == nil)
	if err != nil {
		return fmt.Errorf("read human decisions after %d: %w", after, err)
	}
	s.caught.Store(&generation)
	return nil
}

// reader learns what is read while more is being read.
type reader struct {
	batch []approvals.Learned
	full  chan []approvals.Learned
	empty chan []approvals.Learned // to be filled again
	done  chan struct{}
}

// ahead is how many batches may be read that are not learned yet.
const ahead = 4

func newReader(w *World) *reader {
	r := &reader{full: make(chan []approvals.Learned, ahead), empty: make(chan []approvals.Learned, ahead+2), done: make(chan struct{})}
	go func() {
		defer close(r.done)
		for batch := range r.full {
			w.Learn(batch...)
			r.empty <- batch[:0]
		}
	}()
	return r
}

func (r *reader) add(l approvals.Learned) error {
	if n := len(r.batch); n >= together && l.Sequence != r.batch[n-1].Sequence {
		r.pass()
	}
	r.batch = append(r.batch, l)
	return nil
}

func (r *reader) pass() {
	r.full <- r.batch
	select {
	case r.batch = <-r.empty:
	default:
		r.batch = nil
	}
}

// end waits until all has been learned; of the batch that was begun last only
// when it is whole.
func (r *reader) end(whole bool) {
	if whole {
		r.pass()
	}
	close(r.full)
	<-r.done
}

// fresh reports whether the world is known to have every decision that this
// process was told of, so that the database need not be asked.
func (s *Scorer) fresh() bool {
	if s.feed == nil {
		return true
	}
	generation, heard := s.feed.Generation()
	caught := s.caught.Load()
	return heard && caught != nil && *caught == generation
}

// Evidence counts what the past and the peers say of a request, on one version
// of the world. Where decisions may have been taken that the world does not
// have, it catches up first, and fails when the feed does: an old count could
// hide a fresh denial.
func (s *Scorer) Evidence(ctx context.Context, f approvals.Facts) (approvals.Evidence, error) {
	if !s.fresh() {
		if err := s.CatchUp(ctx); err != nil {
			return approvals.Evidence{}, err
		}
	}
	var o observation
	w := s.world
	w.rlock()
	defer w.mu.RUnlock()
	subject := w.subject(&f)
	var cells found
	w.observe(&subject, f.At, f.Duration, &o, &cells)
	o.alike = w.likeness(&subject)
	s.weights.leaveOneOut(w, &subject, f.At, &cells, &o)
	counts := o.counts()
	counts = append(counts,
		approvals.Count{Name: "world.people", N: int64(w.peopleSum >> 1), Of: int64(w.active)},
		approvals.Count{Name: "world.holdings", N: int64(w.holdingSum >> 1), Of: w.holdings})
	return approvals.Evidence{World: w.all.Decided, Counts: counts}, nil
}
