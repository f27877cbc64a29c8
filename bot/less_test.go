package bot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// changing opens the form for an approval of less time.
func (w *world) changing(user string, card slacksim.Message) slacksim.View {
	w.t.Helper()
	w.click(user, card, "answer_less")
	v, err := w.As(user).WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == "Approve for less time" })
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.logs)
	}
	return v
}

func TestApproverGivesLessAndEverybodyIsTold(t *testing.T) {
	inWorld(t, func(w *world) {
		v := w.changing("UBOB", w.asked())
		if !strings.Contains(v.Plain(), "Billing database, read only") || !strings.Contains(v.Plain(), "20 minutes") {
			t.Errorf("the form does not say what is asked: %q", v.Plain())
		}
		if err := w.As("UBOB").Submit(w.ctx, v.ID, map[string]any{"duration": "10", "note": "ask again <!here>"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Approved by Bob Lee for 10 minutes of the 20 minutes asked", "In the approver's words", "ask again")
		w.sees("UBOB", "", "Approved by Bob Lee for 10 minutes of the 20 minutes asked")
		w.sees("UCLEO", "", "Approved by Bob Lee for 10 minutes of the 20 minutes asked")
		g := w.activate(w.latest("p-ana"))
		if got := g.EndsAt.Sub(g.ActiveAt); got != 10*time.Minute {
			t.Errorf("access lasts %s", got)
		}
	})
}

func TestFormCannotBeMadeToGiveMore(t *testing.T) {
	inWorld(t, func(w *world) {
		card := w.asked()
		v := w.changing("UBOB", card)
		if err := w.As("UBOB").Submit(w.ctx, v.ID, map[string]any{"duration": "60"}); err == nil {
			t.Error("a choice that the form does not offer is taken")
		}
		w.dir.change("p-bob", func(p *approvals.Principal) { p.Inactive = true }) // he leaves while the form is open
		var problems slacksim.InputErrors
		if err := w.As("UBOB").Submit(w.ctx, v.ID, map[string]any{"duration": "10"}); !errors.As(err, &problems) || !strings.Contains(problems["duration"], "deactivated") {
			t.Errorf("somebody who has left approves: %v", err)
		}
		if r := w.latest("p-ana"); r.State != approvals.RequestPending {
			t.Errorf("the request is %s", r.State)
		}
	})
}

func TestShortestOfTwoApprovalsHolds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.quorum = 2
		v := w.changing("UBOB", w.asked())
		if err := w.As("UBOB").Submit(w.ctx, v.ID, map[string]any{"duration": "5"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "1 of 2 approvals so far: Bob Lee for 5 minutes of the 20 minutes asked")
		w.click("UCLEO", w.sees("UCLEO", "", "So far: Bob Lee for 5 minutes"), "approve")
		w.sees("UANA", "", "Approved by Bob Lee and Cleo Owner for 5 minutes of the 20 minutes asked")
		if g := w.activate(w.latest("p-ana")); g.Duration != 5*time.Minute {
			t.Errorf("granted for %s", g.Duration)
		}
	})
}
