package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestAccessIsGivenReadBackNudgedAndEnded(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		begin := time.Now()
		id := r.hold("amy", approvalstest.ReadOnly, 20*time.Minute)
		pass(time.Second)
		r.is(id, approvals.GrantActive)
		r.works("amy", "read-only", true)
		g := r.grant(id)
		if got := g.EndsAt.Sub(g.ActiveAt); got != 20*time.Minute {
			t.Errorf("it lasts %s, want 20 minutes from when it worked", got)
		}
		if m := r.member("amy", "read-only"); !m.EndsAt.Equal(g.EndsAt) {
			t.Errorf("the system's own end is %s, want %s", m.EndsAt, g.EndsAt)
		}
		pass(time.Until(g.NudgeAt()) + time.Second)
		if n := len(r.events(id, approvals.EventGrantReminded)); n != 1 {
			t.Errorf("%d nudges, want 1", n)
		}
		session, err := r.box.Login("amy@example.com", "billing-db")
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Until(g.EndsAt) - 2*time.Second)
		r.works("amy", "read-only", true)
		pass(4 * time.Second)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
		if _, err := r.box.Read(session); err == nil {
			t.Error("the open session still reads")
		}
		ended := r.events(id, approvals.EventGrantRevoked)
		if len(ended) != 1 || !strings.HasPrefix(ended[0].ReadBack, "absent: ") || ended[0].Detail["sessions_ended"] != "1" {
			t.Errorf("the proof is %+v, want one absent read-back and one ended session", ended)
		}
		if lag := ended[0].At.Sub(g.EndsAt); lag < 0 || lag > time.Second {
			t.Errorf("it ended %s after its time, within %s since the request", lag, time.Since(begin))
		}
	})
}
