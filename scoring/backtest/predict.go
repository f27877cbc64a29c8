package backtest

import (
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// Line is one request's score.
type Line struct {
	PDeny   int   // calibrated likelihood of refusal, parts per million
	Score   int   // 0–100
	Raw     int   // before clipping
	Points  []int // base first, then one an attribute, then one a pair
	logOdds scorecard.Fixed
}

// predict scores requests with what was learned, learning nothing from them.
func (m *model) predict(rows [][]uint32) []Line {
	base := scorecard.NewBase(m.book.all, m.reference)
	singles, pairs := m.cellRoom()
	memo := m.memo()
	out := make([]Line, len(rows))
	parts := make([]scorecard.Fixed, 1+len(singles)+len(pairs))
	x := make([]scorecard.Fixed, m.deck.Terms())
	for i, row := range rows {
		m.book.look(row, singles, pairs)
		card, z := m.deck.Weigh(base, singles, pairs, x, &memo)
		clear(parts)
		parts[0] = base.LogOdds() + card.Bias()
		for j, v := range x[:card.Terms()] {
			at, pair := card.Place(j)
			if pair {
				at += len(singles)
			}
			parts[1+at] += v
		}
		l := Line{logOdds: z, PDeny: scorecard.PPM(m.calibration.Apply(z)), Points: make([]int, len(parts))}
		l.Raw = scorecard.Points(parts, l.Points) + scorecard.EvenOdds
		l.Points[0] += scorecard.EvenOdds
		l.Score = min(max(l.Raw, 0), 100)
		out[i] = l
	}
	return out
}
