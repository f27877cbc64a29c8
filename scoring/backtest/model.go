package backtest

import (
	"context"
	"math"
	"slices"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// innerFolds is into how many parts training decisions are cut, so that each
// is measured with cells that do not include it.
const innerFolds = 20

// innerSeed deals the inner folds; it is fixed so that equal histories give
// equal weights.
const innerSeed = 7

// ridge is the penalty on squared weights, in decisions' worth of loss.
const ridge = 2

// smoothing is what cells are worth before their own decisions, as the shipped
// weights have it.
var smoothing = scorecard.Smoothing{Single: 20, Pair: 2, Share: 400_000}

// model is what was learned of a history: its cells, and one profile of weights
// for each combination of known anchors.
type model struct {
	layout      scorecard.Layout
	reference   int64
	smoothing   scorecard.Smoothing
	book        *book
	profiles    map[string]scorecard.Profile
	deck        *scorecard.Deck
	calibration scorecard.Calibration
	knots       []scorecard.Knot
	positions   *positions // nil: they are not counted
	borrowed    bool       // the weights were fitted elsewhere
	origin      string     // where the weights come from, for people
}

// allTerms is a profile with every term that does not speak of the attributes
// left out. Their weights are yet to be fitted.
func allTerms(l scorecard.Layout, without []int) (p scorecard.Profile) {
	for i, a := range l.Attributes {
		if !slices.Contains(without, i) {
			p.Terms = append(p.Terms, scorecard.Term{Kind: scorecard.Above, Of: a}, scorecard.Term{Kind: scorecard.Below, Of: a})
		}
	}
	for i, h := range l.Pairs {
		if slices.Contains(without, h[0]) || slices.Contains(without, h[1]) {
			continue
		}
		for _, k := range []scorecard.Kind{scorecard.Above, scorecard.Below, scorecard.Refusals, scorecard.Novelty, scorecard.Affinity} {
			p.Terms = append(p.Terms, scorecard.Term{Kind: k, Of: l.PairName(i)})
		}
	}
	return p
}

// train learns a history's cells, those of positions among them, and fits one
// profile for each combination of known anchors.
func train(ctx context.Context, t *Table) (*model, error) {
	m := newModel(t)
	m.seePositions(t)
	return m, m.fit(ctx, t)
}

// fit is train for a model whose layout is settled.
func (m *model) fit(ctx context.Context, t *Table) error {
	m.reference = int64(float64(t.denials()) * 1e6 / float64(max(len(t.Rows), 1)))
	rows := m.learn(t)
	for i, name := range scorecard.ProfileNames(m.layout) {
		if err := m.fitProfile(ctx, rows, t.Denied, name, scorecard.LeftOut(m.layout, i)); err != nil {
			return err
		}
	}
	var err error
	m.deck, err = scorecard.NewDeck(m.profiles, m.layout, m.smoothing)
	return err
}

// newModel lays out a table's attributes.
func newModel(t *Table) *model {
	m := &model{profiles: map[string]scorecard.Profile{}, smoothing: smoothing}
	m.layout = newLayout(t)
	return m
}

// learn counts a history's decisions.
func (m *model) learn(t *Table) [][]uint32 {
	m.book = newBook(m.layout)
	rows := m.rows(t)
	for i, r := range rows {
		m.book.learn(r, t.Denied[i], 1)
	}
	return rows
}

// rows brings a table's rows into the layout's order. Columns that the table
// lacks are unknown.
func (m *model) rows(t *Table) [][]uint32 {
	from := make([]int, len(m.layout.Attributes))
	for i, a := range m.layout.Attributes {
		from[i] = t.column(a)
	}
	out := make([][]uint32, len(t.Rows))
	for r, row := range t.Rows {
		out[r] = make([]uint32, len(from))
		for i, f := range from {
			if f >= 0 {
				out[r][i] = row[f]
			}
		}
		if m.positions != nil {
			m.positions.mark(out[r])
		}
	}
	return out
}

func (m *model) fitProfile(ctx context.Context, rows [][]uint32, denied []bool, name string, without []int) error {
	p := allTerms(m.layout, without)
	open, err := scorecard.Compile(p, m.layout, m.smoothing)
	if err != nil {
		return err
	}
	d := m.measure(open, rows, denied, m.innerFold(rows, denied, without))
	s, err := fit(ctx, d, ridge)
	if err != nil {
		return err
	}
	kept := p.Terms[:0]
	for i, t := range p.Terms {
		if t.Weight = int64(math.Round(s.weights[i] * 1e6)); t.Weight > 0 {
			kept = append(kept, t)
		}
	}
	p.Terms, p.Bias = kept, int64(math.Round(s.bias*1e6))
	m.profiles[name] = p
	if len(without) == 0 {
		z := make([]float64, len(rows))
		for i := range z {
			z[i] = d.offset[i] + s.bias
			for j, x := range d.x[i*d.terms : (i+1)*d.terms] {
				z[i] += s.weights[j] * x
			}
		}
		m.knots = calibrate(z, denied)
		m.calibration, err = scorecard.NewCalibration(m.knots)
	}
	return err
}

// innerFold deals training decisions into inner folds. A profile for requests
// whose manager or entitlement is new is fitted on folds that keep each
// manager's or entitlement's decisions together, so that it learns from cells
// in the state in which it will find them. Where both are new it is the manager
// who counts: a manager's people share departments and titles, whose cells
// would know him by them.
func (m *model) innerFold(rows [][]uint32, denied []bool, without []int) []int {
	if len(without) == 0 {
		return stratified(denied, innerFolds, innerSeed)
	}
	values := make([]uint32, len(rows))
	for i, r := range rows {
		values[i] = r[without[len(without)-1]]
	}
	return grouped(values, innerFolds, innerSeed)
}

// measure encodes every training decision with the cells of all inner folds
// but its own.
func (m *model) measure(c *scorecard.Card, rows [][]uint32, denied []bool, fold []int) *design {
	k := c.Terms()
	d := &design{x: make([]float64, len(rows)*k), terms: k, offset: make([]float64, len(rows)), denied: denied}
	singles, pairs := m.cellRoom()
	x := make([]scorecard.Fixed, k)
	for f := range innerFolds {
		_, inside := split(fold, f)
		for _, r := range inside {
			m.book.learn(rows[r], denied[r], -1)
		}
		base, memo := scorecard.NewBase(m.book.all, m.reference), m.memo()
		for _, r := range inside {
			m.book.look(rows[r], singles, pairs)
			c.Measure(base, singles, pairs, x, &memo)
			for j, v := range x {
				d.x[r*k+j] = v.Float()
			}
			d.offset[r] = base.LogOdds().Float()
		}
		for _, r := range inside {
			m.book.learn(rows[r], denied[r], 1)
		}
	}
	return d
}

// memo remembers nothing yet; it serves one base.
func (m *model) memo() scorecard.Memo {
	return scorecard.NewMemo(len(m.layout.Attributes), len(m.layout.Pairs))
}

func (m *model) cellRoom() (singles, pairs []scorecard.Cell) {
	return make([]scorecard.Cell, len(m.layout.Attributes)), make([]scorecard.Cell, len(m.layout.Pairs))
}
