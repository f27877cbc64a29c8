package scorecard

import (
	"math"
	"pgregory.net/rapid"
	"testing"
)

func TestLogarithmAgreesWithMathematics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(1, 1<<62).Draw(t, "n") >> rapid.IntRange(0, 61).Draw(t, "shift")
		n = max(n, 1)
		if got, want := Ln(n).Float(), math.Log(float64(n)); math.Abs(got-want) > 1.0/(1<<24) {
			t.Fatalf("Ln(%d) = %v, want %v", n, got, want)
		}
	})
}

func TestChanceAgreesWithLogisticFunction(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z := Fixed(rapid.Int64Range(-25<<24, 25<<24).Draw(t, "z"))
		got, want := float64(chance(z))/(1<<32), 1/(1+math.Exp(-z.Float()))
		if math.Abs(got-want) > 1e-9 {
			t.Fatalf("chance(%v) = %v, want %v", z.Float(), got, want)
		}
	})
}

// TestProductsRoundHalfAwayFromZero compares with the rule as one would write it
// down, sign by sign.
func TestProductsRoundHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := Fixed(rapid.Int64Range(-1<<31, 1<<31).Draw(t, "a"))
		b := Fixed(rapid.Int64Range(-1<<31, 1<<31).Draw(t, "b"))
		if rapid.Bool().Draw(t, "half") {
			a, b = a|1, One/2
		}
		p := int64(a) * int64(b)
		want := Fixed((p + 1<<23) >> 24)
		if p < 0 {
			want = Fixed(-((-p + 1<<23) >> 24))
		}
		if got := a.Mul(b); got != want {
			t.Fatalf("%d times %d is %d, want %d", a, b, got, want)
		}
	})
}

func TestKeptLogarithmsAreTheLogarithms(t *testing.T) {
	t.Parallel()
	for n := range uint64(2 * few) {
		if got, want := Ln(n), lnSeries(n); got != want {
			t.Fatalf("the logarithm of %d is %d, want %d", n, got, want)
		}
	}
}
