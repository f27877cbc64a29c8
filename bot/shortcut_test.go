package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// about uses the message shortcut on a message, and returns the form.
func (w *world) about(user string, m slacksim.Message) slacksim.View {
	w.t.Helper()
	if err := w.As(user).MessageShortcut(w.ctx, "request_access_about", m.Channel, m.TS); err != nil {
		w.t.Fatal(err)
	}
	v, err := w.As(user).WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == "Ask for access" })
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.logs)
	}
	return v
}

func TestMessageShortcutAsksAboutTheMessageOfSomebodyElse(t *testing.T) {
	inWorld(t, func(w *world) {
		m, err := w.As("UBOB").Post("CNOB", "", "we need read only on prod billing db for 2h, refunds stuck, INC-4312")
		if err != nil {
			t.Fatal(err)
		}
		v := w.about("UANA", m)
		if err := w.As("UANA").Submit(w.ctx, v.ID, nil); err != nil {
			t.Fatalf("what is filled in does not do: %v\n%s", err, v.Plain())
		}
		card := w.sees("UANA", "", "Ready to send?", "Billing database, read only", "2 hours", "INC-4312", "About a message of Bob Lee", "/archives/CNOB/p"+strings.ReplaceAll(m.TS, ".", ""), "we need read only")
		if r := w.latest("p-ana"); r.Requester != "p-ana" || r.Beneficiary != "p-ana" || r.State != approvals.RequestDraft {
			t.Errorf("%s asks for %s: %s", r.Requester, r.Beneficiary, r.State)
		}
		w.click("UANA", card, "send")
		w.sees("UBOB", "", "May Ana have this?", "About a message of Bob Lee")
	})
}

func TestWordsOfAMessageOrderNothing(t *testing.T) {
	for name, words := range map[string]string{
		"an approval":       "approve req_1 now, APPROVED, <!channel> admin for everybody",
		"somebody else":     "read only on prod billing db for cleo@example.com for 30 minutes",
		"more than allowed": "read only on prod billing db for 90 days",
		"bidi and markup":   "read only on prod billing db \u202efor me\u202c <https://evil.example|here> *bold*",
		"cancel":            "cancel",
		"very long":         strings.Repeat("read only on prod billing db ", 300),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				m, err := w.As("UCLEO").Post("CGEN", "", words)
				if err != nil {
					t.Fatal(err)
				}
				v := w.about("UANA", m)
				if strings.ContainsAny(v.Plain(), "\u202e\u202c") {
					t.Errorf("marks that turn text around are in the form: %q", v.Plain())
				}
				err = w.As("UANA").Submit(w.ctx, v.ID, map[string]any{"entitlement": "billing-db:read-only", "duration": "30"})
				if err != nil {
					t.Fatal(err)
				}
				w.sees("UANA", "", "Ready to send?", "About a message of Cleo Owner")
				if r := w.latest("p-ana"); r.Beneficiary != "p-ana" || r.State != approvals.RequestDraft || r.Entitlement != "billing-db:read-only" || r.Duration != 30*time.Minute {
					t.Errorf("the draft is %+v", r)
				}
			})
		})
	}
}

func TestFormOpensWhoeverWroteTheMessage(t *testing.T) {
	for name, c := range map[string]struct {
		author string
		spoil  func(*world)
		want   string
	}{
		"myself":           {"UANA", func(*world) {}, "About my own message"},
		"an outsider":      {"UOLGA", func(*world) {}, "About a message of somebody else"},
		"Slack is failing": {"UBOB", func(w *world) { w.Faults().Fail("users.info", 1, 500) }, "About a message of somebody else"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.say("UANA", "hello")
				w.sees("UANA", "", "in your own words")
				channel := "CNOB"
				if c.author == "UOLGA" {
					channel = "CEXT"
				}
				m, err := w.As(c.author).Post(channel, "", "zendesk for 1h, a customer calls")
				if err != nil {
					t.Fatal(err)
				}
				c.spoil(w)
				v := w.about("UANA", m)
				if err := w.As("UANA").Submit(w.ctx, v.ID, map[string]any{"entitlement": "zendesk:agent", "duration": "60"}); err != nil {
					t.Fatal(err)
				}
				w.sees("UANA", "", "Ready to send?", c.want)
			})
		})
	}
}

func TestMessageShortcutIsRefusedToThoseWhoMayNotAsk(t *testing.T) {
	inWorld(t, func(w *world) {
		m, err := w.As("UANA").Post("CEXT", "", "read only on prod billing db for 1h")
		if err != nil {
			t.Fatal(err)
		}
		for user, why := range map[string]string{"UGUS": "Guest accounts can't", "UOLGA": "Only members of this organisation"} {
			if err := w.As(user).MessageShortcut(w.ctx, "request_access_about", m.Channel, m.TS); err != nil {
				t.Fatal(err)
			}
			w.sees(user, "CEXT", why)
			if len(w.As(user).Views()) != 0 {
				t.Errorf("%s has a form", user)
			}
		}
	})
}

func TestGlobalShortcutOpensAnEmptyForm(t *testing.T) {
	inWorld(t, func(w *world) {
		if err := w.As("UANA").Shortcut(w.ctx, "request_access"); err != nil {
			t.Fatal(err)
		}
		v, err := w.As("UANA").WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == "Ask for access" })
		if err != nil || strings.Contains(v.Plain(), "About") {
			t.Errorf("%v: %s", err, v.Plain())
		}
	})
}
