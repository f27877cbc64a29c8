package bot_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestTheEndIsNoticedOnceByWhoeverDidNotBringItAbout(t *testing.T) {
	ana, bob := approvals.Person("p-ana", "test", ""), approvals.Person("p-bob", "test", "")
	for name, tt := range map[string]struct {
		end    func(w *world, id approvals.GrantID) error
		takes  time.Duration // until nothing remains
		posted int
	}{
		"given back": {func(w *world, id approvals.GrantID) error {
			_, err := w.svc.Release(w.ctx, ana, id)
			return err
		}, time.Second, 0},
		"given back, while the system does not answer": {func(w *world, id approvals.GrantID) error {
			_, err := w.svc.Release(w.ctx, ana, id)
			return err
		}, 2 * time.Minute, 1},
		"taken back": {func(w *world, id approvals.GrantID) error {
			_, err := w.svc.Revoke(w.ctx, bob, id, "The call is over.")
			return err
		}, time.Second, 1},
		"time is up": {func(w *world, id approvals.GrantID) error {
			wait(time.Hour)
			_, err := w.svc.Expire(w.ctx, id)
			return err
		}, time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.say("UANA", "zendesk for 1h, customer call")
				w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
				w.sees("UANA", "", "Access is being set up")
				g := w.activate(w.latest("p-ana"))
				card := w.sees("UANA", "", "You have access")
				if err := tt.end(w, g.ID); err != nil {
					t.Fatal(err)
				}
				wait(tt.takes)
				if _, err := w.svc.Revoked(w.ctx, g.ID, approvals.Removal{}, "absent"); err != nil {
					t.Fatal(err)
				}
				settle()
				if now := w.sees("UANA", card.Channel, "for 1 hour", "Access ended", "nothing remains"); now.TS != card.TS {
					t.Error("the card does not say that access ended")
				}
				if n := w.count("UANA", "Access ended", "nothing remains", "Ask again") - 1; n != tt.posted {
					t.Errorf("the end is said in %d further messages, want %d", n, tt.posted)
				}
			})
		})
	}
}
