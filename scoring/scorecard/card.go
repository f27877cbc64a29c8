package scorecard

import (
	"fmt"
	"strings"
)

// Kind is what a term measures.
type Kind string

// The kinds of term. Splitting a cell into above and below lets bad experience
// weigh differently from good; each rises with denials all the same.
const (
	Above    Kind = "above"    // how much worse than the organisation's rate a cell did, 0 if better
	Below    Kind = "below"    // how much better it did, as a negative number, 0 if worse
	Refusals Kind = "refusals" // the logarithm of a pair's denials
	Novelty  Kind = "novelty"  // how seldom a pair was approved
	Affinity Kind = "affinity" // the same, against what chance alone would give
)

// Term is one weighted measurement. Of names an attribute, or two joined by
// "+". Weight is in millionths and never negative.
type Term struct {
	Kind   Kind   `json:"kind"`
	Of     string `json:"of"`
	Weight int64  `json:"weight"`
}

// Name tells the term from every other of its card.
func (t Term) Name() string { return string(t.Kind) + " " + t.Of }

// Profile is one fitted set of weights. Bias is added to the organisation's
// base rate, in millionths of a nat.
type Profile struct {
	Bias  int64  `json:"bias"`
	Terms []Term `json:"terms"`
}

// Smoothing says how many decisions at the expected rate every cell is worth
// before its own are counted, and how much of what its halves say is expected
// of a pair, in millionths.
type Smoothing struct {
	Single uint64 `json:"single"`
	Pair   uint64 `json:"pair"`
	Share  int64  `json:"share"`
	share  Fixed
}

// Card is a profile made ready for computing over a fixed order of attributes
// and pairs. It is immutable.
type Card struct {
	bias    Fixed
	terms   []cardTerm
	singles [][]cardTerm // the terms of each attribute
	pairs   [][]cardTerm // those of each pair
	halves  [][2]int
	smooth  Smoothing
}

type cardTerm struct {
	above  bool // of above and below
	pair   bool
	what   int // the measurement of a pair
	at     int // index of the attribute or of the pair
	weight Fixed
}

// Layout is the order in which a caller presents cells: one cell for each
// attribute and one for each pair of them.
type Layout struct {
	Attributes []string
	Pairs      [][2]int // indices into Attributes
}

// PairName is the name of a pair, e.g. "entitlement+manager".
func (l Layout) PairName(i int) string {
	p := l.Pairs[i]
	return l.Attributes[p[0]] + "+" + l.Attributes[p[1]]
}

// Compile makes a profile ready for a layout. It fails when a weight is
// negative or a term speaks of something that the layout does not have.
func Compile(p Profile, l Layout, s Smoothing) (*Card, error) {
	places := map[string]int{}
	for i, a := range l.Attributes {
		places[a] = i
	}
	for i := range l.Pairs {
		places[l.PairName(i)] = i
	}
	if len(l.Attributes) > maxAttributes {
		return nil, fmt.Errorf("%d attributes are more than %d", len(l.Attributes), maxAttributes)
	}
	if s.Single < 1 || s.Single > 1000 || s.Pair < 1 || s.Pair > 1000 || s.Share < 0 || s.Share > 1_000_000 {
		return nil, fmt.Errorf("smoothing %+v: single and pair go from 1 to 1000, share from 0 to a million", s)
	}
	s.share = Millionths(s.Share)
	c := &Card{
		bias: Millionths(p.Bias), halves: l.Pairs, smooth: s,
		singles: make([][]cardTerm, len(l.Attributes)), pairs: make([][]cardTerm, len(l.Pairs)),
	}
	for _, t := range p.Terms {
		at, ok := places[t.Of]
		if !ok {
			return nil, fmt.Errorf("term %q: %q is not in the layout", t.Name(), t.Of)
		}
		pair := strings.Contains(t.Of, "+")
		if t.Weight < 0 || t.Weight > 100_000_000 {
			return nil, fmt.Errorf("term %q: weight %d is not between 0 and 100 million", t.Name(), t.Weight)
		}
		switch t.Kind {
		case Above, Below:
		case Refusals, Novelty, Affinity:
			if !pair {
				return nil, fmt.Errorf("term %q: only a pair has %s", t.Name(), t.Kind)
			}
		default:
			return nil, fmt.Errorf("term %q: unknown kind %q", t.Name(), t.Kind)
		}
		term := cardTerm{above: t.Kind == Above, pair: pair, what: t.Kind.measurement(), at: at, weight: Millionths(t.Weight)}
		c.terms = append(c.terms, term)
		of := c.singles
		if pair {
			of = c.pairs
		}
		of[at] = append(of[at], term)
	}
	return c, nil
}

