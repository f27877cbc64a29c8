package scorecard

// pointsPerNat is 10/ln 2 in units of 2^-24: ten points are twice the odds.
const pointsPerNat Fixed = 242044063

// EvenOdds is the points at which refusal is as likely as approval.
const EvenOdds = 100

// Points turns contributions to the log-odds into whole points that add up
// exactly to the rounded total: each contribution is rounded down, and what is
// missing goes to those that lost most, the earlier first. It returns the
// total. points must be as long as parts.
func Points(parts []Fixed, points []int) int {
	var sum Fixed
	given := 0
	for i, p := range parts {
		scaled := p.Mul(pointsPerNat)
		sum += scaled
		points[i] = int(scaled >> 24)
		given += points[i]
	}
	total := int((sum + One/2) >> 24)
	for ; given < total; given++ {
		best, loss := 0, Fixed(-1<<62)
		for i, p := range parts {
			scaled := p.Mul(pointsPerNat)
			if l := scaled - Fixed(points[i])<<24; l > loss {
				best, loss = i, l
			}
		}
		points[best]++
	}
	return total
}
