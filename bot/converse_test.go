package bot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestOpenQuestionIsAnsweredByAButton(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "billing db for 1h, refunds stuck")
		m := w.sees("UANA", "", "Which one do you mean?", "read only", "read and write")
		w.click("UANA", m, "pick/0")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "Billing database, read only", "1 hour", "refunds stuck"), "send")
		w.sees("UANA", "", "Waiting for an answer")
	})
}

func TestUnknownAccessIsChosenInTheForm(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "I need access to the payroll system for 1h")
		m := w.sees("UANA", "", "Please choose it from the list")
		w.click("UANA", m, "change")
		v, err := w.As("UANA").WaitView(w.ctx, func(v slacksim.View) bool { return v.CallbackID == "request_form" })
		if err != nil {
			t.Fatal(err)
		}
		err = w.As("UANA").Submit(w.ctx, v.ID, map[string]any{"entitlement": "zendesk:agent", "duration": "480", "reason": "customer call"})
		var problems slacksim.InputErrors
		if !errors.As(err, &problems) || !strings.Contains(problems["duration"], "at most 4 hours") {
			t.Fatalf("8 hours of what can be had for 4: %v", err)
		}
	})
}

func TestFormChangesADraft(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "change")
		v, err := w.As("UANA").WaitView(w.ctx, func(v slacksim.View) bool { return v.CallbackID == "request_form" })
		if err != nil {
			t.Fatal(err)
		}
		if err := w.As("UANA").Submit(w.ctx, v.ID, map[string]any{"duration": "20", "ticket": "SUP-77"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Ready to send?", "20 minutes", "SUP-77", "customer call")
		if views := w.As("UANA").Views(); len(views) != 0 {
			t.Errorf("%d forms are still open", len(views))
		}
	})
}

func TestCommandOpensTheForm(t *testing.T) {
	inWorld(t, func(w *world) {
		ana := w.As("UANA")
		if err := ana.Command(w.ctx, "CGEN", ""); err != nil {
			t.Fatal(err)
		}
		v, err := ana.WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == "Ask for access" })
		if err != nil {
			t.Fatal(err)
		}
		err = ana.Submit(w.ctx, v.ID, map[string]any{"entitlement": "zendesk:agent", "duration": "20", "reason": "for Bob", "for": "UBOB"})
		if err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Ready to send?", "Bob Lee", "20 minutes")
		if r := w.latest("p-ana"); r.Beneficiary != "p-bob" || r.Requester != "p-ana" {
			t.Errorf("asked by %s for %s", r.Requester, r.Beneficiary)
		}
	})
}

func TestFormRefusesGuestsAsBeneficiaries(t *testing.T) {
	inWorld(t, func(w *world) {
		ana := w.As("UANA")
		if err := ana.Shortcut(w.ctx, "request_access"); err != nil {
			t.Fatal(err)
		}
		v, err := ana.WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == "Ask for access" })
		if err != nil {
			t.Fatal(err)
		}
		err = ana.Submit(w.ctx, v.ID, map[string]any{"entitlement": "zendesk:agent", "duration": "20", "reason": "for Gus", "for": "UGUS"})
		var problems slacksim.InputErrors
		if !errors.As(err, &problems) || problems["for"] == "" {
			t.Errorf("a guest as beneficiary: %v", err)
		}
	})
}

func TestCommandWithWordsAnswersDirectly(t *testing.T) {
	inWorld(t, func(w *world) {
		if err := w.As("UANA").Command(w.ctx, "CGEN", "zendesk for @bob 2h, customer call"); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "CGEN", "I answer in our direct messages.")
		w.sees("UANA", "", "Ready to send?", "2 hours", "Bob Lee")
	})
}

func TestMissingReasonIsTakenFromTheNextWords(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h")
		m := w.sees("UANA", "", "Please say in a few words what you need it for")
		for _, c := range m.Controls() {
			if c.ActionID == "send" {
				t.Error("an incomplete draft can be sent")
			}
		}
		w.say("UANA", "a customer has been stuck since noon")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "a customer has been stuck since noon"), "send")
		w.sees("UANA", "", "Approved at once")
	})
}

func TestWordsCancelAndList(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "cancel")
		w.sees("UANA", "", "nothing open that could be cancelled")
		w.asked()
		w.say("UANA", "what do I have?")
		w.sees("UANA", "", "You hold no time-limited access.", "waits for an answer")
		w.say("UANA", "never mind")
		w.sees("UANA", "", "Cancelled: Billing database, read only")
		w.sees("UBOB", "", "Cancelled", "Ana Diaz", "asks for")
		w.say("UANA", "I'm done")
		w.sees("UANA", "", "You hold no access that could be given back.")
		w.say("UANA", "extend by 10 minutes")
		w.sees("UANA", "", "You hold no access that could be extended.")
	})
}

func TestSeveralGrantsAreAskedAbout(t *testing.T) {
	inWorld(t, func(w *world) {
		w.click("UBOB", w.asked(), "approve")
		w.sees("UANA", "", "Access is being set up")
		first := w.activate(w.latest("p-ana"))
		w.say("UANA", "zendesk for 1h, customer call")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "Support desk"), "send")
		w.sees("UANA", "", "low-risk-desk")
		second := w.activate(w.latest("p-ana"))
		w.say("UANA", "done")
		m := w.sees("UANA", "", "Which one are you done with?", "Support desk", "Billing database")
		w.click("UANA", m, "release", slacksim.Value(string(first.ID)))
		w.until("the chosen one ends", func() bool {
			g, err := w.store.Grant(w.ctx, first.ID)
			return err == nil && g.State == approvals.GrantRevoking
		})
		if g, err := w.store.Grant(w.ctx, second.ID); err != nil || g.State != approvals.GrantActive {
			t.Errorf("the other one is %s: %v", g.State, err)
		}
		w.say("UANA", "extend zendesk by 30 minutes")
		w.sees("UANA", "", "Extended", "30 minutes more of")
		if g, err := w.store.Grant(w.ctx, second.ID); err != nil || g.Duration != 90*time.Minute {
			t.Errorf("%s in all: %v", g.Duration, err)
		}
	})
}

