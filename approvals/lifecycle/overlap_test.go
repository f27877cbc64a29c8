package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// readBack is what was read back at a grant's end.
func (r *rig) readBack(id approvals.GrantID) string {
	r.t.Helper()
	ended := r.events(id, approvals.EventGrantRevoked)
	if len(ended) != 1 {
		r.t.Fatalf("%d proofs of the end of %s, want 1", len(ended), id)
	}
	return ended[0].ReadBack
}

func TestOverlappingGrantsEndWithTheLast(t *testing.T) {
	for name, long := range map[string]bool{"first ends first": false, "second ends first": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, r *rig) {
				r.worker(r.config())
				first, second := 30*time.Minute, time.Hour
				if long {
					first, second = second, first
				}
				a := r.hold("amy", approvalstest.ReadOnly, first)
				pass(time.Minute)
				b := r.hold("amy", approvalstest.Twin, second) // another entitlement, the same holding
				pass(time.Minute)
				r.is(a, approvals.GrantActive)
				r.is(b, approvals.GrantActive)
				if r.grant(b).Standing {
					t.Error("what the first grant gave was taken for standing access")
				}
				if end := r.member("amy", "read-only").EndsAt; end.Before(time.Now().Add(50 * time.Minute)) {
					t.Errorf("the system would end access at %s, before the longer grant does", end)
				}
				if long {
					a, b = b, a
				}
				pass(32 * time.Minute)
				r.is(a, approvals.GrantRevoked)
				r.is(b, approvals.GrantActive)
				r.works("amy", "read-only", true)
				if got, want := r.readBack(a), "kept: another grant ("+string(b)+") backs it"; got != want {
					t.Errorf("read back %q, want %q", got, want)
				}
				pass(time.Hour)
				r.is(b, approvals.GrantRevoked)
				r.works("amy", "read-only", false)
				if n := r.box.Count(sandbox.OpRevoke, string(b)); n != 1 {
					t.Errorf("%d removals by the last grant, want 1", n)
				}
			})
		})
	}
}

func TestDifferentHoldingsEndIndependently(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		a := r.hold("amy", approvalstest.ReadOnly, 30*time.Minute)
		b := r.hold("amy", approvalstest.Admin, time.Hour)
		c := r.hold("bob", approvalstest.ReadOnly, time.Hour)
		pass(31 * time.Minute)
		r.is(a, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
		r.works("amy", "admin", true)
		r.works("bob", "read-only", true)
		pass(time.Hour)
		r.is(b, approvals.GrantRevoked)
		r.is(c, approvals.GrantRevoked)
	})
}

func TestStandingAccessSurvivesEveryEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		if err := r.box.Seat("billing-db", "read-only", "amy@example.com"); err != nil {
			t.Fatal(err)
		}
		r.worker(r.config())
		a := r.hold("amy", approvalstest.ReadOnly, 30*time.Minute)
		pass(time.Minute)
		b := r.hold("amy", approvalstest.Twin, time.Hour)
		pass(time.Minute)
		for _, id := range []approvals.GrantID{a, b} {
			r.is(id, approvals.GrantActive)
			if !r.grant(id).Standing {
				t.Errorf("%s does not know of the standing access", id)
			}
			if ev := r.events(id, approvals.EventGrantActive); len(ev) != 1 || ev[0].Detail["standing"] != "true" {
				t.Errorf("the person is not told that it was there: %+v", ev)
			}
		}
		if m := r.member("amy", "read-only"); !m.EndsAt.IsZero() {
			t.Errorf("standing access was given an end, %s", m.EndsAt)
		}
		pass(2 * time.Hour)
		for _, id := range []approvals.GrantID{a, b} {
			r.is(id, approvals.GrantRevoked)
			if got := r.readBack(id); got != "kept: standing access that was there before" {
				t.Errorf("read back %q", got)
			}
			if n := r.box.Count(sandbox.OpGrant, string(id)) + r.box.Count(sandbox.OpRevoke, string(id)); n > 0 {
				t.Errorf("%d effects of %s on standing access", n, id)
			}
		}
		r.works("amy", "read-only", true)
	})
}

func TestReleaseBeforeTheFirstLookTakesNothingAway(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		if err := r.box.Seat("billing-db", "read-only", "amy@example.com"); err != nil {
			t.Fatal(err)
		}
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour) // no worker runs yet
		if _, err := r.Service.Release(t.Context(), approvals.Person("amy", "test", ""), id); err != nil {
			t.Fatal(err)
		}
		r.worker(r.config())
		pass(time.Minute)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "read-only", true)
		if got := r.readBack(id); got != "absent: nothing had been given yet" {
			t.Errorf("read back %q", got)
		}
	})
}

func TestNewGrantWaitsForTheRemovalOfTheOld(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		a := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 1, Delay: 8 * time.Second})
		if _, err := r.Service.Release(t.Context(), approvals.Person("amy", "test", ""), a); err != nil {
			t.Fatal(err)
		}
		pass(time.Second) // the removal is on its way
		b := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(30 * time.Second)
		r.is(a, approvals.GrantRevoked)
		r.is(b, approvals.GrantActive)
		r.works("amy", "read-only", true)
		if r.grant(b).Standing {
			t.Error("what the old grant left was taken for standing access")
		}
		pass(12 * time.Minute)
		r.is(b, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
	})
}

func TestNewGrantWakesARemovalThatPauses(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		a := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Lie: true})
		pass(2 * time.Hour) // the pauses are long by now
		r.is(a, approvals.GrantRevoking)
		b := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(10 * time.Second)
		r.is(b, approvals.GrantActive)
		r.is(a, approvals.GrantRevoked)
		if got := r.readBack(a); !strings.HasPrefix(got, "kept: another grant") {
			t.Errorf("read back %q", got)
		}
		r.box.Heal()
		pass(20 * time.Minute)
		r.is(b, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
	})
}

func TestResidualGrantDoesNotTakeALaterOneAlong(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		a := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		if _, err := r.box.Login("amy@example.com", "billing-db"); err != nil {
			t.Fatal(err)
		}
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Hold: time.Now().Add(30 * time.Minute)})
		pass(10 * time.Minute)
		r.is(a, approvals.GrantResidual)
		b := r.hold("amy", approvalstest.ReadOnly, 2*time.Hour)
		pass(time.Minute)
		r.is(b, approvals.GrantActive)
		pass(40 * time.Minute)
		r.is(a, approvals.GrantRevoked)
		r.works("amy", "read-only", true)
	})
}
