package scorecard

import "fmt"

// Anchors are the attributes that a request often brings for the first time.
// For each there are weights that never knew it.
var Anchors = []string{"entitlement", "manager"}

// Deck is a model's cards, one for each combination of anchors of which
// something is known. It is immutable.
type Deck struct {
	anchors []int   // indices in the layout
	cards   []*Card // by the set of anchors left out, as bits
	excess  []bool  // of pairs: whether a term of any card speaks of it
}

// NewDeck compiles the profiles that a layout needs. Anchors that the layout
// does not have need none.
func NewDeck(profiles map[string]Profile, l Layout, s Smoothing) (*Deck, error) {
	d := &Deck{anchors: anchorsOf(l), excess: make([]bool, len(l.Pairs))}
	for _, name := range ProfileNames(l) {
		p, ok := profiles[name]
		if !ok {
			return nil, fmt.Errorf("there is no profile %q", name)
		}
		card, err := Compile(p, l, s)
		if err != nil {
			return nil, fmt.Errorf("profile %q: %w", name, err)
		}
		d.cards = append(d.cards, card)
		for i, e := range card.excess {
			d.excess[i] = d.excess[i] || e
		}
	}
	return d, nil
}

func anchorsOf(l Layout) (at []int) {
	for _, anchor := range Anchors {
		for i, a := range l.Attributes {
			if a == anchor {
				at = append(at, i)
			}
		}
	}
	return at
}

// ProfileNames lists the profiles that a layout needs: "full", and one for each
// set of anchors that may be unknown.
func ProfileNames(l Layout) (names []string) {
	at := anchorsOf(l)
	for set := range 1 << len(at) {
		names = append(names, profileName(l, at, set))
	}
	return names
}

// LeftOut lists the attributes, by index, that a layout's i-th profile does not
// know.
func LeftOut(l Layout, i int) (out []int) {
	for bit, at := range anchorsOf(l) {
		if i>>bit&1 == 1 {
			out = append(out, at)
		}
	}
	return out
}

func profileName(l Layout, at []int, set int) (name string) {
	for bit, a := range at {
		if set>>bit&1 == 0 {
			continue
		}
		if name != "" {
			name += ", "
		}
		name += "no " + l.Attributes[a]
	}
	if name == "" {
		return "full"
	}
	return name
}

// Terms is how many values the largest card measures.
func (d *Deck) Terms() (n int) {
	for _, c := range d.cards {
		n = max(n, c.Terms())
	}
	return n
}

// Weigh chooses the card and gives the log-odds of a request's cells. Their
// weighted contributions go to x, which must have room for Terms values; nil if
// nobody asks for them. An anchor of which nothing was decided is left
// out. Where all that was decided was denied, the worse of knowing and not
// knowing it holds: a first denial never lowers a score. A memo, if not nil,
// must be of this deck and base alone.
func (d *Deck) Weigh(b Base, attributes, pairs []Cell, x []Fixed, memo *Memo) (*Card, Fixed) {
	if memo == nil {
		m := NewMemo(len(attributes), len(pairs))
		memo = &m
	}
	must, may := 0, 0
	for i, at := range d.anchors {
		denied, decided := attributes[at].sane()
		switch {
		case decided == 0:
			must |= 1 << i
		case denied == decided:
			may |= 1 << i
		}
	}
	memo.measure(b, attributes, pairs, d.cards[0].halves, d.cards[0].smooth, d.excess)
	best, worst := (*Card)(nil), Fixed(0)
	for extra := may; ; extra = (extra - 1) & may { // every subset of may, the empty one last
		card := d.cards[must|extra]
		if z := card.total(b, memo); best == nil || z > worst {
			best, worst = card, z
		}
		if extra == 0 {
			break
		}
	}
	if x != nil {
		best.spread(memo, x)
	}
	return best, worst
}
