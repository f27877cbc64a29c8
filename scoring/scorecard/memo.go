package scorecard

// Memo remembers what cells came to, so that a request which is weighed several
// times with almost the same cells computes each once. The results are the same
// as with a new one each time. A memo serves one deck and one base.
type Memo struct {
	singles []single
	pairs   []pair
}

// NewMemo makes a memo, which remembers nothing yet, for a layout with so many
// attributes and pairs.
func NewMemo(attributes, pairs int) Memo {
	return Memo{singles: make([]single, attributes), pairs: make([]pair, pairs)}
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
	cell     Cell
	known    [4]bool
	measured [4]Fixed
}

// measure is one of a pair's measurements, given its halves.
func (p *pair) measure(b Base, what int, x, y *single, s Smoothing) Fixed {
	if !p.known[what] {
		p.known[what], p.measured[what] = true, b.measure(what, p.cell, x, y, s)
	}
	return p.measured[what]
}

// The places of a pair's measurements.
const (
	pairExcess = iota
	pairRefusals
	pairNovelty
	pairAffinity
)

// measure brings the memo up to date with a request's cells: what it knows of
// others is forgotten.
func (m *Memo) measure(b Base, attributes, pairs []Cell, halves [][2]int, s Smoothing) {
	var changed uint64 // attributes, as bits
	for i, cell := range attributes {
		if e := &m.singles[i]; !e.known || e.cell != cell {
			*e = single{cell: cell, known: true, excess: b.Excess(cell, s.Single)}
			changed |= 1 << i
		}
	}
	for i, cell := range pairs {
		h := halves[i]
		if p := &m.pairs[i]; p.cell != cell {
			p.cell, p.known = cell, [4]bool{}
		} else if (changed>>h[0]|changed>>h[1])&1 != 0 {
			p.known[pairExcess], p.known[pairAffinity] = false, false // the halves' part in them
		}
	}
}
