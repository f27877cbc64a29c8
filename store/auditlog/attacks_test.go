package auditlog_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// attack meddles with a log, and says which event must be named, and whether
// exactly.
type attack struct {
	name string
	do   func(tb testing.TB, rng *rand.Rand, l *forged) (position int64, exact bool)
	// insider: all is hashed and signed anew by the log's own key, as if it was
	// meddled with before the first checkpoint. Only the signature of a review's
	// result itself, which was made at once, still tells.
	insider bool
}

// place is a random event.
func place(rng *rand.Rand, l *forged) int { return rng.IntN(len(l.bodies)) }

var attacks = []attack{
	{name: "edit", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies[p] = strings.Replace(l.bodies[p], "kind.", "gone.", 1)
		return int64(p + 1), true
	}},
	{name: "edit to what is no JSON", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies[p] = l.bodies[p][:rng.IntN(len(l.bodies[p]))]
		return int64(p + 1), true
	}},
	{name: "edit and hash again", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies[p] = strings.Replace(l.bodies[p], "kind.", "gone.", 1)
		l.leaves[p] = auditlog.LeafHash([]byte(l.bodies[p]))
		return int64(p + 1), false
	}},
	{name: "edit of a leaf hash", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.leaves[p][rng.IntN(32)] ^= 1
		return int64(p + 1), true
	}},
	{name: "delete", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Delete(l.bodies, p, p+1)
		return int64(p + 1), true
	}},
	{name: "delete several", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Delete(l.bodies, p, min(len(l.bodies), p+1+rng.IntN(9)))
		return int64(p + 1), true
	}},
	{name: "delete and number again", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Delete(l.bodies, p, p+1)
		l.rehash()
		return int64(p + 1), false
	}},
	{name: "insert a copy", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p, q := place(rng, l), place(rng, l)
		l.bodies = slices.Insert(l.bodies, p, l.bodies[q])
		if q < p { // a late copy is named by its own number
			return int64(q + 1), true
		}
		return int64(p + 1), true
	}},
	{name: "insert with its neighbour's number", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Insert(l.bodies, p, body(int64(p+1), "request.approved", nil))
		return int64(p + 1), true
	}},
	{name: "insert and number again", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Insert(l.bodies, p, body(1, "request.approved", nil))
		l.rehash()
		return int64(p + 1), false
	}},
	{name: "append after the end", do: func(_ testing.TB, _ *rand.Rand, l *forged) (int64, bool) {
		next := int64(len(l.bodies) + 1)
		l.bodies = append(l.bodies, body(next, "request.approved", nil))
		l.leaves = append(l.leaves, auditlog.LeafHash([]byte(l.bodies[next-1])))
		return next, true
	}},
	{name: "swap two", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p, q := twoPlaces(rng, l)
		l.bodies[p], l.bodies[q] = l.bodies[q], l.bodies[p]
		return int64(p + 1), true
	}},
	{name: "swap two and number again", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p, q := twoPlaces(rng, l)
		l.bodies[p], l.bodies[q] = body(int64(p+1), "x", nil), body(int64(q+1), "y", nil)
		l.rehash()
		return int64(p + 1), false
	}},
	{name: "cut the events off", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = l.bodies[:p]
		return int64(p + 1), true
	}},
	{name: "cut events and hashes off", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies, l.leaves, l.header.Last = l.bodies[:p], l.leaves[:p], int64(p)
		return int64(p + 1), true
	}},
	{name: "roll everything back to an earlier checkpoint", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		sizes := l.sizes()
		i := rng.IntN(len(sizes) - 1)
		p := sizes[i]
		l.bodies, l.leaves, l.header.Last, l.notes = l.bodies[:p], l.leaves[:p], int64(p), l.notes[:i+1]
		return int64(p + 1), true
	}},
	{name: "swap two checkpoints", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.notes) - 1)
		at := int64(l.sizes()[i])
		l.notes[i], l.notes[i+1] = l.notes[i+1], l.notes[i]
		return at, true
	}},
	{name: "one checkpoint in the place of another", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.notes) - 1)
		at := int64(l.sizes()[i])
		l.notes[i+1] = l.notes[i]
		return at, true
	}},
	{name: "edit of a checkpoint", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.notes))
		at := l.sizes()[i]
		l.notes[i] = strings.Replace(l.notes[i], "\n"+strconv.Itoa(at)+"\n", "\n"+strconv.Itoa(at+1)+"\n", 1)
		return int64(at + 1), true
	}},
	{name: "another history under a forged key", do: func(tb testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies[p] = strings.Replace(l.bodies[p], "kind.", "gone.", 1)
		sizes := l.sizes()
		l.rehash()
		l.sign(tb, newKey(tb), sizes...)
		return int64(sizes[0]), true
	}},
	{name: "edit of a person's text", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.texts))
		l.texts[i].Text += "!"
		return l.texts[i].Sequence, true
	}},
	{name: "edit of a salt", do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.texts))
		l.texts[i].Salt = strings.Repeat("0", 64)
		return l.texts[i].Sequence, true
	}},
	{name: "edit of a review's result", insider: true, do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := closed(rng, l)
		l.change(p, "wrong 2: failed", "wrong 0: passed")
		return int64(p + 1), true
	}},
	{name: "a review's result without its signature", insider: true, do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := closed(rng, l)
		from := strings.Index(l.bodies[p], `\n— `)
		to := from + strings.Index(l.bodies[p][from:], `"`)
		l.bodies[p] = l.bodies[p][:from] + l.bodies[p][to:]
		return int64(p + 1), true
	}},
	{name: "the result of another review", insider: true, do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := closed(rng, l)
		l.change(p, `"campaign":"rv_`, `"campaign":"rv_9`)
		return int64(p + 1), true
	}},
	{name: "a review's result under a forged key", insider: true, do: func(tb testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := closed(rng, l)
		l.bodies[p] = newKey(tb).closed(tb, int64(p+1))
		return int64(p + 1), true
	}},
	{name: "a review's result with another digest", insider: true, do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := closed(rng, l)
		l.change(p, `"digest":"`, `"digest":"0`)
		return int64(p + 1), true
	}},
	{name: "a review without a result", insider: true, do: func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := closed(rng, l)
		l.bodies[p] = body(int64(p+1), "review.closed", nil)
		return int64(p + 1), true
	}},
}

// closed is a random event that closed a review.
func closed(rng *rand.Rand, l *forged) int {
	var places []int
	for p, b := range l.bodies {
		if strings.Contains(b, `"kind":"review.closed"`) {
			places = append(places, p)
		}
	}
	return places[rng.IntN(len(places))]
}

func twoPlaces(rng *rand.Rand, l *forged) (p, q int) {
	p = rng.IntN(len(l.bodies) - 1)
	return p, p + 1 + rng.IntN(len(l.bodies)-p-1)
}
