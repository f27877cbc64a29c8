package backtest

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by || math.IsNaN(got) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestAUCCountsPairsAndHalvesTies(t *testing.T) {
	t.Parallel()
	near(t, "perfect", auc([]float64{0.1, 0.2, 0.9}, []bool{false, false, true}), 1, 0)
	near(t, "reversed", auc([]float64{0.9, 0.8, 0.1}, []bool{false, false, true}), 0, 0)
	near(t, "all tied", auc([]float64{0.5, 0.5, 0.5}, []bool{false, true, true}), 0.5, 0)
	near(t, "mixed", auc([]float64{1, 2, 3, 4}, []bool{false, true, false, true}), 0.75, 0)
	near(t, "one kind only", auc([]float64{1, 2}, []bool{true, true}), 0.5, 0)
}

func TestLogLossIsFiniteEvenWhenWrong(t *testing.T) {
	t.Parallel()
	near(t, "even odds", logLoss([]float64{0.5, 0.5}, []bool{true, false}), math.Ln2, 1e-12)
	if l := logLoss([]float64{0}, []bool{true}); math.IsInf(l, 0) || l < 30 {
		t.Errorf("certain and wrong costs %v, want much and finite", l)
	}
}

func TestCoverageCountsBelowTheThreshold(t *testing.T) {
	t.Parallel()
	got := coverage([]float64{0.001, 0.009, 0.01, 0.5}, []bool{false, true, false, true}, 0.01)
	if diff := cmp.Diff(Coverage{Below: 0.01, Share: 0.5, Refused: 0.5}, got); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}

func TestCalibrationErrorSeesOverconfidence(t *testing.T) {
	t.Parallel()
	p, denied := make([]float64, 1000), make([]bool, 1000)
	for i := range p {
		p[i], denied[i] = 0.1, i%10 == 0
	}
	near(t, "honest", calibrationError(p, denied), 0, 1e-9)
	for i := range p {
		p[i] = 0.02
	}
	near(t, "overconfident", calibrationError(p, denied), 0.08, 1e-9)
}
