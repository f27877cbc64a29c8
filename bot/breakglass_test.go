package bot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// inEmergency is inWorld where a policy lets everybody break glass, and the
// channel CAPP hears of it.
func inEmergency(t *testing.T, test func(w *world)) {
	t.Helper()
	inWorld(t, func(w *world) {
		law := &approvalstest.BreakGlassPolicy{}
		law.Permit()
		w.svc.Glass = approvals.BreakGlassRules{Policy: law, Channel: "CAPP"}
		test(w)
	})
}

// glassForm waits for the form that a person has before them.
func (w *world) glassForm(user, title string) slacksim.View {
	w.t.Helper()
	v, err := w.As(user).WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == title })
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.logs)
	}
	return v
}

// smashed is Ana's break-glass by the slash command, as the channel sees it.
func (w *world) smashed() slacksim.Message {
	w.t.Helper()
	if err := w.As("UANA").Command(w.ctx, "CGEN", "break-glass prod billing db read only"); err != nil {
		w.t.Fatal(err)
	}
	v := w.glassForm("UANA", "Break glass")
	err := w.As("UANA").Submit(w.ctx, v.ID, map[string]any{"entitlement": "billing-db:read-only", "duration": "60", "reason": "payments are *down* <!here>", "sure": "yes"})
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.logs)
	}
	return w.sees("UCLEO", "CAPP", "Break-glass", "Ana Diaz opened Billing database, read only", "for 1 hour, before anybody answered", "payments are", "can't break glass again")
}

func TestBreakGlassIsToldToEverybodyAndReviewedBySomebodyElse(t *testing.T) {
	inEmergency(t, func(w *world) {
		card := w.smashed()
		if strings.Contains(card.Text, "<!here>") {
			t.Errorf("words are interpreted: %q", card.Text)
		}
		for _, user := range []string{"UADA", "UBOB", "UCLEO"} {
			w.sees(user, "", "Break-glass", "Ana Diaz opened")
		}
		r := w.latest("p-ana")
		if r.Kind != approvals.KindBreakGlass || r.State != approvals.RequestApproved || r.Duration != time.Hour {
			t.Fatalf("the request is %s, %s, for %s", r.Kind, r.State, r.Duration)
		}
		w.activate(r)
		w.sees("UANA", "", "You have access", "Opened by break-glass", "Somebody else must review it by", "you can't break glass again")

		w.click("UANA", card, "glass_justified")
		w.sees("UANA", "CAPP", "Nobody reviews their own break-glass")
		w.click("UANA", card, "glass_not_justified")
		wait(5 * time.Second)
		if slices.ContainsFunc(w.As("UANA").Views(), func(v slacksim.View) bool { return v.Title == "Not justified" }) {
			t.Error("who broke glass gets the form of its review")
		}
		if b, err := w.store.BreakGlassReview(w.ctx, r.ID); err != nil || !b.Open() {
			t.Fatalf("who broke glass closed the review: %+v, %v", b, err)
		}

		w.click("UBOB", w.sees("UBOB", "", "Break-glass"), "glass_justified")
		done := w.sees("UCLEO", "CAPP", "Reviewed", "by Bob Lee: justified")
		if done.TS != card.TS || len(done.Controls()) != 0 {
			t.Errorf("the card of a closed review has %d buttons, and is %s, was %s", len(done.Controls()), done.TS, card.TS)
		}
		w.sees("UANA", "", "You have access", "by Bob Lee: justified")
		if n := w.events(r.ID)[approvals.EventBreakGlassReviewed]; n != 1 {
			t.Errorf("the log has %d reviews", n)
		}
	})
}

