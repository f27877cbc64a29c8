package scoring

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// only is an approver's decision that belongs to one cell alone.
func only(key cellKey, approver uint32) *route {
	r := &route{}
	i := key.kind()
	r.keys[i], r.hashes[i], r.others[i] = key, key.hash(), otherKey(key, mix(uint64(approver)))
	return r
}

// without is a cell's count without one approver's answers.
func without(t *cellTable, c *tally, approver uint32) scorecard.Cell {
	switch {
	case c.key != 0 && c.lead == approver:
		return c.without(c.share)
	case c.elsewhere(approver):
		return c.without(t.others.get(otherKey(c.key, mix(uint64(approver)))))
	}
	return c.without(share{})
}

// TestCellsAgreeWithAPlainCount keeps every approver's answers in a map and
// compares what the table credits, in all and without each approver.
func TestCellsAgreeWithAPlainCount(t *testing.T) {
	t.Parallel()
	type who struct {
		key      cellKey
		approver uint32
	}
	rapid.Check(t, func(t *rapid.T) {
		table := newCellTable(0)
		plain := map[who]share{}
		keys := map[cellKey]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "runs") {
			k := pairKey(rapid.IntRange(0, pairs-1).Draw(t, "pair"), uint32(rapid.IntRange(1, 3).Draw(t, "a")), uint32(rapid.IntRange(1, 900).Draw(t, "b")))
			a := uint32(rapid.IntRange(0, 5).Draw(t, "approver"))
			denied := rapid.Bool().Draw(t, "denied")
			for range rapid.SampledFrom([]int{1, 2, 40, 70}).Draw(t, "times") {
				table.add(only(k, a), a, denied, nil)
				plain[who{k, a}] = plain[who{k, a}].add(denied)
			}
			keys[k] = true
		}
		for k := range keys {
			cell := table.get(k)
			sum := func(except uint32) (c scorecard.Cell) {
				for a := range uint32(7) {
					if a != except {
						d, n := plain[who{k, a}].credit()
						c.Denied, c.Decided = c.Denied+int64(d), c.Decided+int64(n)
					}
				}
				return c
			}
			if got, want := cell.cell(), sum(nobody); got != want {
				t.Fatalf("cell %x counts %+v, want %+v", k, got, want)
			}
			for a := range uint32(7) {
				if got, want := without(table, &cell, a), sum(a); got != want {
					t.Fatalf("cell %x without %d counts %+v, want %+v", k, a, got, want)
				}
			}
		}
	})
}

func TestTablesKeepEverythingWhenTheyGrow(t *testing.T) {
	t.Parallel()
	table := newCellTable(0)
	const n = 20_000
	for i := range uint32(n) {
		table.add(only(singleKey(atTitle, i+1), 1), 1, i%3 == 0, nil)
		table.add(only(singleKey(atTitle, i+1), 2), 2, false, nil)
		table.add(only(singleKey(atTitle, i+1), 3), 3, true, nil)
	}
	if table.used() != n {
		t.Fatalf("%d cells, want %d", table.used(), n)
	}
	for i := range uint32(n) {
		cell := table.get(singleKey(atTitle, i+1))
		want := scorecard.Cell{Denied: 1, Decided: 3}
		if i%3 == 0 {
			want.Denied++
		}
		if cell.cell() != want {
			t.Fatalf("cell %d counts %+v, want %+v", i, cell.cell(), want)
		}
		if got := without(table, &cell, 3); got.Denied != want.Denied-1 || got.Decided != 2 {
			t.Fatalf("cell %d without the third approver counts %+v", i, got)
		}
	}
	if got := table.get(singleKey(atTitle, n+1)); got.key != 0 || got.decided != 0 {
		t.Errorf("a cell that nobody decided in counts %+v", got)
	}
}

func TestCreditKeepsTheRateBeyondTheCap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		denied, decided         uint16
		wantDenied, wantDecided uint32
	}{
		{0, 0, 0, 0}, {3, 20, 3, 20}, {0, 50, 0, 50}, {0, 51, 0, 50}, {1, 1000, 1, 50}, {100, 1000, 5, 50}, {1000, 1000, 50, 50}, {65535, 65535, 50, 50},
	} {
		if d, n := (share{c.denied, c.decided}).credit(); d != c.wantDenied || n != c.wantDecided {
			t.Errorf("%d of %d are credited as %d of %d, want %d of %d", c.denied, c.decided, d, n, c.wantDenied, c.wantDecided)
		}
	}
	full := share{1, 65535}
	if got := full.add(true); got != full {
		t.Errorf("a full share became %+v", got)
	}
}

// TestNoSingleApproverLowersAScoreByMuch builds each world again without one
// approver's decisions. A score may then be higher by the ten points that one
// approver is allowed, and by what else moves: the organisation's rate, rounding.
func TestNoSingleApproverLowersAScoreByMuch(t *testing.T) {
	t.Parallel()
	m := Shipped()
	const allowed = 10 + 2
	for seed := range uint64(4) {
		o := small(20 + seed)
		whole := build(o)
		all := o.Decisions
		approvers := map[approvals.PrincipalID]int{}
		for _, l := range all {
			approvers[l.Approver]++
		}
		for approver, n := range approvers {
			if n < 20 {
				continue
			}
			o.Decisions = nil
			for _, l := range all {
				if l.Approver != approver {
					o.Decisions = append(o.Decisions, l)
				}
			}
			without := build(o)
			for i := range 60 {
				f := o.Facts(i*4, i*7%60)
				a, b := assessed(t, whole, m, f), assessed(t, without, m, f)
				guard := 0 // the second world has a guard of its own, against another approver
				if g := named(b, "approver"); g != nil {
					guard = g.Points
				}
				if b.Raw-guard > a.Raw+allowed {
					t.Errorf("seed %d: %s with %d decisions lowers a score from %d to %d", seed, approver, n, b.Raw-guard, a.Raw)
				}
			}
		}
	}
}
