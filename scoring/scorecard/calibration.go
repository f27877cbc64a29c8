package scorecard

import "fmt"

// Knot ties log-odds as added up to log-odds as they came true, both in
// millionths.
type Knot [2]int64

// Calibration is a rising broken line through knots: what a sum of terms turned
// out to mean. Without knots it changes nothing. It never changes the order of
// two requests.
type Calibration struct{ from, to []Fixed }

// NewCalibration checks that knots rise in both directions.
func NewCalibration(knots []Knot) (Calibration, error) {
	var c Calibration
	for i, k := range knots {
		if i > 0 && (k[0] <= knots[i-1][0] || k[1] < knots[i-1][1]) {
			return c, fmt.Errorf("calibration: knot %d does not lie above the one before it", i+1)
		}
		if max(k[0], -k[0], k[1], -k[1]) > 30_000_000 {
			return c, fmt.Errorf("calibration: knot %d is beyond 30", i+1)
		}
		c.from, c.to = append(c.from, Millionths(k[0])), append(c.to, Millionths(k[1]))
	}
	return c, nil
}

// Apply gives the log-odds that came true where z was added up. Beyond the
// outermost knots the line goes on at a quarter of z's own slope: there is
// little experience there.
func (c Calibration) Apply(z Fixed) Fixed {
	n := len(c.from)
	switch {
	case n == 0:
		return z
	case z <= c.from[0]:
		return c.to[0] + (z-c.from[0])/4
	case z >= c.from[n-1]:
		return c.to[n-1] + (z-c.from[n-1])/4
	}
	i := 1
	for z > c.from[i] {
		i++
	}
	x0, x1, y0, y1 := c.from[i-1], c.from[i], c.to[i-1], c.to[i]
	return y0 + Fixed(int64(y1-y0)*int64(z-x0)/int64(x1-x0))
}
