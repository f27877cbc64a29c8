package lifecycle

import (
	"context"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Worker does what tasks say. One goroutine, the loop, owns the queues; each
// task runs on a goroutine of its own.
type Worker struct {
	Config
	pools      map[string]*pool
	lately     lately
	merging    sync.Mutex // of the journal into the log
	unmerged   bool       // what is in the journal could not be stored; merging guards it
	unrecorded unrecorded
	hands      map[string]*pool // those of the connectors that are configured; never changed
	house      *pool            // tasks that touch no system
	prose      *pool            // tasks that wait for a model
	done       chan result
	running    int
	claimed    time.Time     // by the machine's clock, when the last pass over the task table began
	gap        time.Duration // from then until the next pass
	scanned    time.Time
	full       bool            // the last pass left tasks behind
	due        time.Time       // of the next task, as the last pass saw it; zero: none, or not known
	failing    bool            // the last claim failed
	told       map[string]bool // the alarms that were put already; the watch alone touches it
}

// result is a task's try, back from its goroutine, or that it leaves its slot.
type result struct {
	item *item
	step step
	left bool
}

// Run works until the context ends. Then it takes nothing new, lets the calls
// that are under way finish, gives back what only waited, and returns nil. It
// runs once; not beside RunOnce.
func (w *Worker) Run(ctx context.Context) error {
	stop, err := w.schedule(ctx)
	if err != nil {
		return err
	}
	defer stop()
	w.loop(ctx, false)
	return nil
}

// RunOnce works on what is due, and on what comes to be due by that, until
// nothing is left that can be done now.
func (w *Worker) RunOnce(ctx context.Context) error {
	w.loop(ctx, true)
	return ctx.Err()
}

// loop is the only goroutine that touches the queues. Drain ends it as soon as
// there is nothing to do.
func (w *Worker) loop(ctx context.Context, drain bool) {
	calls := context.WithoutCancel(ctx) // a call that is under way is finished, not cut
	look := true
	wake, stopped := w.Store.Wake(), ctx.Done()
	for {
		if ctx.Err() != nil {
			wake, stopped, look, w.due = nil, nil, false, time.Time{}
		} else if look && time.Since(w.claimed) >= w.gap {
			wake = w.Store.Wake() // before the look, and kept until the next: a call that lies between two turns is not missed
			w.claim(ctx)
			look = w.full
		}
		if ctx.Err() == nil {
			w.dropStale(calls)
			w.start(calls)
		}
		if w.running == 0 && (ctx.Err() != nil || drain && !look) {
			w.giveBackAll(calls)
			return
		}
		timer := time.NewTimer(w.idle(look))
		select {
		case r := <-w.done:
			w.settle(calls, r)
			w.settleMore(calls)
			look = look || drain || w.idleSlots()
		case <-wake:
			look, wake = true, nil
		case <-timer.C:
			look = ctx.Err() == nil
		case <-stopped:
		}
		timer.Stop()
	}
}

// idleSlots reports whether nothing waits in any queue, so that the table is
// worth a look.
func (w *Worker) idleSlots() bool {
	for p := range w.each() {
		for _, q := range p.queue {
			if len(q) > 0 {
				return false
			}
		}
	}
	return true
}

func (w *Worker) each() func(func(*pool) bool) {
	return func(yield func(*pool) bool) {
		for _, p := range w.pools {
			if !yield(p) {
				return
			}
		}
		_ = yield(w.house) && yield(w.prose)
	}
}

// idle is how long the loop may sleep.
func (w *Worker) idle(look bool) time.Duration {
	if look {
		return max(0, w.gap-time.Since(w.claimed))
	}
	now, d := w.Now(), w.Poll
	if !w.due.IsZero() {
		d = min(d, max(w.due.Sub(now), time.Millisecond))
	}
	for p := range w.each() {
		if at := p.probeAt(); !at.IsZero() {
			d = min(d, max(at.Sub(now), time.Millisecond))
		}
	}
	return d
}

// start gives free slots to waiting tasks.
func (w *Worker) start(ctx context.Context) {
	now := w.Now()
	for p := range w.each() {
		for it := p.next(now); it != nil; it = p.next(now) {
			w.running++
			try, cancel := context.WithTimeout(ctx, it.lease.Until.Sub(now)-leaseReserve)
			it.cancel = cancel
			it.vacate = func(s step) {
				it.vacate = func(step) {}
				w.done <- result{item: it, step: s, left: true}
			}
			go func() {
				defer cancel()
				w.done <- result{item: it, step: w.run(try, it)}
			}()
		}
	}
}

// settleMore takes the results that are there already.
func (w *Worker) settleMore(ctx context.Context) {
	for {
		select {
		case r := <-w.done:
			w.settle(ctx, r)
		default:
			return
		}
	}
}

// settle notes what a try means for its connector. A try that failed with a
// connector that is down waits in the queue until that is up again; others are
// given back with a pause.
func (w *Worker) settle(ctx context.Context, r result) {
	it, p, now := r.item, r.item.pool, w.Now()
	if r.left {
		p.ended(it, r.step, now)
		it.left = true
		p.storing++
		return
	}
	w.running--
	if it.left {
		p.storing--
		return
	}
	opened := p.ended(it, r.step, now)
	if r.step.moved {
		w.queue(ctx, it, w.poolOf(it.grant.Connector))
		return
	}
	if opened {
		w.Logger.WarnContext(ctx, "a connector does not answer; its tasks wait, and one tries every few seconds",
			"connector", p.name, "kind", it.lease.Kind, "error", r.step.cause)
	}
	if !r.step.down {
		return
	}
	if !it.cut && !p.breaker[it.class].open() {
		w.giveBack(ctx, it, r.step.at, r.step.cause)
		return
	}
	it.cut = false
	if it.lease.Until.Sub(now) < p.budget() {
		w.giveBack(ctx, it, now, r.step.cause)
		return
	}
	p.queue[it.class] = append(p.queue[it.class], it)
}

// giveBack ends a lease without the task being done.
func (w *Worker) giveBack(ctx context.Context, it *item, at time.Time, cause string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	w.logLost(ctx, it, w.Store.RetryTask(ctx, it.lease, at, cause))
}

func (w *Worker) giveBackAll(ctx context.Context) {
	for p := range w.each() {
		for _, it := range p.empty() {
			w.giveBack(ctx, it, it.lease.RunAt, it.lease.LastError)
		}
	}
}

// dropStale gives back what has waited for nearly its whole lease: somebody,
// perhaps this worker, takes it afresh.
func (w *Worker) dropStale(ctx context.Context) {
	now := w.Now()
	if now.Sub(w.scanned) < time.Second && !now.Before(w.scanned) {
		return
	}
	w.scanned = now
	for p := range w.each() {
		for _, it := range p.stale(now) {
			w.giveBack(ctx, it, it.lease.RunAt, it.lease.LastError)
		}
	}
}

// logLost says what became of a write to the task table, if that is news. A
// lost lease is none: somebody else has the task, or put it afresh.
func (w *Worker) logLost(ctx context.Context, it *item, err error) {
	if err != nil && approvals.ErrorCode(err) != approvals.CodeConflict {
		w.Logger.ErrorContext(ctx, "a task's end could not be stored; its lease will run out and it is tried again",
			"kind", it.lease.Kind, "key", it.lease.Key, "error", err)
	}
}
