package lifecycle_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// A try that failed may have given access. The next one looks first: a second
// call that lands after somebody released would give it again.
func TestAccessThatAFailedTryGaveIsNotGivenAgain(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, AnswerLost: true})
		r.box.Inject(sandbox.Fault{Op: sandbox.OpCheck, Times: 1})
		r.box.Inject(sandbox.Fault{Op: sandbox.OpCheck, Times: 1, Err: retryable("The system is down.")})
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, Delay: 8 * time.Second, AnswerLost: true})
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(5 * time.Second)
		if _, err := r.Service.Release(t.Context(), approvals.Person("amy", "test", ""), id); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		r.is(id, approvals.GrantRevoked)
		if n, m := r.box.Count(sandbox.OpGrant, string(id)), r.box.Count(sandbox.OpRevoke, string(id)); n != 1 || m != 1 {
			t.Errorf("given %d times and taken away %d times in effect, want once each", n, m)
		}
	})
}
