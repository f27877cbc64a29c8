package bot_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// atMost makes the law approve what is asked for so long at most.
func (l *law) atMost(d time.Duration, ticket bool) {
	l.permit = func(f approvals.Facts) bool { return f.Duration <= d && (!ticket || f.Ticket != "") }
}

// send asks for something and sends the card, a second before whatever comes.
func (w *world) send(words string) {
	w.t.Helper()
	w.say("UANA", words)
	w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
	wait(time.Second)
}

func TestSmallerWishIsOneClickAway(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.atMost(2*time.Hour, false)
		w.send("read only on prod billing db for 4h, refunds stuck")
		old := w.sees("UANA", "", "Waiting for an answer", "This would be approved at once: for up to 2 hours", "Ask for 2 hours instead")
		w.click("UANA", old, "instead/0")
		w.sees("UANA", "", "Approved", "2 hours", "low-risk-desk")
		w.sees("UANA", "", "Cancelled", "4 hours")
		w.sees("UBOB", "", "Cancelled", "4 hours")
		r := w.latest("p-ana")
		if r.State != approvals.RequestApproved || r.Duration != 2*time.Hour || r.Reason != "refunds stuck" || r.DecidedBy != "" {
			t.Errorf("it was asked for %+v", r)
		}
	})
}

func TestTicketIsAskedForWhereItWouldBeEnough(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.atMost(8*time.Hour, true)
		w.send("read only on prod billing db for 4h, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Waiting for an answer", "Add a ticket…"), "instead_ticket/0")
		v, err := w.As("UANA").WaitView(w.ctx, func(v slacksim.View) bool { return v.Title == "Ask with a ticket" })
		if err != nil {
			t.Fatal(err)
		}
		if err := w.As("UANA").Submit(w.ctx, v.ID, map[string]any{"ticket": "INC-4312"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Approved", "INC-4312")
		if r := w.latest("p-ana"); r.Ticket != "INC-4312" || r.Duration != 4*time.Hour || r.State != approvals.RequestApproved {
			t.Errorf("it was asked for %+v", r)
		}
	})
}

func TestOldButtonAsksAnewAndPromisesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.atMost(2*time.Hour, false)
		w.send("read only on prod billing db for 4h, refunds stuck")
		card := w.sees("UANA", "", "Ask for 2 hours instead")
		before := w.latest("p-ana")
		w.click("UANA", card, "cancel")
		w.sees("UANA", "", "Cancelled")
		w.law.atMost(time.Minute, false) // the law has changed meanwhile
		if err := w.As("UANA").ClickStale(w.ctx, card, "instead/0"); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Waiting for an answer", "2 hours")
		if r := w.latest("p-ana"); r.ID == before.ID || r.State != approvals.RequestPending {
			t.Errorf("the old button approves by itself: %+v", r)
		}
	})
}

func TestApproverLeavesItToOthers(t *testing.T) {
	inWorld(t, func(w *world) {
		w.click("UBOB", w.asked(), "abstain")
		w.sees("UBOB", "", "You have left this to others")
		w.click("UCLEO", w.sees("UCLEO", "", "Bob Lee left it to others"), "approve")
		w.sees("UANA", "", "Approved by Cleo Owner")
		given, err := w.store.Approvals(w.ctx, w.latest("p-ana").ID)
		if err != nil || len(given) != 2 || given[0].Answer != approvals.Abstained {
			t.Errorf("%+v: %v", given, err)
		}
	})
}

func TestDelegateIsToldInWhosePlace(t *testing.T) {
	inWorld(t, func(w *world) {
		w.dir.change("p-cleo", func(p *approvals.Principal) {
			p.Away = []approvals.Absence{{From: time.Now().Add(-time.Hour), Until: time.Now().Add(48 * time.Hour), Delegate: "p-ada"}}
		})
		w.send("read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UADA", w.sees("UADA", "", "You answer for Cleo Owner, who is away"), "approve")
		w.sees("UANA", "", "Approved by Ada Admin for Cleo Owner")
	})
}

