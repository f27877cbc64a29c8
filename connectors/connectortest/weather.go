package connectortest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// steps is how often access comes and goes in bad weather.
const steps = 8

var weatherCases = []testCase{
	{"in bad weather every call ends as it was meant", func(t *testing.T, b *bench) {
		mine, theirs := b.grant("a"), b.grantOf("b", b.Entitlement, b.Neighbour)
		b.spoil(t, Fault{Op: Grant, Trouble: Cut}) // skips where nothing can be spoilt
		b.Heal(t)
		kept := b.mustGrant(t, theirs)
		w := &weather{bench: b, rand: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // The same weather each time.
		for range steps {
			var r approvals.Receipt
			w.through(t, Grant, func() (err error) {
				r, err = b.rec.Grant(t.Context(), mine)
				return err
			})
			if w.rand.IntN(3) == 0 {
				r = nil // it was lost with an answer
			}
			b.expect(t, mine, r, true, "after a grant in bad weather")
			w.through(t, Revoke, func() error {
				_, err := b.rec.Revoke(t.Context(), mine, r)
				return err
			})
			b.expect(t, mine, r, false, "after a revocation in bad weather")
			b.expect(t, theirs, kept, true, "after a neighbour's end in bad weather")
		}
		b.effects(t, 2*steps, "after the weather")
	}},
}

// weather spoils calls at random, some of them several times in a row.
type weather struct {
	*bench
	rand *rand.Rand
}

// through makes a call until it succeeds. Each failure has to say that it may
// be tried again.
func (w *weather) through(t *testing.T, op Op, call func() error) {
	t.Helper()
	troubles := []Trouble{Cut, LostAnswer, Conflict, Throttled}
	for try := range patience {
		if try < patience/2 && w.rand.IntN(2) == 0 {
			w.Inject(t, Fault{Op: op, Trouble: troubles[w.rand.IntN(len(troubles))], After: time.Second})
		}
		err := call()
		w.Heal(t)
		if err == nil {
			return
		}
		w.again(t, string(op), err)
	}
	t.Fatalf("%s: %d tries, of which half were in fair weather, and none succeeded", op, patience)
}
