package lifecycle_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestOpenReviewOfBreakGlassIsToldEveryDayUntilItIsClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		law := &approvalstest.BreakGlassPolicy{}
		law.Permit()
		r.Service.Glass = approvals.BreakGlassRules{Policy: law, Channel: "C-SEC"}
		r.worker(r.config())
		req, err := r.Service.BreakGlass(t.Context(), approvals.Person("amy", "test", "card"),
			approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly, Reason: "payments are down", Key: "glass"})
		if err != nil {
			t.Fatal(err)
		}
		pass(30 * time.Second)
		r.is(req.Grant, approvals.GrantActive)
		r.works("amy", "read-only", true)
		times := func(want int) {
			t.Helper()
			b, err := r.Service.Store.BreakGlassReview(t.Context(), req.ID)
			if err != nil || b.Escalations != want {
				t.Errorf("told again %d times, want %d: %v", b.Escalations, want, err)
			}
		}
		pass(2 * time.Hour)
		r.is(req.Grant, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
		pass(21*time.Hour + 59*time.Minute)
		times(0)
		pass(time.Minute)
		times(1)
		pass(24 * time.Hour)
		times(2)
		_, err = r.Service.BreakGlass(t.Context(), approvals.Person("amy", "test", "card"),
			approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly, Reason: "again", Key: "glass-2"})
		if approvals.ErrorCode(err) != approvals.CodeForbidden {
			t.Errorf("a second break-glass: %v", err)
		}
		if _, err := r.Service.ReviewBreakGlass(t.Context(), approvals.Person("sol", "test", "card"), req.ID, approvals.Justified, ""); err != nil {
			t.Fatal(err)
		}
		pass(48 * time.Hour)
		times(2)
	})
}
