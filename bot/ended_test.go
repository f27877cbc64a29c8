package bot_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// given is access that Ana has for an hour, and its card.
func (w *world) given() (approvals.Grant, slacksim.Message) {
	w.t.Helper()
	w.say("UANA", "zendesk for 1h, customer call")
	w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
	w.sees("UANA", "", "Access is being set up")
	return w.activate(w.latest("p-ana")), w.sees("UANA", "", "You have access")
}

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
				g, card := w.given()
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

// TestWhoGivesBackInWordsIsAnswered: the card that changes is further up, and
// nobody hears of an edit.
func TestWhoGivesBackInWordsIsAnswered(t *testing.T) {
	const answer = "is being taken away now"
	for name, tt := range map[string]struct {
		say, press string // an answer of the bot's that has the button
		answered   int
	}{
		"in words":                      {"i'm done", "", 1},
		"on the card":                   {"", "You have access", 0},
		"with the button of an answer":  {"what do i have?", "•", 1},
		"in the thread below the card":  {"thread", "", 1},
		"by the button of the reminder": {"", "Your access ends soon", 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				g, card := w.given()
				if tt.press == "Your access ends soon" {
					wait(50 * time.Minute)
					if err := w.svc.Remind(w.ctx, g.ID); err != nil {
						t.Fatal(err)
					}
				}
				switch tt.say {
				case "":
				case "thread":
					w.reply("UANA", card, "i'm done")
				default:
					w.say("UANA", tt.say)
				}
				if tt.press != "" {
					w.click("UANA", w.sees("UANA", "", tt.press, "I'm done"), "release")
				}
				settle()
				if n := w.count("UANA", answer); n != tt.answered {
					t.Errorf("%d answers, want %d", n, tt.answered)
				}
				if g, err := w.store.Grant(w.ctx, g.ID); err != nil || g.State != approvals.GrantRevoking {
					t.Errorf("the grant is %s, %v", g.State, err)
				}
			})
		})
	}
}
