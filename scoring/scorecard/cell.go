package scorecard

// Cell counts the human decisions that share something: an entitlement, a
// manager, or both. Denied is never more than Decided.
type Cell struct{ Denied, Decided int64 }

// sane makes any two integers a cell, so that arithmetic on stored facts is
// total: negative counts are none, denials are at most all decisions, and
// nothing is larger than 2^30.
func (c Cell) sane() (denied, decided uint64) {
	const most = 1 << 30
	decided = uint64(min(max(c.Decided, 0), most))
	denied = min(uint64(min(max(c.Denied, 0), most)), decided)
	return denied, decided
}

// Base is the organisation's own rate of denial, smoothed towards the rate of
// the decisions that the weights were fitted on, so that a young organisation
// starts from experience instead of from nothing.
type Base struct {
	rate    uint64 // in units of 2^-32
	logOdds Fixed
	decided uint64
	among   Fixed // the logarithm of decided
}

// basePrior is how many decisions the fitted rate is worth against an
// organisation's own.
const basePrior = 100

// NewBase smooths all decisions of an organisation towards a reference rate of
// denial in parts per million.
func NewBase(all Cell, referencePPM int64) Base {
	d, n := all.sane()
	ref := uint64(min(max(referencePPM, 1), 999_999))
	yes := d*1_000_000 + basePrior*ref
	no := (n-d)*1_000_000 + basePrior*(1_000_000-ref)
	z := logit(yes, no)
	return Base{rate: chance(z), logOdds: z, decided: n, among: Ln(n)}
}

// LogOdds is the base rate in log-odds.
func (b Base) LogOdds() Fixed { return b.logOdds }

// posterior is the log-odds of a cell that is worth its own decisions and
// weight more at the rate that was expected of it.
func posterior(c Cell, expected uint64, weight uint64) Fixed {
	d, n := c.sane()
	return lnSeries(d<<probBits+weight*expected) - lnSeries((n-d)<<probBits+weight*(certain-expected)) // far beyond the few
}

// Excess is how much worse than the organisation's rate a cell did, in
// log-odds, when smoothing decisions at that rate are added to its own.
func (b Base) Excess(c Cell, smoothing uint64) Fixed {
	return posterior(c, b.rate, smoothing) - b.logOdds
}

// pair is how much worse than the organisation's rate a cell of two attributes
// did, when smoothing decisions at the rate that the two halves let expect are
// added to its own. Because the halves only ever raise it, more denials
// anywhere never lower a score.
func (b Base) pair(c Cell, halves Fixed, s Smoothing) Fixed {
	parent := min(max(b.logOdds+s.share.Mul(halves), parentFloor), parentCeiling)
	return posterior(c, chance(parent), s.Pair) - b.logOdds
}

// The limits of what is expected of a pair, in log-odds.
const (
	parentFloor   = -7 * One
	parentCeiling = 3 * One
)

// novelty falls with each approval that the pair has seen.
func novelty(c Cell) Fixed {
	d, n := c.sane()
	return -Ln(n - d + 1)
}

// refusals rises with each denial that the pair has seen.
func refusals(c Cell) Fixed {
	d, _ := c.sane()
	return Ln(d + 1)
}

// affinity falls as the pair was approved more often than its halves, taken as
// independent, let one expect.
func (b Base) affinity(c, x, y Cell) Fixed {
	d, n := c.sane()
	_, nx := x.sane()
	_, ny := y.sane()
	all := max(b.decided, 1)
	return Ln(nx*ny+all) - b.among - Ln(n-d+1)
}
