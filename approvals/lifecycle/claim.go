package lifecycle

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"golang.org/x/sync/errgroup"
)

// claim takes due tasks into the queues, those first that go first, and notes
// when the next one is due.
func (w *Worker) claim(ctx context.Context) {
	left := w.full
	w.claimed, w.full = time.Now(), false
	// A database that is slow is not asked all the time: looking takes a quarter at most.
	defer func() { w.gap = min(longestGap, max(claimGap, 4*time.Since(w.claimed))) }()
	var err error
	if !left { // else there is something, and that is all that a look would tell
		err = w.look(ctx)
	}
	if err == nil && !w.merge(ctx) {
		w.due = time.Time{} // not in a loop as fast as the machine can
		return
	}
	if err == nil && (left || !w.due.IsZero() && !w.due.After(w.Now())) {
		for c := class(0); c < classes && err == nil; c++ {
			err = w.claimClass(ctx, c)
		}
		if err == nil && !w.full {
			err = w.look(ctx)
		}
	}
	switch {
	case err == nil && w.failing:
		w.Logger.InfoContext(ctx, "the database gives tasks again")
	case err != nil && !w.failing && ctx.Err() == nil:
		w.Logger.ErrorContext(ctx, "the database gives no tasks; access that ends now ends late", "error", err)
	}
	if w.failing = err != nil; w.failing {
		w.due = time.Time{} // not in a loop as fast as the machine can
	}
}

// claimClass takes due tasks of one class; of very many, only some.
func (w *Worker) claimClass(ctx context.Context, c class) error {
	for range claimsPerPass {
		if len(w.house.queue[c]) >= houseFull {
			break // they wait for this database alone: more would not come sooner
		}
		leases, err := w.take(ctx, c)
		if err != nil {
			return err
		}
		for i, found := range w.grantsOf(ctx, leases, c) {
			w.enqueue(ctx, leases[i], c, found)
		}
		if len(leases) < claimBatch {
			return nil
		}
	}
	w.full = true
	return nil
}

// look notes when the next task is due.
func (w *Worker) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	due, ok, err := w.Store.NextTask(ctx, allKinds)
	if err != nil || !ok {
		due = time.Time{}
	}
	w.due = due
	return err
}

func (w *Worker) take(ctx context.Context, c class) ([]approvals.Lease, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return w.Store.ClaimTasks(ctx, kinds[c], w.Now(), w.Lease, claimBatch)
}

// enqueue puts a task into the queue of the system that it concerns.
func (w *Worker) enqueue(ctx context.Context, l approvals.Lease, c class, found lookup) {
	it := &item{lease: l, class: c, grant: found.grant}
	if found.err != nil {
		w.giveBack(ctx, it, w.Now().Add(pause(l.Attempt, provisionPause)), "its grant could not be read")
		return
	}
	w.queue(ctx, it, w.poolFor(l, c, found.grant))
}

// queue lets an item wait for a slot of a pool, unless too many wait there.
func (w *Worker) queue(ctx context.Context, it *item, p *pool) {
	it.pool = p
	if len(p.queue[it.class]) >= queueAtMost {
		w.giveBack(ctx, it, w.Now().Add(w.Lease/2+pause(4, w.Lease)), "too many tasks wait for this system")
		return
	}
	p.queue[it.class] = append(p.queue[it.class], it)
}

// observeKey begins the key of a sweep task that asks one connector for its
// holders: "observe/NAME@TICK".
const observeKey = "observe/"

// lookup is the grant that a task is about; the zero Grant where there is none.
type lookup struct {
	grant approvals.Grant
	err   error
}

// grantsOf reads the grants of some tasks, side by side.
func (w *Worker) grantsOf(ctx context.Context, leases []approvals.Lease, c class) []lookup {
	all := make([]lookup, len(leases))
	var reading errgroup.Group
	reading.SetLimit(readsAtOnce)
	for i, l := range leases {
		id, about := grantBehind(l, c)
		if !about {
			continue
		}
		reading.Go(func() error {
			g, err := w.Store.Grant(ctx, id)
			if approvals.ErrorCode(err) == approvals.CodeNotFound {
				g, err = approvals.Grant{}, nil
			}
			all[i] = lookup{g, err}
			return nil
		})
	}
	_ = reading.Wait() // each lookup has its own error
	return all
}

// grantBehind says which grant a task is about, if it is about one.
func grantBehind(l approvals.Lease, c class) (approvals.GrantID, bool) {
	switch {
	case c == revoking, c == provisioning:
		return approvals.GrantID(l.Key), true
	case l.Kind == approvals.TaskSweep:
		return concerns(l.Key)
	}
	return "", false
}

// poolFor finds the pool whose system a task concerns.
func (w *Worker) poolFor(l approvals.Lease, c class, g approvals.Grant) *pool {
	if rest, ok := strings.CutPrefix(l.Key, observeKey); ok && l.Kind == approvals.TaskSweep {
		return w.poolOf(rest[:max(0, strings.LastIndexByte(rest, '@'))])
	}
	if connector, _, ok := mends(l.Key); ok && l.Kind == approvals.TaskSweep {
		return w.poolOf(connector)
	}
	switch {
	case c == explaining:
		return w.prose
	case g.ID == "": // it touches no system
		return w.house
	case c == revoking && g.State == approvals.GrantActive: // its end is ordered, whether or not its system answers
		return w.house
	}
	return w.poolOf(g.Connector)
}

// poolOf is a connector's pool. A grant outlives the configuration of its
// connector: the pool of one that is gone fails every call and says why.
func (w *Worker) poolOf(connector string) *pool {
	p := w.pools[connector]
	if p == nil {
		p = newPool(connector, nil, Limits{Concurrency: 1})
		w.pools[connector] = p
	}
	return p
}

