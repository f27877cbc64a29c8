package bot_test

import (
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// asked brings a request of Ana's before her approvers and returns Bob's card.
func (w *world) asked() slacksim.Message {
	w.t.Helper()
	w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
	w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
	w.sees("UCLEO", "", "May Ana have this?")
	return w.sees("UBOB", "", "May Ana have this?")
}

func TestDoubleClickIsOneDecision(t *testing.T) {
	inWorld(t, func(w *world) {
		card := w.asked()
		w.click("UBOB", card, "approve")
		if err := w.As("UBOB").ClickStale(w.ctx, card, "approve", slacksim.Confirmed()); err != nil {
			t.Fatal(err)
		}
		w.sees("UBOB", "", "Already approved by Bob Lee.")
		w.sees("UBOB", "", "Approved by Bob Lee")
		kinds := w.events(w.latest("p-ana").ID)
		if kinds[approvals.EventRequestApproved] != 1 || kinds[approvals.EventGrantScheduled] != 1 {
			t.Errorf("events: %v", kinds)
		}
	})
}

func TestTwoApproversAtOnceAreOneDecision(t *testing.T) {
	inWorld(t, func(w *world) {
		bob := w.asked()
		cleo := w.sees("UCLEO", "", "May Ana have this?")
		var both sync.WaitGroup
		both.Go(func() { w.click("UBOB", bob, "approve") })
		both.Go(func() { w.click("UCLEO", cleo, "deny") })
		both.Wait()
		w.until("the request is settled", func() bool { return w.latest("p-ana").State.Final() })
		r := w.latest("p-ana")
		first, late := "Bob Lee", "UCLEO"
		if r.DecidedBy == "p-cleo" {
			first, late = "Cleo Owner", "UBOB"
		}
		w.sees(late, "", "Already "+string(r.State)+" by "+first)
		kinds := w.events(r.ID)
		if n := kinds[approvals.EventRequestApproved] + kinds[approvals.EventRequestDenied]; n != 1 {
			t.Errorf("%d decisions: %v", n, kinds)
		}
	})
}

func TestRedeliveriesAreOneRequest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Faults().Duplicate(0, 1, 2, 3)
		w.say("UANA", "zendesk for 1h, customer call")
		w.sees("UANA", "", "Ready to send?")
		wait(12 * time.Minute)
		rs, err := w.store.RequestsBy(w.ctx, "p-ana", 10)
		if err != nil || len(rs) != 1 {
			t.Errorf("%d requests: %v", len(rs), err)
		}
		sent := 0
		for _, e := range w.Envelopes() {
			if e.EventID != "" && e.What == "message" && e.User == "UANA" {
				sent++
			}
		}
		if sent != 5 {
			t.Errorf("Slack delivered %d times, want 5", sent)
		}
	})
}

func TestNobodyApprovesForThemselves(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.channel = "CAPP"
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		card := w.sees("UANA", "CAPP", "May Ana have this?")
		w.click("UANA", card, "approve")
		w.sees("UANA", "CAPP", "Nobody decides about their own access")
		r := w.latest("p-ana")
		if r.State != approvals.RequestPending || w.events(r.ID)[approvals.EventActionRefused] != 1 {
			t.Errorf("request %s, events %v", r.State, w.events(r.ID))
		}
		for _, m := range w.As("UBOB").Messages("CAPP") {
			if m.EphemeralTo != "" {
				t.Error("the refusal is shown to others")
			}
		}
		w.click("UBOB", card, "approve")
		w.sees("UCLEO", "CAPP", "Approved by Bob Lee")
	})
}

func TestStrangersClicksAreRefused(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.channel = "CAPP"
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		card := w.sees("UGUS", "CAPP", "May Ana have this?")
		w.click("UGUS", card, "approve")
		w.sees("UGUS", "CAPP", "Guest accounts can't")
		if r := w.latest("p-ana"); r.State != approvals.RequestPending {
			t.Errorf("the request is %s", r.State)
		}
	})
}

func TestOutsidersAreRefusedInSharedChannels(t *testing.T) {
	inWorld(t, func(w *world) {
		if _, err := w.As("UOLGA").Mention("CEXT", "read only on billing-db for 1h, because"); err != nil {
			t.Fatal(err)
		}
		w.sees("UOLGA", "CEXT", "Only members of this organisation")
		if _, err := w.As("UANA").Mention("CEXT", "zendesk for 1h, customer call"); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "CEXT", "I've answered you in a direct message.")
		w.sees("UANA", "", "Ready to send?", "Support desk, agent")
		if rs, err := w.store.RequestsBy(w.ctx, "p-olga", 10); err != nil || len(rs) != 0 {
			t.Errorf("the outsider has %d requests: %v", len(rs), err)
		}
	})
}

