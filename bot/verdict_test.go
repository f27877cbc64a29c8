package bot_test

import (
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestAnswerInWordsIsToldWhereTheButtonsAre(t *testing.T) {
	inWorld(t, func(w *world) {
		card := w.asked()
		link := w.URL() + "/archives/" + card.Channel + "/p" + strings.ReplaceAll(card.TS, ".", "")
		answered := 0
		for _, text := range []string{"approve it", "Approve", "deny it", "yes, approve", "reject that.", "please approve this request", "approve Ana's request", "OK - approved!", "deny the request from Ana Diaz", "LGTM"} {
			w.say("UBOB", text)
			answered++
			w.until(text+" is answered", func() bool { return w.count("UBOB", "Only the buttons on a request's card decide") == answered })
		}
		said := w.sees("UBOB", "", "This waits for your answer", "Billing database, read only", "asked by Ana Diaz")
		if !strings.Contains(said.Text, link) {
			t.Errorf("it does not lead to the card at %s: %s", link, said.Text)
		}
		for _, text := range []string{"yes, approve", "approve it", "no"} {
			w.reply("UBOB", card, text)
			answered++
			w.until(text+" is answered in the thread", func() bool { return w.inThread("UBOB", card, "Only the buttons") == answered-10 })
		}
		w.say("UANA", "approve it")
		w.sees("UANA", "", "Only the buttons", "Nothing waits for your answer.")
		r := w.latest("p-ana")
		if n := w.events(r.ID); r.State != approvals.RequestPending || n[approvals.EventRequestApproved]+n[approvals.EventRequestDenied]+n[approvals.EventRequestCommented] != 0 {
			t.Errorf("words decided, or were passed on: %s, %v", r.State, n)
		}
		w.click("UCLEO", w.sees("UCLEO", "", "May Ana have this?"), "approve")
		w.sees("UBOB", "", "Approved by Cleo Owner")
		w.reply("UBOB", card, "approved")
		w.until("a settled request's thread says that nothing waits", func() bool { return w.inThread("UBOB", card, "Nothing waits for your answer.") == 1 })
	})
}

func TestWishWithTheWordApproveStaysAWish(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "approve access to prod billing db, read only, for me for 20 minutes, refunds stuck")
		w.sees("UANA", "", "Ready to send?", "Billing database, read only")
		if n := w.count("UANA", "Only the buttons"); n != 0 {
			t.Errorf("it is taken for an answer %d times", n)
		}
	})
}

func TestManyThatWaitAreCountedAndThreeAreNamed(t *testing.T) {
	four, resources := catalogue()[:1], []string{"billing-db", "orders-db", "ledger-db", "parcels-db"}
	for _, r := range resources[1:] {
		e := four[0]
		e.ID, e.Resource, e.Name = approvals.EntitlementID(r), r, r+", read only"
		four = append(four, e)
	}
	inWorldLike(t, slacksim.Config{}, four, func(w *world) {
		for i, r := range resources {
			w.say("UANA", "read only on "+r+" for 20 minutes, refunds stuck")
			w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
			w.until("it waits", func() bool { return w.count("UBOB", "May Ana have this?") == i+1 })
		}
		w.say("UBOB", "deny them all")
		said := w.sees("UBOB", "", "These 4 wait for your answer", "and 1 more")
		if n := strings.Count(said.Plain(), "asked by Ana Diaz"); n != 3 {
			t.Errorf("%d are named:\n%s", n, said.Plain())
		}
	})
}
