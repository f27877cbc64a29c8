package bot_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

const twoWishes = "I need read only on billing db and zendesk for 2h because refunds are stuck"

// pair asks for both of two wishes of Ana's and returns the card that shows
// them as one.
func (w *world) pair() slacksim.Message {
	w.t.Helper()
	w.say("UANA", twoWishes)
	offer := w.sees("UANA", "", "Both, or one of them?", "Billing database, read only", "Support desk, agent", "Ask for both")
	wait(time.Second)
	w.click("UANA", offer, "together")
	return w.sees("UANA", "", "Ready to send these 2?", "Billing database, read only", "Support desk, agent")
}

// sentPair is the same, sent: one waits, the other is approved.
func (w *world) sentPair() (card slacksim.Message, waits, given approvals.Request) {
	w.t.Helper()
	card = w.pair()
	w.click("UANA", card, "send_all")
	w.sees("UANA", "", "2 requests", "Waiting for an answer", "low-risk-desk")
	rs, err := w.store.BundleRequests(w.ctx, w.latest("p-ana").Bundle)
	if err != nil || len(rs) != 2 || rs[0].State != approvals.RequestPending || rs[1].State != approvals.RequestApproved {
		w.t.Fatalf("%v: %+v", err, rs)
	}
	return card, rs[0], rs[1]
}

func TestTwoWishesOfOneMessageAreAskedForTogether(t *testing.T) {
	inWorld(t, func(w *world) {
		card, waits, given := w.sentPair()
		for _, r := range []approvals.Request{waits, given} {
			if r.Duration != 2*time.Hour || r.Reason != "refunds are stuck" || r.Bundle == "" {
				t.Errorf("asked for %+v", r)
			}
		}
		w.sees("UANA", "", "Asked for together: the card is below.")
		w.click("UBOB", w.sees("UBOB", "", "May Ana have this?"), "approve")
		w.until("the one card shows the approval", func() bool {
			m := w.sees("UANA", "", "2 requests", "Bob Lee")
			return m.TS == card.TS
		})
	})
}

func TestOneOfTwoWishesCanBeChosen(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", twoWishes)
		w.click("UANA", w.sees("UANA", "", "Both, or one of them?"), "pick/1")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "Support desk, agent"), "send")
		w.sees("UANA", "", "Approved", "low-risk-desk")
		if r := w.latest("p-ana"); r.Bundle != "" || r.Entitlement != "zendesk:agent" {
			t.Errorf("asked for %+v", r)
		}
	})
}

func TestAskForBothIsOneBundleHoweverOftenItIsPressed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", twoWishes)
		offer := w.sees("UANA", "", "Both, or one of them?")
		draft := w.latest("p-ana").ID
		w.say("UBOB", "help")
		w.sees("UBOB", "", "in your own words")
		wait(time.Second)
		w.click("UANA", offer, "together")
		w.sees("UANA", "", "Ready to send these 2?")
		if err := w.As("UANA").ClickStale(w.ctx, offer, "together"); err != nil {
			t.Fatal(err)
		}
		w.forge("UBOB", "together", string(draft))
		w.sees("UBOB", "", "somebody else's request")
		w.forge("UANA", "together", string(w.latest("p-ana").ID))
		w.sees("UANA", "", "That button says nothing that I know.")
		rs, err := w.store.RequestsBy(w.ctx, "p-ana", 10)
		if err != nil || len(rs) != 3 {
			t.Errorf("%d requests, %v; want the draft and two", len(rs), err)
		}
	})
}

func TestAPickedWishIsNoLongerAskedForTogether(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", twoWishes)
		offer := w.sees("UANA", "", "Both, or one of them?")
		w.click("UANA", offer, "pick/0")
		w.sees("UANA", "", "Ready to send?", "Billing database, read only")
		w.forge("UANA", "together", string(w.latest("p-ana").ID))
		w.sees("UANA", "", "This was answered already.")
	})
}

func TestWordsBelowABundleChangeItsDrafts(t *testing.T) {
	inWorld(t, func(w *world) {
		card := w.pair()
		w.reply("UANA", card, "make it 30 minutes")
		w.sees("UANA", "", "Ready to send these 2?", "30 minutes")
		w.reply("UANA", card, "ramble on about the weather in spring")
		w.until("what says nothing is answered", func() bool { return w.inThread("UANA", card, "I couldn't tell what to change") == 1 })
		w.reply("UANA", card, "cancel")
		w.until("all are cancelled", func() bool { return w.inThread("UANA", card, "Cancelled what was open of these.") == 1 })
		w.reply("UANA", card, "still there?")
		w.until("nobody reads it", func() bool { return w.inThread("UANA", card, "Nobody was asked about it") == 1 })
		if r := w.latest("p-ana"); r.State != approvals.RequestCancelled || r.Duration != 30*time.Minute {
			t.Errorf("it is %+v", r)
		}
	})
}

func TestTalkBelowABundleIsAboutWhatWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		card, waits, given := w.sentPair()
		bob := w.sees("UBOB", "", "May Ana have this?")
		for _, step := range [][2]string{
			{"who can approve?", "Bob Lee and Cleo Owner can approve Billing database, read only"},
			{"why do I need approval?", "Billing database, read only (production) for Ana Diaz needs somebody's approval."},
			{"what do I have?", "Support desk, agent"}, {"help", "in your own words"},
		} {
			w.reply("UANA", card, step[0])
			w.until(step[0], func() bool { return w.inThread("UANA", card, step[1]) == 1 })
		}
		w.reply("UANA", card, "it is about order 7781, by the way")
		w.until("the approver has the comment", func() bool { return w.inThread("UBOB", bob, "Ana Diaz", "order 7781") == 1 })
		w.reply("UBOB", bob, "which customer is that for?")
		asked := w.sees("UANA", "", "Bob Lee", "which customer")
		if asked.ThreadTS != card.TS {
			t.Errorf("the question stands in thread %q, want %q", asked.ThreadTS, card.TS)
		}
		w.reply("UANA", asked, "it is Contoso")
		w.until("so has the answer", func() bool { return w.inThread("UBOB", bob, "Ana Diaz", "Contoso") == 1 })
		if n := w.events(given.ID)[approvals.EventRequestCommented]; n != 0 {
			t.Errorf("%d comments on what does not wait", n)
		}
		w.reply("UANA", card, "cancel")
		w.sees("UBOB", "", "Cancelled", "Billing database, read only")
		if r, err := w.store.Request(w.ctx, waits.ID); err != nil || r.State != approvals.RequestCancelled {
			t.Errorf("it is %s, %v", r.State, err)
		}
	})
}

func TestOrdersBelowABundleAreAboutWhatItGave(t *testing.T) {
	inWorld(t, func(w *world) {
		card, _, given := w.sentPair()
		w.reply("UANA", card, "I'm done")
		w.until("nothing runs yet", func() bool { return w.inThread("UANA", card, "You hold no access that could be given back") == 1 })
		g := w.activate(given)
		w.reply("UANA", card, "extend by 1h")
		w.until("it is extended", func() bool {
			got, err := w.store.Grant(w.ctx, g.ID)
			return err == nil && got.EndsAt.Equal(g.EndsAt.Add(time.Hour))
		})
		w.reply("UANA", card, "I'm done")
		w.until("it ends", func() bool {
			got, err := w.store.Grant(w.ctx, g.ID)
			return err == nil && got.State == approvals.GrantRevoking
		})
	})
}

func TestAProfileIsAskedForSomebodyWhoIsMentioned(t *testing.T) {
	for name, words := range map[string]string{
		"by mention": "new support agent profile for @ana for 3h because she joins today",
		"by address": "onboard ana@example.com as a support agent for 3h because she joins today",
		"in a role":  "onboard @ana in the role support agent for 3h since she joins today",
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.svc.Profiles = profiles{{Name: "support-agent", Title: "Support agent", Entitlements: []approvals.EntitlementID{"zendesk:agent", "billing-db:read-only"}}}
				w.say("UBOB", words)
				card := w.sees("UBOB", "", "Ready to send these 2?", "for Ana Diaz", "support-agent")
				w.click("UBOB", card, "send_all")
				w.sees("UBOB", "", "2 requests for Ana Diaz", "low-risk-desk", "Waiting for an answer")
				w.sees("UANA", "", "2 requests for you")
				for _, r := range w.bundle("p-bob") {
					if r.Beneficiary != "p-ana" || r.Requester != "p-bob" || r.Profile != "support-agent" || r.Reason != "she joins today" || r.Duration != 3*time.Hour {
						t.Errorf("asked for %+v", r)
					}
				}
				w.sees("UCLEO", "", "May Bob have this?", "for Ana Diaz", "she joins today")
			})
		})
	}
}

func (w *world) bundle(of approvals.PrincipalID) []approvals.Request {
	w.t.Helper()
	rs, err := w.store.BundleRequests(w.ctx, w.latest(of).Bundle)
	if err != nil || len(rs) != 2 {
		w.t.Fatalf("%v: %+v", err, rs)
	}
	return rs
}

func TestAProfileForNobodyKnownIsAskedAbout(t *testing.T) {
	inWorld(t, func(w *world) {
		w.svc.Profiles = profiles{{Name: "support-agent", Title: "Support agent", Entitlements: []approvals.EntitlementID{"zendesk:agent"}}}
		w.say("UBOB", "new support agent profile for nobody@example.com")
		w.sees("UBOB", "", "I can't tell who “nobody@example.com” is")
		w.say("UBOB", "onboard @ana and @cleo as support agent")
		w.sees("UBOB", "", "I can't tell who “cleo@example.com” is: nobody or more than one")
		w.say("UBOB", "new support agent profile for Zebedee Quux please")
		w.sees("UBOB", "", "I can't tell who “Zebedee Quux” is")
		if rs, err := w.store.RequestsBy(w.ctx, "p-bob", 5); err != nil || len(rs) != 0 {
			t.Errorf("%d requests came of it: %v", len(rs), err)
		}
	})
}

// An extension that waits can be replaced by a shorter one, which is permitted.
func TestSmallerExtensionIsOneClickAway(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.permit = func(f approvals.Facts) bool {
			return f.Duration <= time.Hour && (f.Kind == approvals.KindExtension || f.Duration == time.Hour)
		}
		w.send("read only on prod billing db for 1h, refunds stuck")
		g := w.activate(w.latest("p-ana"))
		w.say("UANA", "extend it by 3h")
		card := w.sees("UANA", "", "3 hours more of", "This would be approved at once: for up to 1 hour", "Ask for 1 hour instead")
		first := w.latest("p-ana").ID
		wait(time.Second)
		w.click("UANA", card, "instead/0")
		w.until("it is extended", func() bool {
			got, err := w.store.Grant(w.ctx, g.ID)
			return err == nil && got.EndsAt.Equal(g.EndsAt.Add(time.Hour))
		})
		w.sees("UANA", "", "Cancelled", "3 hours more of")
		if r, err := w.store.Request(w.ctx, first); err != nil || r.State != approvals.RequestCancelled {
			t.Errorf("the longer one is %s, %v", r.State, err)
		}
		if r := w.latest("p-ana"); r.Kind != approvals.KindExtension || r.State != approvals.RequestApproved || r.Reason != "refunds stuck" {
			t.Errorf("extended by %+v", r)
		}
	})
}
