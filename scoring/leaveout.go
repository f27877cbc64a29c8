package scoring

import (
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// weighty is which part of a cell's credited decisions an approver must have
// given for the cell to show their absence: one in so many.
const weighty = 16

// leading lists who approved most in one of a request's cells and makes up
// enough of it to matter. Nobody else can open a door alone: in each cell
// somebody on the list did more for it.
func (f *found) leading(who *[len(found{})]uint32) []uint32 {
	n := 0
	for i := range f {
		c := &f[i]
		if c.key == 0 || slices.Contains(who[:n], c.lead) {
			continue
		}
		if _, own := c.share.credit(); own*weighty >= c.decided {
			who[n] = c.lead
			n++
		}
	}
	return who[:n]
}

// leaveOneOut finds the approver without whose answers the request would look
// worst, and notes the counts without them.
func (m *Weights) leaveOneOut(w *World, s *subject, at time.Time, cells *found, o *observation) {
	var room [len(found{})]uint32
	approvers := cells.leading(&room)
	n := len(approvers)
	base := m.base(o)
	var without tallies
	memo := scorecard.NewMemo(singles, pairs)
	var highest, owned fixed
	var own ownCells
	var shares [len(found{})]othersOf
	w.fetch(cells, approvers, shares[:n])
	for i, a := range approvers {
		w.leavingOut(cells, a, &shares[i], &without)
		if next := w.ownHistory(s, at, a); i == 0 || next != own {
			own, owned = next, m.own(base, &next)
		}
		_, z := m.cells(base, &without, nil, &memo)
		if z += owned; i == 0 || z > highest {
			highest, o.without, o.ownOut = z, without, own
		}
	}
	if n > 0 {
		o.alone = portion{1, int64(n)}
	}
}

// othersOf are the keys of one approver's shares in a request's cells; 0 where
// the approver leads or has none.
type othersOf [len(found{})]uint64

// fetch names the approvers' shares, and brings them into reach all at once.
func (w *World) fetch(cells *found, approvers []uint32, shares []othersOf) {
	var keys [len(found{}) * len(found{})]uint64
	n := 0
	for i, a := range approvers {
		mixed := mix(uint64(a))
		for j := range cells {
			if cells[j].elsewhere(a) {
				k := otherKey(cells[j].key, mixed)
				shares[i][j], keys[n] = k, k
				n++
			}
		}
	}
	w.cells.others.touch(keys[:n])
}

// leavingOut counts the cells without one approver's answers.
func (w *World) leavingOut(cells *found, approver uint32, others *othersOf, t *tallies) {
	for i := range cells {
		c := &cells[i]
		var s share
		if others[i] != 0 {
			s = w.cells.others.get(others[i])
		} else if c.key != 0 && c.lead == approver {
			s = c.share
		}
		if i < singles {
			t.single[i] = c.without(s)
		} else {
			t.pair[i-singles] = c.without(s)
		}
	}
}
