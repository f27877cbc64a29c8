package backtest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

func TestCalibrationMendsOverconfidenceAndKeepsOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	z, denied := make([]float64, 30_000), make([]bool, 30_000)
	for i := range z {
		z[i] = -3 + 1.5*r.NormFloat64()
		denied[i] = r.Float64() < 1/(1+math.Exp(-(z[i]*0.6-0.5))) // the truth is flatter than z says
	}
	c, err := scorecard.NewCalibration(calibrate(z, denied))
	if err != nil {
		t.Fatal(err)
	}
	said, mended := make([]float64, len(z)), make([]float64, len(z))
	for i := range z {
		said[i] = 1 / (1 + math.Exp(-z[i]))
		mended[i] = float64(scorecard.PPM(c.Apply(scorecard.Millionths(int64(z[i]*1e6))))) / 1e6
	}
	before, after := calibrationError(said, denied), calibrationError(mended, denied)
	if before < 0.02 || after > 0.01 {
		t.Errorf("calibration error went from %v to %v, want from above 0.02 to below 0.01", before, after)
	}
	if a, b := auc(said, denied), auc(mended, denied); math.Abs(a-b) > 1e-3 {
		t.Errorf("calibration changed the order: AUC %v became %v", a, b)
	}
}

func TestCalibrationNeedsDenials(t *testing.T) {
	t.Parallel()
	for name, denied := range map[string][]bool{"none": make([]bool, 50), "empty": {}, "all": {true, true}} {
		z := make([]float64, len(denied))
		for i := range z {
			z[i] = float64(i)
		}
		if _, err := scorecard.NewCalibration(calibrate(z, denied)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
