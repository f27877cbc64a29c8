package backtest

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// Result is everything that a cross-validation found.
type Result struct {
	Decisions, Denials, Folds int
	Origins                   []string // with which weights, and what was not counted, for people
	Borrowed                  bool     // the weights were not fitted outside each part
	Bot                       bool     // only what the bot counts was counted
	Figures                   Figures
	Unseen                    []Unseen
	Flags                     []Flags
	Baselines                 []Baseline
	Curves                    Curves
}

// Unseen is how well requests are told apart whose manager or entitlement was
// never seen before.
type Unseen struct {
	Attribute string
	AUC       float64 // over all requests, folds keeping every value together
	Natural   float64 // over those that the ordinary folds leave unseen
	Count     int     // how many these are
}

// Baseline is what a simpler method reached.
type Baseline struct {
	Name string
	AUC  float64
}

// Figures is what the score reached.
type Figures struct {
	AUC, LogLoss, ECE float64
	Below1, Below2    Coverage // at a likelihood below 1% and below 2%
	IntegerLoss       float64  // AUC lost by whole points from 0 to 100, against the exact sum
	RoundingLoss      float64  // the part of it that whole points cost; the ends 0 and 100 cost the rest
}

// prediction keeps what validation said of each row.
type prediction struct {
	p, z, score []float64
	raw         []float64         // points before clipping
	strange     []map[string]bool // attributes of which nothing was decided in training
	denied      []bool
	borrowed    bool     // of some fold the weights were not fitted
	origins     []string // with which weights, and what was not counted: of each fold what is new
}

func (p *prediction) figures() Figures {
	return Figures{
		AUC: auc(p.p, p.denied), LogLoss: logLoss(p.p, p.denied), ECE: calibrationError(p.p, p.denied),
		Below1: coverage(p.p, p.denied, 0.01), Below2: coverage(p.p, p.denied, 0.02),
		IntegerLoss:  math.Max(auc(p.z, p.denied)-auc(p.score, p.denied), 0),
		RoundingLoss: math.Max(auc(p.z, p.denied)-auc(p.raw, p.denied), 0),
	}
}

// trainer makes a model of a history.
type trainer func(context.Context, *Table) (*model, error)

// validate scores each fold with a model trained on all others.
func validate(ctx context.Context, t *Table, fold []int, k int, learn trainer) (*prediction, error) {
	n := len(t.Rows)
	out := &prediction{
		p: make([]float64, n), z: make([]float64, n), score: make([]float64, n), raw: make([]float64, n),
		strange: make([]map[string]bool, n), denied: t.Denied,
	}
	for f := range k {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("cross-validate: %w", err)
		}
		outside, inside := split(fold, f)
		if len(inside) == 0 {
			continue
		}
		m, err := learn(ctx, t.subset(outside))
		if err != nil {
			return nil, err
		}
		out.borrowed = out.borrowed || m.borrowed
		if f := m.origin + m.leftOut(t); !slices.Contains(out.origins, f) {
			out.origins = append(out.origins, f)
		}
		rows := m.rows(t.subset(inside))
		singles, pairs := m.cellRoom()
		for i, l := range m.predict(rows) {
			r := inside[i]
			out.p[r], out.z[r], out.score[r], out.raw[r] = float64(l.PDeny)/1e6, l.logOdds.Float(), float64(l.Score), float64(l.Raw)
			m.book.look(rows[i], singles, pairs)
			out.strange[r] = m.strangers(singles)
		}
	}
	return out, nil
}

// strangers are the attributes of which nothing was decided.
func (m *model) strangers(singles []scorecard.Cell) map[string]bool {
	names := map[string]bool{}
	for i, c := range singles {
		if c.Decided == 0 {
			names[m.layout.Attributes[i]] = true
		}
	}
	return names
}

// crossValidate measures the score, its parts and its rivals on one history.
func crossValidate(ctx context.Context, o Options, t *Table, files *outputs, stdout io.Writer) error {
	k := o.CrossValidate
	if len(t.Rows) < k || t.denials() < k || len(t.Rows)-t.denials() < k {
		return approvals.Errorf(approvals.CodeInvalid, "%s: %s with %s can't be cut into %d parts that each hold both; %d of both are needed.",
			o.History, plural(len(t.Rows), "decision"), plural(t.denials(), "denial"), k, k)
	}
	markdown, err := files.to(o.Markdown, stdout)
	if err != nil {
		return err
	}
	html, err := files.to(o.HTML, stdout)
	if err != nil {
		return err
	}
	fold := stratified(t.Denied, k, o.Seed)
	main, err := validate(ctx, t, fold, k, o.model)
	if err != nil {
		return err
	}
	r := Result{Decisions: len(t.Rows), Denials: t.denials(), Folds: k, Origins: main.origins, Borrowed: main.borrowed, Bot: len(o.Layout.Attributes) > 0,
		Figures: main.figures(), Curves: main.curves()}
	for _, a := range scorecard.Anchors {
		if t.column(a) < 0 {
			continue
		}
		u, err := unseen(ctx, o, t, a, main)
		if err != nil {
			return err
		}
		r.Unseen = append(r.Unseen, u)
	}
	r.Flags = flags(t, main)
	for _, b := range baselines {
		if t.column(b.needs) < 0 {
			continue
		}
		r.Baselines = append(r.Baselines, Baseline{b.name, b.auc(t, fold, k)})
	}
	if err := markdown(r.WriteMarkdown); err != nil {
		return err
	}
	if err := html(r.WriteHTML); err != nil {
		return err
	}
	return r.WriteText(stdout)
}

func unseen(ctx context.Context, o Options, t *Table, attribute string, main *prediction) (Unseen, error) {
	c := t.column(attribute)
	values := make([]uint32, len(t.Rows))
	for i, r := range t.Rows {
		values[i] = r[c]
	}
	p, err := validate(ctx, t, grouped(values, o.CrossValidate, o.Seed), o.CrossValidate, o.model)
	if err != nil {
		return Unseen{}, err
	}
	u := Unseen{Attribute: attribute, AUC: auc(p.p, t.Denied)}
	var q []float64
	var denied []bool
	for i, s := range main.strange {
		if s[attribute] {
			q, denied = append(q, main.p[i]), append(denied, t.Denied[i])
		}
	}
	u.Natural, u.Count = auc(q, denied), len(q)
	return u, nil
}
