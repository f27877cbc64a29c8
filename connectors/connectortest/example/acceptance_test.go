package example_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/connectortest/whole"
)

const maya = "maya@example.com"

func path(t *testing.T) (*whole.Path, *service) {
	t.Helper()
	c, s := start(t)
	target := map[string]string{"group": "readers"}
	return whole.New(t, c, maya, time.Now(), target, target), s
}

// always spoils all calls of a kind until it is called again with none.
func (s *service) always(f *connectortest.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lasting = f
}

func (s *service) in(account string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.groups["readers"], account)
}

// Acceptance 13: the system says that access is gone, and it is not. It is
// never said to be revoked before it is.
func TestAcceptance13NeverRevokedWhileAccessRemains(t *testing.T) {
	t.Parallel()
	p, s := path(t)
	id := p.Hold(t, approvalstest.ReadOnly, 30*time.Minute)
	p.Is(t, id, approvals.GrantActive)
	s.always(&connectortest.Fault{Op: connectortest.Revoke, Trouble: connectortest.Lie})
	for range 4 {
		p.After(t, 30*time.Minute)
		if g := p.Is(t, id, approvals.GrantRevoking); p.Proofs(id) > 0 || !s.in(maya) || g.Attempts == 0 {
			t.Fatalf("%d proofs of an end after %d lies; access is there: %v", p.Proofs(id), g.Attempts, s.in(maya))
		}
	}
	s.always(nil)
	p.After(t, 30*time.Minute)
	p.Is(t, id, approvals.GrantRevoked)
	if p.Proofs(id) != 1 || s.in(maya) {
		t.Errorf("%d proofs of the end; access is there: %v", p.Proofs(id), s.in(maya))
	}
}

// Acceptance 15: of two grants for one holding the first one's end keeps
// access, and the second's takes it; standing access survives both.
func TestAcceptance15OverlappingGrantsAndStandingAccess(t *testing.T) {
	t.Parallel()
	for name, standing := range map[string]bool{"nothing was there": false, "standing access": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := path(t)
			if standing {
				s.set("readers", maya, true)
			}
			a, b := p.Hold(t, approvalstest.ReadOnly, 30*time.Minute), p.Hold(t, approvalstest.Twin, time.Hour)
			p.After(t, 31*time.Minute)
			if p.Is(t, a, approvals.GrantRevoked); p.Is(t, b, approvals.GrantActive).Standing != standing || !s.in(maya) {
				t.Errorf("after the first one's end access is there: %v", s.in(maya))
			}
			p.After(t, 30*time.Minute)
			if p.Is(t, b, approvals.GrantRevoked); s.in(maya) != standing {
				t.Errorf("after the last one's end access is there: %v, want %v", s.in(maya), standing)
			}
		})
	}
}

// Acceptance 16: what is busy is asked again, and nothing becomes final by it.
func TestAcceptance16BusyIsNeverFinal(t *testing.T) {
	t.Parallel()
	for _, trouble := range []connectortest.Trouble{connectortest.Conflict, connectortest.Throttled} {
		t.Run(string(trouble), func(t *testing.T) {
			t.Parallel()
			p, s := path(t)
			s.always(&connectortest.Fault{Op: connectortest.Grant, Trouble: trouble, After: 5 * time.Second})
			id := p.Hold(t, approvalstest.ReadOnly, 30*time.Minute)
			p.After(t, 20*time.Second)
			p.Is(t, id, approvals.GrantProvisioning)
			s.always(nil)
			p.After(t, 2*time.Minute)
			p.Is(t, id, approvals.GrantActive)
			s.always(&connectortest.Fault{Op: connectortest.Revoke, Trouble: trouble, After: 5 * time.Second})
			p.After(t, 40*time.Minute)
			if p.Is(t, id, approvals.GrantRevoking); !s.in(maya) {
				t.Error("access went although the system was busy")
			}
			s.always(nil)
			p.After(t, 20*time.Minute)
			if p.Is(t, id, approvals.GrantRevoked); s.in(maya) {
				t.Error("access is still there")
			}
		})
	}
}
