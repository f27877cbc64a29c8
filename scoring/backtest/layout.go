package backtest

import (
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// newLayout pairs all attributes that say something of their own: a column
// whose words follow one to one from another's is left out, the later one, but
// never an anchor. So is one that has one value, or nearly as many as rows: a
// request's number or time says nothing of any other request.
func newLayout(t *Table) scorecard.Layout {
	var columns []int
	for _, anchors := range []bool{true, false} {
		for c, name := range t.Columns {
			if slices.Contains(scorecard.Anchors, name) == anchors && (anchors || t.tells(c)) &&
				(anchors || !slices.ContainsFunc(columns, func(e int) bool { return t.twins(e, c) })) {
				columns = append(columns, c)
			}
		}
	}
	slices.Sort(columns)
	var attributes []string
	for _, c := range columns {
		attributes = append(attributes, t.Columns[c])
	}
	return paired(attributes)
}

// paired is the layout of attributes with each two of them.
func paired(attributes []string) (l scorecard.Layout) {
	l.Attributes = attributes
	for a := range attributes {
		for b := a + 1; b < len(attributes); b++ {
			l.Pairs = append(l.Pairs, [2]int{a, b})
		}
	}
	return l
}

// telling is from how many rows on it is judged whether a column's values
// return often enough to tell anything.
const telling = 1000

// tells reports whether a column may tell requests apart.
func (t *Table) tells(c int) bool {
	if len(t.Rows) < telling {
		return true
	}
	values := map[uint32]bool{}
	for _, r := range t.Rows {
		values[r[c]] = true
	}
	return len(values) > 1 && 2*len(values) <= len(t.Rows)
}

// twins reports whether two columns divide the rows alike.
func (t *Table) twins(a, b int) bool {
	there, back := map[uint32]uint32{}, map[uint32]uint32{}
	for _, r := range t.Rows {
		x, y := r[a], r[b]
		if v, ok := there[x]; ok && v != y {
			return false
		}
		if v, ok := back[y]; ok && v != x {
			return false
		}
		there[x], back[y] = y, x
	}
	return true
}

// leftOut says which columns of a history are not counted; "" for none.
func (m *model) leftOut(history *Table) string {
	var out []string
	for _, c := range history.Columns {
		if !slices.Contains(m.layout.Attributes, c) {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; not counted: " + strings.Join(out, ", ")
}

// lacking says which columns that are counted some requests do not have at all.
func (m *model) lacking(requests *Table) string {
	var out []string
	for _, a := range m.layout.Attributes {
		if requests.column(a) < 0 && (a != positionName || m.positions == nil) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; unknown, since the requests have no such column: " + strings.Join(out, ", ")
}
