package backtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// file is the model as it is stored.
func (m *model) file(version, fitted string) scorecard.File {
	return scorecard.File{
		Version: version, Fitted: fitted, ReferenceRate: m.reference, Smoothing: m.smoothing,
		Profiles: m.profiles, Calibration: m.knots,
	}
}

// newModelWithin lays out those attributes and pairs of a table that a layout
// knows, in its order. Without attributes it knows all.
func newModelWithin(t *Table, l scorecard.Layout) (*model, error) {
	if len(l.Attributes) == 0 {
		return newModel(t), nil
	}
	known := &Table{Rows: make([][]uint32, len(t.Rows))}
	for _, a := range l.Attributes {
		c := t.column(a)
		if c < 0 && slices.Contains(scorecard.Anchors, a) {
			return nil, approvals.Errorf(approvals.CodeInvalid, "The history has no column %q, without which no weights can be fitted: add it.", a)
		}
		if c < 0 {
			continue
		}
		known.Columns = append(known.Columns, a)
		for i, row := range t.Rows {
			known.Rows[i] = append(known.Rows[i], row[c])
		}
	}
	m := newModel(known)
	m.layout.Pairs = slices.DeleteFunc(m.layout.Pairs, func(p [2]int) bool {
		return !slices.ContainsFunc(l.Pairs, func(k [2]int) bool {
			return l.Attributes[k[0]] == m.layout.Attributes[p[0]] && l.Attributes[k[1]] == m.layout.Attributes[p[1]]
		})
	})
	return m, nil
}

// borrow makes a model of weights fitted elsewhere, with the cells of a
// history. Terms of attributes that the history lacks are left out; so are
// attributes that the weights do not know.
func borrow(f scorecard.File, t *Table) (*model, error) {
	m := &model{borrowed: true, profiles: map[string]scorecard.Profile{}, layout: paired(spokenOf(f, t))}
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

// spokenOf are the columns of a history that weights speak of, and its anchors.
func spokenOf(f scorecard.File, t *Table) (attributes []string) {
	known := slices.Clone(scorecard.Anchors)
	for _, p := range f.Profiles {
		for _, term := range p.Terms {
			a, b, _ := strings.Cut(term.Of, "+")
			known = append(known, a, b)
		}
	}
	for _, c := range t.Columns {
		if slices.Contains(known, c) {
			attributes = append(attributes, c)
		}
	}
	return attributes
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
