package lifecycle

import (
	"context"
	"errors"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// sharing lists the other live grants that mean the same holding.
func (w *Worker) sharing(ctx context.Context, g approvals.Grant) ([]approvals.Grant, error) {
	live, err := w.Store.LiveGrants(ctx, g.Principal, "")
	return w.alike(live, g), err
}

// alike are those of some grants, besides the one, that mean the same holding.
func (w *Worker) alike(live []approvals.Grant, g approvals.Grant) (others []approvals.Grant) {
	for _, o := range live {
		if o.ID != g.ID && w.Service.Same(o, g) {
			others = append(others, o)
		}
	}
	return others
}

// backs reports whether a grant keeps its holding alive: it works, or may have
// begun to.
func backs(g approvals.Grant) bool {
	return g.State == approvals.GrantActive || g.State == approvals.GrantProvisioning
}

// nativeEnd is the end date for the system itself: the last of all grants
// behind the holding.
func nativeEnd(g approvals.Grant, others []approvals.Grant) time.Time {
	end := g.EndsAt
	for _, o := range others {
		if o.State == approvals.GrantActive && o.EndsAt.After(end) {
			end = o.EndsAt
		}
	}
	return end
}

// put stores tasks that follow from no change of state.
func (w *Worker) put(ctx context.Context, tasks ...approvals.Task) error {
	if len(tasks) == 0 {
		return nil
	}
	return w.Store.Apply(ctx, approvals.Change{Tasks: tasks})
}

// readBack asks the system whether access is there, and once or twice more
// while it says the opposite of what was just done: many systems need a moment.
func (w *Worker) readBack(ctx context.Context, it *item, g approvals.Grant, r approvals.Receipt, want bool) (approvals.Presence, *failure) {
	for try := 1; ; try++ {
		p, fail := ask(ctx, it.pool, "check", func(ctx context.Context) (approvals.Presence, error) { return it.pool.conn.Check(ctx, g, r) })
		if fail != nil || p.Present == want && (want || p.Sessions == 0) || try == readBackTries {
			return p, fail
		}
		timer := time.NewTimer(readBackPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return p, nil
		}
	}
}

// trouble records a failed call and says when to try again. Who reads the
// audit log or the message sees the connector's sentence, never its cause.
func (w *Worker) trouble(ctx context.Context, it *item, g approvals.Grant, operation string, f *failure, longest time.Duration) step {
	if errors.Is(ctx.Err(), context.Canceled) { // cut short, to be made again: nothing is learned from it
		return step{at: w.Now(), cause: f.Message, down: true}
	}
	w.Logger.WarnContext(ctx, "a connector call failed", "connector", it.pool.name, "operation", operation, "grant", g.ID,
		"kind", f.Kind, "failures", g.Attempts+1, "error", f.Message)
	n := g.Attempts + 1
	if it.record {
		if _, err := w.Service.Retry(ctx, g.ID, operation, f.Message); err != nil && approvals.ErrorCode(err) != approvals.CodeConflict {
			w.Logger.WarnContext(ctx, "a failed try could not be recorded", "grant", g.ID, "error", err)
		}
	}
	wait := pause(n, longest)
	if f.After > 0 {
		wait = max(wait, f.After+pause(1, firstPause))
	}
	return step{at: w.Now().Add(wait), cause: f.Message, down: unanswered(f)}
}
