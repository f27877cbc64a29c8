package postgres_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/connectortest/whole"
)

func TestTargetsOfOneRoleAreOneHolding(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.connector(t)
	name := func(account string, target map[string]string) string {
		name, ok := c.Holding(account, target)
		if !ok {
			return "unknown"
		}
		return name
	}
	plain := name("maya@example.com", map[string]string{"role": "ro"})
	for what, tc := range map[string]struct {
		account string
		target  map[string]string
		same    bool
	}{
		"a database":         {"maya@example.com", map[string]string{"role": "ro", "database": "billing"}, true},
		"a login to be made": {"maya@example.com", map[string]string{"role": "ro", "create_login": "true"}, true},
		"the login itself":   {"maya", map[string]string{"role": "ro"}, true},
		"the domain aloud":   {"maya@EXAMPLE.COM", map[string]string{"role": "ro"}, true},
		"another role":       {"maya@example.com", map[string]string{"role": "rw"}, false},
		"another person":     {"li@example.com", map[string]string{"role": "ro"}, false},
		"another domain":     {"maya@example.org", map[string]string{"role": "ro"}, false},
		"no target":          {"maya@example.com", map[string]string{"rolle": "ro"}, false},
		"no account":         {"", map[string]string{"role": "ro"}, false},
	} {
		if got := name(tc.account, tc.target); (got == plain) != tc.same {
			t.Errorf("%s: it is %q, and %q is plain; the same is %v", what, got, plain, tc.same)
		}
	}
}

// Acceptance 34: two entitlements to one role are one holding, in a real
// server: its access lasts as long as either, and each ends at its own time.
func TestAcceptance34TwoEntitlementsToOneRoleEndIndependently(t *testing.T) {
	t.Parallel()
	for name, long := range map[string]bool{"the first ends first": false, "the second ends first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			maya := s.person(t, "maya")
			p := whole.New(t, s.connector(t), maya, time.Now(), map[string]string{"role": s.group}, map[string]string{"role": s.group, "database": "postgres"})
			first, second := 30*time.Minute, time.Hour
			if long {
				first, second = second, first
			}
			a, b := p.Hold(t, approvalstest.ReadOnly, first), p.Hold(t, approvalstest.Twin, second)
			if long {
				a, b = b, a
			}
			for _, step := range []struct {
				after time.Duration
				a, b  approvals.GrantState
				works bool
			}{
				{time.Minute, approvals.GrantActive, approvals.GrantActive, true},
				{30 * time.Minute, approvals.GrantRevoked, approvals.GrantActive, true},
				{30 * time.Minute, approvals.GrantRevoked, approvals.GrantRevoked, false},
			} {
				p.After(t, step.after)
				if p.Is(t, a, step.a).Standing || p.Is(t, b, step.b).Standing {
					t.Error("what the other gave is taken for standing access")
				}
				if got := read(t.Context(), s.mustSignIn(t, maya)) == nil; got != step.works {
					t.Errorf("after %s access works is %v, want %v", step.after, got, step.works)
				}
			}
		})
	}
}
