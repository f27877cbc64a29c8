package awsidc

import (
	"context"
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

// quota keeps one process within its share of the instance's quotas. Whoever
// came first goes first.
type quota struct {
	now  func() time.Time
	wait func(context.Context, time.Duration) error

	calls *rate.Limiter // all requests
	slow  *rate.Limiter // those of the background, besides calls
	slots *semaphore.Weighted
	gives *semaphore.Weighted // nil: there is only one slot

	mu    sync.Mutex
	lanes map[string]*semaphore.Weighted // by AWS account
}

// newQuota divides the quotas. In no second may the replicas together make
// more than perSecond calls: each makes at most rate + burst.
func newQuota(cfg Config) *quota {
	share := perSecond / cfg.Replicas
	burst := max(1, share/5)
	slots := int64(outstanding / cfg.Replicas)
	q := &quota{now: cfg.Now, wait: cfg.Wait, calls: rate.NewLimiter(rate.Limit(share-burst), burst),
		slow: rate.NewLimiter(rate.Limit(share-burst)/4, 1), slots: semaphore.NewWeighted(slots), lanes: map[string]*semaphore.Weighted{}}
	if slots > 1 {
		q.gives = semaphore.NewWeighted(slots - 1)
	}
	return q
}

// errQueue says that a call's time was up, or would be, before it was made.
func errQueue(err error) error {
	return &failure{Kind: approvals.Retryable, Message: "The call's time was up before it was its turn; AWS takes 20 calls a second, and nothing was changed.", Err: err}
}

// turn waits until one more request may be made.
func (q *quota) turn(ctx context.Context, limiters ...*rate.Limiter) error {
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
	rooms := []*semaphore.Weighted{q.lane(account)}
	if giving && q.gives != nil {
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
