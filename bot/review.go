package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// Reviews are the reviews of past decisions, as far as people take part in them.
type Reviews interface {
	Campaign(context.Context, approvals.CampaignID) (approvals.Campaign, error)
	// Next is what somebody is to look at next; ok is false when nothing waits for them.
	Next(ctx context.Context, id approvals.CampaignID, reviewer approvals.PrincipalID) (k approvals.ReviewCase, ok bool, err error)
	// Case is one decision of a campaign.
	Case(context.Context, approvals.CampaignID, approvals.RequestID) (approvals.ReviewCase, error)
	// Answer records a verdict, if the actor may give it.
	Answer(ctx context.Context, actor approvals.Actor, id approvals.CampaignID, request approvals.RequestID, v approvals.ReviewVerdict, note string) (approvals.ReviewItem, error)
	Standing(context.Context) (approvals.ReviewStanding, error)
	// Begin starts the review of the year that ends now, if the actor may.
	Begin(ctx context.Context, actor approvals.Actor) (approvals.Campaign, error)
	// Lift lets a rule approve by itself again that a review ended, if the actor may.
	Lift(ctx context.Context, actor approvals.Actor, rule, note string) error
}

var errNoReviews = approvals.Errorf(approvals.CodeNotFound, "There are no reviews here.")

// past puts a case into what a card shows.
func (b *Bot) past(k approvals.ReviewCase, reader approvals.Principal, next bool) cards.Past {
	p := cards.Past{View: cards.View{Now: b.cfg.Now(), Reader: reader}, Case: k, Next: next}
	if k.Request != nil {
		p.Request = *k.Request
	}
	if d := k.Decision; d != nil {
		p.Decision, p.Entitlement, p.Requester, p.Beneficiary = d, d.Facts.Entitlement, d.Facts.Requester, d.Facts.Beneficiary
	}
	return p
}

// reviewed draws a notice about a campaign, which its slot names. ok is false
// when nothing is to be said.
func (b *Bot) reviewed(ctx context.Context, n approvals.Notice, exists bool) (card cards.Card, ok bool, err error) {
	slot := n.Slot
	if n.Kind == approvals.NoticeReviewDue { // "review_due/TIME/" and the card's slot
		_, slot, _ = strings.Cut(strings.TrimPrefix(slot, string(n.Kind)+"/"), "/")
	}
	_, rest, _ := strings.Cut(slot, "/")
	campaign, _, _ := strings.Cut(rest, "/")
	id := approvals.CampaignID(campaign)
	if b.cfg.Reviews == nil || id == "" {
		return card, false, nil
	}
	if n.Kind == approvals.NoticeResult {
		c, err := b.cfg.Reviews.Campaign(ctx, id)
		return cards.ReviewResult(c), err == nil && c.State == approvals.CampaignClosed, err
	}
	k, next, err := b.cfg.Reviews.Next(ctx, id, n.To)
	if err != nil {
		return card, false, err
	}
	p := b.past(k, b.named(ctx, n.To), next)
	if n.Kind == approvals.NoticeReviewDue {
		return cards.ReviewDue(p), next, nil
	}
	return cards.Review(p), next || exists, nil
}

// reviewClick does what a button of a review says.
func (b *Bot) reviewClick(ctx context.Context, s said, p approvals.Principal) error {
	campaign, request, _ := strings.Cut(s.Value, " ")
	if b.cfg.Reviews == nil {
		return errNoReviews
	}
	if s.Action == cards.ActionReviewRight {
		_, err := b.cfg.Reviews.Answer(ctx, actor(p, s.entry), approvals.CampaignID(campaign), approvals.RequestID(request), approvals.VerdictRight, "")
		return err
	}
	if !b.inTime(s) {
		return errTooLate
	}
	k, err := b.cfg.Reviews.Case(ctx, approvals.CampaignID(campaign), approvals.RequestID(request))
	if err != nil {
		return err
	}
	if k.Item.Asked != p.ID { // whoever may answer has it before them; the Service says the rest
		return approvals.Errorf(approvals.CodeForbidden, "This is for somebody else to review.")
	}
	return b.open(ctx, s, cards.ReviewForm(b.past(k, p, true), s.Action == cards.ActionReviewWrong))
}

// verdict takes the form of a verdict.
func (b *Bot) verdict(v approvals.ReviewVerdict) func(context.Context, entry) (map[string]string, error) {
	return func(ctx context.Context, e entry) (map[string]string, error) {
		p, err := b.identify(ctx, e)
		if err != nil {
			return nil, err
		}
		if b.cfg.Reviews == nil {
			return nil, errNoReviews
		}
		campaign, request, _ := strings.Cut(e.Private, " ")
		_, err = b.cfg.Reviews.Answer(ctx, actor(p, e), approvals.CampaignID(campaign), approvals.RequestID(request), v, e.Inputs[cards.InputNote])
		return nil, err
	}
}

// beginReview starts the yearly review; the Service says who may.
func (b *Bot) beginReview(ctx context.Context, who approvals.Actor) error {
	if b.cfg.Reviews == nil {
		return errNoReviews
	}
	_, err := b.cfg.Reviews.Begin(ctx, who)
	return err
}

// openLift opens the form in which an admin says why a rule may approve again.
// The Service says who may send it.
func (b *Bot) openLift(ctx context.Context, s said) error {
	if b.cfg.Reviews == nil {
		return errNoReviews
	}
	if !b.inTime(s) {
		return errTooLate
	}
	st, err := b.cfg.Reviews.Standing(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(st.Lapses, func(l approvals.Lapse) bool { return l.Rule == s.Value })
	if i < 0 {
		return approvals.Errorf(approvals.CodeAlreadyDecided, "That rule approves by itself again.")
	}
	return b.open(ctx, s, cards.LiftForm(st.Lapses[i]))
}

// lift takes the form of an admin who lifts a lapse.
func (b *Bot) lift(ctx context.Context, e entry) (map[string]string, error) {
	p, err := b.identify(ctx, e)
	if err != nil {
		return nil, err
	}
	if b.cfg.Reviews == nil {
		return nil, errNoReviews
	}
	return nil, b.cfg.Reviews.Lift(ctx, actor(p, e), e.Private, e.Inputs[cards.InputNote])
}