func TestGuestsAndStrangersToTheDirectoryAreToldWhyNot(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UGUS", "zendesk for 1h, customer call")
		w.sees("UGUS", "", "Guest accounts can't ask for access")
		w.say("UNEW", "zendesk for 1h, customer call")
		w.sees("UNEW", "", "The directory knows nobody with your email address")
		if err := w.As("UNEW").OpenHome(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.As("UNEW").WaitHome(w.ctx, func(v slacksim.View) bool { return len(v.Blocks) == 1 }); err != nil {
			t.Error(err)
		}
	})
}

func TestDeactivationEndsAccess(t *testing.T) {
	inWorld(t, func(w *world) {
		w.click("UBOB", w.asked(), "approve")
		w.sees("UANA", "", "Access is being set up")
		g := w.activate(w.latest("p-ana"))
		if err := w.UpdateUser("UANA", func(u *slacksim.User) { u.Deleted = true }); err != nil {
			t.Fatal(err)
		}
		w.until("the grant ends", func() bool {
			g, err := w.store.Grant(w.ctx, g.ID)
			return err == nil && g.State == approvals.GrantRevoking && g.EndReason == approvals.EndDeactivated
		})
	})
}

func TestDeactivatedApproverDecidesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		card := w.asked()
		w.dir.change("p-bob", func(p *approvals.Principal) { p.Inactive = true }) // the directory knows before Slack does
		w.click("UBOB", card, "approve")
		w.sees("UBOB", "", "deactivated in the directory")
		if r := w.latest("p-ana"); r.State != approvals.RequestPending {
			t.Errorf("the request is %s", r.State)
		}
	})
}

func TestChangedEmailGivesNoRights(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "hello")
		w.sees("UANA", "", "in your own words")
		card := w.asked()
		if err := w.UpdateUser("UBOB", func(u *slacksim.User) { u.Email = "bob@elsewhere.example" }); err != nil {
			t.Fatal(err)
		}
		if err := w.UpdateUser("UANA", func(u *slacksim.User) { u.Email = "bob@example.com" }); err != nil {
			t.Fatal(err)
		}
		alert := w.sees("UADA", "", "on hold because the email address changed")
		if err := w.As("UANA").ClickStale(w.ctx, slacksim.Message{Channel: w.As("UANA").DMChannel(), TS: card.TS, Blocks: card.Blocks}, "approve", slacksim.Confirmed()); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Your account is on hold")
		if r := w.latest("p-ana"); r.State != approvals.RequestPending {
			t.Errorf("the request is %s", r.State)
		}
		if err := w.UpdateUser("UANA", func(u *slacksim.User) { u.Email = "ana.diaz@example.com" }); err != nil {
			t.Fatal(err)
		}
		w.click("UADA", alert, "confirm")
		w.sees("UADA", "", "Confirmed: the account may act again.")
		w.say("UANA", "what do I have?")
		w.sees("UANA", "", "You hold no time-limited access.")
	})
}

func TestTighterPolicyIsAskedAgainAtTheClick(t *testing.T) {
	inWorld(t, func(w *world) {
		card := w.asked()
		w.law.forbid = func(approvals.Facts) string { return "Billing is closed for the audit." }
		w.click("UBOB", card, "approve")
		w.sees("UBOB", "", "The policy has changed and now refuses this: Billing is closed for the audit.")
		w.sees("UANA", "", "Denied by policy", "closed for the audit")
	})
}

func TestLapsedRequestsButtonIsInert(t *testing.T) {
	inWorld(t, func(w *world) {
		card := w.asked()
		wait(9 * time.Hour)
		w.click("UBOB", card, "approve") // before the worker got to it
		w.sees("UBOB", "", "This request lapsed")
		if _, err := w.svc.Lapse(w.ctx, w.latest("p-ana").ID); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Lapsed", "nobody had answered in time")
		w.until("the buttons are gone", func() bool {
			m, ok := w.As("UBOB").Message(card.Channel, card.TS)
			return ok && len(m.Controls()) == 0
		})
		if err := w.As("UBOB").ClickStale(w.ctx, card, "deny", slacksim.Confirmed()); err != nil {
			t.Fatal(err)
		}
		wait(time.Second)
		if r := w.latest("p-ana"); r.State != approvals.RequestLapsed {
			t.Errorf("the request is %s", r.State)
		}
	})
}

func TestQuorumCountsPeople(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.quorum = 2
		card := w.asked()
		w.click("UBOB", card, "approve")
		w.sees("UCLEO", "", "Needs 2 approvals. So far: Bob Lee.")
		w.sees("UANA", "", "1 of 2 approvals so far: Bob Lee")
		w.click("UCLEO", w.sees("UCLEO", "", "Needs 2 approvals."), "approve")
		w.sees("UANA", "", "Approved", "Access is being set up")
	})
}
