package torture

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallpass-dev/hallpass/approvals"
)

// round is what one seed does to a world: some people ask for access, and one
// process dies at one boundary, while lines and systems may be bad.
type round struct {
	seed   uint64
	end    end
	storm  time.Duration
	rng    *rand.Rand
	asked  int // people
	wishes []wish
	began  time.Time
	// How much systems had gone through and people had been told before; and what
	// systems went through since, and held then, when all was over.
	before, heard map[string]int
	journal       map[string][]effect
	left          map[string][]string
}

// The deaths that are at no boundary.
const (
	anywhere = "anywhere" // at a moment of the round
	starting = "starting" // again, as soon as it began
)

// failing are the boundaries that only a call that goes wrong leads to.
var failing = []string{"apply/grant.retried", "retry"}

// batch is how many people ask at a time; mostBatches, how often others do
// until a process gets to its boundary.
const batch, mostBatches = 2, 12

// drawRound draws what a seed does to a world.
func (p plan) drawRound(seed uint64) *round {
	rng := draw(seed, 2)
	ends := p.deaths()
	r := &round{seed: seed, rng: rng, end: end{At: ends[rng.IntN(len(ends))], Nth: 1, After: rng.IntN(2) == 0}}
	if _, rare := leads(r.end.At); !rare && (p.replicas == 1 || strings.HasPrefix(r.end.At, "slack/")) {
		r.end.Nth = 1 + rng.IntN(3) // of several processes none may get so far
	}
	if rng.IntN(3) == 0 {
		r.storm = time.Duration(300+rng.IntN(2000)) * time.Millisecond
	}
	return r
}

// everywhere are all the ways in which a process may die.
func everywhere() []string {
	return plan{kinds: slices.Sorted(maps.Keys(gives)), sweep: "@every 2s"}.deaths()
}

// deaths are the ways in which a process of this world may die.
func (p plan) deaths() []string {
	all := append(slices.Clone(boundaries), anywhere, starting)
	if p.sweep == "" {
		all = slices.DeleteFunc(all, func(s string) bool { return s == "tick" })
	}
	for _, call := range calls {
		all = append(all, "slack/"+call)
	}
	for _, kind := range append([]string{"hook"}, p.kinds...) {
		for _, op := range operations[kind] {
			all = append(all, kind+"/"+op)
		}
	}
	return all
}

// more lets the next people ask: the first of them for what the system gives at
// which a process is to die, if it is one.
func (r *round) more(p plan) {
	offers := []approvals.EntitlementID{"sales:view", "stock:view"}
	for _, kind := range p.kinds {
		offers = append(offers, gives[kind])
	}
	at, _, _ := strings.Cut(r.end.At, "/")
	if at == "hook" || slices.Contains(failing, r.end.At) {
		offers = offers[:2]
	}
	for i := range batch {
		who := approvals.PrincipalID(fmt.Sprint("p", (int(r.seed)*batch+r.asked)%p.people))
		r.asked++
		n := r.rng.IntN(len(offers))
		what := []approvals.EntitlementID{offers[n]}
		if gives[at] != "" && i == 0 {
			what[0] = gives[at]
		}
		if other := offers[(n+1)%len(offers)]; other != what[0] && r.rng.IntN(4) == 0 {
			what = append(what, other)
		}
		for n, what := range what {
			v := wish{Key: fmt.Sprintf("torture:%d:%s:%s", r.seed, who, what), Who: who, What: what}
			v.lives(r.rng, []string{r.end.At, "apply/grant.extended"}[n], p) // nobody breaks glass twice
			r.wishes = append(r.wishes, v)
		}
	}
}

// rounds lives through all rounds of a world, one after the other.
func (w *world) rounds(ctx context.Context) error {
	for seed := w.seed; seed < w.seed+w.plan.rounds && ctx.Err() == nil; seed++ {
		r := w.drawRound(seed)
		w.open(r)
		if err := w.pass(ctx, r); err != nil {
			return fmt.Errorf("seed %d, a death at %s, call %d, after: %v: %w", seed, r.end.At, r.end.Nth, r.end.After, err)
		}
		w.over(r)
	}
	return nil
}

