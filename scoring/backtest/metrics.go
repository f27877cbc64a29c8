package backtest

import (
	"cmp"
	"math"
	"slices"
)

// ranked is one request's likelihood of refusal and what people did.
type ranked struct {
	p      float64
	denied bool
}

func rank(p []float64, denied []bool) []ranked {
	r := make([]ranked, len(p))
	for i := range p {
		r[i] = ranked{p[i], denied[i]}
	}
	slices.SortFunc(r, func(a, b ranked) int { return cmp.Compare(a.p, b.p) })
	return r
}

// auc is the chance that a refused request ranks above an approved one, ties
// counting half; 0.5 where there is only one kind.
func auc(p []float64, denied []bool) float64 {
	r := rank(p, denied)
	var below, wins, d, a float64
	for i := 0; i < len(r); {
		j := i
		var dj, aj float64
		for ; j < len(r) && r[j].p == r[i].p; j++ {
			if r[j].denied {
				dj++
			} else {
				aj++
			}
		}
		wins += dj * (below + aj/2)
		below += aj
		d, a = d+dj, a+aj
		i = j
	}
	if d == 0 || a == 0 {
		return 0.5
	}
	return wins / d / a
}

// logLoss is the mean of −ln of the likelihood given to what happened, in nats.
func logLoss(p []float64, denied []bool) float64 {
	var sum float64
	for i, q := range p {
		if !denied[i] {
			q = 1 - q
		}
		sum -= math.Log(max(q, 1e-15))
	}
	return sum / float64(max(len(p), 1))
}

// calibrationBins is how many groups of equal size the calibration error is
// taken over.
const calibrationBins = 20

// bin is a group of requests with like likelihoods.
type bin struct {
	n                  int
	predicted, refused float64 // means
}

// calibration sorts requests by likelihood and cuts them into equal groups.
func calibration(p []float64, denied []bool, bins int) []bin {
	r := rank(p, denied)
	var out []bin
	for b := range bins {
		part := r[b*len(r)/bins : (b+1)*len(r)/bins]
		if len(part) == 0 {
			continue
		}
		var sum, d float64
		for _, x := range part {
			sum += x.p
			if x.denied {
				d++
			}
		}
		n := float64(len(part))
		out = append(out, bin{len(part), sum / n, d / n})
	}
	return out
}

// calibrationError is the mean distance between likelihood and outcome over
// groups of equal size, in probability.
func calibrationError(p []float64, denied []bool) float64 {
	var sum float64
	for _, b := range calibration(p, denied, calibrationBins) {
		sum += math.Abs(b.predicted-b.refused) * float64(b.n)
	}
	return sum / float64(max(len(p), 1))
}

// Coverage is what a rule "approve below this likelihood" would have done.
type Coverage struct {
	Below   float64 // the likelihood, 0–1
	Share   float64 // of all requests, that lie below it
	Refused float64 // of those, that people had refused
}

func coverage(p []float64, denied []bool, below float64) Coverage {
	var n, d float64
	for i, q := range p {
		if q < below {
			n++
			if denied[i] {
				d++
			}
		}
	}
	c := Coverage{Below: below, Share: n / float64(max(len(p), 1))}
	if n > 0 {
		c.Refused = d / n
	}
	return c
}
