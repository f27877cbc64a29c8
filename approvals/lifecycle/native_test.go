package lifecycle_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
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
