package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestStoryFromWordsToTheEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "read only on prod billing db for 20 minutes, INC-4312 refunds stuck")
		draft := w.sees("UANA", "", "Ready to send?", "Billing database, read only", "20 minutes", "INC-4312", "refunds stuck")
		w.click("UANA", draft, "send")
		w.sees("UANA", "", "Sent", "Waiting for an answer from Bob Lee and Cleo Owner")

		card := w.sees("UBOB", "", "May Ana have this?", "Ana Diaz", "Engineer, Payments", "20 minutes", "refunds stuck", "Risk 34 of 100", "3 of 9 teammates hold it")
		w.sees("UBOB", "", "asked late in the evening", "Confidence medium")
		w.click("UBOB", card, "approve")
		w.sees("UBOB", "", "Approved by Bob Lee")
		w.sees("UCLEO", "", "Approved by Bob Lee")
		w.sees("UANA", "", "Approved", "Access is being set up")

		r := w.latest("p-ana")
		g := w.activate(r)
		w.sees("UANA", "", "You have access", "Access works until")
		wait(time.Until(g.NudgeAt()))
		if err := w.svc.Remind(w.ctx, g.ID); err != nil {
			t.Fatal(err)
		}
		nudge := w.sees("UANA", "", "Your access ends soon", "Let it end")
		w.click("UANA", nudge, "extend")
		ext := w.sees("UBOB", "", "20 minutes more of")
		w.click("UBOB", ext, "approve")
		w.sees("UANA", "", "Extended", "Approved by Bob Lee")

		w.say("UANA", "I'm done")
		w.sees("UANA", "", "Access is being taken away")
		if _, err := w.svc.Revoked(w.ctx, g.ID, approvals.Removal{}, "absent"); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Ended", "because you were done with it", "nothing remains")
		for _, m := range w.As("UANA").Messages(w.As("UANA").DMChannel()) {
			for _, c := range m.Controls() {
				if c.ActionID != "ask_again" {
					t.Errorf("a button is left: %s on %q", c.ActionID, m.Plain())
				}
			}
		}
		if strings.Contains(w.logs.String(), "level=ERROR") {
			t.Error(w.logs.String())
		}
	})
}

func TestAutomaticApprovalNamesItsRule(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		w.sees("UANA", "", "Approved at once by rule low-risk-desk", "open to everybody")
		w.activate(w.latest("p-ana"))
		w.sees("UANA", "", "You have access", "low-risk-desk")
	})
}
