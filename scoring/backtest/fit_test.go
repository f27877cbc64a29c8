package backtest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// planted draws decisions whose log-odds are a known sum.
func planted(n int, bias float64, weights []float64) *design {
	r := rand.New(rand.NewPCG(3, 4))
	d := &design{terms: len(weights)}
	for range n {
		z := bias
		for _, w := range weights {
			x := r.NormFloat64()
			d.x = append(d.x, x)
			z += w * x
		}
		d.offset = append(d.offset, 0)
		d.denied = append(d.denied, r.Float64() < 1/(1+math.Exp(-z)))
	}
	return d
}

// fitted is fit where nobody stops it.
func fitted(t *testing.T, d *design, ridge float64) solution {
	t.Helper()
	s, err := fit(t.Context(), d, ridge)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFitFindsPlantedWeights(t *testing.T) {
	t.Parallel()
	s := fitted(t, planted(40_000, -1.5, []float64{0.8, 0, 2}), 1)
	near(t, "bias", s.bias, -1.5, 0.05)
	near(t, "first", s.weights[0], 0.8, 0.05)
	near(t, "second", s.weights[1], 0, 0.05)
	near(t, "third", s.weights[2], 2, 0.07)
}

func TestFitNeverGivesANegativeWeight(t *testing.T) {
	t.Parallel()
	s := fitted(t, planted(10_000, -1, []float64{-1, 1, -0.3}), 1)
	for i, w := range s.weights {
		if w < 0 {
			t.Errorf("weight %d is %v", i, w)
		}
	}
	near(t, "a weight that would be negative", s.weights[0], 0, 0)
}

func TestFitStandsWhereNoStepIsBetter(t *testing.T) {
	t.Parallel()
	d := planted(5000, -1, []float64{0.5, -0.5, 1})
	s := fitted(t, d, 2)
	w := append(append([]float64(nil), s.weights...), s.bias)
	best := d.loss(w, 2)
	for i := range w {
		for _, by := range []float64{-1e-3, 1e-3} {
			moved := append([]float64(nil), w...)
			moved[i] += by
			if i < len(s.weights) && moved[i] < 0 {
				continue
			}
			if l := d.loss(moved, 2); l < best-1e-6 {
				t.Errorf("moving weight %d by %v lowers the loss from %v to %v", i, by, best, l)
			}
		}
	}
}

func TestFitSurvivesColumnsThatSayTheSameOrNothing(t *testing.T) {
	t.Parallel()
	d := planted(2000, -1, []float64{1, 1, 1})
	for i := range d.denied {
		d.x[i*3+1], d.x[i*3+2] = d.x[i*3], 0
	}
	s := fitted(t, d, 1)
	if s.weights[0]+s.weights[1] < 0.5 || math.IsNaN(s.weights[2]) {
		t.Errorf("weights are %v", s.weights)
	}
}

func TestFoldsKeepTheShareOfDenialsAndDealAllRows(t *testing.T) {
	t.Parallel()
	denied := make([]bool, 1003)
	for i := range denied {
		denied[i] = i%17 == 0
	}
	fold := stratified(denied, 5, 1)
	var size, refused [5]int
	for i, f := range fold {
		size[f]++
		if denied[i] {
			refused[f]++
		}
	}
	for f := range 5 {
		if size[f] < 200 || size[f] > 202 || refused[f] < 11 || refused[f] > 12 {
			t.Errorf("fold %d has %d rows, %d denied", f, size[f], refused[f])
		}
	}
	if diff := cmp.Diff(fold, stratified(denied, 5, 1)); diff != "" {
		t.Error("equal seeds deal differently")
	}
}

func TestGroupedFoldsNeverPartAValue(t *testing.T) {
	t.Parallel()
	values := make([]uint32, 500)
	for i := range values {
		values[i] = uint32(i % 37)
	}
	fold := grouped(values, 5, 1)
	of := map[uint32]int{}
	for i, v := range values {
		if f, ok := of[v]; ok && f != fold[i] {
			t.Fatalf("value %d is in folds %d and %d", v, f, fold[i])
		}
		of[v] = fold[i]
	}
}

// TestEncodingAllocatesByFoldAndNotByDecision: with room of its own for each
// decision, most of the time of a long history would go into clearing it.
func TestEncodingAllocatesByFoldAndNotByDecision(t *testing.T) {
	table := load(t, history(t, 4000))
	m := newModel(table)
	rows := m.learn(table)
	card, err := scorecard.Compile(allTerms(m.layout, nil), m.layout, m.smoothing)
	if err != nil {
		t.Fatal(err)
	}
	fold := m.innerFold(rows, table.Denied, nil)
	allocated := testing.AllocsPerRun(2, func() { m.measure(card, rows, table.Denied, fold) })
	if limit := float64(50 * innerFolds); allocated > limit {
		t.Errorf("%v allocations for %d decisions in %d folds, want at most %v", allocated, len(rows), innerFolds, limit)
	}
}
