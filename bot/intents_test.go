package bot_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// doors are the ways in which words reach the bot outside a thread.
var doors = map[string]func(w *world, user, text string){
	"direct message": func(w *world, user, text string) { w.say(user, text) },
	"mention": func(w *world, user, text string) {
		if _, err := w.As(user).Mention("CGEN", text); err != nil {
			w.t.Fatal(err)
		}
	},
	"command": func(w *world, user, text string) {
		if err := w.As(user).Command(w.ctx, "CGEN", text); err != nil {
			w.t.Fatal(err)
		}
	},
}

func TestQuestionsAndOrdersWorkThroughEveryDoor(t *testing.T) {
	for name, ask := range doors {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				ask(w, "UANA", "help")
				w.sees("UANA", "", "in your own words")
				ask(w, "UANA", "what do I have?")
				w.sees("UANA", "", "You hold no time-limited access.")
				ask(w, "UANA", "who can approve read only on the billing db?")
				w.sees("UANA", "", "As things are, Bob Lee and Cleo Owner can approve Billing database, read only (production) for 1 hour for you.")
				w.asked()
				ask(w, "UANA", "who can approve?")
				w.sees("UANA", "", "Bob Lee and Cleo Owner can approve Billing database, read only (production) for Ana Diaz.")
				ask(w, "UBOB", "why was I asked?")
				w.sees("UBOB", "", "because you are Ana's manager")
				ask(w, "UANA", "cancel")
				w.sees("UANA", "", "Cancelled: Billing database, read only")
			})
		})
	}
}

func TestQuestionsAndOrdersWorkInTheThreadOfARequest(t *testing.T) {
	inWorld(t, func(w *world) {
		bob := w.asked()
		ana := w.sees("UANA", "", "Waiting for an answer")
		for _, step := range []struct {
			user string
			root slacksim.Message
			text string
			want string
		}{
			{"UANA", ana, "help", "in your own words"}, {"UANA", ana, "what do I have?", "You hold no time-limited access."},
			{"UANA", ana, "who can approve?", "Bob Lee and Cleo Owner can approve"}, {"UBOB", bob, "why was I asked?", "because you are Ana's manager"},
			{"UBOB", bob, "help", "in your own words"}, {"UANA", ana, "cancel", "Cancelled"},
		} {
			w.reply(step.user, step.root, step.text)
			w.until(step.user+" is told "+step.want, func() bool { return w.inThread(step.user, step.root, step.want) > 0 })
		}
		if n := w.events(w.latest("p-ana").ID)[approvals.EventRequestCommented]; n != 0 {
			t.Errorf("%d orders to the bot became comments", n)
		}
	})
}

func TestWhoCanApproveWhatNobodyAskedFor(t *testing.T) {
	inWorld(t, func(w *world) {
		for words, want := range map[string]string{
			"who can approve zendesk?":                                    "Nobody has to: as things are, Support desk, agent for 1 hour would be allowed at once",
			"who would approve billing db?":                               "Which one do you mean: Billing database, read only and Billing database, read and write?",
			"who may approve access to billing db read-write for 2 hours": "can approve Billing database, read and write (production) for 2 hours for you.",
		} {
			w.say("UANA", words)
			w.sees("UANA", "", want)
		}
		if rs, err := w.store.RequestsBy(w.ctx, "p-ana", 5); err != nil || len(rs) != 0 {
			t.Errorf("%d requests came of questions: %v", len(rs), err)
		}
		w.law.forbid = func(approvals.Facts) string { return "Nothing today." }
		w.say("UANA", "who can approve zendesk?")
		w.sees("UANA", "", "policy refuses Support desk, agent for 1 hour to you. Nothing today.")
	})
}
