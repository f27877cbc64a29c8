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
