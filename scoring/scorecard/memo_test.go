package scorecard

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAMemoChangesNothing weighs a request again and again with some cells
// changed, with one memo for all and without.
func TestAMemoChangesNothing(t *testing.T) {
	t.Parallel()
	d := deck(t)
	b := NewBase(Cell{Denied: 60, Decided: 1000}, 58_000)
	rapid.Check(t, func(t *rapid.T) {
		memo := NewMemo(3, 2)
		attributes, pairs := drawCells(t, 3), drawCells(t, 2)
		for range rapid.IntRange(2, 6).Draw(t, "times") {
			with, without := make([]Fixed, d.Terms()), make([]Fixed, d.Terms())
			card, sum := d.Weigh(b, attributes, pairs, with, &memo)
			plain, want := d.Weigh(b, attributes, pairs, without, nil)
			if card != plain || sum != want || !slices.Equal(with[:card.Terms()], without[:card.Terms()]) {
				t.Fatalf("with a memo %v in all and %v, without %v and %v", sum, with, want, without)
			}
			i := rapid.IntRange(0, 4).Draw(t, "which")
			if i < 3 {
				attributes[i] = drawCells(t, 1)[0]
			} else {
				pairs[i-3] = drawCells(t, 1)[0]
			}
		}
	})
}

func TestTheInverseDividesExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.Uint64Range(0, 255).Draw(t, "entry")
		divisor := 256 + i
		n := rapid.Uint64Range(0, 1<<40-1).Draw(t, "n")
		n -= n % divisor * rapid.Uint64Range(0, 1).Draw(t, "edge") // also at and below multiples
		for _, n := range []uint64{n, max(n, 1) - 1, 1<<40 - 1} {
			if got := perEntry(n, i); got != n/divisor {
				t.Fatalf("%d / %d is %d, not %d", n, divisor, n/divisor, got)
			}
		}
	})
}
