package backtest

import (
	"math"
	"slices"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// groupDenials is how many denials a calibration group holds at least: with
// 100 its rate is known to a tenth of itself.
const groupDenials = 100

// calibrate cuts measured decisions, by rising log-odds, into groups that hold
// enough denials each, and ties every group's log-odds to its own rate. Within
// a group the likelihood rises from three quarters to five quarters of the
// rate: finer differences are beyond what so many decisions can tell.
func calibrate(z []float64, denied []bool) []scorecard.Knot {
	r := rank(z, denied)
	var knots []scorecard.Knot
	put := func(from, rate float64) {
		rate = min(max(rate, 1e-6), 1-1e-6)
		from = min(max(from, -29), 29)
		k := scorecard.Knot{int64(math.Round(from * 1e6)), int64(math.Round(math.Log(rate/(1-rate)) * 1e6))}
		if n := len(knots); n > 0 {
			k[0], k[1] = max(k[0], knots[n-1][0]+1), max(k[1], knots[n-1][1]+1)
		}
		knots = append(knots, k)
	}
	groups := cutGroups(r)
	for i, g := range groups {
		rate := g.rate()
		low, high := 0.75*rate, 1.25*rate
		if i > 0 {
			low = max(low, math.Sqrt(rate*groups[i-1].rate()))
		}
		if i+1 < len(groups) {
			high = min(high, math.Sqrt(rate*groups[i+1].rate()))
		}
		put(g.of[0].p, low)
		put(g.of[len(g.of)/2].p, rate)
		put(g.of[len(g.of)-1].p, min(high, 0.999))
	}
	return knots
}

type calibrationGroup struct {
	of     []ranked
	denied int
}

func (g calibrationGroup) rate() float64 {
	return (float64(g.denied) + 0.5) / (float64(len(g.of)) + 1)
}

// cutGroups cuts ranked decisions, from the safest on, whenever a group has
// enough denials, and joins neighbours whose rates do not rise.
func cutGroups(r []ranked) []calibrationGroup {
	var groups []calibrationGroup
	var g calibrationGroup
	for i, x := range r {
		g.of = r[i-len(g.of) : i+1]
		if x.denied {
			g.denied++
		}
		if g.denied >= groupDenials {
			groups = append(groups, g)
			g = calibrationGroup{}
		}
	}
	if len(g.of) > 0 {
		groups = append(groups, g)
	}
	for i := 1; i < len(groups); {
		a, b := groups[i-1], groups[i]
		if a.rate() < b.rate() && b.denied >= groupDenials/2 {
			i++
			continue
		}
		n := len(r) - remaining(groups[i+1:])
		joined := calibrationGroup{of: r[n-len(a.of)-len(b.of) : n], denied: a.denied + b.denied}
		groups = slices.Replace(groups, i-1, i+1, joined)
		i = max(i-1, 1)
	}
	return groups
}

func remaining(groups []calibrationGroup) (n int) {
	for _, g := range groups {
		n += len(g.of)
	}
	return n
}
