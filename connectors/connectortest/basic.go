package connectortest

import (
	"context"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

var basicCases = []testCase{
	{"access works from grant to revoke", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		b.expect(t, g, nil, false, "before the grant")
		r := b.mustGrant(t, g)
		b.expect(t, g, r, true, "after the grant")
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after the revocation")
	}},
	{"a grant made twice is one effect", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		first := b.mustGrant(t, g)
		second := b.mustGrant(t, g)
		b.expect(t, g, second, true, "after both calls")
		b.effects(t, 1, "after both calls")
		b.mustRevoke(t, g, first)
		b.expect(t, g, second, false, "after one revocation")
	}},
	{"a revocation made twice is one effect", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		r := b.mustGrant(t, g)
		b.mustRevoke(t, g, r)
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after both calls")
		b.effects(t, 2, "one grant, one revocation")
	}},
	{"revoking what was never there is success", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		got := b.mustRevoke(t, g, nil)
		if got.SessionsEnded != 0 || !got.ResidualUntil.IsZero() {
			t.Errorf("removal of nothing: %+v, want nothing ended and nothing left", got)
		}
		b.expect(t, g, nil, false, "after the revocation")
		b.effects(t, 0, "nothing happened")
	}},
	{"a lost receipt does not keep access alive", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		b.mustGrant(t, g)
		b.expect(t, g, nil, true, "after the grant, without its receipt")
		b.mustRevoke(t, g, nil)
		b.expect(t, g, nil, false, "after the revocation without a receipt")
	}},
	{"access given again after its end works", func(t *testing.T, b *bench) {
		first, second := b.grant("g1"), b.grant("g2")
		b.mustRevoke(t, first, b.mustGrant(t, first))
		r := b.mustGrant(t, second)
		b.expect(t, second, r, true, "after the second grant")
		b.mustRevoke(t, second, r)
		b.expect(t, second, r, false, "after the second end")
	}},
	{"list names holders by their accounts", func(t *testing.T, b *bench) {
		g := b.grant("g1")
		b.listed(t, g.Account, 0, "before the grant")
		r := b.mustGrant(t, g)
		b.listed(t, g.Account, 1, "after the grant")
		b.mustRevoke(t, g, r)
		b.listed(t, g.Account, 0, "after the revocation")
	}},
	{"an unknown account is refused for good", func(t *testing.T, b *bench) {
		if b.Unknown == "" {
			t.Skip("not shown: this harness has no unknown account")
		}
		g := b.grantOf("g1", b.Entitlement, b.Unknown)
		_, err := b.rec.Grant(t.Context(), g)
		if got := kind(t, err); got != approvals.Permanent {
			t.Errorf("the failure is %s, want permanent: %v", got, err)
		}
		if local, _, _ := strings.Cut(b.Unknown, "@"); !strings.Contains(err.Error(), local) {
			t.Errorf("the error does not name %q: %v", b.Unknown, err)
		}
		b.mustRevoke(t, g, nil)
	}},
	{"a target that does not exist is refused", func(t *testing.T, b *bench) {
		if b.Nowhere.Target == nil {
			t.Skip("not shown: this harness has no target that does not exist")
		}
		_, err := b.rec.Grant(t.Context(), b.grantOf("g1", b.Nowhere, b.Account))
		if got := kind(t, err); got != approvals.Permanent && got != approvals.Misconfigured {
			t.Errorf("the failure is %s, want permanent or misconfigured: %v", got, err)
		}
	}},
	{"a cancelled call fails as one to try again", func(t *testing.T, b *bench) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		g := b.grant("g1")
		_, err := b.rec.Grant(ctx, g)
		b.again(t, "grant", err)
		r := b.mustGrant(t, g)
		_, err = b.rec.Revoke(ctx, g, r)
		b.again(t, "revoke", err)
		_, err = b.rec.Check(ctx, g, r)
		b.again(t, "check", err)
		_, err = b.rec.List(ctx, b.Entitlement)
		b.again(t, "list", err)
		b.mustRevoke(t, g, r)
		b.expect(t, g, r, false, "after a revocation that was not cancelled")
	}},
}

// again holds an error against what the lifecycle tries again.
func (b *bench) again(t *testing.T, op string, err error) {
	t.Helper()
	if got := kind(t, err); got != approvals.Retryable && got != approvals.Ambiguous {
		t.Errorf("%s: the failure is %s, want retryable or ambiguous: %v", op, got, err)
	}
}

func (b *bench) effects(t *testing.T, want int, when string) {
	t.Helper()
	if b.Effects == nil {
		return
	}
	if got := b.Effects(b.Account); got != want {
		t.Errorf("%s: the system counts %d effects, want %d", when, got, want)
	}
}

func (b *bench) listed(t *testing.T, account string, want int, when string) {
	t.Helper()
	held, err := b.rec.List(t.Context(), b.Entitlement)
	if err != nil {
		t.Fatalf("%s: list: %v", when, err)
	}
	got := 0
	for _, h := range held {
		if h.Account == account {
			got++
		}
		if h.Entitlement != b.Entitlement.ID || h.AsOf.IsZero() || h.Principal != "" {
			t.Errorf("%s: holding %+v, want the entitlement's id, a time and no principal", when, h)
		}
	}
	if got != want {
		t.Errorf("%s: %s is listed %d times, want %d: %+v", when, account, got, want, held)
	}
}
