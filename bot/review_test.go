package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// thenLaw is the law of then: it says what the bot's own law says, and knows the
// text of each rule.
type thenLaw struct{ now *law }

func (l thenLaw) Judge(_ context.Context, _ approvals.PolicyVersion, f approvals.Facts, a approvals.Assessment) (approvals.Ruling, error) {
	return l.now.Decide(f, a), nil
}

func (thenLaw) Text(context.Context, approvals.PolicyVersion, string) (string, error) {
	return "permit (principal, action, resource);", nil
}
func (thenLaw) Version(string) string { return "v1" }

func (thenLaw) Score(context.Context, string, approvals.Facts) (approvals.Assessment, error) {
	return scorer{}.Assess(approvals.Facts{}), nil
}

// reviewing is inWorld with a review of Ana's automatic approvals under way, of
// which Cleo is asked.
func reviewing(t *testing.T, n int, test func(w *world, s *review.Service, id approvals.CampaignID)) {
	t.Helper()
	inWorld(t, func(w *world) {
		ana, err := w.dir.Principal(w.ctx, "p-ana")
		if err != nil {
			t.Fatal(err)
		}
		from := time.Now()
		for i := range n {
			id, at := approvals.RequestID(fmt.Sprintf("req_%d", i)), time.Now()
			f := approvals.Facts{At: at, Kind: approvals.KindAccess, Requester: ana, Beneficiary: ana, Duration: time.Hour,
				Entitlement: approvals.Entitlement{ID: "desk:view", Name: "Support desk, view", Sensitivity: approvals.Low, MaxDuration: time.Hour}}
			a := scorer{}.Assess(f)
			d := approvals.Decision{Request: id, Sequence: 1, At: at, Facts: f, Assessment: a, Ruling: w.law.Decide(f, a)}
			err := w.store.Apply(w.ctx, approvals.Change{Decisions: []approvals.Decision{d},
				Requests: []approvals.Request{{ID: id, Kind: approvals.KindAccess, State: approvals.RequestApproved, Requester: "p-ana", Beneficiary: "p-ana",
					Entitlement: "desk:view", Key: string(id), Reason: "refund <!here>", CreatedAt: at, DecidedAt: at}},
				Events: []approvals.Event{{At: at, Kind: approvals.EventRequestDecided, Request: id, Beneficiary: "p-ana", Policies: d.Ruling.Policies,
					FactsDigest: f.Digest(), Detail: map[string]string{"outcome": "auto_approve", "sensitivity": "low"}}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		wait(time.Second)
		s := &review.Service{Store: w.store, Directory: w.dir, Catalogue: w.catalogue, Law: thenLaw{w.law}, Scores: thenLaw{},
			Sign:     func(text string) (string, error) { return text + "\n— a signature", nil },
			Settings: review.Settings{Reviewers: []approvals.PrincipalID{"p-cleo"}, Channel: "CAPP"}}
		w.stop()
		w.reviews = s
		w.start()
		c, err := s.Start(w.ctx, approvals.System("test"), review.Plan{ID: "rv_1", Kind: approvals.CampaignYearly, From: from, To: time.Now()})
		if err != nil || c.Population != n {
			t.Fatalf("the review covers %d, %v", c.Population, err)
		}
		secret, _, err := auditlog.NewKey("log.example/test")
		if err != nil {
			t.Fatal(err)
		}
		signer, err := auditlog.Signer(secret)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.store.Seal(w.ctx, "log.example/test", signer); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := s.Advance(w.ctx, c.ID); err != nil {
				t.Fatal(err)
			}
		}
		test(w, s, c.ID)
	})
}

// Cleo looks at one decision after the other in one message; the channel hears
// what came of it.
func TestAReviewerAnswersInOneMessageAndTheChannelHearsTheResult(t *testing.T) {
	reviewing(t, 2, func(w *world, s *review.Service, id approvals.CampaignID) {
		card := w.sees("UCLEO", "", "Was this right?", "Ana Diaz", "was given", "nobody was asked", "Approved by", "low-risk-desk")
		w.click("UCLEO", card, "review_right")
		next := w.sees("UCLEO", "", "1 of 2", "Was this right?")
		if next.TS != card.TS {
			t.Errorf("the next decision is a message of its own: %s, was %s", next.TS, card.TS)
		}
		w.click("UCLEO", next, "review_wrong")
		v := w.glassForm("UCLEO", "Wrong")
		if err := w.As("UCLEO").Submit(w.ctx, v.ID, map[string]any{"note": "nobody should read this"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UCLEO", "", "You have looked at 2 decisions")
		if _, err := s.Advance(w.ctx, id); err != nil {
			t.Fatal(err)
		}
		w.sees("UCLEO", "CAPP", "Review finished", "1 failed", "stopped approving by themselves")
		all, err := w.store.Lapses(w.ctx)
		if err != nil || len(all) != 1 || all[0].Rule != "low-risk-desk" {
			t.Errorf("lapses are %v, %v", all, err)
		}
	})
}

// An admin starts a review with one press, once; nobody else does.
func TestAnAdminStartsTheYearlyReviewAtHome(t *testing.T) {
	reviewing(t, 1, func(w *world, s *review.Service, id approvals.CampaignID) {
		w.click("UCLEO", w.sees("UCLEO", "", "Was this right?"), "review_right")
		w.sees("UCLEO", "", "You have looked at one decision")
		if _, err := s.Advance(w.ctx, id); err != nil {
			t.Fatal(err)
		}
		w.sees("UCLEO", "CAPP", "Review finished")
		w.forge("UCLEO", "review_begin", "")
		w.sees("UCLEO", "", "Only an admin starts a review")
		if err := w.As("UADA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		start := w.home("UADA", []string{"Start the yearly review"})
		var ask *slacksim.ConfirmNeeded
		if err := w.As("UADA").ClickView(w.ctx, start.ID, "review_begin"); !errors.As(err, &ask) {
			t.Errorf("nobody asks whether it is meant: %v", err)
		}
		if err := w.As("UADA").ClickView(w.ctx, start.ID, "review_begin", slacksim.Confirmed()); err != nil {
			t.Fatal(err)
		}
		w.home("UADA", []string{"Review of"}, "Start the yearly review")
		if err := w.As("UADA").ClickView(w.ctx, start.ID, "review_begin", slacksim.Confirmed()); err == nil {
			t.Error("the button is still there")
		}
		all, err := w.store.Campaigns(w.ctx, true, 10)
		if err != nil || len(all) != 1 || all[0].Population != 1 {
			t.Errorf("under way are %+v, %v", all, err)
		}
	})
}

// A rule that a review ended is at home with every admin, who lets it approve
// again with a reason. Nobody else does, by a forged form either.
func TestAnAdminLiftsALapseAtHome(t *testing.T) {
	reviewing(t, 1, func(w *world, _ *review.Service, _ approvals.CampaignID) {
		w.click("UCLEO", w.sees("UCLEO", "", "Was this right?"), "review_wrong")
		wrong := w.glassForm("UCLEO", "Wrong")
		if err := w.As("UCLEO").Submit(w.ctx, wrong.ID, map[string]any{"note": "too much"}); err != nil {
			t.Fatal(err)
		}
		w.sees("UADA", "", "The rule low-risk-desk no longer approves by itself", "lifts it on the Home tab")
		lift := func(user string) error {
			return w.As(user).Submit(w.ctx, w.glassForm(user, "Let a rule approve").ID, map[string]any{"note": "the rule is right, the person had left"})
		}
		w.forge("UCLEO", "lapse_lift", "low-risk-desk")
		var problems slacksim.InputErrors
		if err := lift("UCLEO"); !errors.As(err, &problems) || !strings.Contains(problems["note"], "Only an admin") {
			t.Errorf("somebody else lifts it: %v", err)
		}
		if err := w.As("UADA").OpenHome(); err != nil {
			t.Fatal(err)
		}
		if err := w.As("UADA").ClickView(w.ctx, w.home("UADA", []string{"The rule low-risk-desk no longer approves"}).ID, "lapse_lift"); err != nil {
			t.Fatal(err)
		}
		if err := lift("UADA"); err != nil {
			t.Fatal(err)
		}
		w.home("UADA", nil, "no longer approves")
		w.forge("UADA", "lapse_lift", "low-risk-desk")
		w.sees("UADA", "", "That rule approves by itself again.")
		if n := w.has(approvals.EventRuleRestored); n != 1 {
			t.Errorf("%d events say that the lapse was lifted", n)
		}
	})
}
