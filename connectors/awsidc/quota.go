package awsidc

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The quotas of one instance, which AWS does not raise: requests a second of
// all its operations together, and asynchronous calls that are under way
// (IAM Identity Center User Guide, "Throttle limits").
const (
	perSecond   = 20
	outstanding = 10
)

// A process looks this often how many share the quotas, and waits this long
// for the answer.
const (
	crewEvery = 5 * time.Second
	crewWait  = time.Second
)

// quota keeps one process within its share of the instance's quotas. Whoever
// came first goes first.
type quota struct {
	now   func() time.Time
	wait  func(context.Context, time.Duration) error
	crew  func(context.Context) (int, error) // nil: least
	least int
	log   *slog.Logger

	calls *rate.Limiter // all requests
	slow  *rate.Limiter // those of the background, besides calls
	slots *berths
	gives *berths

	first sync.Once // the first look: until it is over nobody knows the share
	mu    sync.Mutex
	looks time.Time                      // when to look again how many there are
	lanes map[string]*semaphore.Weighted // by AWS account
}

func newQuota(cfg Config) *quota {
	q := &quota{now: cfg.Now, wait: cfg.Wait, crew: cfg.Crew, least: cfg.Replicas, log: cfg.Logger, calls: rate.NewLimiter(0, 1), slow: rate.NewLimiter(0, 1),
		slots: newBerths(), gives: newBerths(), lanes: map[string]*semaphore.Weighted{}}
	q.divide(cfg.Replicas)
	return q
}

// divide takes this process's share among so many. In no second may they
// together make more than perSecond calls: each makes at most rate + burst.
func (q *quota) divide(replicas int) {
	replicas = min(max(replicas, q.least), MaxReplicas) // beyond these AWS refuses now and then, and the lifecycle tries again
	share := perSecond / replicas
	burst := max(1, share/5)
	slots := int64(outstanding / replicas)
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	q.calls.SetLimitAt(now, rate.Limit(share-burst))
	q.calls.SetBurstAt(now, burst)
	q.slow.SetLimitAt(now, rate.Limit(share-burst)/4)
	q.slots.resize(slots)
	q.gives.resize(max(1, slots-1)) // the last slot is whoever's comes first
}

// look asks now and then how many processes share the quotas. One that came in
// between makes them too many until the others have looked: AWS refuses what
// is too much, and the lifecycle tries again. Without an answer the share stays.
func (q *quota) look(ctx context.Context) {
	if q.crew == nil {
		return
	}
	look := func() {
		if q.due() {
			q.ask(ctx)
		}
	}
	q.first.Do(look)
	look()
}

// due reports whether it is time to look, and leaves it to the caller.
func (q *quota) due() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	if now.Before(q.looks) {
		return false
	}
	q.looks = now.Add(crewEvery)
	return true
}

// ask divides by how many there are now.
func (q *quota) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, crewWait)
	defer cancel()
	n, err := q.crew(ctx)
	if err != nil {
		q.log.DebugContext(ctx, "how many processes share AWS's quotas can't be read; the share stays", slog.String("error", err.Error()))
		return
	}
	q.divide(n)
}

// berths are a semaphore whose size changes.
type berths struct {
	*semaphore.Weighted

	mu   sync.Mutex
	held int64 // beyond the size, taken by nobody
	owed int64 // beyond the size and in use: held as soon as they come back
}

func newBerths() *berths { return &berths{Weighted: semaphore.NewWeighted(outstanding)} }

// resize never waits: what is in use beyond the size goes when it comes back,
// before anybody who waits for it.
func (r *berths) resize(size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for ; outstanding-r.held-r.owed < size && r.owed > 0; r.owed-- {
		continue
	}
	for ; outstanding-r.held-r.owed < size; r.held-- {
		r.Weighted.Release(1)
	}
	for outstanding-r.held-r.owed > size {
		if r.TryAcquire(1) {
			r.held++
		} else {
			r.owed++
		}
	}
}

// Release gives back as many as were taken.
func (r *berths) Release(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := min(n, r.owed)
	r.owed -= kept
	r.held += kept
	r.Weighted.Release(n - kept)
}

// errQueue says that a call's time was up, or would be, before it was made.
func errQueue(err error) error {
	return &failure{Kind: approvals.Retryable, Message: "The call's time was up before it was its turn; AWS takes 20 calls a second, and nothing was changed.", Err: err}
}

// turn waits until one more request may be made.
func (q *quota) turn(ctx context.Context, limiters ...*rate.Limiter) error {
	q.look(ctx)
	for _, l := range limiters {
		if err := ctx.Err(); err != nil {
			return errQueue(err)
		}
		r, now, delay := q.reserve(l)
		if delay == 0 {
			continue
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
			r.CancelAt(now)
			return errQueue(context.DeadlineExceeded)
		}
		if err := q.wait(ctx, delay); err != nil {
			r.CancelAt(now)
			return errQueue(err)
		}
	}
	if err := ctx.Err(); err != nil {
		return errQueue(err)
	}
	return nil
}

// reserve takes a place in the line. Times reach the limiter in their order:
// one that goes back would give out the time in between twice.
func (q *quota) reserve(l *rate.Limiter) (r *rate.Reservation, now time.Time, delay time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now = q.now()
	r = l.ReserveN(now, 1)
	return r, now, r.DelayFrom(now)
}

// lane is the AWS account's: it updates one role at a time.
func (q *quota) lane(account string) *semaphore.Weighted {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lanes[account]
	if l == nil {
		l = semaphore.NewWeighted(1)
		q.lanes[account] = l
	}
	return l
}

// under runs an asynchronous call of an AWS account ("" for all of them) when
// there is room for it. One of several slots is kept for what takes away.
func (q *quota) under(ctx context.Context, account string, giving bool, f func() error) error {
	q.look(ctx)
	rooms := []interface {
		Acquire(context.Context, int64) error
		Release(int64)
	}{q.lane(account)}
	if giving {
		rooms = append(rooms, q.gives)
	}
	for _, room := range append(rooms, q.slots) {
		if err := room.Acquire(ctx, 1); err != nil {
			return errQueue(err)
		}
		defer room.Release(1)
	}
	return f()
}
