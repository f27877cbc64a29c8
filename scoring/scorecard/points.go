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
	var room [64]int64
	left := room[:]
	if len(parts) > len(room) {
		left = make([]int64, len(parts)+lookedAtOnce)
	}
	kept := 0
	var sum Fixed
	given := 0
	for i, p := range parts {
		scaled := p.Mul(pointsPerNat)
		sum += scaled
		points[i] = int(scaled >> 24)
		lost := int64(scaled & (One - 1))
		left[kept] = lost<<(2*placeBits) | int64(lastPlace-i)<<placeBits | int64(kept)
		if lost != 0 {
			kept++
		}
		given += points[i]
	}
	total := int((sum + One/2) >> 24)
	for kept%lookedAtOnce != 0 {
		left[kept] = -1
		kept++
	}
	left = left[:kept]
	for ; given < total; given++ {
		most := largest(left)
		points[lastPlace-int(most>>placeBits&lastPlace)]++
		left[most&lastPlace] = -1
	}
	return total
}

// lookedAtOnce is how many numbers are looked at side by side, so that none
// waits for the one before it.
const lookedAtOnce = 4

// largest is the largest of so many numbers that nothing remains when they are
// taken four at a time.
func largest(of []int64) int64 {
	a, b, c, d := int64(-1), int64(-1), int64(-1), int64(-1)
	for ; len(of) >= lookedAtOnce; of = of[lookedAtOnce:] {
		a, b, c, d = max(a, of[0]), max(b, of[1]), max(c, of[2]), max(d, of[3])
	}
	return max(a, b, c, d)
}

// What is left of a contribution is compared together with its place, counted
// from the end: of two that lost as much the earlier is larger. Below these bits
// stands where it is kept.
const (
	placeBits = 16
	lastPlace = 1<<placeBits - 1
)
