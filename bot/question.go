package bot

import (
	"context"
	"regexp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// Questions that the stored decision answers. Each must be all that was said:
// a longer question is for a person.
var (
	whoAnswers = regexp.MustCompile(`(?i)^\W*who(?:'s|’s)?\s+(?:(?:can|could|may|will|must|has to|is going to|gets to|all|else|is|was|are|were)\s+)*(?:approv\w*|decid\w*|answer\w*|asked|sign off|responsible|be asked)(?:\s+(?:this|that|it|for this|on this|about this|my request|the request))?[\s?!.]*$`)
	whoFor     = regexp.MustCompile(`(?i)^\W*who(?:'s|’s)?\s+(?:(?:can|could|may|will|would|must|has to|gets to|is|are)\s+)*(?:approv\w*|decid\w*|be asked|asked|sign off|responsible)\s+(?:(?:(?:access|requests?)\s+)?(?:to|for|on|about)\s+)?(.{2,120}?)[\s?!.]*$`)
	whyAsked   = regexp.MustCompile(`(?i)^\W*why\s+(?:me|am i (?:being )?asked|was i asked|were we asked|are we asked|do i (?:get|see|have)|did i get|are you asking me|is this (?:for me|mine))\b[\s\w]{0,30}[\s?!.]*$`)
	whyNeeded  = regexp.MustCompile(`(?i)^\W*why\s+(?:does (?:this|it|that) need|do i need|is) (?:an? )?approval(?: needed| required)?[\s\w]{0,20}[\s?!.]*$`)
)

func asksWho(text string) bool { return whoAnswers.MatchString(text) }

func asksWhy(text string) bool { return whyAsked.MatchString(text) || whyNeeded.MatchString(text) }

// question answers who may approve, and why somebody is asked, from the
// decision as it was stored. about is nil when it is to be found out which
// request is meant.
func (b *Bot) question(ctx context.Context, s said, p approvals.Principal, text string, about *approvals.Request) (answered bool, err error) {
	if about == nil && !whoAnswers.MatchString(text) {
		if m := whoFor.FindStringSubmatch(text); m != nil {
			return b.whoWould(ctx, s, p, m[1])
		}
	}
	who, why := asksWho(text), asksWhy(text)
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

// whoWould answers who could approve something that nobody has asked for. What
// is no access of the catalogue's is no such question.
func (b *Bot) whoWould(ctx context.Context, s said, p approvals.Principal, named string) (answered bool, err error) {
	world, err := b.world(ctx, p)
	if err != nil {
		return false, err
	}
	wish := understand.Parse("access to "+named, world)
	if wish.Entitlement == "" {
		if len(wish.Candidates) == 0 {
			return false, nil
		}
		return true, b.reply(ctx, s, cards.Several(world.Index.Find(wish.Candidates)))
	}
	r, d, err := b.cfg.Service.Foresee(ctx, actor(p, s.entry), approvals.Ask{Requester: p.ID, Entitlement: wish.Entitlement, Duration: wish.Duration})
	if err != nil {
		return true, err
	}
	v := cards.View{Now: b.cfg.Now(), Reader: p, Request: r, Entitlement: d.Facts.Entitlement, Requester: p, Beneficiary: p, Decision: &d}
	for _, id := range d.Approvers {
		v.Asked = append(v.Asked, b.named(ctx, id).Name)
	}
	return true, b.reply(ctx, s, cards.WhoWould(v))
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