func TestStagesAndEscalationAreSaid(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.stages = []approvals.Stage{{Number: 1, Quorum: 1, EscalateAfter: 30 * time.Minute}, {Number: 2, Quorum: 1}}
		w.law.seat = map[approvals.PrincipalID]int{"p-bob": 1, "p-cleo": 2}
		w.send("read only on prod billing db for 20 minutes, refunds stuck")
		w.sees("UANA", "", "Stage 1 of 2.", "Without an answer", "the next stage is asked as well")
		r := w.latest("p-ana")
		wait(31 * time.Minute)
		if _, err := w.svc.Escalate(w.ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		card := w.sees("UCLEO", "", "Stage 2 of 2, asked because stage 1 did not answer within 30 minutes")
		w.sees("UANA", "", "Stage 2 of 2, asked because")
		w.click("UCLEO", card, "approve")
		w.sees("UANA", "", "Approved by Cleo Owner")
	})
}

// payments asks with a request what a catalogue can ask.
func payments() shelf {
	c := catalogue()
	release := c[0]
	release.ID, release.Resource, release.Level, release.Name = "payments:release", "payments", "release", "Outgoing payments, release"
	release.Fields = []approvals.Field{
		{Name: "run", Label: "Payment run", Type: approvals.FieldChoice, Required: true, Choices: []string{"weekly", "urgent"}},
		{Name: "batch", Label: "Batch", Type: approvals.FieldText, Required: true, Pattern: "PAY-[0-9]{4,8}", Hint: "like PAY-20264"},
		{Name: "dry", Label: "Dry run", Type: approvals.FieldBool},
		{Name: "rows", Label: "Rows", Type: approvals.FieldNumber},
	}
	return append(c, release)
}

func TestFormAsksWhatTheCatalogueAsks(t *testing.T) {
	inWorldLike(t, slacksim.Config{}, payments(), func(w *world) {
		id, ana := w.form("UANA"), w.As("UANA")
		start := time.Now().Add(20 * time.Hour).Truncate(time.Minute)
		if err := ana.Submit(w.ctx, id, map[string]any{"entitlement": "payments:release", "duration": "30", "reason": "supplier waits",
			"start": strconv.FormatInt(start.Unix(), 10)}); err != nil {
			t.Fatal(err)
		}
		var problems slacksim.InputErrors
		if err := ana.Submit(w.ctx, id, map[string]any{"field.run": "urgent", "field.batch": "pay me"}); !errors.As(err, &problems) {
			t.Fatalf("a batch of no form is taken: %v", err)
		}
		if diff := cmp.Diff(slacksim.InputErrors{"field.batch": "Batch does not look right: like PAY-20264."}, problems); diff != "" {
			t.Errorf("said at the inputs (-want +got):\n%s", diff)
		}
		if err := ana.Submit(w.ctx, id, map[string]any{"field.batch": "PAY-20264", "field.dry": "true", "field.rows": "12"}); err != nil {
			t.Fatal(err)
		}
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "Payment run  urgent", "Batch  PAY-20264", "Dry run  yes", "Rows  12", "From"), "send")
		w.click("UBOB", w.sees("UBOB", "", "Payment run  urgent", "From"), "approve", slacksim.Confirmed())
		w.sees("UANA", "", "Access begins", "Approved by Bob Lee")
		if r := w.latest("p-ana"); !r.StartsAt.Equal(start) || r.Fields["rows"] != "12" {
			t.Errorf("it was asked for %+v", r)
		}
	})
}