// Terms is how many values Measure writes.
func (c *Card) Terms() int { return len(c.terms) }

// Bias is what is added to the base rate.
func (c *Card) Bias() Fixed { return c.bias }

// Place says of which attribute or pair, by index in the layout, term i speaks.
func (c *Card) Place(i int) (at int, pair bool) { return c.terms[i].at, c.terms[i].pair }

// Measure writes the unweighted value of every term to x, which must have
// room for Terms values. The cells are in the layout's order. The memo must be of
// this layout and base alone.
func (c *Card) Measure(b Base, attributes, pairs []Cell, x []Fixed, memo *Memo) {
	memo.measure(b, attributes, pairs, c.halves, c.smooth)
	for i := range c.terms {
		x[i] = c.value(b, &c.terms[i], memo)
	}
}

// value is the unweighted value of a term.
func (c *Card) value(b Base, t *cardTerm, memo *Memo) Fixed {
	if !t.pair {
		return side(t.above, memo.singles[t.at].excess)
	}
	p, k := &memo.pairs[t.at], t.what
	if !p.known[k] {
		h := c.halves[t.at]
		p.known[k], p.measured[k] = true, b.measure(k, p.cell, &memo.singles[h[0]], &memo.singles[h[1]], c.smooth)
	}
	if k == pairExcess {
		return side(t.above, p.measured[k])
	}
	return p.measured[k]
}

// total is the log-odds of the cells that a memo was brought up to date with.
func (c *Card) total(b Base, memo *Memo) Fixed {
	sum := b.logOdds + c.bias
	for i := range memo.singles {
		s := &memo.singles[i]
		if s.by != c {
			s.by, s.weighed = c, c.weighed(b, c.singles[i], memo)
		}
		sum += s.weighed
	}
	for i := range memo.pairs {
		p := &memo.pairs[i]
		if p.by != c {
			p.by, p.weighed = c, c.weighed(b, c.pairs[i], memo)
		}
		sum += p.weighed
	}
	return sum
}

// weighed is what some terms contribute together.
func (c *Card) weighed(b Base, terms []cardTerm, memo *Memo) (sum Fixed) {
	for i := range terms {
		sum += c.value(b, &terms[i], memo).Mul(terms[i].weight)
	}
	return sum
}

// measurement is the place of a pair's measurement that a term speaks of.
func (k Kind) measurement() int {
	switch k {
	case Refusals:
		return pairRefusals
	case Novelty:
		return pairNovelty
	case Affinity:
		return pairAffinity
	default:
		return pairExcess
	}
}

func (b Base) measure(k int, c Cell, x, y *single, s Smoothing) Fixed {
	switch k {
	case pairRefusals:
		return refusals(c)
	case pairNovelty:
		return novelty(c)
	case pairAffinity:
		return b.affinity(c, x.cell, y.cell)
	default:
		return b.pair(c, x.excess+y.excess, s)
	}
}

// maxAttributes bounds a layout to what a set of bits has room for.
const maxAttributes = 64

// side keeps the positive or the negative part.
func side(above bool, x Fixed) Fixed {
	if above {
		return max(x, 0)
	}
	return min(x, 0)
}

// spread writes what each term contributes to x.
func (c *Card) spread(b Base, memo *Memo, x []Fixed) {
	for i := range c.terms {
		x[i] = c.value(b, &c.terms[i], memo).Mul(c.terms[i].weight)
	}
}
