package lifecycle

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// lately is the last restore as it was read lately: every task asks for it.
type lately struct {
	mu      sync.Mutex
	at      time.Time // when it was read
	restore approvals.Restore
}

// lateFor is how old it may be.
const lateFor = time.Second

// restored is the last restore of the database; the zero Restore where there
// was none.
func (w *Worker) restored(ctx context.Context) (approvals.Restore, error) {
	w.lately.mu.Lock()
	defer w.lately.mu.Unlock()
	if age := w.Now().Sub(w.lately.at); age >= 0 && age < lateFor {
		return w.lately.restore, nil
	}
	r, err := w.Store.LastRestore(ctx)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return r, err
	}
	w.lately.at, w.lately.restore = w.Now(), r
	return r, nil
}

// mayEnd reports whether a grant's end may be acted on; see approvals.Restore.
func (w *Worker) mayEnd(ctx context.Context, g approvals.Grant) (bool, error) {
	r, err := w.restored(ctx)
	return r.MayEnd(g, w.hands[g.Connector] != nil), err
}

// heldFor is how long a task waits that a restored database holds back.
const heldFor = 10 * time.Second

// held puts a task off that a restored database holds back.
func (w *Worker) held(ctx context.Context, it *item, err error) step {
	if err != nil {
		return w.retried(ctx, it, err)
	}
	return again(w.Now().Add(heldFor))
}

// compareFirst sees to it that every system is asked who holds what, once a
// restored database was found: before that nothing ends.
func (w *Worker) compareFirst(ctx context.Context) {
	r, err := w.restored(ctx)
	if err != nil || !r.Open() {
		return
	}
	for name := range w.Connectors {
		if slices.Contains(r.Listed, name) {
			continue
		}
		// A system that did not answer is asked again with the next of these.
		at := w.Now().UTC().Truncate(time.Minute).Format(time.RFC3339)
		task := approvals.Task{Kind: approvals.TaskSweep, Key: observeKey + name + "@" + r.ID + "/" + at, RunAt: w.Now()}
		if _, err := w.Store.Tick(ctx, task); err != nil {
			w.Logger.ErrorContext(ctx, "a look at a system could not be put", "connector", name, "error", err)
		}
	}
}

// compared notes that a system was looked at whole.
func (w *Worker) compared(ctx context.Context, it *item, connector string) step {
	r, err := w.restored(ctx)
	if err == nil && !strings.Contains(it.lease.Key, "@"+r.ID+"/") { // it may have begun before
		return finished
	}
	if err == nil {
		err = w.Service.RestoreListed(ctx, r, connector)
	}
	return w.retried(ctx, it, err)
}
