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
}

// place is a random event.
func place(rng *rand.Rand, l *forged) int { return rng.IntN(len(l.bodies)) }

var attacks = []attack{
	{"edit", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies[p] = strings.Replace(l.bodies[p], "kind.", "gone.", 1)
		return int64(p + 1), true
	}},
	{"edit to what is no JSON", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies[p] = l.bodies[p][:rng.IntN(len(l.bodies[p]))]
		return int64(p + 1), true
	}},
	{"edit and hash again", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies[p] = strings.Replace(l.bodies[p], "kind.", "gone.", 1)
		l.leaves[p] = auditlog.LeafHash([]byte(l.bodies[p]))
		return int64(p + 1), false
	}},
	{"edit of a leaf hash", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.leaves[p][rng.IntN(32)] ^= 1
		return int64(p + 1), true
	}},
	{"delete", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Delete(l.bodies, p, p+1)
		return int64(p + 1), true
	}},
	{"delete several", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Delete(l.bodies, p, min(len(l.bodies), p+1+rng.IntN(9)))
		return int64(p + 1), true
	}},
	{"delete and number again", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Delete(l.bodies, p, p+1)
		l.rehash()
		return int64(p + 1), false
	}},
	{"insert a copy", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p, q := place(rng, l), place(rng, l)
		l.bodies = slices.Insert(l.bodies, p, l.bodies[q])
		if q < p { // a late copy is named by its own number
			return int64(q + 1), true
		}
		return int64(p + 1), true
	}},
	{"insert with its neighbour's number", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Insert(l.bodies, p, body(int64(p+1), "request.approved", nil))
		return int64(p + 1), true
	}},
	{"insert and number again", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = slices.Insert(l.bodies, p, body(1, "request.approved", nil))
		l.rehash()
		return int64(p + 1), false
	}},
	{"append after the end", func(_ testing.TB, _ *rand.Rand, l *forged) (int64, bool) {
		next := int64(len(l.bodies) + 1)
		l.bodies = append(l.bodies, body(next, "request.approved", nil))
		l.leaves = append(l.leaves, auditlog.LeafHash([]byte(l.bodies[next-1])))
		return next, true
	}},
	{"swap two", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p, q := twoPlaces(rng, l)
		l.bodies[p], l.bodies[q] = l.bodies[q], l.bodies[p]
		return int64(p + 1), true
	}},
	{"swap two and number again", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p, q := twoPlaces(rng, l)
		l.bodies[p], l.bodies[q] = body(int64(p+1), "x", nil), body(int64(q+1), "y", nil)
		l.rehash()
		return int64(p + 1), false
	}},
	{"cut the events off", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies = l.bodies[:p]
		return int64(p + 1), true
	}},
	{"cut events and hashes off", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies, l.leaves, l.header.Last = l.bodies[:p], l.leaves[:p], int64(p)
		return int64(p + 1), true
	}},
	{"roll everything back to an earlier checkpoint", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		sizes := l.sizes()
		i := rng.IntN(len(sizes) - 1)
		p := sizes[i]
		l.bodies, l.leaves, l.header.Last, l.notes = l.bodies[:p], l.leaves[:p], int64(p), l.notes[:i+1]
		return int64(p + 1), true
	}},
	{"swap two checkpoints", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.notes) - 1)
		at := int64(l.sizes()[i])
		l.notes[i], l.notes[i+1] = l.notes[i+1], l.notes[i]
		return at, true
	}},
	{"one checkpoint in the place of another", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.notes) - 1)
		at := int64(l.sizes()[i])
		l.notes[i+1] = l.notes[i]
		return at, true
	}},
	{"edit of a checkpoint", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.notes))
		at := l.sizes()[i]
		l.notes[i] = strings.Replace(l.notes[i], "\n"+strconv.Itoa(at)+"\n", "\n"+strconv.Itoa(at+1)+"\n", 1)
		return int64(at + 1), true
	}},
	{"another history under a forged key", func(tb testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		p := place(rng, l)
		l.bodies[p] = strings.Replace(l.bodies[p], "kind.", "gone.", 1)
		sizes := l.sizes()
		l.rehash()
		l.sign(tb, newKey(tb), sizes...)
		return int64(sizes[0]), true
	}},
	{"edit of a person's text", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.texts))
		l.texts[i].Text += "!"
		return l.texts[i].Sequence, true
	}},
	{"edit of a salt", func(_ testing.TB, rng *rand.Rand, l *forged) (int64, bool) {
		i := rng.IntN(len(l.texts))
		l.texts[i].Salt = strings.Repeat("0", 64)
		return l.texts[i].Sequence, true
	}},
}

func twoPlaces(rng *rand.Rand, l *forged) (p, q int) {
	p = rng.IntN(len(l.bodies) - 1)
	return p, p + 1 + rng.IntN(len(l.bodies)-p-1)
}
