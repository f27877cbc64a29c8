package connectortest

import (
	"fmt"
	"sync"
	"testing"
)

// crowd is how many calls run side by side.
const crowd = 8

var overlapCases = []testCase{
	{"one revocation ends a holding that two grants gave", func(t *testing.T, b *bench) {
		first, second := b.grant("a"), b.grant("b")
		r1 := b.mustGrant(t, first)
		r2 := b.mustGrant(t, second)
		b.effects(t, 1, "after both grants")
		b.expect(t, first, r1, true, "with both grants")
		// The first one's end is no call: the lifecycle knows that the second lives.
		b.mustRevoke(t, second, r2)
		b.expect(t, second, r2, false, "after the last one's end")
		b.mustRevoke(t, first, r1)
		b.expect(t, first, r1, false, "after a late call for the first")
	}},
	{"a revocation removes what another grant gave", func(t *testing.T, b *bench) {
		given, told := b.grant("a"), b.grant("b")
		b.mustGrant(t, given)
		b.mustRevoke(t, told, nil)
		b.expect(t, told, nil, false, "after the revocation")
	}},
	{"a neighbour keeps access", func(t *testing.T, b *bench) {
		mine, theirs := b.grant("a"), b.grantOf("b", b.Entitlement, b.Neighbour)
		r1 := b.mustGrant(t, mine)
		r2 := b.mustGrant(t, theirs)
		b.mustRevoke(t, mine, r1)
		b.expect(t, mine, r1, false, "after its end")
		b.expect(t, theirs, r2, true, "after the neighbour's end")
	}},
	{"another entitlement of the same account stays", func(t *testing.T, b *bench) {
		if b.Other.Target == nil {
			t.Skip("not shown: this harness has only one entitlement")
		}
		one, other := b.grant("a"), b.grantOf("b", b.Other, b.Account)
		r1 := b.mustGrant(t, one)
		r2 := b.mustGrant(t, other)
		b.mustRevoke(t, one, r1)
		b.expect(t, one, r1, false, "after its end")
		b.expect(t, other, r2, true, "after the other's end")
		b.mustRevoke(t, other, r2)
		b.expect(t, other, r2, false, "after its own end")
	}},
	{"standing access is seen before anything is granted", func(t *testing.T, b *bench) {
		if b.Seat == nil {
			t.Skip("not shown: this harness cannot give access by hand")
		}
		b.Seat(t, b.Account)
		g := b.grant("g1")
		b.expect(t, g, nil, true, "before the grant")
		b.listed(t, b.Account, 1, "before the grant")
		r := b.mustGrant(t, g)
		b.expect(t, g, r, true, "after the grant")
	}},
	{"many grants of one holding at once are one effect", func(t *testing.T, b *bench) {
		b.storm(t, func(int) bool { return true })
		b.effects(t, 1, "after the crowd")
		g := b.grant("0")
		b.expect(t, g, nil, true, "after the crowd")
		b.mustRevoke(t, g, nil)
		b.expect(t, g, nil, false, "after the end")
	}},
	{"grants and revocations at once leave the truth readable", func(t *testing.T, b *bench) {
		b.storm(t, func(i int) bool { return i%2 == 0 })
		g := b.grant("0")
		p, err := b.rec.Check(t.Context(), g, nil)
		if err != nil {
			t.Fatalf("check: %v", err)
		}
		if got := b.Reaches(t, b.Entitlement, g.Account); got != p.Present {
			t.Errorf("Check says present is %v, in the system access works is %v", p.Present, got)
		}
		b.mustRevoke(t, g, nil)
		b.expect(t, g, nil, false, "after the last revocation")
	}},
}

// storm makes many calls for one holding at once: grants where give says so,
// else revocations. A call may fail as one to try again, and is tried again.
func (b *bench) storm(t *testing.T, give func(int) bool) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Go(func() {
			g := b.grant(fmt.Sprint(i))
			for try := range patience {
				var err error
				if give(i) {
					_, err = b.rec.Grant(t.Context(), g)
				} else {
					_, err = b.rec.Revoke(t.Context(), g, nil)
				}
				if err == nil {
					return
				}
				if try == patience-1 {
					t.Errorf("call %d still fails: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}
