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
		left = make([]int64, len(parts))
	}
	var sum Fixed
	kept, given := 0, 0
	for i, p := range parts {
		scaled := p.Mul(pointsPerNat)
		sum += scaled
		points[i] = int(scaled >> 24)
		lost := int64(scaled & (One - 1))
		left[kept] = lost<<placeBits | int64(lastPlace-i)
		if lost != 0 {
			kept++
		}
		given += points[i]
	}
	total := int((sum + One/2) >> 24)
	share(left[:kept], total-given, points)
	return total
}

// What is left of a contribution stands above its place, counted from the end:
// of two that lost as much the earlier is larger.
const (
	placeBits = 16
	lastPlace = 1<<placeBits - 1
	classBits = placeBits + 24 - 4 // above these stands in which sixteenth of a point the loss lies
)

// share gives the missing points to the largest of what is left, one each. They
// are fewer than what is left. Whole sixteenths are served at once, and what is
// served is marked by -1, without asking of each whether it is.
func share(left []int64, missing int, points []int) {
	var sizes [16]int
	for _, l := range left {
		sizes[l>>classBits]++
	}
	class := len(sizes) - 1
	for class > 0 && missing >= sizes[class] {
		missing -= sizes[class]
		class--
	}
	for i, l := range left {
		served := (int64(class) - l>>classBits) >> 63 // -1, or 0 of this class and those below it
		points[lastPlace-int(l&lastPlace)] -= int(served)
		left[i] = l | served
	}
	for ; missing > 0; missing-- {
		most, at := int64(-1), 0
		for i, l := range left {
			if l > most {
				most, at = l, i
			}
		}
		points[lastPlace-int(most&lastPlace)]++
		left[at] = -1
	}
}
