package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store"
)

// reply writes below a message.
func (w *world) reply(user string, m slacksim.Message, text string) {
	w.t.Helper()
	wait(time.Second)
	root := m.TS
	if m.ThreadTS != "" {
		root = m.ThreadTS
	}
	if _, err := w.As(user).Reply(m.Channel, root, text); err != nil {
		w.t.Fatal(err)
	}
}

// inThread counts the messages below a message that hold all words.
func (w *world) inThread(user string, root slacksim.Message, words ...string) (n int) {
	for _, m := range w.As(user).Messages(root.Channel) {
		if m.ThreadTS == root.TS && m.TS != root.TS && !slices.ContainsFunc(words, func(s string) bool {
			return !strings.Contains(strings.ReplaceAll(m.Plain()+"\n"+m.Text, "*", ""), s)
		}) {
			n++
		}
	}
	return n
}

func TestQuestionAndAnswerTravelBetweenThreads(t *testing.T) {
	inWorld(t, func(w *world) {
		bob := w.asked()
		cleo := w.sees("UCLEO", "", "May Ana have this?", "Reply in the thread, and Ana gets it")
		ana := w.sees("UANA", "", "Waiting for an answer")
		w.reply("UBOB", bob, "which refund is it, <!channel> *really*?")
		asked := w.sees("UANA", "", "Bob Lee", "which refund is it", "Reply in this thread")
		if asked.ThreadTS != ana.TS || !asked.Broadcast {
			t.Errorf("the question stands in thread %q, shown outside: %v; want %q and true", asked.ThreadTS, asked.Broadcast, ana.TS)
		}
		if strings.Contains(asked.Text, "<!channel>") || strings.Contains(asked.Text, "*really*") {
			t.Errorf("people's words are interpreted: %q", asked.Text)
		}
		w.until("the other approver sees it too", func() bool { return w.inThread("UCLEO", cleo, "Bob Lee", "which refund is it") == 1 })
		w.reply("UANA", asked, "the one of order 7781")
		for user, card := range map[string]slacksim.Message{"UBOB": bob, "UCLEO": cleo} {
			w.until(user+" has the answer", func() bool { return w.inThread(user, card, "Ana Diaz", "the one of order 7781") == 1 })
		}
		settle()
		if n := w.inThread("UBOB", bob, "Bob Lee", "which refund"); n != 0 {
			t.Errorf("Bob's own words come back to him %d times", n)
		}
		if n := w.inThread("UANA", ana, "Ana Diaz", "7781"); n != 0 {
			t.Errorf("Ana's own words come back to her %d times", n)
		}
		r := w.latest("p-ana")
		if n := w.events(r.ID)[approvals.EventRequestCommented]; n != 2 {
			t.Errorf("%d comments are logged", n)
		}
		evs, err := w.store.Events(w.ctx, store.EventFilter{Request: r.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range evs {
			for _, v := range e.Detail {
				if strings.Contains(v, "refund") || strings.Contains(v, "7781") {
					t.Errorf("the log holds people's words: %+v", e)
				}
			}
		}
		if cs, err := w.store.Comments(w.ctx, r.ID); err != nil || len(cs) != 2 || cs[1].Author != "p-ana" || cs[1].Text != "the one of order 7781" {
			t.Errorf("kept: %+v, %v", cs, err)
		}
		w.click("UBOB", bob, "approve")
		w.sees("UANA", "", "Approved by Bob Lee")
		w.reply("UANA", ana, "thank you, done before noon")
		w.until("words after the decision arrive", func() bool { return w.inThread("UBOB", bob, "done before noon") == 1 })
	})
}

func TestChannelThreadsTalkWithWhoAsked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.channel = "CAPP"
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		card := w.sees("UBOB", "CAPP", "May Ana have this?", "Mention me in the thread, and Ana gets it")
		w.reply("UBOB", card, "@hallpass which refund?")
		asked := w.sees("UANA", "", "Bob Lee", "which refund?")
		if strings.Contains(asked.Plain(), "hallpass") {
			t.Errorf("the bot's name is passed on: %q", asked.Plain())
		}
		w.reply("UANA", asked, "order 7781")
		w.until("the channel has the answer", func() bool { return w.inThread("UCLEO", card, "Ana Diaz", "order 7781") == 1 })
		w.reply("UCLEO", card, "nobody speaks to the bot here")
		w.reply("UGUS", card, "@hallpass a guest has something to say")
		w.sees("UGUS", "CAPP", "Guest accounts can't")
		settle()
		if n := w.inThread("UBOB", card, "which refund?"); n != 1 {
			t.Errorf("the question stands %d times in its own thread", n)
		}
		if cs, err := w.store.Comments(w.ctx, w.latest("p-ana").ID); err != nil || len(cs) != 2 {
			t.Errorf("%d comments are kept: %v", len(cs), err)
		}
		if n := w.count("UBOB", "direct message"); n != 0 {
			t.Error("a comment is answered with a pointer")
		}
	})
}

