package bot_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// count is how many messages in a person's direct messages hold all words.
func (w *world) count(user string, words ...string) int {
	n := 0
	for _, m := range w.As(user).Messages(w.As(user).DMChannel()) {
		all := m.User != user
		for _, word := range words {
			all = all && strings.Contains(m.Plain(), word)
		}
		if all {
			n++
		}
	}
	return n
}

func TestAnswerCutOffAfterTheEffectIsNotSentTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Faults().CutResponse("chat.postMessage", 1)
		w.say("UANA", "zendesk for 1h, customer call")
		w.sees("UANA", "", "Ready to send?")
		settle()
		if n := w.count("UANA", "Ready to send?"); n != 1 {
			t.Errorf("%d cards", n)
		}
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Approved at once") // the one message is known and edited
		if n := w.count("UANA", "Support desk"); n != 1 {
			t.Errorf("%d cards after it was sent", n)
		}
	})
}

// settle lets everything that waits be sent.
func settle() { wait(3 * time.Minute) }

func TestReplyCutOffAfterTheEffectIsNotSentTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Faults().CutResponse("chat.postMessage", 1)
		w.say("UANA", "help")
		w.sees("UANA", "", "in your own words")
		wait(5 * time.Minute)
		if n := w.count("UANA", "in your own words"); n != 1 {
			t.Errorf("%d answers", n)
		}
	})
}

func TestThreadCutOffAfterTheEffectIsNotSentTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.sees("UANA", "", "Ready to send?")
		w.stop()
		if _, err := w.svc.Submit(w.ctx, approvals.Person("p-ana", "test", ""), w.latest("p-ana").ID); err != nil {
			t.Fatal(err)
		}
		w.Faults().CutResponse("chat.postMessage", 4) // two cards and the two threads below them
		w.start()
		w.sees("UANA", "", "Waiting for an answer")
		w.sees("UBOB", "", "Confidence medium")
		w.sees("UCLEO", "", "Confidence medium")
		wait(10 * time.Minute)
		for _, user := range []string{"UBOB", "UCLEO"} {
			if cards, threads := w.count(user, "May Ana have this?"), w.count(user, "Confidence medium"); cards != 1 || threads != 1 {
				t.Errorf("%s has %d cards and %d details", user, cards, threads)
			}
		}
	})
}

func TestSlackAskingForPatienceDelaysAndLosesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Faults().RateLimit("chat.postMessage", 3, 30*time.Second)
		w.Faults().RateLimit("users.info", 1, 5*time.Second)
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Approved at once")
		if h := w.bot.Health(); h.Limited < 2 || h.Undone != 0 {
			t.Errorf("health: %+v", h)
		}
	})
}

func TestSlackFailingForAWhileLosesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Faults().Fail("chat.postMessage", 4, http.StatusInternalServerError)
		w.Faults().Fail("chat.update", 2, http.StatusBadGateway)
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Approved at once")
		w.activate(w.latest("p-ana"))
		w.sees("UANA", "", "You have access")
	})
}

func TestChannelWithoutTheBotHoldsNothingUp(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.channel = "#nowhere"
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Waiting for an answer")
		w.until("it is counted", func() bool { return w.bot.Health().Undone > 0 })
		w.say("UANA", "cancel")
		w.sees("UANA", "", "Cancelled")
		if !strings.Contains(w.logs.String(), "invite the bot to the channel") {
			t.Error("the log does not say how to mend it")
		}
	})
}

func TestOutageIsCaughtUpInOrder(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "hello")
		w.sees("UANA", "", "in your own words")
		w.stop()
		const n = 40
		var last approvals.Request
		for i := range n { // what piles up while Slack is away
			ask := approvals.Ask{Requester: "p-ana", Entitlement: "zendesk:agent", Duration: time.Hour, Reason: fmt.Sprintf("call number %d", i), Key: fmt.Sprint("test/", i)}
			r, err := w.svc.Draft(w.ctx, approvals.Person("p-ana", "slack", ""), ask)
			if err != nil {
				t.Fatal(err)
			}
			ask.Duration = 2 * time.Hour
			if _, err := w.svc.Amend(w.ctx, approvals.Person("p-ana", "slack", ""), r.ID, ask); err != nil {
				t.Fatal(err)
			}
			last = r
		}
		w.Faults().RateLimit("chat.postMessage", 20, 10*time.Second)
		w.Faults().Fail("chat.update", 5, http.StatusServiceUnavailable)
		w.start()
		w.until("everything is delivered", func() bool { return w.count("UANA", "Ready to send?") == n })
		settle()
		if _, err := w.svc.Submit(w.ctx, approvals.Person("p-ana", "test", ""), last.ID); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Approved at once")
		if n := w.count("UANA", "2 hours"); n != 40 {
			t.Errorf("%d cards say what was wished last", n)
		}
	})
}

func TestWhatPilesUpIsSaidOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		bob := w.asked()
		r := w.latest("p-ana")
		settle()
		w.stop()
		for range 50 { // second looks, each of which says anew how things stand
			if _, err := w.svc.Decide(w.ctx, approvals.System("test"), r.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.svc.Deny(w.ctx, approvals.Person("p-cleo", "test", ""), r.ID, ""); err != nil {
			t.Fatal(err)
		}
		published, updated, posted := w.calls.of("views.publish"), w.calls.of("chat.update"), w.calls.of("chat.postMessage")
		w.start()
		w.until("Bob's card is edited", func() bool {
			m, ok := w.As("UBOB").Message(bob.Channel, bob.TS)
			return ok && strings.Contains(m.Plain(), "Denied")
		})
		settle()
		if _, err := w.As("UANA").WaitHome(w.ctx, func(v slacksim.View) bool { return strings.Contains(v.Plain(), "Nothing of yours waits") }); err != nil {
			t.Error(err)
		}
		// Three people have a Home tab and a card each, and two of them a thread.
		if n := w.calls.of("views.publish") - published; n != 3 {
			t.Errorf("%d Home tabs are published", n)
		}
		if n := w.calls.of("chat.update") - updated; n != 5 {
			t.Errorf("%d messages are edited", n)
		}
		if n := w.calls.of("chat.postMessage") - posted; n != 0 {
			t.Errorf("%d messages are posted", n)
		}
	})
}

func TestRestartHandlesWhatWasKept(t *testing.T) {
	inWorld(t, func(w *world) {
		w.stop()
		entries := map[string]string{
			"event/Ev1":    `{"key":"event/Ev1","kind":"message","user":"UANA","text":"zendesk for 1h, customer call","channel":"` + w.As("UANA").DMChannel() + `"}`,
			"command/t1":   `{"key":"command/t1","kind":"command","user":"UBOB","channel":"CGEN","trigger":"t1"}`,
			"event/broken": `{"key":`,
		}
		for key, payload := range entries {
			for range 2 { // once more, as Slack does
				if _, err := w.store.Receive(w.ctx, approvals.Inbound{Key: key, Kind: "message", Payload: []byte(payload), Order: key, At: time.Now()}); err != nil {
					t.Fatal(err)
				}
			}
		}
		wait(10 * time.Second)
		w.start()
		w.sees("UANA", "", "Ready to send?")
		w.sees("UBOB", "CGEN", "Please press it again") // its trigger has expired meanwhile
		if n := w.count("UANA", "Ready to send?"); n != 1 {
			t.Errorf("%d cards", n)
		}
	})
}

func TestLostSocketsLoseNoClick(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, disturb := range []func(){
			w.Faults().Drop,
			func() { w.Faults().Disconnect("warning") },
			func() { w.Faults().Disconnect("refresh_requested") },
			func() { w.Faults().LoseAcks(2) },
			w.Faults().Reorder,
		} {
			disturb()
			w.say("UANA", "zendesk for 1h, customer call")
		}
		w.until("every message is answered", func() bool { return w.count("UANA", "Ready to send?") == 5 })
		w.until("both sockets are open", func() bool { return w.bot.Health().Connected == 2 })
	})
}

func TestAcknowledgementDoesNotWaitForTheAnswer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Faults().Fail("users.info", 3, http.StatusInternalServerError) // handling fails for seconds
		w.say("UANA", "zendesk for 1h, customer call")
		w.sees("UANA", "", "Ready to send?")
		settle()
		for _, e := range w.Envelopes() {
			if e.Outcome != slacksim.Acked {
				t.Errorf("%s was %s", e.What, e.Outcome)
			} else if late := e.Acked.Sub(e.Sent); late > 200*time.Millisecond {
				t.Errorf("%s was acknowledged after %s", e.What, late)
			}
		}
	})
}

