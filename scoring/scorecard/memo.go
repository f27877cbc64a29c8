package scorecard

// remembered is how many attributes and pairs a Memo has room for; more are
// computed each time.
const remembered = 16

// Memo remembers what cells came to, so that a request which is weighed several
// times with almost the same cells computes each once. The results are the same
// with and without it. Its zero value remembers nothing yet. A memo serves one
// deck and one base.
type Memo struct {
	singles [remembered]single
	pairs   [remembered]pair
}

// single is what one attribute's cell came to.
type single struct {
	cell   Cell
	known  bool
	excess Fixed
}

// pair is what a pair's cell came to, given those of its halves. What no term
// asked for is not known.
type pair struct {
	cell, x, y Cell
	known      [4]bool
	measured   [4]Fixed
}

// The places of a pair's measurements.
const (
	pairExcess = iota
	pairRefusals
	pairNovelty
	pairAffinity
)

// of empties the entry where it is of other cells.
func (p *pair) of(cell, x, y Cell) *pair {
	if p.cell != cell || p.x != x || p.y != y {
		*p = pair{cell: cell, x: x, y: y}
	}
	return p
}

func (s *single) of(b Base, c Cell, smoothing uint64) Fixed {
	if !s.known || s.cell != c {
		*s = single{cell: c, known: true, excess: b.Excess(c, smoothing)}
	}
	return s.excess
}
