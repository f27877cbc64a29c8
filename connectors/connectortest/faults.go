package connectortest

import (
	"errors"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// patience is how many read-backs an eventually consistent system is given.
const patience = 10

var faultCases = []testCase{
	{"a grant whose answer is lost is found by read-back", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		b.spoil(t, Fault{Op: Grant, Trouble: LostAnswer})
		_, err := b.rec.Grant(t.Context(), g)
		b.again(t, "grant", err)
		b.Heal(t)
		b.expect(t, g, nil, true, "after the lost answer")
		r := b.mustGrant(t, g)
		b.effects(t, 1, "after the second call")
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after the revocation")
	}},
	{"a revocation whose answer is lost is completed by a second", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		b.spoil(t, Fault{Op: Revoke, Trouble: LostAnswer})
		_, err := b.rec.Revoke(t.Context(), g, r)
		b.again(t, "revoke", err)
		b.Heal(t)
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after the second call")
		b.effects(t, 2, "one grant, one revocation")
	}},
	{"a grant that is cut off leaves nothing", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		b.spoil(t, Fault{Op: Grant, Trouble: Cut})
		_, err := b.rec.Grant(t.Context(), g)
		b.again(t, "grant", err)
		b.Heal(t)
		b.expect(t, g, nil, false, "after the cut")
		r := b.mustGrant(t, g)
		b.expect(t, g, r, true, "after the second call")
	}},
	{"a revocation that is cut off is still due", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		b.spoil(t, Fault{Op: Revoke, Trouble: Cut})
		_, err := b.rec.Revoke(t.Context(), g, r)
		b.again(t, "revoke", err)
		b.Heal(t)
		b.expect(t, g, r, true, "after the cut")
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after the second call")
	}},
	{"a conflict is tried again", busy(Conflict, 0)},
	{"throttling is tried again when the system says", busy(Throttled, 7*time.Second)},
	{"a lie about a grant is found by read-back", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		b.spoil(t, Fault{Op: Grant, Trouble: Lie})
		r, err := b.rec.Grant(t.Context(), g)
		if err != nil {
			b.again(t, "grant", err)
		}
		b.Heal(t)
		b.expect(t, g, r, false, "after the lie")
	}},
	{"a lie about a revocation is found by read-back", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		b.spoil(t, Fault{Op: Revoke, Trouble: Lie})
		if _, err := b.rec.Revoke(t.Context(), g, r); err != nil {
			kind(t, err)
		}
		b.Heal(t)
		b.expect(t, g, r, true, "after the lie")
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after a true revocation")
	}},
	{"a stale read-back comes right by itself", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		b.spoil(t, Fault{Op: Check, Trouble: Stale})
		b.settles(t, g, r, true)
		b.mustRevoke(t, g, r)
		b.spoil(t, Fault{Op: Check, Trouble: Stale})
		b.settles(t, g, r, false)
	}},
}

// busy is the case of a system that is busy with each call once.
func busy(trouble Trouble, after time.Duration) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		g := b.grant("g1")
		b.spoil(t, Fault{Op: Grant, Trouble: trouble, After: after})
		_, err := b.rec.Grant(t.Context(), g)
		later(t, "grant", err, after)
		b.Heal(t)
		b.expect(t, g, nil, false, "after the refused grant")
		r := b.mustGrant(t, g)
		b.spoil(t, Fault{Op: Revoke, Trouble: trouble, After: after})
		_, err = b.rec.Revoke(t.Context(), g, r)
		later(t, "revoke", err, after)
		b.Heal(t)
		b.expect(t, g, r, true, "after the refused revocation")
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after the second call")
	}
}

func later(t *testing.T, op string, err error, after time.Duration) {
	t.Helper()
	if got := kind(t, err); got != approvals.Retryable {
		t.Errorf("%s: the failure is %s, want retryable: %v", op, got, err)
	}
	if ce, _ := errors.AsType[*approvals.ConnectorError](err); ce.After != after {
		t.Errorf("%s: to be tried again after %s, want %s as the system asked", op, ce.After, after)
	}
}

// settles reads back until the answer is right.
func (b *bench) settles(t *testing.T, g approvals.Grant, r approvals.Receipt, want bool) {
	t.Helper()
	for range patience {
		p, err := b.rec.Check(t.Context(), g, r)
		if err != nil {
			t.Fatalf("check: %v", err)
		}
		if p.Present == want {
			b.Heal(t)
			b.expect(t, g, r, want, "after it settled")
			return
		}
	}
	t.Errorf("after %d read-backs present is still %v", patience, !want)
}
