package backtest

import "github.com/hallpass-dev/hallpass/scoring/scorecard"

// book holds the cells of one set of decisions: for each attribute and each
// pair of the layout, how many requests were decided and denied.
type book struct {
	layout  scorecard.Layout
	all     scorecard.Cell
	singles [][]scorecard.Cell
	pairs   []map[uint64]scorecard.Cell
}

func newBook(l scorecard.Layout) *book {
	b := &book{layout: l, singles: make([][]scorecard.Cell, len(l.Attributes)), pairs: make([]map[uint64]scorecard.Cell, len(l.Pairs))}
	for i := range b.pairs {
		b.pairs[i] = map[uint64]scorecard.Cell{}
	}
	return b
}

// learn counts one decision; by is 1, or -1 to forget it again.
func (b *book) learn(row []uint32, denied bool, by int64) {
	d := int64(0)
	if denied {
		d = by
	}
	b.all.Decided += by
	b.all.Denied += d
	for i := range b.singles {
		v := int(row[i])
		for len(b.singles[i]) <= v {
			b.singles[i] = append(b.singles[i], make([]scorecard.Cell, v+1)...)
		}
		if v != 0 {
			b.singles[i][v].Decided += by
			b.singles[i][v].Denied += d
		}
	}
	for i, p := range b.layout.Pairs {
		if k := pairKey(row[p[0]], row[p[1]]); k != 0 {
			c := b.pairs[i][k]
			c.Decided += by
			c.Denied += d
			b.pairs[i][k] = c
		}
	}
}

// look copies a row's cells.
func (b *book) look(row []uint32, singles, pairs []scorecard.Cell) {
	for i := range b.singles {
		singles[i] = scorecard.Cell{}
		if v := int(row[i]); v != 0 && v < len(b.singles[i]) {
			singles[i] = b.singles[i][v]
		}
	}
	for i, p := range b.layout.Pairs {
		pairs[i] = b.pairs[i][pairKey(row[p[0]], row[p[1]])]
	}
}

// pairKey names a cell of two values; 0 where one of them is unknown.
func pairKey(a, b uint32) uint64 {
	if a == 0 || b == 0 {
		return 0
	}
	return uint64(a)<<32 | uint64(b)
}
