package bot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// denial opens the form for a denial with a note.
func (w *world) denial(user string, card slacksim.Message) slacksim.View {
	w.t.Helper()
	w.click(user, card, "answer_else", slacksim.Choose(string(w.latest("p-ana").ID)))
	v, err := w.As(user).WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == "Deny with a note" })
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.logs)
	}
	return v
}

func TestDenialWithANoteReachesWhoAsked(t *testing.T) {
	inWorld(t, func(w *world) {
		v := w.denial("UBOB", w.asked())
		if !strings.Contains(v.Plain(), "Billing database, read only") || !strings.Contains(v.Plain(), "20 minutes") {
			t.Errorf("the form does not say what is denied: %q", v.Plain())
		}
		var problems slacksim.InputErrors
		if err := w.As("UBOB").Submit(w.ctx, v.ID, map[string]any{"note": "   "}); !errors.As(err, &problems) || problems["note"] == "" {
			t.Errorf("a note without words: %v", err)
		}
		if err := w.As("UBOB").Submit(w.ctx, v.ID, map[string]any{"note": "use the *replica* instead <!here>"}); err != nil {
			t.Fatal(err)
		}
		m := w.sees("UANA", "", "Denied by Bob Lee", "In the approver's words", "use the replica instead")
		if strings.Contains(m.Text, "<!here>") {
			t.Errorf("the note is interpreted: %q", m.Text)
		}
		w.sees("UCLEO", "", "Denied by Bob Lee")
		if r := w.latest("p-ana"); r.Note != "use the *replica* instead <!here>" || r.DecidedBy != "p-bob" {
			t.Errorf("denied by %s: %q", r.DecidedBy, r.Note)
		}
	})
}

func TestLateDenialIsToldInTheForm(t *testing.T) {
	inWorld(t, func(w *world) {
		v := w.denial("UBOB", w.asked())
		w.click("UCLEO", w.sees("UCLEO", "", "May Ana have this?"), "approve")
		w.sees("UANA", "", "Approved by Cleo Owner")
		var problems slacksim.InputErrors
		if err := w.As("UBOB").Submit(w.ctx, v.ID, map[string]any{"note": "no"}); !errors.As(err, &problems) || problems["note"] != "Already approved by Cleo Owner." {
			t.Errorf("a denial after the approval: %v", err)
		}
	})
}

func TestDenialIsForThoseWhoMayAnswer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.channel = "CAPP"
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		card := w.sees("UANA", "CAPP", "May Ana have this?")
		id := slacksim.Choose(string(w.latest("p-ana").ID))
		w.click("UANA", card, "answer_else", id)
		w.sees("UANA", "CAPP", "You are not among those who may answer")
		w.click("UGUS", card, "answer_else", id)
		w.sees("UGUS", "CAPP", "Guest accounts can't")
		v := w.denial("UBOB", card)
		w.dir.change("p-bob", func(p *approvals.Principal) { p.Inactive = true }) // he leaves while the form is open
		var problems slacksim.InputErrors
		if err := w.As("UBOB").Submit(w.ctx, v.ID, map[string]any{"note": "no"}); !errors.As(err, &problems) || !strings.Contains(problems["note"], "deactivated") {
			t.Errorf("somebody who has left denies: %v", err)
		}
		wait(time.Second)
		if r := w.latest("p-ana"); r.State != approvals.RequestPending {
			t.Errorf("the request is %s", r.State)
		}
		w.click("UBOB", card, "deny")
	})
}
