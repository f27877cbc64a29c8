package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// forge presses a button that no card of ours has: as a client would that
// changed a card's contents before it was clicked.
func (w *world) forge(user, action, value string) {
	w.t.Helper()
	m, ok := slacksim.Message{}, false
	for _, m = range w.As(user).Messages(w.As(user).DMChannel()) {
		if ok = m.User != user; ok {
			break
		}
	}
	if !ok {
		w.t.Fatalf("%s has no message of the bot's to forge", user)
	}
	var blocks []map[string]any
	if err := json.Unmarshal([]byte(`[{"type":"actions","block_id":"forged","elements":[{"type":"button","action_id":"`+action+`","value":"`+value+`","text":{"type":"plain_text","text":"x"}}]}]`), &blocks); err != nil {
		w.t.Fatal(err)
	}
	m.Blocks = blocks
	if err := w.As(user).ClickStale(w.ctx, m, action); err != nil {
		w.t.Fatal(err)
	}
}

func TestForgedButtonsGiveNoRights(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UADA", "hello") // an admin, who may not approve
		w.sees("UADA", "", "in your own words")
		w.asked()
		pending := w.latest("p-ana")
		for _, tt := range []struct{ action, value, told string }{
			{"approve", string(pending.ID), "not among those who may answer"},
			{"deny", string(pending.ID), "not among those who may answer"},
			{"send", string(pending.ID), "Only the person who asked can send"},
			{"cancel", string(pending.ID), "Only the person who asked can cancel"},
			{"pick/0", string(pending.ID) + " zendesk:agent", "Only the person who asked can change"},
			{"change", string(pending.ID), "can no longer be changed"},
			{"ask_again", string(pending.ID), "somebody else's request"},
			{"extend", "gr_none 20", "no such"},
			{"extend", "gr_none -5", "no time to extend by"},
			{"extend", "gr_none 99999999999999999999", "no time to extend by"},
			{"release", "gr_none", "no such"},
			{"let_end", "gr_none", "no such"},
			{"approve", "", "no such"},
			{"confirm", "UANA", ""},
		} {
			before := len(w.As("UADA").Messages(w.As("UADA").DMChannel()))
			w.forge("UADA", tt.action, tt.value)
			w.until(tt.action+" is answered", func() bool { return len(w.As("UADA").Messages(w.As("UADA").DMChannel())) > before })
			ms := w.As("UADA").Messages(w.As("UADA").DMChannel())
			if got := ms[len(ms)-1]; !strings.Contains(strings.ToLower(got.Plain()), strings.ToLower(tt.told)) && tt.told != "no such" {
				t.Errorf("%s %q is told %q, want %q", tt.action, tt.value, got.Plain(), tt.told)
			}
		}
		if r := w.latest("p-ana"); r.State != approvals.RequestPending || r.Version != pending.Version {
			t.Errorf("the request moved to %s, version %d", r.State, r.Version)
		}
	})
}

func TestOthersAccessCanNotBeEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.click("UBOB", w.asked(), "approve")
		w.sees("UANA", "", "Access is being set up")
		g := w.activate(w.latest("p-ana"))
		w.forge("UBOB", "release", string(g.ID))
		w.sees("UBOB", "", "Only the person who holds this access can give it back")
		w.forge("UBOB", "extend", string(g.ID)+" 20")
		w.sees("UBOB", "", "Only the person who holds this access, or who asked for it, can extend it")
		w.forge("UBOB", "let_end", string(g.ID))
		w.sees("UBOB", "", "somebody else's access")
		if g, err := w.store.Grant(w.ctx, g.ID); err != nil || g.State != approvals.GrantActive {
			t.Errorf("the grant is %s: %v", g.State, err)
		}
	})
}

func TestAskingForMoreThanThereIsIsToldAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Access is being set up")
		w.activate(w.latest("p-ana"))
		w.say("UANA", "extend by 9 hours")
		w.sees("UANA", "", "may run for at most 4 hours from now")
		w.say("UANA", "zendesk for 1h, another call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "another call"), "send")
		w.sees("UANA", "", "is already granted. Extend it instead")
		w.say("UANA", "zendesk for 30 hours, a long call")
		w.sees("UANA", "", "at most 4 hours at a time")
	})
}

func TestDeniedExtensionLeavesTheEndAsItWas(t *testing.T) {
	inWorld(t, func(w *world) {
		w.click("UBOB", w.asked(), "approve")
		w.sees("UANA", "", "Access is being set up")
		g := w.activate(w.latest("p-ana"))
		w.say("UANA", "10 more minutes please")
		w.click("UBOB", w.sees("UBOB", "", "10 minutes more of"), "deny")
		w.sees("UANA", "", "Denied", "10 minutes more of", "Denied by Bob Lee")
		if now, err := w.store.Grant(w.ctx, g.ID); err != nil || !now.EndsAt.Equal(g.EndsAt) {
			t.Errorf("ends %s, before %s: %v", now.EndsAt, g.EndsAt, err)
		}
	})
}

func TestExtensionShowsOnEveryCard(t *testing.T) {
	inWorld(t, func(w *world) {
		g, card := w.given()
		w.click("UANA", card, "extend")
		w.sees("UANA", "", "Extended")
		until := g.EndsAt.Add(time.Hour).In(time.FixedZone("CET", 3600)).Format("15:04 MST")
		w.until("the first card names the new end", func() bool {
			m, ok := w.As("UANA").Message(card.Channel, card.TS)
			return ok && strings.Contains(m.Plain(), until)
		})
	})
}

func TestWhoIsOnHoldIsSentNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UBOB", "hello")
		w.sees("UBOB", "", "in your own words")
		if err := w.UpdateUser("UBOB", func(u *slacksim.User) { u.Email = "mallory@example.com" }); err != nil {
			t.Fatal(err)
		}
		w.sees("UADA", "", "on hold")
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UCLEO", "", "May Ana have this?")
		settle()
		if n := w.count("UBOB", "Ana Diaz"); n != 0 {
			t.Errorf("%d cards were sent to an account that may not be Bob's", n)
		}
	})
}

func TestAdminsSeeWhatIsOverdue(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Access is being set up")
		w.activate(w.latest("p-ana"))
		wait(2 * time.Hour)
		if err := w.As("UADA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.As("UADA").WaitHome(w.ctx, func(v slacksim.View) bool { return strings.Contains(v.Plain(), "should have ended") }); err != nil {
			t.Error(err)
		}
		if err := w.As("UBOB").OpenHome(); err != nil {
			t.Fatal(err)
		}
		v, err := w.As("UBOB").WaitHome(w.ctx, func(slacksim.View) bool { return true })
		if err != nil || strings.Contains(v.Plain(), "should have ended") {
			t.Errorf("somebody else sees it too: %v", err)
		}
	})
}
