package backtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// file is the model as it is stored.
func (m *model) file(version, fitted string) scorecard.File {
	return scorecard.File{
		Version: version, Fitted: fitted, ReferenceRate: m.reference, Smoothing: m.smoothing,
		Profiles: m.profiles, Calibration: m.knots,
	}
}

// borrow makes a model of weights fitted elsewhere, with the cells of a
// history. Terms of attributes that the history lacks are left out; so are
// attributes that the weights do not know.
func borrow(f scorecard.File, t *Table) (*model, error) {
	m := newModel(t)
	m.reference, m.smoothing, m.knots = f.ReferenceRate, f.Smoothing, f.Calibration
	var err error
	if m.calibration, err = scorecard.NewCalibration(f.Calibration); err != nil {
		return nil, fmt.Errorf("use weights: %w", err)
	}
	for name, p := range f.Profiles {
		kept := scorecard.Profile{Bias: p.Bias}
		for _, term := range p.Terms {
			if of, ok := m.place(term.Of); ok {
				term.Of = of
				kept.Terms = append(kept.Terms, term)
			}
		}
		m.profiles[name] = kept
	}
	if m.deck, err = scorecard.NewDeck(m.profiles, m.layout, f.Smoothing); err != nil {
		return nil, fmt.Errorf("use weights: %w", err)
	}
	m.learn(t)
	return m, nil
}

// place finds an attribute or pair in the layout, whichever way round.
func (m *model) place(of string) (string, bool) {
	a, b, pair := strings.Cut(of, "+")
	if !pair {
		return of, slices.Contains(m.layout.Attributes, a)
	}
	for i := range m.layout.Pairs {
		if n := m.layout.PairName(i); n == of || n == b+"+"+a {
			return n, true
		}
	}
	return "", false
}
