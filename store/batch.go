package store

import (
	"cmp"
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Changes that arrive while a transaction runs are stored together in the
// next one. The audit log lets writers commit only one after the other, so
// without this each change would wait for a disk of its own.
const (
	batchChanges = 128              // in one transaction
	batchTime    = 60 * time.Second // for one transaction; it outlives the caller that gives up
)

// batcher holds the changes that wait for their transaction.
type batcher struct {
	mu      sync.Mutex
	queue   []*pending
	running bool // somebody drains the queue
}

// pending is a change, or a lease to finish, that waits for its outcome.
type pending struct {
	change approvals.Change
	finish *approvals.Lease
	ctx    context.Context // of the caller, for who traces; it ends nothing that has begun
	done   chan error      // of capacity 1
}

// add queues a change and reports whether the caller must see to it that the
// queue is drained.
func (b *batcher) add(p *pending) (drain bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue = append(b.queue, p)
	drain = !b.running
	b.running = true
	return drain
}

// withdraw takes a change back and reports whether that was possible: it is
// not once its transaction has begun.
func (b *batcher) withdraw(p *pending) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, q := range b.queue {
		if q == p {
			b.queue = append(b.queue[:i:i], b.queue[i+1:]...)
			return true
		}
	}
	return false
}

// next takes changes from the front of the queue, as long as no two of them
// touch the same thing. It returns none, and ends the draining, when the queue
// is empty.
func (b *batcher) next() []*pending {
	b.mu.Lock()
	defer b.mu.Unlock()
	touched := make(map[string]bool)
	n := 0
	for n < len(b.queue) && n < batchChanges && claimKeys(touched, b.queue[n]) {
		n++
	}
	if n == 0 {
		b.queue, b.running = nil, false
		return nil
	}
	batch := b.queue[:n:n]
	b.queue = b.queue[n:]
	return batch
}

// claimKeys marks what a change touches, and reports false if any of it was
// marked by another one. The first change of a batch always succeeds.
func claimKeys(touched map[string]bool, p *pending) bool {
	c := p.change
	if p.finish != nil {
		c.Cancel = []approvals.Task{p.finish.Task}
	}
	keys := make(map[string]bool)
	for _, r := range c.Requests {
		keys["request\x00"+string(r.ID)], keys["key\x00"+r.Key] = true, true
	}
	for _, g := range c.Grants {
		keys["grant\x00"+string(g.ID)] = true
	}
	for _, b := range c.Bindings {
		keys["binding\x00"+joinKey(b.Door, b.Workspace, b.Subject)] = true
	}
	for _, d := range c.Decisions {
		keys["request\x00"+string(d.Request)] = true
	}
	for _, a := range c.Approvals {
		keys["request\x00"+string(a.Request)] = true
	}
	for _, s := range c.Summaries {
		keys["request\x00"+string(s.Request)] = true
	}
	for _, b := range c.BreakGlass {
		keys["glass\x00"+string(b.Request)], keys["glass of\x00"+string(b.Requester)] = true, true
	}
	for _, m := range c.Comments {
		keys["comment\x00"+m.Key] = true
	}
	driftKeys(c, keys)
	for _, s := range c.Spend {
		keys["budget\x00"+joinKey(s.Budget, s.Day)] = true
	}
	reviewKeys(c, keys)
	for _, tasks := range [][]approvals.Task{c.Tasks, c.Cancel} {
		for _, t := range tasks {
			keys["task\x00"+joinKey(string(t.Kind), t.Key)] = true
		}
	}
	for k := range keys {
		if touched[k] {
			return false
		}
	}
	for k := range keys {
		touched[k] = true
	}
	return true
}

// drain stores what is queued, batch after batch, until nothing is left.
func (s *Store) drain() {
	for {
		batch := s.batcher.next()
		if len(batch) == 0 {
			return
		}
		outcomes, err := s.store(batch)
		if len(batch) > 1 && err != nil && approvals.ErrorCode(err) != approvals.CodeUnavailable {
			// One of them is at fault and all were undone: each alone gets its own answer.
			for _, p := range batch {
				outcome, err := s.store([]*pending{p})
				p.done <- cmp.Or(err, outcome[0])
			}
			continue
		}
		for i, p := range batch {
			p.done <- cmp.Or(err, outcomes[i])
		}
	}
}

// store runs a batch in one transaction. Besides the error that undid all of
// it, each pending has an outcome of its own: a lost lease undoes nothing else.
func (s *Store) store(batch []*pending) (outcomes []error, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(batch[0].ctx), batchTime)
	defer cancel()
	var changes []approvals.Change
	var leases []approvals.Lease
	for _, p := range batch {
		if p.finish != nil {
			leases = append(leases, *p.finish)
		} else {
			changes = append(changes, p.change)
		}
	}
	var finished map[string]bool
	err = s.transact(ctx, "store", func(tx *sql.Tx) (err error) {
		w := &writer{store: s, tx: tx, ctx: ctx}
		if finished, err = w.finish(leases); err != nil || len(changes) == 0 {
			return err
		}
		return w.write(changes...)
	})
	s.noteWrites(err)
	if err == nil && len(changes) > 0 {
		s.waker.signal()
		s.herald.hear(announced(changes))
	}
	outcomes = make([]error, len(batch))
	for i, p := range batch {
		if l := p.finish; err == nil && l != nil && !finished[joinKey(string(l.Kind), l.Key)] {
			outcomes[i] = leaseLost("task")
		}
	}
	return outcomes, err
}

// submit queues a change or a lease to finish, and waits for its outcome.
func (s *Store) submit(ctx context.Context, op string, p *pending) (err error) {
	if err := s.usable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return s.dialect.wrap(op, err)
	}
	ctx, end := s.trace.Begin(ctx, "change", slog.String("op", op))
	defer func() { end(err) }()
	p.ctx, p.done = ctx, make(chan error, 1)
	if s.batcher.add(p) {
		go s.drain()
	}
	select {
	case err := <-p.done:
		return s.dialect.wrap(op, err)
	case <-ctx.Done():
	}
	gaveUp := &approvals.Error{Code: approvals.CodeUnavailable, Op: op, Err: ctx.Err(),
		Message: "The database took too long. Nothing was changed; please try again."}
	if !s.batcher.withdraw(p) {
		gaveUp.Message = "The database took too long; look whether the change was made before trying again."
	}
	return gaveUp
}
