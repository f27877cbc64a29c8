package scoring

import (
	"slices"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// The attributes whose decisions are counted, in the order of layout.
const (
	atEntitlement = iota
	atManager
	atDepartment
	atTitle
	atLocation
	atFunction
	singles
)

// maxSingles leaves room in cell keys for attributes to come.
const maxSingles = 16

// layout is the order of cells in Facts and in the weights file.
var layout = scorecard.Layout{
	Attributes: []string{"entitlement", "manager", "department", "title", "location", "function"},
	Pairs: [][2]int{
		{atEntitlement, atManager},
		{atEntitlement, atDepartment},
		{atEntitlement, atTitle},
		{atEntitlement, atLocation},
		{atManager, atTitle},
		{atDepartment, atTitle},
		{atManager, atFunction},
	},
}

// Layout is what decisions are counted by: the attributes and pairs of them that
// weights may speak of.
func Layout() scorecard.Layout {
	return scorecard.Layout{Attributes: slices.Clone(layout.Attributes), Pairs: slices.Clone(layout.Pairs)}
}

// pairs is the number of pairs in layout; a test keeps the two equal.
const pairs = 7

// tallies are the counts of one request's cells.
type tallies struct {
	single [singles]scorecard.Cell
	pair   [pairs]scorecard.Cell
}

// forget empties an attribute's cells.
func (t *tallies) forget(attribute int) {
	t.single[attribute] = scorecard.Cell{}
	for i, h := range layout.Pairs {
		if h[0] == attribute || h[1] == attribute {
			t.pair[i] = scorecard.Cell{}
		}
	}
}

// keys are the cells of one combination of attribute values: singles, then
// pairs. 0: the value is unknown.
type keys [singles + pairs]cellKey

// pairOf is layout.Pairs in a form that is read quickly.
var pairOf = func() (of [pairs][2]uint8) {
	for i, p := range layout.Pairs {
		of[i] = [2]uint8{uint8(p[0]), uint8(p[1])}
	}
	return of
}()

// keysOf names the cells of attribute values; index 0 stands for unknown.
func keysOf(values *[singles]uint32) (k keys) {
	for i, v := range values {
		if v != 0 {
			k[i] = singleKey(i, v)
		}
	}
	for i, p := range &pairOf {
		if a, b := values[p[0]%singles], values[p[1]%singles]; a != 0 && b != 0 {
			k[singles+i] = pairKey(i, a, b)
		}
	}
	return k
}
