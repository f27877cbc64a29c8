package cards_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// pastDecision is what the base was decided on, in a campaign of its year.
func pastDecision(base cards.View, edit func(*cards.Past)) cards.Past {
	p := cards.Past{View: with(base, state(approvals.RequestApproved), byRule, readBy("p-cleo")), Next: true}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p.Case = approvals.ReviewCase{Left: 5, Done: 3,
		Campaign: approvals.Campaign{ID: "rv_1", Kind: approvals.CampaignYearly, State: approvals.CampaignOpen, From: day, To: day.AddDate(1, 0, 0), DueAt: base.Now.Add(30 * 24 * time.Hour),
			Population: 812, Checked: 812, Found: 1, Strata: []approvals.Stratum{{Name: "low-risk | medium", Population: 812, Size: 57, Right: 12}}},
		Item:  approvals.ReviewItem{Campaign: "rv_1", Request: base.Request.ID, Stratum: "low-risk | medium", Place: 13},
		Rules: []approvals.RuleText{{PolicyRef: approvals.PolicyRef{ID: "low-risk", Effect: "permit", Reason: base.Request.Reason}, Text: "@id(\"low-risk\")\n@owner(\"security\")\npermit (principal, action, resource)\nwhen {\n  context has score &&\n  context.score <= 50\n};"}}}
	if p.Decision != nil {
		d := *p.Decision
		d.Facts.Duration = 2 * time.Hour
		p.Decision = &d
	}
	if edit != nil {
		edit(&p)
	}
	return p
}

func closedReview(p *cards.Past) {
	p.Next = false
	c := &p.Case.Campaign
	c.State, c.Words = approvals.CampaignClosed, "812 automatic decisions were computed again with 1 exception, and people looked at 57 of them."
	c.Strata[0].Outcome, c.Strata[0].Right = approvals.StratumPassed, 57
	c.Strata = append(c.Strata, approvals.Stratum{Name: "staging | low", Population: 4, Size: 4, Wrong: 1, Right: 3, Outcome: approvals.StratumFailed})
}

func blindReview(p *cards.Past) { p.Case.Campaign.Kind = approvals.CampaignBlind }

// reviewCards are the messages of campaigns.
func reviewCards(base cards.View) map[string]cards.Card {
	over := pastDecision(base, closedReview)
	return map[string]cards.Card{
		"review":        cards.Review(pastDecision(base, nil)),
		"review-blind":  cards.Review(pastDecision(base, blindReview)),
		"review-done":   cards.Review(pastDecision(base, func(p *cards.Past) { p.Next = false })),
		"review-over":   cards.Review(over),
		"review-due":    cards.ReviewDue(pastDecision(base, nil)),
		"review-result": cards.ReviewResult(over.Case.Campaign),
		"review-lost":   cards.Review(pastDecision(base, func(p *cards.Past) { p.Decision, p.Request = nil, approvals.Request{} })),
	}
}

func TestReviewCardsLookAsTheyDid(t *testing.T) {
	t.Parallel()
	for name, card := range reviewCards(view()) {
		golden(t, name, map[string]any{"text": card.Text, "blocks": card.Blocks})
	}
	golden(t, "form-lift", cards.LiftForm(approvals.Lapse{Rule: "low-risk", Why: "a review found 2 of 19 of its decisions (low-risk | medium) not right."}))
	for name, wrong := range map[string]bool{"form-review-wrong": true, "form-review-unsure": false} {
		golden(t, name, cards.ReviewForm(pastDecision(view(), nil), wrong))
	}
}

func TestReviewCardsStayWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	staysWithinLimits(t, reviewCards(view()), reviewCards(worst()))
}

// Who reviews blindly learns neither the answer nor what led to it.
func TestABlindCardTellsNothingOfTheDecision(t *testing.T) {
	t.Parallel()
	card := cards.Review(pastDecision(view(), blindReview))
	all := card.Text + fmt.Sprint(decoded[[]map[string]any](t, card.Blocks))
	for _, secret := range []string{"Risk", "low-risk", "Approved", "was given", "nobody was asked"} {
		if strings.Contains(all, secret) {
			t.Errorf("the card says %q", secret)
		}
	}
}
