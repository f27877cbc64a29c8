package backtest

import (
	"context"
	"fmt"
	"math"
)

// design is what weights are fitted to: one row of measurements for each
// decision, with the base rate's log-odds as offset.
type design struct {
	x      []float64 // row by row
	terms  int
	offset []float64
	denied []bool
}

// solution is a bias and one weight a term, none negative.
type solution struct {
	bias    float64
	weights []float64
}

// fit minimises the logistic loss plus ridge/2·Σw², weights never negative, by
// projected Newton steps: the quadratic model is minimised by coordinate
// descent within the bounds, which is exact and needs no step size. Its only
// error is that ctx ended.
func fit(ctx context.Context, d *design, ridge float64) (solution, error) {
	k := d.terms + 1 // the bias comes last
	w := make([]float64, k)
	gradient, hessian := make([]float64, k), make([]float64, k*k)
	loss := d.loss(w, ridge)
	for range 50 {
		d.derivatives(ctx, w, ridge, gradient, hessian)
		if err := ctx.Err(); err != nil {
			return solution{}, fmt.Errorf("fit weights: %w", err)
		}
		step := descend(w, gradient, hessian, d.terms)
		next, size := make([]float64, k), 1.0
		var l float64
		for ; size > 1e-4; size /= 2 {
			for i := range w {
				next[i] = w[i] + size*step[i]
			}
			if l = d.loss(next, ridge); l <= loss {
				break
			}
		}
		if size <= 1e-4 {
			break
		}
		done := loss-l < 1e-9*float64(len(d.denied))*1e-2
		copy(w, next)
		loss = l
		if done {
			break
		}
	}
	return solution{bias: w[d.terms], weights: w[:d.terms]}, nil
}

func (d *design) score(w []float64, row int) float64 {
	z := d.offset[row] + w[d.terms]
	for j, x := range d.x[row*d.terms : (row+1)*d.terms] {
		z += w[j] * x
	}
	return z
}

func (d *design) loss(w []float64, ridge float64) (sum float64) {
	for i, denied := range d.denied {
		z := d.score(w, i)
		if denied {
			z = -z
		}
		sum += math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))
	}
	for _, v := range w[:d.terms] {
		sum += ridge / 2 * v * v
	}
	return sum
}

// derivatives are worthless when ctx ends meanwhile: over a long history they
// take seconds, for which nobody waits who wants to stop.
func (d *design) derivatives(ctx context.Context, w []float64, ridge float64, gradient, hessian []float64) {
	k := d.terms + 1
	clear(gradient)
	clear(hessian)
	row := make([]float64, k)
	row[d.terms] = 1
	for i, denied := range d.denied {
		if i%10_000 == 0 && ctx.Err() != nil {
			return
		}
		p := 1 / (1 + math.Exp(-d.score(w, i)))
		e := p
		if denied {
			e--
		}
		v := p * (1 - p)
		copy(row, d.x[i*d.terms:(i+1)*d.terms])
		for a, xa := range row {
			if xa == 0 {
				continue
			}
			gradient[a] += e * xa
			h := hessian[a*k : a*k+a+1]
			for b := range h {
				h[b] += v * xa * row[b]
			}
		}
	}
	for a := range k {
		for b := range a {
			hessian[b*k+a] = hessian[a*k+b]
		}
		if a < d.terms {
			gradient[a] += ridge * w[a]
			hessian[a*k+a] += ridge
		}
		hessian[a*k+a] += 1e-9
	}
}

// descend minimises gradient·s + s·hessian·s/2 over steps s that keep w+s
// non-negative in all but the last coordinate.
func descend(w, gradient, hessian []float64, bounded int) []float64 {
	k := len(w)
	s := make([]float64, k)
	slope := append([]float64(nil), gradient...) // gradient + hessian·s
	for range 1000 {
		var moved float64
		for a := range k {
			h := hessian[a*k+a]
			to := s[a] - slope[a]/h
			if a < bounded {
				to = math.Max(to, -w[a])
			}
			by := to - s[a]
			if by == 0 {
				continue
			}
			s[a] = to
			for b := range k {
				slope[b] += by * hessian[b*k+a]
			}
			moved = math.Max(moved, by*by*h)
		}
		if moved < 1e-10 {
			break
		}
	}
	return s
}
