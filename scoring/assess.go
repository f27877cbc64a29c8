package scoring

import (
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

type fixed = scorecard.Fixed

// base is the organisation's rate of denial.
func (m *Weights) base(o *observation) scorecard.Base { return scorecard.NewBase(o.all, m.reference) }

// result is a score before it has words.
type result struct {
	points      [parts]int
	sensitivity int
	length      int
	raw         int
	logOdds     fixed // of refusal, impact left out
}

// score is the whole computation. It needs no memory beyond its arguments.
func (m *Weights) score(f *approvals.Facts, o *observation, r *result) {
	var out [parts]fixed
	r.logOdds = m.weigh(o, &out)
	r.raw = scorecard.Points(out[:], r.points[:])
	r.points[partBase] += scorecard.EvenOdds
	r.sensitivity = sensitivityPoints(f.Entitlement.Sensitivity)
	r.length = lengthPoints(f)
	r.raw += scorecard.EvenOdds + r.sensitivity + r.length
}

// sensitivityPoints is what harm adds: medium is ordinary, and each level
// above it is three times the odds, rounded.
func sensitivityPoints(s approvals.Sensitivity) int {
	return [...]int{-10, 0, 16, 32}[s.Rank()-1]
}

// workingDay is up to where a request's length is ordinary.
const workingDay = 8 * 60 // minutes

// lengthPoints is what length adds: three points for each doubling beyond a
// working day, at most 24.
func lengthPoints(f *approvals.Facts) int {
	minutes := int64(f.Duration / time.Minute)
	if minutes <= workingDay {
		return 0
	}
	doublings := (scorecard.Ln(uint64(minutes)) - scorecard.Ln(workingDay)) * 10 / (scorecard.Ln(2)) // in tenths
	return int(min(3*doublings/10, 24))
}

// experienced is how many human decisions an organisation needs before a score
// is more than low confidence; practised is how many its entitlement needs.
const (
	experienced = 5000
	practised   = 20
)

// Assess computes the score from the facts alone: equal facts and equal
// weights give equal bytes on every machine.
func (s *Scorer) Assess(f approvals.Facts) approvals.Assessment { return s.weights.Assess(f) }

// Assess computes the score from the facts alone.
func (m *Weights) Assess(f approvals.Facts) approvals.Assessment {
	o := observed(f.Evidence)
	var r result
	m.score(&f, &o, &r)
	a := approvals.Assessment{
		Score:      min(max(r.raw, 0), 100),
		Raw:        r.raw,
		PDeny:      scorecard.PPM(m.calibration.Apply(r.logOdds)),
		Confidence: confidence(&f, &o),
		Model:      m.model,
		Factors:    factors(&f, &o, &r),
	}
	return a
}

func confidence(f *approvals.Facts, o *observation) approvals.Confidence {
	switch {
	case o.all.Decided < experienced, f.Directory.Stale, f.Beneficiary.Manager == "", f.Beneficiary.Department == "":
		return approvals.ConfidenceLow
	case o.now.single[atEntitlement].Decided < practised, o.now.single[atManager].Decided < practised, o.moved.of > 0:
		return approvals.ConfidenceMedium
	default:
		return approvals.ConfidenceHigh
	}
}

// factors gives every part that has points or counts its words, heaviest first.
func factors(f *approvals.Facts, o *observation, r *result) []approvals.Factor {
	var fs []approvals.Factor
	add := func(name string, points int, words string) {
		if words != "" {
			fs = append(fs, approvals.Factor{Name: name, Points: points, Words: words})
		}
	}
	for i, p := range r.points {
		name, words := describe(i, p, f, o)
		if p != 0 && words == "" {
			words = "Nothing is known of this yet."
		}
		if i == partBase || p != 0 {
			add(name, p, words)
		}
	}
	if r.sensitivity != 0 {
		add("sensitivity", r.sensitivity, sensitivityWords(f.Entitlement.Sensitivity))
	}
	if r.length != 0 {
		add("duration", r.length, "Asked for "+span(f.Duration)+", longer than a working day.")
	}
	for _, w := range unknowns(f, o) {
		add(w.Name, 0, w.Words)
	}
	slices.SortStableFunc(fs, func(a, b approvals.Factor) int { return abs(b.Points) - abs(a.Points) })
	return fs
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
