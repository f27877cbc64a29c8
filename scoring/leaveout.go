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
	all := m.own(base, &o.own)
	var without tallies
	memo := scorecard.NewMemo(singles, pairs)
	var highest fixed
	var given [len(found{})]shares
	w.fetch(cells, approvers, given[:n])
	for i, a := range approvers {
		cells.leavingOut(&given[i], &without)
		_, z := m.cells(base, &without, nil, &memo)
		own, owned := o.own, all
		if w.answered(s.who, a) {
			own = w.ownHistory(s, at, a)
			owned = m.own(base, &own)
		}
		if z += owned; i == 0 || z > highest {
			highest, o.without, o.ownOut = z, without, own
		}
	}
	if n > 0 {
		o.alone = portion{1, int64(n)}
	}
}

// shares are what one approver decided in each of a request's cells.
type shares [len(found{})]share

// fetch finds the approvers' shares. Of a pair they are looked for only where
// there are some in both of its halves, since every decision counts in these too.
func (w *World) fetch(cells *found, approvers []uint32, given []shares) {
	w.fetchSome(cells, approvers, given, 0, singles)
	w.fetchSome(cells, approvers, given, singles, len(cells))
}

// fetchSome finds the shares in some of the cells. What may lie anywhere in
// memory is asked for all at once.
func (w *World) fetchSome(cells *found, approvers []uint32, given []shares, from, to int) {
	var keys [len(found{}) * pairs]uint64 // there are more pairs than attributes
	var at [len(keys)]*share
	n := 0
	for i, a := range approvers {
		mixed := mix(uint64(a))
		for j := from; j < to; j++ {
			c, s := &cells[j], &given[i][j]
			if j >= singles {
				if h := layout.Pairs[j-singles]; given[i][h[0]].decided == 0 || given[i][h[1]].decided == 0 {
					continue
				}
			}
			switch {
			case c.elsewhere(a):
				keys[n], at[n] = otherKey(c.key, mixed), s
				n++
			case c.key != 0 && c.lead == a:
				*s = c.share
			}
		}
	}
	w.cells.others.touch(keys[:n])
	for i, s := range at[:n] {
		*s = w.cells.others.get(keys[i])
	}
}

// leavingOut counts the cells without one approver's answers.
func (f *found) leavingOut(given *shares, t *tallies) {
	for i := range t.single {
		t.single[i] = f[i].without(given[i])
	}
	for i := range t.pair {
		t.pair[i] = f[singles+i].without(given[singles+i])
	}
}
