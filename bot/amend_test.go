package bot_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// wide is a catalogue with the same database in two places.
func wide() shelf {
	c := catalogue()
	staging, write := c[0], c[1]
	staging.ID, staging.Environment, staging.Name = "billing-db-staging:read-only", "staging", "Billing database in staging, read only"
	write.ID, write.Environment, write.Name = "billing-db-staging:read-write", "staging", "Billing database in staging, read and write"
	return append(c, staging, write)
}

func TestWordsAfterADraftCorrectIt(t *testing.T) {
	type wish struct {
		Entitlement         approvals.EntitlementID
		Duration            time.Duration
		Reason, Ticket      string
		Beneficiary         approvals.PrincipalID
		requests, unchanged int
	}
	base := wish{Entitlement: "billing-db:read-only", Duration: 2 * time.Hour, Reason: "refunds stuck", Beneficiary: "p-ana", requests: 1}
	with := func(f func(*wish)) wish {
		w := base
		f(&w)
		return w
	}
	for words, want := range map[string]wish{
		"make it 4 hours":                           with(func(w *wish) { w.Duration = 4 * time.Hour }),
		"4h please":                                 with(func(w *wish) { w.Duration = 4 * time.Hour }),
		"I need it for 30 minutes":                  with(func(w *wish) { w.Duration = 30 * time.Minute }),
		"no, the staging one":                       with(func(w *wish) { w.Entitlement = "billing-db-staging:read-only" }),
		"sorry, I meant staging":                    with(func(w *wish) { w.Entitlement = "billing-db-staging:read-only" }),
		"make that read-write":                      with(func(w *wish) { w.Entitlement = "billing-db:read-write" }),
		"actually zendesk, for 1 hour":              with(func(w *wish) { w.Entitlement, w.Duration = "zendesk:agent", time.Hour }),
		"because the auditors want zendesk numbers": with(func(w *wish) { w.Reason = "the auditors want zendesk numbers" }),
		"it's because order 7 hangs":                with(func(w *wish) { w.Reason = "order 7 hangs" }),
		"the ticket is INC-99":                      with(func(w *wish) { w.Ticket = "INC-99" }),
		"it's for @bob":                             with(func(w *wish) { w.Beneficiary = "p-bob" }),
		"no, the development one":                   with(func(w *wish) { w.unchanged = 1 }),
		"zendesk for 1h, another customer has a question": with(func(w *wish) {
			w.Entitlement, w.Duration, w.Reason, w.requests = "zendesk:agent", time.Hour, "another customer has a question", 2
		}),
	} {
		t.Run(words, func(t *testing.T) {
			inWorldLike(t, slacksim.Config{}, wide(), func(w *world) {
				w.say("UANA", "read only on prod billing db for 2h, refunds stuck")
				draft := w.sees("UANA", "", "Ready to send?", "2 hours")
				w.say("UANA", words)
				if want.unchanged > 0 {
					w.sees("UANA", "", "I couldn't tell what to change")
				}
				settle()
				rs, err := w.store.RequestsBy(w.ctx, "p-ana", 10)
				if err != nil {
					t.Fatal(err)
				}
				r := rs[0]
				got := wish{Entitlement: r.Entitlement, Duration: r.Duration, Reason: r.Reason, Ticket: r.Ticket, Beneficiary: r.Beneficiary, requests: len(rs), unchanged: want.unchanged}
				if got != want {
					t.Errorf("after %q\nwant %+v\n got %+v", words, want, got)
				}
				if n := w.count("UANA", "Ready to send?"); n != want.requests {
					t.Errorf("%d cards for %d requests", n, want.requests)
				}
				if m, ok := w.As("UANA").Message(draft.Channel, draft.TS); !ok || len(m.Controls()) == 0 {
					t.Error("the draft's card is gone")
				}
			})
		})
	}
}

func TestWordsInADraftsThreadMeanThatDraft(t *testing.T) {
	inWorldLike(t, slacksim.Config{}, wide(), func(w *world) {
		w.say("UANA", "read only on prod billing db for 2h, refunds stuck")
		first := w.sees("UANA", "", "Ready to send?", "refunds stuck")
		w.say("UANA", "zendesk for 1h, customer call")
		w.sees("UANA", "", "Ready to send?", "customer call")
		w.reply("UANA", first, "make it 3 hours")
		w.sees("UANA", "", "Ready to send?", "refunds stuck", "3 hours")
		w.reply("UANA", first, "hm, what do you think?")
		w.until("it says that it understood nothing", func() bool { return w.inThread("UANA", first, "I couldn't tell what to change") == 1 })
		w.reply("UANA", first, "cancel")
		w.sees("UANA", "", "Cancelled: Billing database, read only")
		if r := w.latest("p-ana"); r.State != approvals.RequestDraft || r.Duration != time.Hour {
			t.Errorf("the other draft is %s, for %s", r.State, r.Duration)
		}
	})
}

func TestCorrectionThatFitsSeveralIsOffered(t *testing.T) {
	inWorldLike(t, slacksim.Config{}, wide(), func(w *world) {
		w.say("UANA", "zendesk for 1h, refunds stuck")
		w.sees("UANA", "", "Ready to send?")
		w.say("UANA", "no, the billing database")
		m := w.sees("UANA", "", "Which one do you mean?", "Billing database")
		w.say("UANA", "the staging one, read only")
		w.sees("UANA", "", "Ready to send?", "Billing database in staging, read only", "1 hour", "refunds stuck")
		if rs, err := w.store.RequestsBy(w.ctx, "p-ana", 10); err != nil || len(rs) != 1 {
			t.Errorf("%d requests, first card %s: %v", len(rs), m.TS, err)
		}
	})
}
