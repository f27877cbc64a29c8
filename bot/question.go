package bot

import (
	"context"
	"regexp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// Questions that the stored decision answers. Each must be all that was said:
// a longer question is for a person.
var (
	whoAnswers = regexp.MustCompile(`(?i)^\W*who(?:'s|’s)?\s+(?:(?:can|could|may|will|must|has to|is going to|gets to|all|else|is|was|are|were)\s+)*(?:approv\w*|decid\w*|answer\w*|asked|sign off|responsible|be asked)(?:\s+(?:this|that|it|for this|on this|about this|my request|the request))?[\s?!.]*$`)
	whyAsked   = regexp.MustCompile(`(?i)^\W*why\s+(?:me|am i (?:being )?asked|was i asked|were we asked|are we asked|do i (?:get|see|have)|did i get|are you asking me|is this (?:for me|mine))\b[\s\w]{0,30}[\s?!.]*$`)
	whyNeeded  = regexp.MustCompile(`(?i)^\W*why\s+(?:does (?:this|it|that) need|do i need|is) (?:an? )?approval(?: needed| required)?[\s\w]{0,20}[\s?!.]*$`)
)

// question answers who may approve, and why somebody is asked, from the
// decision as it was stored. about is nil when it is to be found out which
// request is meant.
func (b *Bot) question(ctx context.Context, s said, p approvals.Principal, text string, about *approvals.Request) (answered bool, err error) {
	who, why := whoAnswers.MatchString(text), whyAsked.MatchString(text) || whyNeeded.MatchString(text)
	if !who && !why {
		return false, nil
	}
	if about == nil {
		if about, err = b.atHand(ctx, p, why); err != nil {
			return true, err
		}
	}
	if about == nil {
		return true, b.reply(ctx, s, cards.Say("Nothing of yours waits for an answer, and nothing waits for you."))
	}
	v, err := b.view(ctx, *about, p)
	if err != nil {
		return true, err
	}
	if who {
		return true, b.reply(ctx, s, cards.Who(v))
	}
	return true, b.reply(ctx, s, cards.Why(v))
}

// atHand is the request that a question most likely means: the newest that
// waits for this person, or that this person waits for. The first is looked
// for first when others is set.
func (b *Bot) atHand(ctx context.Context, p approvals.Principal, others bool) (*approvals.Request, error) {
	mine := func() (*approvals.Request, error) {
		recent, err := b.cfg.Store.RequestsBy(ctx, p.ID, 20)
		for _, r := range recent {
			if !r.State.Final() {
				return &r, nil
			}
		}
		return nil, err
	}
	theirs := func() (*approvals.Request, error) {
		waiting, err := b.cfg.Store.AwaitingAnswer(ctx, p.ID)
		if err != nil || len(waiting) == 0 {
			return nil, err
		}
		return &waiting[len(waiting)-1], nil
	}
	if others {
		mine, theirs = theirs, mine
	}
	if r, err := mine(); r != nil || err != nil {
		return r, err
	}
	return theirs()
}
