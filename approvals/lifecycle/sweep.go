package lifecycle

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/robfig/cron/v3"
)

// The names of the sweep's tasks; each key is name@tick.
const (
	sweepKey  = "sweep"
	ownersKey = "overdue/" // "overdue/GRANT@END"
	adminsKey = "overdue-admins/"
)

// alarms says who is told of access that outlives its end, and after how long.
var alarms = []struct {
	key   string
	after time.Duration
}{{ownersKey, approvals.OwnersHear}, {adminsKey, approvals.AdminsHear}}

// schedule starts the clockwork: it only puts tasks, under keys on which all
// replicas agree, so that one of them is done once.
func (w *Worker) schedule(ctx context.Context) (stop func(), err error) {
	// The library logs its own steps only: a failing job says so itself.
	quiet := cron.DiscardLogger
	clock := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(quiet))
	add := func(spec string, names func() []string) error {
		plan, err := cron.ParseStandard(spec)
		if err != nil {
			return fmt.Errorf("read schedule %q: %w", spec, err)
		}
		clock.Schedule(plan, cron.FuncJob(func() { w.tick(ctx, plan, names()) }))
		return nil
	}
	if err := add(w.Sweep, func() []string { return []string{sweepKey} }); err != nil {
		return nil, err
	}
	if err := add(w.Observe, w.observeNames); err != nil {
		return nil, err
	}
	clock.Schedule(cron.Every(w.Watch), cron.SkipIfStillRunning(quiet)(cron.FuncJob(func() { w.watch(ctx) })))
	clock.Schedule(cron.Every(w.Watch), cron.SkipIfStillRunning(quiet)(cron.FuncJob(func() { w.bypass(ctx) })))
	clock.Start()
	return func() { <-clock.Stop().Done() }, nil
}

func (w *Worker) observeNames() (names []string) {
	for name := range w.Connectors {
		names = append(names, observeKey+name)
	}
	return names
}

// tick puts one task for each name. Replicas start at different moments, so
// the tick is the time cut down to the schedule's period.
func (w *Worker) tick(ctx context.Context, plan cron.Schedule, names []string) {
	if ctx.Err() != nil {
		return
	}
	now := w.Now().UTC()
	next := plan.Next(now)
	at := now.Truncate(max(time.Second, plan.Next(next).Sub(next)))
	for _, name := range names {
		task := approvals.Task{Kind: approvals.TaskSweep, Key: name + "@" + at.Format(time.RFC3339), RunAt: now}
		if _, err := w.Store.Tick(ctx, task); err != nil && ctx.Err() == nil {
			w.Logger.ErrorContext(ctx, "a sweep could not be put", "task", task.Key, "error", err)
		}
	}
}

// sweep runs one of the sweep's tasks.
func (w *Worker) sweep(ctx context.Context, it *item) step {
	key := it.lease.Key
	name := key[:max(0, strings.LastIndexByte(key, '@'))]
	if connector, ok := strings.CutPrefix(name, observeKey); ok {
		return w.observe(ctx, it, connector)
	}
	if _, drift, ok := mends(key); ok {
		return w.mend(ctx, it, drift)
	}
	if grant, ok := concerns(key); ok {
		return w.undo(ctx, it, grant)
	}
	if strings.HasPrefix(name, reviewKey) {
		return w.review(ctx, it, name)
	}
	if grant, ok := strings.CutPrefix(name, ownersKey); ok {
		return w.tell(ctx, it, approvals.GrantID(grant), approvals.OwnersHear)
	}
	if grant, ok := strings.CutPrefix(name, adminsKey); ok {
		return w.tell(ctx, it, approvals.GrantID(grant), approvals.AdminsHear)
	}
	return w.repair(ctx, it)
}

// repair compares grants and requests with the clock and puts the tasks that
// are missing. This is what makes revocation level-triggered.
func (w *Worker) repair(ctx context.Context, it *item) step {
	if err := w.startReview(ctx); err != nil {
		return w.retried(ctx, it, err)
	}
	for {
		tasks, err := w.Store.Adrift(ctx, w.Now(), sweepBatch)
		if err != nil {
			return w.retried(ctx, it, err)
		}
		if len(tasks) == 0 {
			return finished
		}
		w.Logger.WarnContext(ctx, "tasks were missing and are put again", "count", len(tasks), "first", tasks[0].Kind, "key", tasks[0].Key)
		if err := w.put(ctx, tasks...); err != nil {
			return w.retried(ctx, it, err)
		}
		if len(tasks) < sweepBatch {
			return finished
		}
	}
}

// watch looks for access that outlives its end, and puts a task for each
// telling that is due. The task's key keeps replicas from telling it twice.
func (w *Worker) watch(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	w.compareFirst(ctx)
	now := w.Now()
	if count, oldest, err := w.Store.Overdue(ctx, now); err == nil && w.Overdue != nil {
		w.Overdue(count, oldest)
	}
	late, err := w.Store.GrantsDue(ctx, now.Add(-approvals.OwnersHear), overdueAtMost)
	if err != nil {
		w.Logger.ErrorContext(ctx, "overdue access could not be looked for", "error", err)
		return
	}
	told := make(map[string]bool, len(late))
	for _, g := range late {
		overdue := g.Overdue(now)
		for _, alarm := range alarms {
			if overdue < alarm.after {
				continue
			}
			key := alarm.key + string(g.ID) + "@" + now.Add(-overdue).UTC().Format(time.RFC3339)
			if told[key] = w.told[key]; told[key] {
				continue
			}
			if _, err := w.Store.Tick(ctx, approvals.Task{Kind: approvals.TaskSweep, Key: key, RunAt: now}); err != nil {
				w.Logger.ErrorContext(ctx, "overdue access could not be reported", "grant", g.ID, "error", err)
				continue
			}
			told[key] = true
		}
	}
	w.told = told
}

// tell reports access that outlives its end.
func (w *Worker) tell(ctx context.Context, it *item, id approvals.GrantID, after time.Duration) step {
	g, err := w.Service.Overdue(ctx, id, after >= approvals.AdminsHear)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	if late := g.Overdue(w.Now()); late >= after {
		w.Logger.ErrorContext(ctx, "access outlives its end", "grant", g.ID, "entitlement", g.Entitlement, "connector", g.Connector,
			"overdue", late.Truncate(time.Second), "tries", g.Attempts, "error", g.LastError)
	}
	return finished
}
