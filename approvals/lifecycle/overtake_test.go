package lifecycle_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// A call to take access away may land late. If another replica could overtake
// it, prove the end and give access to the next grant of the same holding, the
// late call would take that away unnoticed.
func TestRemovalThatIsUnderWayIsNotOvertakenForTheNextGrant(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.worker(r.replica(0))
		r.worker(r.replica(0))
		first := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 1, Err: retryable("The system is down.")})
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 1, Delay: 8 * time.Second, AnswerLost: true})
		pass(time.Until(r.grant(first).EndsAt) + 3*time.Second)
		r.is(first, approvals.GrantRevoking) // the second try is on its way
		second := r.hold("amy", approvalstest.Twin, 10*time.Minute)
		pass(30 * time.Second)
		r.is(first, approvals.GrantRevoked)
		r.is(second, approvals.GrantActive)
		r.works("amy", "read-only", true)
		if n := r.box.Count(sandbox.OpRevoke, string(first)); n != 1 {
			t.Errorf("%d removals, want 1", n)
		}
	})
}

func TestRemovalThatPausesIsHastenedForTheNextGrant(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		first := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 1,
			Err: &approvals.ConnectorError{Kind: approvals.Retryable, After: 5 * time.Minute, Message: "Too many requests."}})
		pass(time.Until(r.grant(first).EndsAt) + time.Second)
		r.is(first, approvals.GrantRevoking)
		second := r.hold("amy", approvalstest.Twin, 10*time.Minute)
		pass(10 * time.Second)
		r.is(first, approvals.GrantRevoked)
		r.is(second, approvals.GrantActive)
		r.works("amy", "read-only", true)
	})
}
