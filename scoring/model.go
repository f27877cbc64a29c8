package scoring

import (
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// The parts of a score, in the order in which they are added. Those from
// partFirstJudged on have judged weights.
const (
	partBase = iota
	partFirstCell
	partMoved       = partFirstCell + singles + pairs
	partOneApprover = partMoved + 1
	partFirstJudged = partMoved + 2
	parts           = partFirstJudged + judgements
)

// The measurements whose weights are judged instead of fitted.
const (
	judgedNear = int(rings) + iota
	judgedAlike
	judgedOwn
	judgedSiblings
	judgedOwnAll
	judgedLast
	judgedLastSibling
	judgedRenewed
	judgedTime
	judgedDuration
	judgements
)

var judgementIndex = func() map[string]int {
	m := map[string]int{
		"near": judgedNear, "alike": judgedAlike,
		"own.entitlement": judgedOwn, "own.siblings": judgedSiblings, "own.all": judgedOwnAll,
		"last.entitlement": judgedLast, "last.siblings": judgedLastSibling, "renewed": judgedRenewed,
		"unusual.time": judgedTime, "unusual.duration": judgedDuration,
	}
	for r, name := range ringNames {
		m["peers."+name] = r
	}
	return m
}()

// oneApproverLimit is by how much one approver's answers alone may lower the
// log-odds: ln 2, ten points.
var oneApproverLimit = scorecard.Ln(2)

// maxTerms bounds a card's terms, so that scoring needs no memory.
const maxTerms = 64

// weigh writes each part's contribution to the log-odds and returns their sum.
func (m *Weights) weigh(o *observation, out *[parts]fixed) fixed {
	*out = [parts]fixed{}
	base := m.base(o)
	var x [maxTerms]fixed
	memo := scorecard.NewMemo(singles, pairs)
	card, now := m.cells(base, &o.now, x[:], &memo)
	out[partBase] = base.LogOdds() + card.Bias()
	for i := range card.Terms() {
		at, pair := card.Place(i)
		if pair {
			at += singles
		}
		out[partFirstCell+at] += x[i]
	}
	worst := now // the worst of these holds, and each says what it adds
	if o.moved.of > 0 {
		_, before := m.cells(base, &o.before, nil, &memo)
		out[partMoved] = max(before-worst, 0)
		worst += out[partMoved]
	}
	own := ownExcess(base, &o.own)
	if o.alone.of > 0 {
		_, without := m.cells(base, &o.without, nil, &memo)
		owned := m.weighOwn(&own)
		worst += owned
		if o.ownOut != o.own {
			owned = m.own(base, &o.ownOut)
		}
		without += owned
		out[partOneApprover] = max(without-oneApproverLimit-worst, 0)
	}
	m.judge(o, &own, out[partFirstJudged:])
	var sum fixed
	for _, p := range out {
		sum += p
	}
	return sum
}

// cells is the log-odds that the cells of decisions give, and the card that
// gave them. What each term contributes goes to x, if not nil.
func (m *Weights) cells(b scorecard.Base, t *tallies, x []fixed, memo *scorecard.Memo) (*scorecard.Card, fixed) {
	return m.deck.Weigh(b, t.single[:], t.pair[:], x, memo)
}

// judge measures what decisions alone cannot teach, already weighted.
func (m *Weights) judge(o *observation, own *ownMeasures, out []fixed) {
	among := scorecard.Ln(uint64(max(o.every.of, 0)))
	for r := range rings {
		out[r] = scarcity(o.peers[r], o.every, among)
	}
	if o.near.of > 0 {
		out[judgedNear] = scorecard.Ln(uint64(max(o.near.n, 1))) - oneApproverLimit
	}
	if o.alike.of > 0 {
		out[judgedAlike] = scorecard.Millionths((ordinaryLikeness - o.alike.n) * 5_000)
	}
	copy(out[judgedOwn:], own[:])
	if o.hour.of > 0 {
		usual := scorecard.Ln(uint64(o.hour.of+slots*timeSmoothing)) - scorecard.Ln(uint64(slots*(o.hour.n+timeSmoothing)))
		out[judgedTime] = max(usual, 0)
	}
	out[judgedDuration] = scorecard.Ln(uint64(o.longer.of+1)) - scorecard.Ln(uint64(o.longer.n+1))
	for i := range out {
		out[i] = m.bounded(i, out[i])
	}
}

// bounded weighs a judged measurement within its limits.
func (m *Weights) bounded(i int, x fixed) fixed {
	return min(max(x, judgedFloor), judgedCeiling).Mul(m.judged[i])
}

// ownMeasures are those of a person's own requests, in the order of the judgements.
type ownMeasures [judgedRenewed - judgedOwn + 1]fixed

// own is what a person's own requests contribute.
func (m *Weights) own(b scorecard.Base, c *ownCells) fixed {
	own := ownExcess(b, c)
	return m.weighOwn(&own)
}

func (m *Weights) weighOwn(own *ownMeasures) (sum fixed) {
	for i, x := range own {
		sum += m.bounded(judgedOwn+i, x)
	}
	return sum
}

func ownExcess(b scorecard.Base, c *ownCells) ownMeasures {
	return ownMeasures{
		b.Excess(c.entitlement, ownSmoothing),
		b.Excess(c.siblings, 2*ownSmoothing),
		b.Excess(c.all, 4*ownSmoothing),
		recency(c.last),
		recency(c.lastSibling),
		-scorecard.Ln(uint64(max(c.renewed.n, 0) + 1)),
	}
}

// recency is how much less than a quarter ago something was approved last, as
// a negative number; 0 if it is longer ago or never was.
func recency(last portion) fixed {
	if last.of <= 0 {
		return 0
	}
	return min(scorecard.Ln(uint64(max(last.n, 1)))-scorecard.Ln(quarter), 0)
}

const (
	ordinaryLikeness = 200 // thousandths: two people of one trade in one company
	ownSmoothing     = 5
	quarter          = 91 // days
	timeSmoothing    = 5
	judgedFloor      = -4 * scorecard.One
	judgedCeiling    = 3 * scorecard.One
)

// scarcity is how much rarer an entitlement is in a ring than in the whole
// organisation: ln of expected against found holders, half a holder added to
// both; among is the logarithm of everybody's number. It is 0 where nobody is
// known to hold it at all.
func scarcity(p, everybody portion, among fixed) fixed {
	if everybody.n <= 0 || everybody.of <= 0 {
		return 0
	}
	all := uint64(everybody.of)
	return scorecard.Ln(2*uint64(p.of)*uint64(everybody.n)+all) - among - scorecard.Ln(2*uint64(p.n)+1)
}
