package backtest

import "math/rand/v2"

// stratified deals rows into k folds at random, the denied and the approved
// apart, so that each fold has its share of both. Equal seeds deal alike.
func stratified(denied []bool, k int, seed uint64) []int {
	r := rand.New(rand.NewPCG(seed, uint64(k)))
	fold := make([]int, len(denied))
	dealt := 0
	for _, class := range []bool{true, false} {
		var rows []int
		for i, d := range denied {
			if d == class {
				rows = append(rows, i)
			}
		}
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for i, row := range rows {
			fold[row] = (dealt + i) % k
		}
		dealt += len(rows)
	}
	return fold
}

// grouped deals rows into k folds so that rows with one value stay together:
// what is tested then was never seen.
func grouped(values []uint32, k int, seed uint64) []int {
	r := rand.New(rand.NewPCG(seed, uint64(k)))
	of := map[uint32]int{}
	fold := make([]int, len(values))
	for i, v := range values {
		f, ok := of[v]
		if !ok {
			f = r.IntN(k)
			of[v] = f
		}
		fold[i] = f
	}
	return fold
}

// split gives the rows outside and inside one fold.
func split(fold []int, f int) (outside, inside []int) {
	for i, g := range fold {
		if g == f {
			inside = append(inside, i)
		} else {
			outside = append(outside, i)
		}
	}
	return outside, inside
}
