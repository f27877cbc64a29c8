package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

const (
	gatherKeys = 256              // in one query
	gatherTime = 15 * time.Second // for one query; it outlives the caller that gives up
)

// gather lets reads that come while one of their kind is under way share the
// next query, as the batcher does for changes. A read is never answered by a
// query that began before it, so it sees whatever was stored before.
type gather[V any] struct {
	op    string
	query string // up to the list of keys, which ends it or is followed by rest
	rest  string
	read  func(scan) (V, error)
	keyOf func(V) string

	mu      sync.Mutex
	waiting map[string][]chan<- gathered[V]
	running bool
}

type gathered[V any] struct {
	rows []V
	err  error
}

// rows are those of one key.
func (g *gather[V]) rows(ctx context.Context, s *Store, key string) ([]V, error) {
	if err := storable([]any{key}); err != nil {
		return nil, s.dialect.wrap(g.op, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, s.dialect.wrap(g.op, err)
	}
	answer := make(chan gathered[V], 1)
	g.mu.Lock()
	if g.waiting == nil {
		g.waiting = map[string][]chan<- gathered[V]{}
	}
	g.waiting[key] = append(g.waiting[key], answer)
	run := !g.running
	g.running = true
	g.mu.Unlock()
	if run {
		go g.run(s)
	}
	select {
	case got := <-answer:
		return got.rows, got.err
	case <-ctx.Done():
		return nil, s.dialect.wrap(g.op, ctx.Err())
	}
}

// one is rows where exactly one is looked for.
func (g *gather[V]) one(ctx context.Context, s *Store, key, missing string) (v V, err error) {
	rows, err := g.rows(ctx, s, key)
	if err == nil && len(rows) == 0 {
		err = s.dialect.wrap(g.op, approvals.Errorf(approvals.CodeNotFound, "%s", missing))
	}
	if err != nil {
		return v, err
	}
	return rows[0], nil
}

// run asks until nobody waits.
func (g *gather[V]) run(s *Store) {
	for {
		asked := g.take()
		if len(asked) == 0 {
			return
		}
		keys := make([]string, 0, len(asked))
		for k := range asked {
			keys = append(keys, k)
		}
		found, err := g.ask(s, keys)
		for k, waiting := range asked {
			for _, w := range waiting {
				w <- gathered[V]{slices.Clone(found[k]), err}
			}
		}
	}
}

// take is what the next query is about; none ends the running.
func (g *gather[V]) take() map[string][]chan<- gathered[V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	asked := map[string][]chan<- gathered[V]{}
	for k, w := range g.waiting {
		if len(asked) == gatherKeys {
			break
		}
		asked[k] = w
		delete(g.waiting, k)
	}
	g.running = len(asked) > 0
	return asked
}

func (g *gather[V]) ask(s *Store, keys []string) (map[string][]V, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gatherTime)
	defer cancel()
	among, args := s.dialect.among(keys)
	all, err := list(ctx, s, g.op, g.read, g.query+among+g.rest, args...)
	found := make(map[string][]V, len(keys))
	for _, v := range all {
		found[g.keyOf(v)] = append(found[g.keyOf(v)], v)
	}
	return found, err
}

// gathers are the reads that the worker makes for each grant that ends.
type gathers struct {
	grants   gather[approvals.Grant]
	requests gather[approvals.Request]
	live     gather[approvals.Grant]   // by principal
	pending  gather[approvals.Request] // by beneficiary
}

func newGathers() gathers {
	return gathers{
		grants: gather[approvals.Grant]{op: "read a grant", query: selectGrant + "WHERE id", read: readGrant,
			keyOf: func(g approvals.Grant) string { return string(g.ID) }},
		requests: gather[approvals.Request]{op: "read a request", query: selectRequest + "WHERE id", read: readRequest,
			keyOf: func(r approvals.Request) string { return string(r.ID) }},
		live: gather[approvals.Grant]{op: "list live grants", query: selectGrant + "WHERE " + live + " AND principal", rest: " ORDER BY created_at, id", read: readGrant,
			keyOf: func(g approvals.Grant) string { return string(g.Principal) }},
		pending: gather[approvals.Request]{op: "list pending requests", query: selectRequest + "WHERE state = 'pending' AND beneficiary", rest: " ORDER BY created_at, id", read: readRequest,
			keyOf: func(r approvals.Request) string { return string(r.Beneficiary) }},
	}
}

// of keeps what is of one entitlement; empty means all.
func of[V any](rows []V, entitlement approvals.EntitlementID, which func(V) approvals.EntitlementID) []V {
	if entitlement == "" {
		return rows
	}
	return slices.DeleteFunc(rows, func(v V) bool { return which(v) != entitlement })
}
