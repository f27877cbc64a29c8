package lifecycle

import (
	"context"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// undoKey begins the key of a sweep task that takes back what a call gave to a
// grant whose end was proved already: "undo/GRANT@TIME".
const undoKey = "undo/"

// late takes away at once what a call gave to a grant that ended meanwhile.
// Where the end is not proved yet, its revoke task goes on in any case; else a
// task of its own sees to it.
func (w *Worker) late(ctx context.Context, it *item, g approvals.Grant, receipt approvals.Receipt) step {
	fail, err := w.takeBack(ctx, it, g, receipt)
	if g.State.Live() {
		return finished
	}
	w.Logger.ErrorContext(ctx, "a connector call gave access after its end was proved; it is taken back", "connector", it.pool.name, "grant", g.ID)
	if fail == nil && err == nil {
		return finished
	}
	err = w.put(ctx, approvals.Task{Kind: approvals.TaskSweep, Key: undoKey + string(g.ID) + "@" + w.Now().UTC().Format(time.RFC3339Nano), RunAt: w.Now()})
	return w.retried(ctx, it, err)
}

// undo is late's task: it tries until what came too late is gone.
func (w *Worker) undo(ctx context.Context, it *item, id approvals.GrantID) step {
	g, err := w.Store.Grant(ctx, id)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	fail, err := w.takeBack(ctx, it, g, g.Receipt)
	if err != nil || fail == nil {
		return w.retried(ctx, it, err)
	}
	w.Logger.ErrorContext(ctx, "access that was given after its end was proved could not be taken back yet",
		"connector", it.pool.name, "grant", g.ID, "try", it.lease.Attempt, "error", fail.Message)
	return step{at: w.Now().Add(pause(it.lease.Attempt, provisionPause)), cause: fail.Message, skipped: true}
}

// takeBack removes a holding unless it is standing or another grant backs it.
func (w *Worker) takeBack(ctx context.Context, it *item, g approvals.Grant, receipt approvals.Receipt) (*failure, error) {
	if g.Standing {
		return nil, nil
	}
	others, err := w.sharing(ctx, g)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		if backs(o) {
			return nil, nil
		}
	}
	_, fail := ask(ctx, it.pool, "revoke", func(ctx context.Context) (approvals.Removal, error) { return it.pool.conn.Revoke(ctx, g, receipt) })
	if fail == nil || fail.Kind == approvals.Ambiguous {
		var p approvals.Presence
		if p, fail = w.readBack(ctx, it, g, receipt, false); fail == nil && p.Present {
			fail = &failure{Kind: approvals.Retryable, Message: "The system took the call, but access is still there."}
		}
	}
	return fail, nil
}

// concerns says which grant an undo task is about.
func concerns(key string) (approvals.GrantID, bool) {
	rest, ok := strings.CutPrefix(key, undoKey)
	if !ok {
		return "", false
	}
	return approvals.GrantID(rest[:max(0, strings.LastIndexByte(rest, '@'))]), true
}
