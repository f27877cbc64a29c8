package backtest

import (
	"slices"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// baseline is a simpler method of telling refusals from approvals, for
// comparison. It returns one number a request, higher for likelier refusal.
type baseline struct {
	name  string
	needs string // the column without which it can tell nothing
	score func(history, requests *Table) []float64
}

// baselines are the methods that products and papers describe.
var baselines = []baseline{
	{"entitlement's rate of denial", "entitlement", func(h, r *Table) []float64 { return rateOf(h, r, "entitlement") }},
	{"manager's rate of denial", "manager", func(h, r *Table) []float64 { return rateOf(h, r, "manager") }},
	{"peers in the department who hold it", "department", peerPrevalence},
	{"word overlap of the three closest holders", "entitlement", closestHolders},
}

// rateOf is the smoothed rate of denial among decisions with an equal value.
func rateOf(h, r *Table, column string) []float64 {
	out := make([]float64, len(r.Rows))
	c := h.column(column)
	if c < 0 {
		return out
	}
	cells := map[uint32]scorecard.Cell{}
	for i, row := range h.Rows {
		cell := cells[row[c]]
		cell.Decided++
		if h.Denied[i] {
			cell.Denied++
		}
		cells[row[c]] = cell
	}
	rate := float64(h.denials()) / float64(max(len(h.Rows), 1))
	for i, row := range r.Rows {
		cell := cells[row[c]]
		out[i] = (float64(cell.Denied) + 20*rate) / (float64(cell.Decided) + 20)
	}
	return out
}

// peerPrevalence counts the requests of a department that were given the
// entitlement. Measured, the count tells more than its share of the department.
func peerPrevalence(h, r *Table) []float64 {
	out := make([]float64, len(r.Rows))
	e, d := h.column("entitlement"), h.column("department")
	if e < 0 || d < 0 {
		return out
	}
	holders := map[uint64]float64{}
	for i, row := range h.Rows {
		if !h.Denied[i] {
			holders[pairKey(row[e], row[d])]++
		}
	}
	for i, row := range r.Rows {
		out[i] = -holders[pairKey(row[e], row[d])]
	}
	return out
}

// closestHolders compares a request's attributes, as words, with those of the
// people who were given the entitlement before, and takes the three closest.
func closestHolders(h, r *Table) []float64 {
	e := h.column("entitlement")
	holders := map[uint32][][]uint32{}
	for i, row := range h.Rows {
		if !h.Denied[i] {
			holders[row[e]] = append(holders[row[e]], row)
		}
	}
	out := make([]float64, len(r.Rows))
	for i, row := range r.Rows {
		overlaps := []float64{0, 0, 0} // fewer than three holders: the missing ones share nothing
		for _, other := range holders[row[e]] {
			overlaps = append(overlaps, overlap(row, other, e))
		}
		slices.Sort(overlaps)
		best := overlaps[len(overlaps)-3:]
		out[i] = 1 - (best[0]+best[1]+best[2])/3
	}
	return out
}

// overlap is the Jaccard index of two rows' words, one column left out.
func overlap(a, b []uint32, except int) float64 {
	same, n := 0.0, 0.0
	for c := range a {
		if c != except {
			n++
			if a[c] != 0 && a[c] == b[c] {
				same++
			}
		}
	}
	return same / max(2*n-same, 1)
}

// auc measures a baseline on the folds of a validation.
func (b baseline) auc(t *Table, fold []int, k int) float64 {
	p := make([]float64, len(t.Rows))
	for f := range k {
		outside, inside := split(fold, f)
		for i, v := range b.score(t.subset(outside), t.subset(inside)) {
			p[inside[i]] = v
		}
	}
	return auc(p, t.Denied)
}
