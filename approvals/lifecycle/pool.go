package lifecycle

import (
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"golang.org/x/time/rate"
)

// class orders work: what is less goes first.
type class int

const (
	revoking class = iota
	provisioning
	nudging
	explaining
	classes
)

// kinds lists the task kinds of each class.
var kinds = [classes][]approvals.TaskKind{
	revoking:     {approvals.TaskRevoke},
	provisioning: {approvals.TaskProvision},
	nudging:      {approvals.TaskRemind, approvals.TaskLapse, approvals.TaskChase, approvals.TaskEscalate, approvals.TaskBreakGlass, approvals.TaskReview, approvals.TaskSweep},
	explaining:   {approvals.TaskExplain},
}

var allKinds = func() (all []approvals.TaskKind) {
	for _, ks := range kinds {
		all = append(all, ks...)
	}
	return all
}()

// item is a leased task on its way through a pool.
type item struct {
	lease  approvals.Lease
	class  class
	pool   *pool
	grant  approvals.Grant // that the task is about, as it was read last; the zero Grant where there is none
	record bool            // a failure of this try is worth an audit event
	shared bool            // before its call, another grant that works was behind the holding
	cancel func()
	cut    bool // its call was ended because the system answers others again
	left   bool // it needs its slot no longer; the loop alone reads it
	vacate func(step)
}

// pool is the slots and queues of one connector, so that a slow one delays
// nobody else. The worker's loop alone touches it.
type pool struct {
	name    string
	conn    approvals.Connector // nil: none, or no longer configured
	limits  Limits
	limiter *rate.Limiter
	trace   approvals.Trace
	queue   [classes][]*item
	breaker [classes]breaker
	running [classes]map[*item]struct{}
	total   int
	storing int // items that have left their slot and wait for the database
}

func newPool(name string, conn approvals.Connector, l Limits) *pool {
	if l.Concurrency < 1 {
		l.Concurrency = defaultInFlight
	}
	if l.Rate <= 0 {
		l.Rate = rate.Inf
	}
	if l.Burst < 1 {
		l.Burst = l.Concurrency
	}
	if l.CallTimeout <= 0 {
		l.CallTimeout = defaultTimeout
	}
	p := &pool{name: name, conn: conn, limits: l, limiter: rate.NewLimiter(l.Rate, l.Burst)}
	for c := range p.running {
		p.running[c] = make(map[*item]struct{})
	}
	return p
}

// share is how many slots a class may take: revocations all, others leave one
// for them where there are several.
func (p *pool) share(c class) int {
	if c == revoking {
		return p.limits.Concurrency
	}
	return max(1, p.limits.Concurrency-1)
}

// next takes the item that is to run now; nil: none may.
func (p *pool) next(now time.Time) *item {
	for c := range p.queue {
		if p.total >= p.limits.Concurrency || p.storing >= storingAtMost {
			return nil
		}
		if len(p.queue[c]) == 0 || len(p.running[c]) >= p.share(class(c)) {
			continue
		}
		b := &p.breaker[c]
		if b.open() {
			if now.Before(b.probeAt) {
				continue
			}
			b.probe(now)
		}
		it := p.queue[c][0]
		p.queue[c] = p.queue[c][1:]
		it.record = b.worthALine()
		p.running[c][it] = struct{}{}
		p.total++
		return it
	}
	return nil
}

// ended takes an item out of its slot, and reports whether its try opened the
// breaker. The first success after an outage cuts the calls short that still
// hang from before: they are made again at once.
func (p *pool) ended(it *item, s step, now time.Time) (opened bool) {
	delete(p.running[it.class], it)
	p.total--
	b := &p.breaker[it.class]
	switch {
	case s.down && it.cut:
	case s.down:
		return b.fail(now)
	case !s.skipped:
		if b.open() {
			for hanging := range p.running[it.class] {
				hanging.cut = true
				hanging.cancel()
			}
		}
		b.succeed()
	}
	return false
}

// probeAt is when a queue that waits for its connector may try next; zero:
// none waits.
func (p *pool) probeAt() (at time.Time) {
	for c := range p.queue {
		if b := p.breaker[c]; len(p.queue[c]) > 0 && b.open() && (at.IsZero() || b.probeAt.Before(at)) {
			at = b.probeAt
		}
	}
	return at
}

// budget is what must be left of a lease for a try to be worth starting.
func (p *pool) budget() time.Duration { return 2*p.limits.CallTimeout + leaseReserve }

// stale takes the items out of the queues whose lease is nearly over.
func (p *pool) stale(now time.Time) (old []*item) {
	for c, q := range p.queue {
		kept := q[:0]
		for _, it := range q {
			if it.lease.Until.Sub(now) < p.budget() {
				old = append(old, it)
			} else {
				kept = append(kept, it)
			}
		}
		clear(q[len(kept):])
		p.queue[c] = kept
	}
	return old
}

// empty takes all items out of the queues.
func (p *pool) empty() (all []*item) {
	for c, q := range p.queue {
		all = append(all, q...)
		p.queue[c] = nil
	}
	return all
}
