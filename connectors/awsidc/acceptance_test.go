package awsidc_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/connectortest/whole"
)

// Acceptance 14: a role session that is open when access ends is ended, or the
// end is residual until it has died; it is never said to be over before.
func TestAcceptance14OpenSessionIsEndedOrSaidToLive(t *testing.T) {
	t.Parallel()
	plain := func(account, set string) map[string]string { return inAccount(account, set) }
	for name, tc := range map[string]struct {
		target func(account, set string) map[string]string
		ended  bool
	}{"nothing ends it": {plain, false}, "inline policy": {ways[0].target, true}, "service control policy": {ways[1].target, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			target := tc.target(production, "ReadOnly") // of sessions of four hours
			p := whole.New(t, r.open(t), "maya@example.com", r.Clock.Now(), target, target)
			after := func(d time.Duration) {
				t.Helper()
				r.Clock.Advance(max(0, p.Now().Add(d).Sub(r.Clock.Now())))
				p.After(t, d)
			}
			id := p.Hold(t, approvalstest.ReadOnly, 30*time.Minute)
			after(time.Minute)
			p.Is(t, id, approvals.GrantActive)
			s := r.signedIn(t, "maya@example.com", production, r.readOnly)
			after(32 * time.Minute)
			if tc.ended {
				p.Is(t, id, approvals.GrantRevoked)
				if s.Works() || p.Proofs(id) != 1 {
					t.Errorf("the session works: %v, with %d proofs of the end", s.Works(), p.Proofs(id))
				}
				return
			}
			g := p.Is(t, id, approvals.GrantResidual)
			if !s.Works() || p.Proofs(id) > 0 || g.ResidualUntil.Before(r.Clock.Now().Add(3*time.Hour)) {
				t.Errorf("residual until %s at %s; the session works: %v, with %d proofs of the end", g.ResidualUntil, r.Clock.Now(), s.Works(), p.Proofs(id))
			}
			if _, again := r.SignIn(r.ids["maya@example.com"], production, r.readOnly); again {
				t.Error("a new session can be opened")
			}
			after(5 * time.Hour)
			p.Is(t, id, approvals.GrantRevoked)
			if s.Works() || p.Proofs(id) != 1 {
				t.Errorf("the session works: %v, with %d proofs of the end", s.Works(), p.Proofs(id))
			}
		})
	}
}