func TestSeveralAreAskedAsOneAndDecidedOneByOne(t *testing.T) {
	inWorld(t, func(w *world) {
		if err := w.As("UANA").Submit(w.ctx, w.form("UANA"), map[string]any{"entitlement": "zendesk:agent", "more_access": []string{"billing-db:read-only", "billing-db:read-write"},
			"duration": "60", "reason": "quarter end"}); err != nil {
			t.Fatal(err)
		}
		card := w.sees("UANA", "", "Ready to send these 3?", "Support desk, agent", "Billing database, read and write")
		w.click("UANA", card, "send_all")
		w.sees("UANA", "", "Support desk, agent", "Approved at once by rule", "Waiting for an answer from")
		ask := w.sees("UBOB", "", "Billing database, read only", "quarter end")
		w.click("UBOB", ask, "approve", slacksim.Confirmed())
		card = w.sees("UANA", "", "Approved by Bob Lee", "Waiting for an answer from")
		w.click("UANA", card, "cancel_all")
		w.sees("UANA", "", "Approved by Bob Lee", "Cancelled")
		states := map[approvals.EntitlementID]approvals.RequestState{}
		all, err := w.store.RequestsBy(w.ctx, "p-ana", 10)
		for _, r := range all {
			states[r.Entitlement] = r.State
		}
		want := map[approvals.EntitlementID]approvals.RequestState{"zendesk:agent": approvals.RequestApproved,
			"billing-db:read-only": approvals.RequestApproved, "billing-db:read-write": approvals.RequestCancelled}
		if diff := cmp.Diff(want, states); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		own := 0
		for _, m := range w.As("UANA").Messages(w.As("UANA").DMChannel()) {
			if strings.Contains(m.Plain(), "Asked together") {
				own++
			}
		}
		if own != 1 {
			t.Errorf("the bundle has %d cards", own)
		}
	})
}

// profiles is a catalogue's profiles.
type profiles []approvals.Profile

func (p profiles) Profile(_ context.Context, name string) (approvals.Profile, error) {
	for _, one := range p {
		if one.Name == name {
			return one, nil
		}
	}
	return approvals.Profile{}, approvals.Errorf(approvals.CodeNotFound, "There is no profile %s.", name)
}

func (p profiles) AllProfiles(context.Context) ([]approvals.Profile, error) { return p, nil }

func TestProfileIsAskedInWords(t *testing.T) {
	inWorld(t, func(w *world) {
		w.svc.Profiles = profiles{{Name: "support-agent", Title: "Support agent", Entitlements: []approvals.EntitlementID{"zendesk:agent", "billing-db:read-only"}}}
		w.say("UANA", "access for Cleo Owner, a new support agent, for 2 hours")
		w.sees("UANA", "", "Not quite ready", "Support desk, agent", "Billing database, read only", "Cleo")
		w.say("UANA", "first day on the billing queue")
		w.click("UANA", w.sees("UANA", "", "Ready to send these 2?", "first day on the billing queue"), "send_all")
		w.sees("UANA", "", "2 requests for Cleo", "Approved at once by rule", "Waiting for an answer from")
		w.sees("UCLEO", "", "2 requests for you", "Approved at once by rule")
	})
}

func TestProfileIsAskedByForm(t *testing.T) {
	inWorld(t, func(w *world) {
		w.svc.Profiles = profiles{{Name: "support-agent", Title: "Support agent", Entitlements: []approvals.EntitlementID{"zendesk:agent", "billing-db:read-only"}}}
		ana := w.As("UANA")
		if err := ana.Submit(w.ctx, w.form("UANA"), map[string]any{"entitlement": "profile/support-agent", "duration": "60", "reason": "starts today"}); err != nil {
			t.Fatal(err)
		}
		w.click("UANA", w.sees("UANA", "", "Ready to send these 2?"), "change_all")
		v, err := ana.WaitView(w.ctx, func(v slacksim.View) bool { return strings.Contains(v.Plain(), "For all of them") })
		if err != nil {
			t.Fatal(err)
		}
		if err := ana.Submit(w.ctx, v.ID, map[string]any{"duration": "120", "ticket": "HR-7"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Ready to send these 2?", "2 hours", "HR-7")
		for _, r := range []int{0, 1} {
			all, err := w.store.RequestsBy(w.ctx, "p-ana", 2)
			if err != nil || len(all) != 2 || all[r].Ticket != "HR-7" || all[r].Duration != 2*time.Hour || all[r].Profile != "support-agent" {
				t.Errorf("%+v: %v", all, err)
			}
		}
	})
}
