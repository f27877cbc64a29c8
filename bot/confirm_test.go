package bot_test

import (
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store"
)

// has counts the audit events of a kind.
func (w *world) has(kind approvals.EventKind) (n int) {
	w.t.Helper()
	evs, err := w.store.Events(w.ctx, store.EventFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range evs {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestFirstRequestAsksOnceWhoItIs(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		first := w.sees("UANA", "", "You are Ana Diaz, Engineer, Payments; your manager is Bob Lee.", "Is that you?")
		w.click("UANA", first, "send")
		w.sees("UANA", "", "Approved at once")
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		second := w.sees("UANA", "", "Ready to send?", "Billing database")
		if strings.Contains(second.Plain(), "Is that you?") {
			t.Error("it is asked a second time")
		}
		w.click("UANA", second, "send")
		w.sees("UANA", "", "Waiting for an answer")
		if n := w.has(approvals.EventIdentityOwned); n != 1 {
			t.Errorf("%d events say that Ana confirmed", n)
		}
	})
}

func TestSendWithoutTheQuestionSendsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		card := w.sees("UANA", "", "Is that you?")
		w.forge("UANA", "send", string(w.latest("p-ana").ID))
		w.sees("UANA", "", "please say on its card that you are who we think you are")
		if r := w.latest("p-ana"); r.State != approvals.RequestDraft {
			t.Errorf("the request is %s", r.State)
		}
		w.click("UANA", card, "send")
		w.sees("UANA", "", "Approved at once")
	})
}

func TestWhoIsTakenForSomebodyElseIsHeldUntilAnAdminConfirms(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Is that you?"), "not_me")
		w.sees("UANA", "", "Nothing was sent")
		alert := w.sees("UADA", "", "on hold because its person says that they are somebody else")
		w.say("UANA", "zendesk for 1h, customer call")
		w.sees("UANA", "", "Your account is on hold")
		w.click("UADA", alert, "confirm")
		w.sees("UADA", "", "Confirmed: the account may act again.")
		w.until("the alert has no button any more", func() bool {
			m, ok := w.As("UADA").Message(alert.Channel, alert.TS)
			return ok && strings.Contains(m.Plain(), "was confirmed by Ada Admin") && len(m.Controls()) == 0
		})
		w.say("UANA", "what do I have?")
		w.sees("UANA", "", "You hold no time-limited access.")
		if n := w.has(approvals.EventIdentityCleared); n != 1 {
			t.Errorf("%d events say that an admin confirmed", n)
		}
	})
}

func TestNobodyFreesTheirOwnAccount(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UADA", "hello")
		w.sees("UADA", "", "in your own words")
		if err := w.UpdateUser("UADA", func(u *slacksim.User) { u.Email = "ada@elsewhere.example" }); err != nil {
			t.Fatal(err)
		}
		w.until("she is on hold", func() bool { return w.has(approvals.EventIdentityBlocked) == 1 })
		w.forge("UADA", "confirm", "UADA")
		w.sees("UADA", "", "Your account is on hold")
		if n := w.has(approvals.EventIdentityCleared); n != 0 {
			t.Error("she freed herself")
		}
	})
}
