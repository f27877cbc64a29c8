package bot_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// home waits until a person's Home tab says all words and none of the others.
func (w *world) home(user string, says []string, never ...string) slacksim.View {
	w.t.Helper()
	v, err := w.As(user).WaitHome(w.ctx, func(v slacksim.View) bool {
		text := strings.ReplaceAll(v.Plain(), "*", "")
		for _, word := range says {
			if !strings.Contains(text, word) {
				return false
			}
		}
		for _, word := range never {
			if strings.Contains(text, word) {
				return false
			}
		}
		return true
	})
	if err != nil {
		last, _ := w.As(user).Home()
		w.t.Fatalf("%s never sees %q without %q at home; but:\n%s\n%s", user, says, never, last.Plain(), w.logs)
	}
	return v
}

func TestAdminsSeeWhoIsOnHoldAndFreeThemAtHome(t *testing.T) {
	inWorld(t, func(w *world) {
		if err := w.As("UADA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		w.home("UADA", []string{"My access"}, "Needs attention")
		w.say("UANA", "hello")
		w.sees("UANA", "", "in your own words")
		if err := w.UpdateUser("UANA", func(u *slacksim.User) { u.Email = "ana.diaz@example.com" }); err != nil {
			t.Fatal(err)
		}
		v := w.home("UADA", []string{"Needs attention", "The account of Ana Diaz is on hold because the email address changed"})
		if err := w.As("UADA").ClickView(w.ctx, v.ID, "confirm", slacksim.Confirmed()); err != nil {
			t.Fatal(err)
		}
		w.home("UADA", []string{"My access"}, "on hold")
		w.say("UANA", "what do I have?")
		w.sees("UANA", "", "You hold no time-limited access.")
		if v, ok := w.As("UBOB").Home(); ok && strings.Contains(v.Plain(), "on hold") {
			t.Error("somebody else sees it too")
		}
	})
}

// A form must open within seconds of the click: it can't wait behind a Home tab
// that Slack does not take yet.
func TestAHomeTabThatMustWaitHoldsNothingBack(t *testing.T) {
	inWorld(t, func(w *world) {
		if err := w.As("UANA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		v := w.home("UANA", []string{"My access"})
		w.Faults().RateLimit("views.publish", 1, 5*time.Second)
		if err := w.As("UANA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		for !slices.ContainsFunc(w.Calls(), func(c slacksim.Call) bool { return c.Error == "ratelimited" }) {
			if w.ctx.Err() != nil {
				t.Fatalf("the Home tab was not published again\n%s", w.logs)
			}
			runtime.Gosched()
		}
		if err := w.As("UANA").ClickView(w.ctx, v.ID, "ask"); err != nil {
			t.Fatal(err)
		}
		w.glassForm("UANA", "Ask for access")
	})
}

func TestAdminsSeeWhatFailsUntilItIsMended(t *testing.T) {
	inWorld(t, func(w *world) {
		if err := w.As("UADA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Access is being set up")
		g := w.activate(w.latest("p-ana"))
		if _, err := w.svc.Release(w.ctx, approvals.Person("p-ana", "test", ""), g.ID); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := w.svc.Retry(w.ctx, g.ID, "revoke", "The support desk does not answer."); err != nil {
				t.Fatal(err)
			}
		}
		w.home("UADA", []string{"Needs attention", "Support desk, agent of Ana Diaz can't be taken away yet; 3 tries failed, the last: The support desk does not answer."})
		told := w.sees("UANA", "", "Your access to Support desk, agent can't be taken away yet")
		if _, err := w.svc.Revoked(w.ctx, g.ID, approvals.Removal{}, "absent"); err != nil {
			t.Fatal(err)
		}
		w.home("UADA", []string{"My access"}, "Needs attention")
		if now := w.sees("UANA", "", "Your access to Support desk, agent could not be taken away at once. Access ended", "nothing remains"); now.TS != told.TS {
			t.Error("that it ended at last is said in another message")
		}
	})
}

func TestAdminsSeeChannelsThatCannotBePostedTo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.channel = "COLD"
		w.click("UBOB", w.asked(), "deny")
		w.home("UADA", []string{"Needs attention", "These channels can't be posted to", "COLD"})
	})
}

func TestHomeSaysHowEarlierRequestsStand(t *testing.T) {
	inWorld(t, func(w *world) {
		w.click("UBOB", w.asked(), "deny")
		w.home("UANA", []string{"Earlier requests", "Denied by Bob Lee"})
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "Support desk"), "send")
		w.sees("UANA", "", "Access is being set up")
		g := w.activate(w.latest("p-ana"))
		w.home("UANA", []string{"Support desk, agent\nAccess works until", "Denied by Bob Lee"}, "Support desk, agent for 1 hour") // held, so not to be asked for
		if _, err := w.svc.Release(w.ctx, approvals.Person("p-ana", "test", ""), g.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.svc.Revoked(w.ctx, g.ID, approvals.Removal{}, "absent"); err != nil {
			t.Fatal(err)
		}
		w.home("UANA", []string{"Earlier requests", "Support desk, agent for 1 hour\nAccess ended", "Denied by Bob Lee"})
	})
}
