package scoring

import (
	"slices"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// leaders are the cells whose leading approvers are left out one at a time:
// whoever could open a door alone leads one of them.
var leaders = [...]int{
	singles + 0, // entitlement and manager
	atEntitlement,
	atManager,
	singles + 1, // entitlement and department
}

// leaveOneOut finds the approver without whose answers the request would look
// worst, and notes the counts without them.
func (m *Weights) leaveOneOut(w *World, s *subject, cells *found, o *observation) {
	var approvers [len(leaders)]uint32
	n := 0
	for _, i := range leaders {
		if c := &cells[i]; c.key != 0 && !slices.Contains(approvers[:n], c.lead) {
			approvers[n] = c.lead
			n++
		}
	}
	base := m.base(o)
	var without tallies
	var x [maxTerms]fixed
	var memo scorecard.Memo
	var highest scorecard.Fixed
	w.fetch(cells, approvers[:n])
	for i, a := range approvers[:n] {
		w.leavingOut(cells, a, &without)
		own := w.ownHistory(s, a)
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
	var keys [len(leaders) * len(found{})]uint64
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