func TestRedeliveredCommentIsOneComment(t *testing.T) {
	inWorld(t, func(w *world) {
		bob := w.asked()
		ana := w.sees("UANA", "", "Waiting for an answer")
		w.Faults().CutResponse("chat.postMessage", 1)
		w.Faults().Duplicate(0, 1, 2)
		w.reply("UBOB", bob, "which refund?")
		w.sees("UANA", "", "Bob Lee", "which refund?")
		wait(10 * time.Minute)
		if n := w.inThread("UANA", ana, "which refund?"); n != 1 {
			t.Errorf("Ana reads it %d times", n)
		}
	})
}

func TestVerdictsInWordsDecideNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		bob := w.asked()
		for _, verdict := range []string{"approve", "LGTM!", "ok", "yes please", "denied."} {
			w.reply("UBOB", bob, verdict)
		}
		w.until("each is told to press the button", func() bool { return w.inThread("UBOB", bob, "Only the buttons") == 5 })
		r := w.latest("p-ana")
		if kinds := w.events(r.ID); r.State != approvals.RequestPending || kinds[approvals.EventRequestCommented] != 0 {
			t.Errorf("the request is %s, events %v", r.State, kinds)
		}
		w.reply("UBOB", bob, "yes but only after lunch, agreed?")
		w.sees("UANA", "", "only after lunch, agreed?")
	})
}

func TestBriefOrdersInTheThreadMeanItsRequest(t *testing.T) {
	inWorld(t, func(w *world) {
		bob := w.asked()
		first, card := w.latest("p-ana"), w.sees("UANA", "", "Waiting for an answer")
		w.say("UANA", "read and write on prod billing db for 1h, fix refunds by hand")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "read and write"), "send")
		w.sees("UANA", "", "Sent", "read and write")
		w.reply("UANA", card, "cancel this as soon as Bob has seen it, would you?")
		w.until("it is a comment", func() bool { return w.inThread("UBOB", bob, "cancel this as soon as") == 1 })
		w.reply("UANA", card, "never mind")
		w.until("the request of the thread is cancelled", func() bool {
			r, err := w.store.Request(w.ctx, first.ID)
			return err == nil && r.State == approvals.RequestCancelled
		})
		if r := w.latest("p-ana"); r.State != approvals.RequestPending {
			t.Errorf("the other request is %s", r.State)
		}
	})
}

func TestCommentThatNobodyReadsSaysSo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		card := w.sees("UANA", "", "Approved at once")
		w.reply("UANA", card, "it was about customer 12")
		w.until("it says so", func() bool { return w.inThread("UANA", card, "kept this with the request", "nobody was told") == 1 })
		w.activate(w.latest("p-ana"))
		w.reply("UANA", card, "I'm done")
		w.sees("UANA", "", "Access is being taken away")
	})
}

func TestTooManyWordsAreNotCutInSilence(t *testing.T) {
	inWorld(t, func(w *world) {
		w.reply("UBOB", w.asked(), strings.Repeat("why? ", 500))
		w.sees("UBOB", "", "Please say it in at most 2000 characters: nothing was passed on.")
	})
}

func TestQuestionsAreAnsweredFromTheDecision(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "who can approve?")
		w.sees("UANA", "", "Nothing of yours waits for an answer")
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		draft := w.sees("UANA", "", "Ready to send?")
		w.say("UANA", "who can approve this?")
		w.sees("UANA", "", "Nobody has been asked yet")
		w.click("UANA", draft, "send")
		bob := w.sees("UBOB", "", "May Ana have this?")
		cleo := w.sees("UCLEO", "", "May Ana have this?")
		w.say("UANA", "Who can approve?")
		w.sees("UANA", "", "Bob Lee and Cleo Owner can approve Billing database, read only")
		w.say("UANA", "why do I need approval?")
		w.sees("UANA", "", "needs somebody's approval", "no policy permits it at once")
		w.reply("UBOB", bob, "why was I asked?")
		w.until("Bob is told", func() bool { return w.inThread("UBOB", bob, "because you are Ana's manager") == 1 })
		w.reply("UCLEO", cleo, "why me?")
		w.until("Cleo is told", func() bool { return w.inThread("UCLEO", cleo, "because you own it") == 1 })
		w.say("UCLEO", "why am I asked?")
		w.sees("UCLEO", "", "because you own it")
		w.click("UBOB", bob, "approve")
		w.reply("UCLEO", cleo, "who can approve it?")
		w.until("it is settled", func() bool { return w.inThread("UCLEO", cleo, "Nobody any more", "Approved by Bob Lee") == 1 })
		if n := w.events(w.latest("p-ana").ID)[approvals.EventRequestCommented]; n != 0 {
			t.Errorf("%d questions to the bot became comments", n)
		}
	})
}