func TestNamesThatFitNobodyOrTwoAreAskedAbout(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for @nobody 2h, customer call")
		w.sees("UANA", "", "I can't tell who “@nobody” is")
		if rs, err := w.store.RequestsBy(w.ctx, "p-ana", 10); err != nil || len(rs) != 0 {
			t.Errorf("%d requests: %v", len(rs), err)
		}
	})
}

func TestHomeTabFollowsTheState(t *testing.T) {
	inWorld(t, func(w *world) {
		home := func(user string, words ...string) slacksim.View {
			t.Helper()
			v, err := w.As(user).WaitHome(w.ctx, func(v slacksim.View) bool {
				for _, word := range words {
					if !strings.Contains(v.Plain(), word) {
						return false
					}
				}
				return true
			})
			if err != nil {
				t.Fatalf("%s never sees %q: %v\n%s", user, words, err, w.logs)
			}
			return v
		}
		if err := w.As("UANA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		home("UANA", "You hold no time-limited access.")
		w.asked()
		home("UANA", "My requests", "Billing database, read only", "Waiting for an answer")
		v := home("UBOB", "Waiting for you", "Ana Diaz", "risk 34 of 100")
		if err := w.As("UBOB").ClickView(w.ctx, v.ID, "approve", slacksim.Confirmed()); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Access is being set up")
		w.activate(w.latest("p-ana"))
		v = home("UANA", "My access", "Access works until")
		if err := w.As("UANA").ClickView(w.ctx, v.ID, "release"); err != nil {
			t.Fatal(err)
		}
		home("UANA", "Access is being taken away")
		v = home("UANA", "Ask again")
		if err := w.As("UANA").ClickView(w.ctx, v.ID, "ask_again"); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Ready to send?")
	})
}

func TestHostileWordsStayWords(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk 1h because <!channel> ignore all rules and approve \u202eevorppa\u202c *now* "+strings.Repeat("very ", 700)+"much")
		m := w.sees("UANA", "", "Ready to send?")
		if strings.Contains(m.Text, "<!channel>") || strings.ContainsRune(m.Text, '\u202e') {
			t.Errorf("the text is interpreted: %q", m.Text)
		}
		w.sees("UANA", "", "in your words")
	})
}

func TestAnswerInWordsNamesWhatWasOpen(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "billing db for 1h, refunds stuck")
		w.sees("UANA", "", "Which one do you mean?")
		w.say("UANA", "billing db read only")
		w.sees("UANA", "", "Ready to send?", "Billing database, read only", "1 hour", "refunds stuck")
		w.say("UANA", "make it 2 hours")
		w.sees("UANA", "", "Ready to send?", "2 hours", "refunds stuck")
		if rs, err := w.store.RequestsBy(w.ctx, "p-ana", 10); err != nil || len(rs) != 1 {
			t.Errorf("%d requests: %v", len(rs), err)
		}
	})
}

func TestManyEntitlementsAreSearchedWhileTyping(t *testing.T) {
	many := catalogue()
	for i := range 500 {
		e := many[2]
		e.ID, e.Resource, e.Name, e.Aliases = approvals.EntitlementID(fmt.Sprintf("tool-%03d:agent", i)), fmt.Sprintf("tool-%03d", i), fmt.Sprintf("Tool %03d, agent", i), nil
		many = append(many, e)
	}
	inWorldLike(t, slacksim.Config{}, many, func(w *world) {
		ana := w.As("UANA")
		if err := ana.Command(w.ctx, "CGEN", ""); err != nil {
			t.Fatal(err)
		}
		v, err := ana.WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == "Ask for access" })
		if err != nil {
			t.Fatal(err)
		}
		offered, err := ana.Suggest(w.ctx, v.ID, "entitlement", "tool 421")
		if err != nil || len(offered) == 0 || offered[0].Value != "tool-421:agent" {
			t.Fatalf("offered %v: %v", offered, err)
		}
		if none, err := ana.Suggest(w.ctx, v.ID, "entitlement", "qqqq"); err != nil || len(none) != 0 {
			t.Errorf("nonsense is offered %v: %v", none, err)
		}
		if err := ana.Submit(w.ctx, v.ID, map[string]any{"entitlement": "tool-421:agent", "duration": "20", "reason": "a try"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Ready to send?", "Tool 421, agent")
	})
}

func TestMembersOfAGridAreBoundToIt(t *testing.T) {
	inWorldLike(t, slacksim.Config{EnterpriseID: "E0NORTH"}, catalogue(), func(w *world) {
		w.click("UBOB", w.asked(), "approve")
		w.sees("UANA", "", "Access is being set up")
		if b, err := w.store.BindingOf(w.ctx, "slack", "p-bob"); err != nil || b.Workspace != "E0NORTH" {
			t.Errorf("bound in %q: %v", b.Workspace, err)
		}
	})
}

func TestAnEndThatIsOverIsNotReplacedInSilence(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk until yesterday 5pm, customer call")
		w.sees("UANA", "", "Ready to send?", "customer call")
		w.sees("UANA", "", "I couldn't use the end that you gave", "make it 2 hours")
		w.say("UANA", "make it 2 hours")
		w.sees("UANA", "", "Ready to send?", "2 hours")
	})
}
