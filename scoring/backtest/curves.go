package backtest

import "math"

// Point is one point of a curve.
type Point struct{ X, Y float64 }

// Curves are what a person looks at before writing a threshold into a policy.
type Curves struct {
	ROC         []Point // share of approvals above a threshold, share of refusals above it
	Calibration []Point // likelihood said, share refused; 20 groups of equal size
	Leak        []Point // share of requests below a threshold, share of those refused
	Thresholds  []Coverage
	Limits      []ScoreLimit
}

// curvePoints is how many points a curve has at most.
const curvePoints = 200

func (p *prediction) curves() (c Curves) {
	r := rank(p.p, p.denied)
	var denials float64
	for _, x := range r {
		if x.denied {
			denials++
		}
	}
	var d, a float64
	every := max(len(r)/curvePoints, 1)
	c.ROC = append(c.ROC, Point{1, 1})
	for i, x := range r {
		if x.denied {
			d++
		} else {
			a++
		}
		if (i+1)%every == 0 || i+1 == len(r) {
			c.ROC = append(c.ROC, Point{1 - a/math.Max(float64(len(r))-denials, 1), 1 - d/math.Max(denials, 1)})
			c.Leak = append(c.Leak, Point{float64(i+1) / float64(len(r)), d / float64(i+1)})
		}
	}
	for _, b := range calibration(p.p, p.denied, calibrationBins) {
		c.Calibration = append(c.Calibration, Point{b.predicted, b.refused})
	}
	for _, below := range []float64{0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1} {
		c.Thresholds = append(c.Thresholds, coverage(p.p, p.denied, below))
	}
	c.Limits = p.scoreLimits()
	return c
}