func TestUnjustifiedBreakGlassNeedsANoteAndEnds(t *testing.T) {
	inEmergency(t, func(w *world) {
		card := w.smashed()
		r := w.latest("p-ana")
		w.activate(r)
		w.click("UCLEO", card, "glass_not_justified")
		v := w.glassForm("UCLEO", "Not justified")
		var problems slacksim.InputErrors
		if err := w.As("UCLEO").Submit(w.ctx, v.ID, map[string]any{"note": "  "}); !errors.As(err, &problems) || problems["note"] == "" {
			t.Errorf("a finding without words: %v", err)
		}
		if err := w.As("UCLEO").Submit(w.ctx, v.ID, map[string]any{"note": "nothing was down"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UBOB", "CAPP", "by Cleo Owner: not justified", "nothing was down")
		w.sees("UANA", "", "Ending", "not justified", "nothing was down")
	})
}

func TestSecondBreakGlassIsRefusedWhileTheFirstIsOpen(t *testing.T) {
	inEmergency(t, func(w *world) {
		w.smashed()
		w.say("UANA", "break glass: billing database read and write, the ledger is wrong")
		w.click("UANA", w.sees("UANA", "", "Break-glass opens access at once"), "break_glass")
		v := w.glassForm("UANA", "Break glass")
		answers := map[string]any{"entitlement": "billing-db:read-write", "duration": "60", "reason": "the ledger is wrong"}
		var problems slacksim.InputErrors
		if err := w.As("UANA").Submit(w.ctx, v.ID, answers); !errors.As(err, &problems) || problems["sure"] == "" {
			t.Errorf("a form without the confirmation: %v", err)
		}
		answers["sure"] = "yes"
		if err := w.As("UANA").Submit(w.ctx, v.ID, answers); !errors.As(err, &problems) || !strings.Contains(problems["entitlement"], "not reviewed yet") {
			t.Errorf("a second break-glass: %v", err)
		}
		if err := w.As("UADA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		if err := w.As("UADA").ClickView(w.ctx, w.home("UADA", []string{"before anybody answered"}).ID, "glass_justified", slacksim.Confirmed()); err != nil {
			t.Fatal(err)
		}
		w.sees("UCLEO", "CAPP", "by Ada Admin: justified")
		if err := w.As("UANA").Submit(w.ctx, v.ID, answers); err != nil {
			t.Errorf("after the review: %v", err)
		}
		w.sees("UCLEO", "CAPP", "Billing database, read and write")
	})
}

func TestBreakGlassIsForThoseWhoMay(t *testing.T) {
	inWorld(t, func(w *world) {
		if err := w.As("UANA").Command(w.ctx, "CGEN", "break glass"); err != nil {
			t.Fatal(err)
		}
		v := w.glassForm("UANA", "Break glass")
		var problems slacksim.InputErrors
		err := w.As("UANA").Submit(w.ctx, v.ID, map[string]any{"entitlement": "billing-db:read-only", "duration": "60", "reason": "down", "sure": "yes"})
		if !errors.As(err, &problems) || !strings.Contains(problems["entitlement"], "Nobody may break glass here") {
			t.Errorf("without a policy: %v", err)
		}
		if rs, err := w.store.RequestsBy(w.ctx, "p-ana", 1); err != nil || len(rs) != 0 {
			t.Errorf("what was refused is stored: %v, %v", rs, err)
		}
	})
}

func TestBreakGlassIsToldToPeopleWhenTheChannelIsGone(t *testing.T) {
	inEmergency(t, func(w *world) {
		w.svc.Glass.Channel = "COLD"
		if err := w.As("UANA").Command(w.ctx, "CGEN", "break glass"); err != nil {
			t.Fatal(err)
		}
		v := w.glassForm("UANA", "Break glass")
		err := w.As("UANA").Submit(w.ctx, v.ID, map[string]any{"entitlement": "billing-db:read-only", "duration": "60", "reason": "down", "sure": "yes"})
		if err != nil {
			t.Fatal(err)
		}
		w.sees("UADA", "", "Break-glass can't be told in the channel COLD")
		w.sees("UCLEO", "", "Break-glass", "Ana Diaz opened")
	})
}
