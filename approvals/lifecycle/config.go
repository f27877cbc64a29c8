package lifecycle

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/robfig/cron/v3"
	"golang.org/x/time/rate"
)

// Store is what the worker needs of the database.
//
// FinishTask and RetryTask are fenced: for a lease that is lost they change
// nothing and return CodeConflict. Tick puts a task unless one of its kind and
// key was ever put. Hasten brings a task forward unless somebody holds it. Adrift lists tasks that grants and requests need at a time
// and that nobody has put. Wake returns a channel that closes when this
// process stores something.
type Store interface {
	ClaimTasks(ctx context.Context, kinds []approvals.TaskKind, now time.Time, lease time.Duration, limit int) ([]approvals.Lease, error)
	FinishTask(context.Context, approvals.Lease) error
	RetryTask(ctx context.Context, l approvals.Lease, again time.Time, cause string) error
	Tick(context.Context, approvals.Task) (fresh bool, err error)
	Hasten(context.Context, approvals.Task) error
	NextTask(ctx context.Context, kinds []approvals.TaskKind) (due time.Time, ok bool, err error)
	Adrift(ctx context.Context, now time.Time, limit int) ([]approvals.Task, error)
	Apply(context.Context, approvals.Change) error
	Wake() <-chan struct{}

	Grant(context.Context, approvals.GrantID) (approvals.Grant, error)
	Decision(context.Context, approvals.RequestID) (approvals.Decision, error)
	LiveGrants(context.Context, approvals.PrincipalID, approvals.EntitlementID) ([]approvals.Grant, error)
	// GrantsDue lists grants that need attention since a time or longer, the longest first.
	GrantsDue(ctx context.Context, since time.Time, limit int) ([]approvals.Grant, error)
	Overdue(ctx context.Context, now time.Time) (count int, oldest time.Duration, err error)
	SaveHoldings(context.Context, approvals.EntitlementID, []approvals.Holding) error
	// Listed is what SaveHoldings kept last; Drift finds one difference between a
	// system and the grants.
	Listed(context.Context, approvals.EntitlementID) ([]approvals.Holding, error)
	Drift(context.Context, approvals.DriftID) (approvals.Drift, error)
	LastRestore(context.Context) (approvals.Restore, error)
	// Refused is why the database took no write when it was tried last.
	Refused() error
	// Waiting lists the ids of pending requests after one, GrantsIn grants in
	// some states after one: pages of a review.
	Waiting(ctx context.Context, after approvals.RequestID, limit int) ([]approvals.RequestID, error)
	GrantsIn(ctx context.Context, states []approvals.GrantState, after approvals.GrantID, limit int) ([]approvals.Grant, error)
}

// Explainer writes prose about a decision that is stored already. Nothing
// waits for it, and nothing reads what it writes but people.
type Explainer interface {
	Explain(context.Context, approvals.Decision) (approvals.Summary, error)
}

// Reviews runs the reviews of past decisions. Advance does the next step of the
// one that a task's key names, and says when it is to be called again; the zero
// time: never.
type Reviews interface {
	Advance(ctx context.Context, key string) (time.Time, error)
}

// Limits say how hard a connector may be worked.
type Limits struct {
	Concurrency int           // tasks at a time; zero: 8. One slot of several is kept for revocations
	Rate        rate.Limit    // calls a second; zero: no limit
	Burst       int           // calls at once; zero: Concurrency
	CallTimeout time.Duration // of one call; zero: 10 s
}

// Config is what a Worker needs. Service and Store are required.
type Config struct {
	Service    *approvals.Service
	Store      Store
	Connectors map[string]approvals.Connector // by the name that the catalogue uses
	Limits     map[string]Limits              // by connector; the zero Limits for one that is not there
	Journal    Journal                        // nil: while the database takes no writes, nothing is taken away
	Reviews    Reviews                        // nil: tasks of reviews are dropped
	Explainer  Explainer                      // nil: tasks that ask for prose are dropped

	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nobody hears
	Trace  approvals.Trace  // of tasks and of calls to connectors; nil: nobody

	Poll    time.Duration // how long at most until tasks of other replicas are seen; zero: 250 ms
	Lease   time.Duration // how long a task is held; zero: four calls of the slowest connector and 30 s
	GiveUp  time.Duration // how long provisioning is tried; zero: 30 min. Revoking is tried for ever
	Watch   time.Duration // how often overdue access is looked for, and the journal at; zero: 5 s
	Sweep   string        // cron spec of the sweep over grants; empty: "@every 1m"
	Observe string        // cron spec of asking systems who holds what; empty: "@every 10m"

	// Overdue hears every few seconds how many grants outlive their end, and
	// for how long the oldest has. nil: nobody.
	Overdue func(count int, oldest time.Duration)
	// Done hears of each task that ended: how long after its time, and for
	// which connector ("" for tasks without one). nil: nobody.
	Done func(kind approvals.TaskKind, connector string, lag time.Duration)
}

// New makes a worker. It fails with CodeInvalid for a configuration that
// cannot work.
func New(cfg Config) (*Worker, error) {
	if cfg.Service == nil || cfg.Store == nil {
		return nil, approvals.Errorf(approvals.CodeInvalid, "The worker needs a service and a store.")
	}
	w := &Worker{
		Config: cfg, done: make(chan result, resultsAtMost), pools: make(map[string]*pool), hands: make(map[string]*pool),
		house: newPool("", nil, Limits{Concurrency: houseInFlight}), prose: newPool("", nil, Limits{Concurrency: 2}),
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Logger == nil {
		w.Logger = slog.New(slog.DiscardHandler)
	}
	slowest := time.Duration(0)
	for name, conn := range cfg.Connectors {
		p := newPool(name, conn, cfg.Limits[name])
		p.trace = cfg.Trace
		w.pools[name] = p
		w.hands[name] = p
		slowest = max(slowest, p.limits.CallTimeout)
	}
	w.Poll = cmp.Or(w.Poll, 250*time.Millisecond)
	w.Lease = cmp.Or(w.Lease, 4*cmp.Or(slowest, defaultTimeout)+30*time.Second)
	w.GiveUp = cmp.Or(w.GiveUp, 30*time.Minute)
	w.Watch = cmp.Or(w.Watch, watchEvery)
	w.Sweep = cmp.Or(w.Sweep, "@every 1m")
	w.Observe = cmp.Or(w.Observe, "@every 10m")
	if w.Poll < 0 || w.GiveUp < 0 || w.Lease < 3*slowest {
		return nil, approvals.Errorf(approvals.CodeInvalid,
			"The worker's times can't work: a lease (%s) must outlast three calls of the slowest connector (%s each), and none may be negative.", w.Lease, slowest)
	}
	for _, spec := range []string{w.Sweep, w.Observe} {
		if _, err := cron.ParseStandard(spec); err != nil {
			return nil, &approvals.Error{Code: approvals.CodeInvalid, Op: "read schedule", Err: err,
				Message: fmt.Sprintf("%q is no cron schedule; write one such as \"@every 1m\" or \"*/5 * * * *\".", spec)}
		}
	}
	return w, nil
}
