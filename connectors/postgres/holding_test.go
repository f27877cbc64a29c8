package postgres_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
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
			w := approvalstest.NewWorld(nil)
			now := time.Now().UTC().Truncate(time.Second)
			w.Service.Now = func() time.Time { return now }
			w.Policy.Rule(approvalstest.Automatic())
			w.Directory.Change("amy", func(p *approvals.Principal) { p.Email = maya })
			for id, target := range map[approvals.EntitlementID]map[string]string{
				approvalstest.ReadOnly: {"role": s.group}, approvalstest.Twin: {"role": s.group, "database": "postgres"},
			} {
				w.Catalogue.Change(id, func(e *approvals.Entitlement) { e.Connector, e.Target = "prod", target })
			}
			hands := map[string]approvals.Connector{"prod": s.connector(t)}
			w.Service.Holders = approvals.HoldersOf(hands)
			worker, err := lifecycle.New(lifecycle.Config{Service: w.Service, Store: w.Store, Connectors: hands, Now: w.Service.Now})
			if err != nil {
				t.Fatal(err)
			}
			hold := func(what approvals.EntitlementID, how time.Duration) approvals.GrantID {
				t.Helper()
				actor := approvals.Person("amy", "test", "")
				r, err := w.Service.Draft(t.Context(), actor, approvals.Ask{Requester: "amy", Entitlement: what, Duration: how, Reason: "a refund is stuck", Key: string(what)})
				if err == nil {
					r, err = w.Service.Submit(t.Context(), actor, r.ID)
				}
				if err == nil {
					err = worker.RunOnce(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
				return r.Grant
			}
			first, second := 30*time.Minute, time.Hour
			if long {
				first, second = second, first
			}
			a, b := hold(approvalstest.ReadOnly, first), hold(approvalstest.Twin, second)
			if long {
				a, b = b, a
			}
			after := func(d time.Duration, states map[approvals.GrantID]approvals.GrantState, works bool) {
				t.Helper()
				now = now.Add(d)
				for range 20 { // a busy server may end sessions at a later try
					if err := worker.RunOnce(t.Context()); err != nil {
						t.Fatal(err)
					}
					now = now.Add(time.Second)
				}
				for id, want := range states {
					if g, err := w.Store.Grant(t.Context(), id); err != nil || g.State != want || g.Standing {
						t.Errorf("after %s %s is %s (standing %v, %v), want %s: %s", d, g.Entitlement, g.State, g.Standing, err, want, g.LastError)
					}
				}
				if got := read(t.Context(), s.mustSignIn(t, maya)) == nil; got != works {
					t.Errorf("after %s access works is %v, want %v", d, got, works)
				}
			}
			after(time.Minute, map[approvals.GrantID]approvals.GrantState{a: approvals.GrantActive, b: approvals.GrantActive}, true)
			after(30*time.Minute, map[approvals.GrantID]approvals.GrantState{a: approvals.GrantRevoked, b: approvals.GrantActive}, true)
			after(30*time.Minute, map[approvals.GrantID]approvals.GrantState{a: approvals.GrantRevoked, b: approvals.GrantRevoked}, false)
		})
	}
}
