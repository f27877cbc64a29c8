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
	singles []singleWeights
	pairs   []pairWeights
	excess  []bool // of pairs: whether a term speaks of it
	halves  [][2]int
	smooth  Smoothing
}

// singleWeights are those of one attribute's terms; 0 where it has none.
type singleWeights struct{ above, below Fixed }

// pairWeights are those of one pair's terms.
type pairWeights struct {
	excess                      singleWeights
	refusals, novelty, affinity Fixed
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
		singles: make([]singleWeights, len(l.Attributes)), pairs: make([]pairWeights, len(l.Pairs)),
		excess: make([]bool, len(l.Pairs)),
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
		weight := c.weight(&term)
		if *weight != 0 {
			return nil, fmt.Errorf("term %q comes twice", t.Name())
		}
		*weight = term.weight
		if pair && term.what == pairExcess {
			c.excess[at] = true
		}
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
	memo.measure(b, attributes, pairs, c.halves, c.smooth, c.excess)
	for i := range c.terms {
		x[i] = value(&c.terms[i], memo)
	}
}

// value is the unweighted value of a term.
func value(t *cardTerm, memo *Memo) Fixed {
	if !t.pair {
		return side(t.above, memo.singles[t.at].excess)
	}
	x := memo.pairs[t.at].measured[t.what]
	if t.what == pairExcess {
		return side(t.above, x)
	}
	return x
}

// weight is the place of a term's weight.
func (c *Card) weight(t *cardTerm) *Fixed {
	if !t.pair {
		return c.singles[t.at].side(t.above)
	}
	of := &c.pairs[t.at]
	switch t.what {
	case pairRefusals:
		return &of.refusals
	case pairNovelty:
		return &of.novelty
	case pairAffinity:
		return &of.affinity
	default:
		return of.excess.side(t.above)
	}
}

func (w *singleWeights) side(above bool) *Fixed {
	if above {
		return &w.above
	}
	return &w.below
}

// total is the log-odds of the cells that a memo was brought up to date with. A
// product with a weight of 0 costs less than asking whether it is 0.
func (c *Card) total(b Base, memo *Memo) Fixed {
	sum := b.logOdds + c.bias
	for i := range c.singles {
		sum += c.singles[i].weigh(memo.singles[i].excess)
	}
	for i := range c.pairs {
		w, x := &c.pairs[i], &memo.pairs[i].measured
		sum += w.excess.weigh(x[pairExcess]) + x[pairRefusals].Mul(w.refusals) + x[pairNovelty].Mul(w.novelty) + x[pairAffinity].Mul(w.affinity)
	}
	return sum
}

// weigh asks nothing of the sign that a processor would have to guess.
func (w *singleWeights) weigh(excess Fixed) Fixed {
	weight, below := w.above, w.below
	if excess < 0 {
		weight = below
	}
	return excess.Mul(weight)
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
func (c *Card) spread(memo *Memo, x []Fixed) {
	for i := range c.terms {
		x[i] = value(&c.terms[i], memo).Mul(c.terms[i].weight)
	}
}
