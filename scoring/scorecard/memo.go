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

// pair is what a pair's cell came to, given those of its halves.
type pair struct {
	cell     Cell
	measured [4]Fixed
}

// The places of a pair's measurements.
const (
	pairExcess = iota
	pairRefusals
	pairNovelty
	pairAffinity
)

// measure brings the memo up to date with a request's cells: what it knows of
// others is forgotten. The excess of a pair is left out, or that of other cells,
// unless it is wanted; so is what it costs, the greater part.
func (m *Memo) measure(b Base, attributes, pairs []Cell, halves [][2]int, s Smoothing, wanted []bool) {
	var changed uint64 // attributes, as bits
	for i, cell := range attributes {
		if e := &m.singles[i]; !e.known || e.cell != cell {
			*e = single{cell: cell, known: true, excess: b.Excess(cell, s.Single)}
			changed |= 1 << i
		}
	}
	for i, cell := range pairs {
		h, p := halves[i], &m.pairs[i]
		if p.cell == cell && (changed>>h[0]|changed>>h[1])&1 == 0 {
			continue
		}
		x, y := &m.singles[h[0]], &m.singles[h[1]]
		p.cell = cell
		p.measured[pairRefusals], p.measured[pairNovelty], p.measured[pairAffinity] = refusals(cell), novelty(cell), b.affinity(cell, x.cell, y.cell)
		if wanted[i] {
			p.measured[pairExcess] = b.pair(cell, x.excess+y.excess, s)
		}
	}
}