// open notes what there is before a round.
func (w *world) open(r *round) {
	r.began, r.before, r.heard = time.Now(), map[string]int{}, map[string]int{}
	for name, system := range w.systems {
		r.before[name] = len(system.journal())
	}
	for i := range w.people {
		who := fmt.Sprint("p", i)
		r.heard[who] = len(w.desk.messages(who, 0))
	}
	r.heard["mia"], r.heard[security] = len(w.desk.messages("mia", 0)), len(w.desk.announced())
	for i := range w.specs {
		w.desk.await(fmt.Sprint(i), nil)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.round = r
}

// pass lets people ask, and a process die, until all of it is over.
func (w *world) pass(ctx context.Context, r *round) error {
	note := filepath.Join(w.dir, fmt.Sprint("note", r.seed))
	hurting, ctx := errgroup.WithContext(ctx)
	if seed := r.rng.Uint64(); r.storm > 0 {
		hurting.Go(func() error { return w.storms(ctx, r.storm, seed) })
	}
	for range mostBatches {
		r.more(w.plan)
		if r.asked == batch {
			w.endOutside(ctx, r, note, hurting)
		}
		w.tell(order{Wishes: r.wishes, End: r.end, Note: note})
		if err := w.await(ctx, patience, 4, w.calm); err != nil || ctx.Err() != nil {
			return err
		}
		if w.fell(note) {
			return hurting.Wait()
		}
	}
	return fmt.Errorf("no process came there, of %d wishes", len(r.wishes))
}

// fell reports whether the process that was to die has.
func (w *world) fell(note string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fallen == note
}

// endOutside sees to the deaths that are not a process's own doing, and to what
// must go wrong for it to come to its death.
func (w *world) endOutside(ctx context.Context, r *round, note string, hurting *errgroup.Group) {
	i := r.rng.IntN(len(w.specs))
	after := time.Duration(r.rng.IntN(2500)) * time.Millisecond
	method, slack := strings.CutPrefix(r.end.At, "slack/")
	switch {
	case slack:
		for i := range w.specs {
			w.meet(i, method, r.end, note)
		}
	case slices.Contains(failing, r.end.At):
		w.endpoint.fall("away")
		hurting.Go(func() error {
			for ; !w.fell(note) && ctx.Err() == nil; pause(ctx, 50*time.Millisecond) {
			}
			w.endpoint.fall("")
			return nil
		})
	case r.end.At == anywhere:
		hurting.Go(func() error { pause(ctx, after); w.killSoon(ctx, i, note); return nil })
	case r.end.At == starting:
		hurting.Go(func() error {
			w.killSoon(ctx, i, note+".first")
			for ; !w.lives(i) && ctx.Err() == nil; pause(ctx, time.Millisecond) {
			}
			pause(ctx, after/4)
			w.killSoon(ctx, i, note)
			return nil
		})
	}
}

// killSoon kills a replica as soon as it lives.
func (w *world) killSoon(ctx context.Context, i int, note string) {
	for ; !w.kill(i, note) && ctx.Err() == nil; pause(ctx, time.Millisecond) {
	}
}

// meet kills a replica at one of its calls of Slack, before it arrives or
// before its answer does.
func (w *world) meet(i int, method string, e end, note string) {
	var left atomic.Int64 // its calls come side by side
	left.Store(int64(e.Nth))
	w.desk.await(fmt.Sprint(i), func(called string, after bool) bool {
		if called != method || after != e.After {
			return false
		}
		return left.Add(-1) == 0 && w.kill(i, note)
	})
}

// over keeps what a round left, to be compared with the database as soon as
// that can be read.
func (w *world) over(r *round) {
	r.journal, r.left = map[string][]effect{}, map[string][]string{}
	for name, system := range w.systems {
		r.journal[name], r.left[name] = system.journal()[r.before[name]:], system.held()
	}
	w.checkWords(r)
	w.tally.add(r.end)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = append(w.pending, r)
}
