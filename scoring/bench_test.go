package scoring

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

// update rewrites golden files.
var update = flag.Bool("update", false, "rewrite golden files")

// benchSize is that for which the figures are stated; -short makes it a
// twentieth.
func benchSize() synthetic.Config {
	if testing.Short() {
		return synthetic.Config{People: 5_000, Entitlements: 1_000, Grants: 250_000, Decisions: 50_000, Seed: 1}
	}
	return synthetic.Config{People: 100_000, Entitlements: 20_000, Grants: 5_600_000, Decisions: 1_000_000, Seed: 1}
}

type benchState struct {
	org   *synthetic.Organisation
	world *World
	wants []approvals.Facts
	heap  uint64 // bytes that the world keeps
}

var benched = sync.OnceValue(func() *benchState {
	s := &benchState{org: synthetic.New(benchSize())}
	before := heap()
	s.world = build(s.org)
	s.heap = heap() - before
	for range 4096 {
		s.wants = append(s.wants, s.org.Facts(s.org.Wish()))
	}
	return s
})

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// once scores one request as Evidence and Assess do together, words left out.
func (m *Weights) once(w *World, f *approvals.Facts, similar bool, o *observation, r *result) {
	w.rlock()
	defer w.mu.RUnlock()
	s := w.subject(f)
	var cells found
	w.observe(&s, f.At, f.Duration, o, &cells)
	if similar {
		o.alike = w.likeness(&s)
	}
	m.leaveOneOut(w, &s, f.At, &cells, o)
	m.score(f, o, r)
}

func benchmarkScore(b *testing.B, similar bool) {
	s, m := benched(), Shipped()
	var o observation
	var r result
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		start := time.Now()
		m.once(s.world, &s.wants[i%len(s.wants)], similar, &o, &r)
		took = append(took, time.Since(start))
		i++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}

func BenchmarkScore(b *testing.B)               { benchmarkScore(b, false) }
func BenchmarkScoreWithSimilarity(b *testing.B) { benchmarkScore(b, true) }

// BenchmarkPlainScan counts the same holders and decisions by looking through
// all of them: what the index is for.
func BenchmarkPlainScan(b *testing.B) {
	s := benched()
	i := 0
	for b.Loop() {
		f := &s.wants[i%len(s.wants)]
		i++
		var team, department, decided, denied int
		for p := range s.org.People {
			q := &s.org.People[p]
			if q.Manager != f.Beneficiary.Manager && q.Department != f.Beneficiary.Department {
				continue
			}
			for _, e := range s.org.Held[p] {
				if s.org.Entitlements[e] == f.Entitlement.ID {
					department++
					if q.Manager == f.Beneficiary.Manager {
						team++
					}
				}
			}
		}
		for d := range s.org.Decisions {
			l := &s.org.Decisions[d]
			if l.Entitlement == f.Entitlement.ID && l.Manager == f.Beneficiary.Manager {
				decided++
				if !l.Approved {
					denied++
				}
			}
		}
		if team > department || denied > decided {
			b.Fatal("the scan miscounts")
		}
	}
}

// BenchmarkLearn adds decisions, one by one, that were just read or taken: their
// text is in the processor's cache, the index is not.
func BenchmarkLearn(b *testing.B) { benchmarkLearn(b, func(*World) {}) }

// BenchmarkLearnAndAsk is of one that something is asked of the world at once
// after each: none waits until the next comes.
func BenchmarkLearnAndAsk(b *testing.B) { benchmarkLearn(b, func(w *World) { w.Sequence() }) }

func benchmarkLearn(b *testing.B, then func(*World)) {
	s := benched()
	next := s.world.Sequence()
	fresh := make([]approvals.Learned, 512)
	i := 0
	for b.Loop() {
		at := i % len(fresh)
		if at == 0 {
			b.StopTimer()
			for j := range fresh {
				next++
				fresh[j] = reread(s.org.Decisions[(i+j)%len(s.org.Decisions)], next)
			}
			b.StartTimer()
		}
		s.world.Learn(fresh[at])
		then(s.world)
		i++
	}
}

// reread is a decision with text of its own, as a database driver gives it.
func reread(l approvals.Learned, sequence int64) approvals.Learned {
	l.Sequence = sequence
	l.Request, l.Entitlement = approvals.RequestID(strings.Clone(string(l.Request))), approvals.EntitlementID(strings.Clone(string(l.Entitlement)))
	for _, p := range []*approvals.PrincipalID{&l.Beneficiary, &l.Manager, &l.Approver} {
		*p = approvals.PrincipalID(strings.Clone(string(*p)))
	}
	for _, s := range []*string{&l.Department, &l.Title, &l.Location, &l.Function} {
		*s = strings.Clone(*s)
	}
	return l
}

func BenchmarkAddAndRemoveHolding(b *testing.B) {
	s := benched()
	i := 0
	for b.Loop() {
		e, p := s.org.Entitlements[i*7919%len(s.org.Entitlements)], s.org.People[i*104729%len(s.org.People)].ID
		s.world.AddHolding(e, p)
		s.world.RemoveHolding(e, p)
		i++
	}
}

func BenchmarkMemory(b *testing.B) {
	s := benched()
	for b.Loop() {
		runtime.KeepAlive(s.world)
	}
	b.ReportMetric(float64(s.heap)/1e6, "MB")
	b.ReportMetric(float64(s.world.cells.used()), "cells")
	b.ReportMetric(float64(s.world.holdings), "grants")
}

// BenchmarkReplay learns all decisions into a fresh world, as a start does.
func BenchmarkReplay(b *testing.B) {
	s := benched()
	for b.Loop() {
		build(s.org)
	}
}

func TestScoringAllocatesNothing(t *testing.T) {
	o := synthetic.New(synthetic.Config{People: 3000, Entitlements: 300, Grants: 60_000, Decisions: 10_000, Seed: 2})
	w, m := build(o), Shipped()
	if w.holds[w.goods.get(o.Entitlements[0])].many == nil {
		t.Fatal("no entitlement has holders enough for a bitmap")
	}
	var ob observation
	var r result
	for _, similar := range []bool{false, true} {
		for _, person := range []int{5, 700, 2999} {
			for _, e := range []int{0, 1, 40, 299} {
				f := o.Facts(person, e)
				if n := testing.AllocsPerRun(100, func() { m.once(w, &f, similar, &ob, &r) }); n != 0 {
					t.Errorf("%s scored with %v allocations (similarity %v)", fmt.Sprint(person, "/", e), n, similar)
				}
			}
		}
	}
}
