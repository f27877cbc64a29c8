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
	var x [maxTerms]fixed
	var memo scorecard.Memo
	var highest scorecard.Fixed
	w.fetch(cells, approvers)
	for i, a := range approvers {
		w.leavingOut(cells, a, &without)
		own := w.ownHistory(s, at, a)
		_, z := m.cells(base, &without, &x, &memo)
		if z += m.own(base, &own); i == 0 || z > highest {
			highest, o.without, o.ownOut = z, without, own
		}
	}
	if n > 0 {
		o.alone = portion{1, int64(n)}
	}
}

// fetch brings the approvers' shares into reach, all at once.
func (w *World) fetch(cells *found, approvers []uint32) {
	var keys [len(found{}) * len(found{})]uint64
	n := 0
	for _, a := range approvers {
		for i := range cells {
			if cells[i].elsewhere(a) {
				keys[n] = otherKey(cells[i].key, a)
				n++
			}
		}
	}
	w.cells.others.touch(keys[:n])
}

// leavingOut counts the cells without one approver's answers.
func (w *World) leavingOut(cells *found, approver uint32, t *tallies) {
	for i := range cells {
		c := w.cells.without(&cells[i], approver)
		if i < singles {
			t.single[i] = c
		} else {
			t.pair[i-singles] = c
		}
	}
}