// step is what a try came to. The zero step: done.
type step struct {
	at      time.Time // when to try again; zero: never
	cause   string    // why, for people, without secrets
	moved   bool      // the task is not done: its next try is in the pool of its grant's system
	down    bool      // the system did not answer
	skipped bool      // the system was not asked, so nothing is known of it
	over    bool      // what was stored last ended the task too
}

// The steps of a task that is done: finished by asking the system, or not.
var (
	finished = step{}
	unasked  = step{skipped: true}
)

// again is a task to be run at a time that is no failure.
func again(at time.Time) step { return step{at: at, skipped: true} }

// run makes one try of a task and stores what became of it.
func (w *Worker) run(ctx context.Context, it *item) (s step) {
	ctx, end := w.Trace.Begin(ctx, "task", slog.String("kind", string(it.lease.Kind)), slog.String("key", it.lease.Key),
		slog.String("connector", it.pool.name), slog.Int("attempt", it.lease.Attempt))
	defer func() { end(nil, slog.Bool("again", s.down || !s.at.IsZero())) }()
	s = w.try(ctx, it)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	switch {
	case s.moved || s.down: // the loop decides where a task waits for its system
	case s.at.IsZero():
		it.vacate(s)
		if !s.over {
			w.logLost(after, it, w.Store.FinishTask(after, it.lease))
		}
		if w.Done != nil {
			w.Done(it.lease.Kind, it.pool.name, w.Now().Sub(it.lease.RunAt))
		}
	default:
		w.giveBack(after, it, s.at, s.cause)
	}
	return s
}

// try calls what the task's kind asks for.
func (w *Worker) try(ctx context.Context, it *item) step {
	key := it.lease.Key
	switch it.lease.Kind {
	case approvals.TaskRevoke:
		return w.revoke(ctx, it)
	case approvals.TaskProvision:
		return w.provision(ctx, it, approvals.GrantID(key))
	case approvals.TaskRemind:
		return w.retried(ctx, it, w.Service.Remind(ctx, approvals.GrantID(key)))
	case approvals.TaskChase:
		return w.retried(ctx, it, w.Service.Chase(ctx, approvals.RequestID(key)))
	case approvals.TaskEscalate:
		_, err := w.Service.Escalate(ctx, approvals.RequestID(key))
		return w.retried(ctx, it, err)
	case approvals.TaskBreakGlass:
		return w.retried(ctx, it, w.Service.EscalateBreakGlass(ctx, approvals.RequestID(key)))
	case approvals.TaskReview:
		return w.campaign(ctx, it)
	case approvals.TaskLapse:
		return w.lapse(ctx, it, approvals.RequestID(key))
	case approvals.TaskExplain:
		return w.explain(ctx, it, approvals.RequestID(key))
	default:
		return w.sweep(ctx, it)
	}
}

// retried turns an error of the domain or the database into a step: soon when
// somebody else was faster, never when there is nothing left to do, and with
// growing pauses else.
func (w *Worker) retried(ctx context.Context, it *item, err error) step {
	switch approvals.ErrorCode(err) {
	case "":
		return finished
	case approvals.CodeConflict:
		return again(w.Now().Add(conflictPause))
	case approvals.CodeNotFound, approvals.CodeAlreadyDecided, approvals.CodeLapsed:
		return finished
	}
	w.Logger.WarnContext(ctx, "a task failed and is tried again", "kind", it.lease.Kind, "key", it.lease.Key, "try", it.lease.Attempt, "error", err)
	return step{at: w.Now().Add(pause(it.lease.Attempt, provisionPause)), cause: approvals.ErrorMessage(err), skipped: true}
}

// campaign does the next step of a review of past decisions.
func (w *Worker) campaign(ctx context.Context, it *item) step {
	if w.Reviews == nil {
		return finished
	}
	next, err := w.Reviews.Advance(ctx, it.lease.Key)
	if err != nil || next.IsZero() {
		return w.retried(ctx, it, err)
	}
	return again(next)
}

// lapse closes a request that nobody answered.
func (w *Worker) lapse(ctx context.Context, it *item, id approvals.RequestID) step {
	r, err := w.Service.Lapse(ctx, id)
	if approvals.ErrorCode(err) == approvals.CodeConflict && w.Now().Before(r.LapsesAt) {
		return again(r.LapsesAt)
	}
	return w.retried(ctx, it, err)
}

// explain asks for prose. Nothing depends on it, so it is soon given up.
func (w *Worker) explain(ctx context.Context, it *item, id approvals.RequestID) step {
	if w.Explainer == nil {
		return finished
	}
	d, err := w.Store.Decision(ctx, id)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	sum, err := w.prosaic(ctx, d)
	if err == nil {
		sum.Request = id
		if sum.At.IsZero() {
			sum.At = w.Now()
		}
		return w.retried(ctx, it, w.Service.Summarise(ctx, sum))
	}
	if it.lease.Attempt < explainTries {
		return step{at: w.Now().Add(pause(it.lease.Attempt+2, provisionPause)), cause: "no explanation came"}
	}
	w.Logger.WarnContext(ctx, "no explanation was written; the card shows score and factors without it", "request", id, "error", err)
	return finished
}

// prosaic bounds the explainer's time and survives its panic.
func (w *Worker) prosaic(ctx context.Context, d approvals.Decision) (sum approvals.Summary, err error) {
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = approvals.Errorf(approvals.CodeInternal, "The explainer failed: %v", r)
		}
	}()
	return w.Explainer.Explain(ctx, d)
}
