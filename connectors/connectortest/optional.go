package connectortest

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

var optionalCases = []testCase{
	{"no open session outlives its access in silence", func(t *testing.T, b *bench) {
		b.needSessions(t)
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		works := b.Open(t, b.Account)
		if !works() {
			t.Fatal("the session does not work while access does")
		}
		if p, err := b.rec.Check(t.Context(), g, r); err != nil || p.Sessions != 1 && !b.Uncounted {
			t.Errorf("Check counts %d sessions, want 1; %v", p.Sessions, err)
		}
		removal := b.mustRevoke(t, g, r)
		b.over(t, g, r, works, removal)
	}},
	{"a session left behind by a lost answer is ended by the second call", func(t *testing.T, b *bench) {
		b.needSessions(t)
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		works := b.Open(t, b.Account)
		b.spoil(t, Fault{Op: Revoke, Trouble: LostAnswer})
		_, err := b.rec.Revoke(t.Context(), g, r)
		b.again(t, "revoke", err)
		b.Heal(t)
		removal := b.mustRevoke(t, g, r)
		b.over(t, g, r, works, removal)
	}},
	{"sessions can be ended on their own", func(t *testing.T, b *bench) {
		b.needSessions(t)
		ender, ok := b.raw.(approvals.SessionEnder)
		if !ok {
			t.Skip("not shown: this connector does not end sessions on their own")
		}
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		works := b.Open(t, b.Account)
		for _, want := range []int{1, 0} {
			if ended, err := ender.EndSessions(t.Context(), g, r); err != nil || ended != want {
				t.Errorf("sessions ended: %d, %v; want %d", ended, err, want)
			}
		}
		if works() {
			t.Error("the session works on after it was ended")
		}
		b.expect(t, g, r, true, "with access still granted")
	}},
	{"a native end can be set, moved and repeated", func(t *testing.T, b *bench) {
		expirer, ok := b.raw.(approvals.Expirer)
		if !ok {
			t.Skip("not shown: this system has no end dates of its own")
		}
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		end := time.Now().Add(time.Hour).Truncate(time.Second)
		for _, at := range []time.Time{end, end, end.Add(time.Hour), end.Add(time.Minute)} {
			if err := expirer.SetEnd(t.Context(), g, r, at); err != nil {
				t.Errorf("set the end to %s: %v", at, err)
			}
		}
		b.expect(t, g, r, true, "before the native end")
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after the revocation")
	}},
	{"targets that mean the same thing are one holding", func(t *testing.T, b *bench) {
		h, ok := b.raw.(approvals.Holder)
		if !ok || b.Alias.Target == nil {
			t.Skip("not shown: this system has one way to say a thing")
		}
		for _, e := range []approvals.Entitlement{b.Entitlement, b.Alias, b.Other} {
			if v, ok := b.raw.(approvals.Validator); ok && e.Target != nil {
				if err := v.Validate(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
		}
		holding := func(account string, e approvals.Entitlement) string {
			name, ok := h.Holding(account, e.Target)
			if !ok {
				t.Errorf("what %v means cannot be told", e.Target)
			}
			return name
		}
		name := holding(b.Account, b.Entitlement)
		if got := holding(b.Account, b.Alias); got != name {
			t.Errorf("the alias is %q, want %q", got, name)
		}
		if got := holding(b.Neighbour, b.Entitlement); got == name {
			t.Error("the neighbour's is the same")
		}
		if b.Other.Target != nil && holding(b.Account, b.Other) == name {
			t.Error("the other entitlement is the same")
		}
		g := b.grantOf("g1", b.Alias, b.Account)
		r := b.mustGrant(t, g)
		b.expect(t, b.grant("g1"), nil, true, "after a grant of the alias")
		b.mustRevoke(t, g, r)
		b.expect(t, b.grant("g1"), nil, false, "after its end")
	}},
	{"a sound catalogue entry is told from a broken one", func(t *testing.T, b *bench) {
		v, ok := b.raw.(approvals.Validator)
		if !ok {
			t.Skip("not shown: this connector does not validate")
		}
		if err := v.Validate(t.Context(), b.Entitlement); err != nil {
			t.Errorf("the sound entry: %v", err)
		}
		if b.Nowhere.Target != nil {
			err := v.Validate(t.Context(), b.Nowhere)
			b.rec.note(err)
			kind(t, err)
		}
		err := v.Validate(t.Context(), approvals.Entitlement{ID: "empty"})
		b.rec.note(err)
		kind(t, err)
	}},
}

func (b *bench) needSessions(t *testing.T) {
	t.Helper()
	if b.Open == nil {
		t.Skip("not shown: this harness cannot open sessions")
	}
}

// over holds a revocation against its word: either no session works and none
// is counted, or it said until when one lives on.
func (b *bench) over(t *testing.T, g approvals.Grant, r approvals.Receipt, works func() bool, removal approvals.Removal) {
	t.Helper()
	p, err := b.rec.Check(t.Context(), g, r)
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	alive := works()
	if alive && removal.ResidualUntil.IsZero() {
		t.Error("the open session works on, and the removal does not say until when")
	}
	if alive && p.Sessions == 0 && !b.Uncounted {
		t.Errorf("the open session works on, and Check counts none: %s", p.Detail)
	}
	if !removal.ResidualUntil.IsZero() && removal.Reason == "" {
		t.Error("the removal says that something lives on, and not why")
	}
	if !alive && (p.Present || p.Sessions != 0) {
		t.Errorf("all is over, and Check says %+v", p)
	}
}