func TestRefusedTokensStopTheBotWithTheMend(t *testing.T) {
	inWorld(t, func(w *world) {
		for name, tt := range map[string]struct {
			bot, app, url, mend string
			preflight           approvals.Code
		}{
			"revoked bot token":     {"xoxb-old", "xapp-local", "", "Slack does not accept SLACK_BOT_TOKEN", approvals.CodeInvalid},
			"revoked app token":     {"xoxb-local", "xapp-old", "", "Slack does not accept SLACK_APP_TOKEN", approvals.CodeInvalid},
			"no Slack at that path": {"xoxb-local", "xapp-local", "nothing/", "set slack.api_url", approvals.CodeInvalid},
		} {
			c := bot.Config{BotToken: tt.bot, AppToken: tt.app, APIURL: w.APIURL() + tt.url, Service: w.svc, Store: w.store, Directory: w.dir, Catalogue: w.catalogue,
				Dial: w.Dial, HTTPClient: &http.Client{Transport: &http.Transport{DialContext: w.Dial, DisableKeepAlives: true}}}
			b, err := bot.New(c)
			if err != nil {
				t.Fatal(err)
			}
			_, err = bot.Preflight(w.ctx, c)
			if approvals.ErrorCode(err) != tt.preflight || !strings.Contains(approvals.ErrorMessage(err), tt.mend) {
				t.Errorf("%s: Preflight says %v", name, err)
			}
			if strings.Contains(fmt.Sprint(err), tt.bot) || strings.Contains(fmt.Sprint(err), tt.app) {
				t.Errorf("%s: the error holds a token: %v", name, err)
			}
			run, cancel := context.WithTimeout(w.ctx, time.Minute)
			if err := b.Run(run); approvals.ErrorCode(err) != tt.preflight {
				t.Errorf("%s: Run ends with %v", name, err)
			}
			cancel()
		}
	})
}

func TestUnreachableSlackIsWaitedFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.stop()
		w.Faults().Fail("auth.test", 2, http.StatusBadGateway)
		w.Faults().Fail("apps.connections.open", 1, http.StatusBadGateway)
		if _, err := bot.Preflight(w.ctx, bot.Config{BotToken: "xoxb-local", AppToken: "xapp-local", APIURL: w.APIURL(), HTTPClient: &http.Client{Transport: w.calls}}); approvals.ErrorCode(err) != approvals.CodeUnavailable {
			t.Errorf("Preflight says %v", err)
		}
		w.start()
		if err := w.bot.Health().Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestNewRefusesTokensThatCannotBeRight(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ bot, app, mend string }{
		"no bot token":    {"", "xapp-1", "SLACK_BOT_TOKEN is not set"},
		"no app token":    {"xoxb-1", "", "SLACK_APP_TOKEN is not set"},
		"a user token":    {"xoxp-1", "xapp-1", "begins with xoxb-"},
		"swapped":         {"xapp-1", "xoxb-1", "SLACK_BOT_TOKEN does not look right"},
		"quotes and all":  {`"xoxb-1"`, "xapp-1", "no spaces or quotes"},
		"a line too many": {"xoxb-1\n", "xapp-1", "no spaces or quotes"},
	} {
		_, err := bot.New(bot.Config{BotToken: tt.bot, AppToken: tt.app})
		if approvals.ErrorCode(err) != approvals.CodeInvalid || !strings.Contains(approvals.ErrorMessage(err), tt.mend) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNudgeComesAnewAfterAnExtension(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Access is being set up")
		g := w.activate(w.latest("p-ana"))
		remind := func() slacksim.Message {
			t.Helper()
			g, err := w.store.Grant(w.ctx, g.ID)
			if err != nil {
				t.Fatal(err)
			}
			wait(time.Until(g.NudgeAt()))
			if err := w.svc.Remind(w.ctx, g.ID); err != nil {
				t.Fatal(err)
			}
			return w.sees("UANA", "", "Your access ends soon")
		}
		first := remind()
		w.click("UANA", first, "more", slacksim.Choose(string(g.ID)+" 30"))
		w.until("the nudge says that it was extended", func() bool {
			m, ok := w.As("UANA").Message(first.Channel, first.TS)
			return ok && strings.Contains(m.Plain(), "Extended") && len(m.Controls()) == 0
		})
		second := remind()
		if second.TS == first.TS {
			t.Error("the second nudge is an edit, which nobody hears of")
		}
		w.click("UANA", second, "let_end")
		w.sees("UANA", "", "it ends by itself")
	})
}

func TestLateNudgeIsNotSent(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Access is being set up")
		g := w.activate(w.latest("p-ana"))
		if _, err := w.svc.Release(w.ctx, approvals.Person("p-ana", "slack", ""), g.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.svc.Revoked(w.ctx, g.ID, approvals.Removal{}, "absent"); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "nothing remains")
		settle()
		if n := w.count("UANA", "ends soon"); n != 0 {
			t.Errorf("%d nudges for access that has ended", n)
		}
	})
}
