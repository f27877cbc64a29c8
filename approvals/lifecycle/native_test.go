package lifecycle_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// The rig's system applies its own end dates a day late.
func TestTheSystemsOwnEndEndsAccessWhenHallpassIsDead(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		stop := r.worker(r.config())
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Minute)
		if end, want := r.member("amy", "read-only").EndsAt, r.grant(id).EndsAt; !end.Equal(want) {
			t.Errorf("the system ends access at %s, want the grant's end, %s", end, want)
		}
		stop()
		pass(26 * time.Hour)
		e, err := r.Catalogue.Entitlement(t.Context(), approvalstest.ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		if held, err := r.box.List(t.Context(), e); err != nil || len(held) != 0 {
			t.Errorf("%v hold it, %v; want nobody", held, err)
		}
		r.is(id, approvals.GrantActive) // nobody was there to notice
		r.once(r.config())
		r.is(id, approvals.GrantRevoked)
	})
}

// A call that sets the first end is slow, and access is extended meanwhile: the
// extension's own call is faster.
func TestASlowCallDoesNotBringTheOldEndBack(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.box.Inject(sandbox.Fault{Op: sandbox.OpSetEnd, Times: 1, Delay: 4 * time.Second})
		defer r.worker(r.config())()
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Second)
		first := r.grant(id).EndsAt
		if _, err := r.Service.Extend(t.Context(), approvals.Person("amy", "test", ""), id, 30*time.Minute, "more", "more"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if end, want := r.member("amy", "read-only").EndsAt, first.Add(30*time.Minute); !end.Equal(want) {
			t.Fatalf("while the first call is under way the system ends access at %s, want %s", end, want)
		}
		pass(time.Minute)
		if end, want := r.member("amy", "read-only").EndsAt, first.Add(30*time.Minute); !end.Equal(want) {
			t.Errorf("the system ends access at %s, want the extension's end, %s", end, want)
		}
		r.is(id, approvals.GrantActive)
	})
}
