package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// togetherKey is the key of the bundle that a draft's words become: the same
// button twice makes one.
func togetherKey(draft approvals.RequestID) string { return door + "/together/" + string(draft) }

// together asks for all that the words of a draft name, as one bundle in place
// of the draft. Done again after a crash, it goes on where it was.
func (b *Bot) together(ctx context.Context, s said, p approvals.Principal, id approvals.RequestID) error {
	r, err := b.cfg.Store.Request(ctx, id)
	if err != nil {
		return err
	}
	if r.Requester != p.ID {
		return approvals.Errorf(approvals.CodeForbidden, "This is somebody else's request.")
	}
	o, ok := readOrigin(r.Origin)
	if !ok || len(o.Together) < 2 {
		return approvals.Errorf(approvals.CodeInvalid, "That button says nothing that I know.")
	}
	if _, since, err := b.joined(ctx, r, o); since || err != nil {
		return err
	}
	if r.State != approvals.RequestDraft || r.Entitlement != "" {
		return approvals.Errorf(approvals.CodeAlreadyDecided, "This was answered already.")
	}
	ask, who := r.Ask(), actor(p, s.entry)
	ask.Key, ask.Origin = togetherKey(id), origin{Channel: o.Channel, TS: o.TS}.String()
	if _, err := b.cfg.Service.DraftBundle(ctx, who, ask, o.Together); err != nil {
		return err
	}
	_, err = b.cfg.Service.Cancel(ctx, who, id)
	return err
}

// joined says whether what a request leaves open was named as two things and
// more, and whether they were asked for together since.
func (b *Bot) joined(ctx context.Context, r approvals.Request, o origin) (together, since bool, err error) {
	if r.Entitlement != "" || len(o.Together) < 2 {
		return false, false, nil
	}
	if r.State != approvals.RequestCancelled {
		return true, false, nil
	}
	_, err = b.cfg.Store.RequestByKey(ctx, togetherKey(r.ID)+"/1")
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		return true, false, nil
	}
	return true, err == nil, err
}

// talkedOfBundle answers what was written below the card of a bundle, by those
// who have it: its requester and its beneficiary. What is neither an order nor
// a question is a comment on all that waits, else on all that was sent.
func (b *Bot) talkedOfBundle(ctx context.Context, s said, p approvals.Principal, in talk, text string, world understand.World) error {
	all, wish := in.bundle, understand.Parse(text, world)
	brief := len(strings.Fields(text)) <= briefly
	if brief && wish.Intent == understand.Cancel {
		if err := b.cancelAll(ctx, s.entry, p, all[0].Bundle); err != nil {
			return err
		}
		return b.reply(ctx, s, cards.Say("Cancelled what was open of these."))
	}
	if i := slices.IndexFunc(all, func(r approvals.Request) bool { return r.State == approvals.RequestDraft && r.Requester == p.ID }); i >= 0 {
		done, err := b.amend(ctx, s, p, all[i], text, wish, world)
		if err != nil || done {
			return err
		}
		return b.reply(ctx, s, cards.Unclear())
	}
	sent := slices.DeleteFunc(slices.Clone(all), func(r approvals.Request) bool { return r.SubmittedAt.IsZero() })
	if waiting := slices.DeleteFunc(slices.Clone(sent), func(r approvals.Request) bool { return r.State != approvals.RequestPending }); len(waiting) > 0 {
		sent = waiting
	}
	if answered, err := b.questions(ctx, s, p, text, sent); answered || err != nil {
		return err
	}
	if done, err := b.anywhere(ctx, s, p, text, wish, brief); done || err != nil {
		return err
	}
	if brief && (wish.Intent == understand.Release || wish.Intent == understand.Extend) {
		return b.endOrMore(ctx, s, p, all, wish)
	}
	for _, r := range sent {
		_, err := b.cfg.Service.Comment(ctx, actor(p, s.entry), approvals.Comment{
			Request: r.ID, Text: b.shown(ctx, text), Key: door + "/" + s.Key + "/" + string(r.ID), Below: in.slot})
		if err != nil {
			return err
		}
	}
	if len(sent) == 0 {
		return b.reply(ctx, s, cards.Unheard())
	}
	return b.unheard(ctx, s, sent...)
}

// questions answers who may approve several requests, or why people are asked
// about them, one after the other.
func (b *Bot) questions(ctx context.Context, s said, p approvals.Principal, text string, of []approvals.Request) (answered bool, err error) {
	who, why := asksWho(text), asksWhy(text)
	if !who && !why || len(of) == 0 {
		return false, nil
	}
	var answers []cards.Card
	for _, r := range of {
		v, err := b.view(ctx, r, p)
		if err != nil {
			return true, err
		}
		if who {
			answers = append(answers, cards.Who(v))
		} else {
			answers = append(answers, cards.Why(v))
		}
	}
	return true, b.reply(ctx, s, cards.Joined(answers))
}

// endOrMore gives back or extends what a bundle gave: the one that runs, or one
// of them at choice.
func (b *Bot) endOrMore(ctx context.Context, s said, p approvals.Principal, all []approvals.Request, wish understand.Wish) error {
	held, err := b.holding(ctx, p, wish)
	if err != nil {
		return err
	}
	held = slices.DeleteFunc(held, func(v cards.View) bool {
		return !slices.ContainsFunc(all, func(r approvals.Request) bool { return r.ID == v.Request.ID })
	})
	if wish.Intent == understand.Extend {
		return b.extendOneOf(ctx, s, p, held, wish)
	}
	return b.releaseOneOf(ctx, s, p, held)
}
