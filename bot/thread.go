package bot

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// What the slots of a request's cards begin with; the request's id follows, or
// the bundle's, and after a slash the reader's.
const (
	requestSlot  = "request/"
	bundleSlot   = "bundle/"
	approvalSlot = "approval/"
)

// talk is the thread below a card of a request.
type talk struct {
	slot    string
	request approvals.Request
	bundle  []approvals.Request // all of it, below the card of one
}

// below finds the card that an entry was written below, if it is one of a
// request's.
func (b *Bot) below(ctx context.Context, s said) (in talk, ok bool, err error) {
	if s.Thread == "" || s.Thread == s.TS || (s.Kind != kindMessage && s.Kind != kindMention) {
		return in, false, nil
	}
	m, err := b.cfg.Store.MessageAt(ctx, s.Channel, s.Thread)
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		return in, false, nil
	}
	if err != nil {
		return in, false, err
	}
	in.slot = m.Slot
	if _, card := approvals.CommentBelow(m.Slot); card != "" {
		in.slot = card
	}
	if rest, of := strings.CutPrefix(in.slot, bundleSlot); of {
		id, _, _ := strings.Cut(rest, "/")
		in.bundle, err = b.cfg.Store.BundleRequests(ctx, approvals.BundleID(id))
		return in, err == nil && len(in.bundle) > 0, err
	}
	rest, mine := strings.CutPrefix(in.slot, requestSlot)
	if !mine {
		if rest, mine = strings.CutPrefix(in.slot, approvalSlot); !mine {
			return in, false, nil
		}
	}
	id, _, _ := strings.Cut(rest, "/")
	in.request, err = b.cfg.Store.Request(ctx, approvals.RequestID(id))
	return in, err == nil, err
}

// helpless asks the bot for help, where "help me" may be said to somebody.
var helpless = regexp.MustCompile(`(?i)^\W*help\W*$`)

// briefly is how many words an order has at most in a thread where people talk.
const briefly = 5

// talked answers what was written below a card of a request. What is neither
// an order nor a question to the bot is a comment.
func (b *Bot) talked(ctx context.Context, s said, p approvals.Principal, in talk, text string, world understand.World) error {
	if len(in.bundle) > 0 {
		return b.talkedOfBundle(ctx, s, p, in, text, world)
	}
	r, wish := in.request, understand.Parse(text, world)
	self := p.ID == r.Requester || p.ID == r.Beneficiary
	brief := len(strings.Fields(text)) <= briefly
	if r.State == approvals.RequestDraft && self {
		if brief && wish.Intent == understand.Cancel {
			return b.cancel(ctx, s, p, r)
		}
		if orders.MatchString(text) {
			return b.inWords(ctx, s, p, "")
		}
		done, err := b.amend(ctx, s, p, r, text, wish, world)
		if err != nil || done {
			return err
		}
		return b.reply(ctx, s, cards.Unclear())
	}
	if answered, err := b.question(ctx, s, p, text, &r); answered || err != nil {
		return err
	}
	if done, err := b.anywhere(ctx, s, p, text, wish, brief); done || err != nil {
		return err
	}
	switch {
	case self && brief && wish.Intent == understand.Cancel && r.State == approvals.RequestPending:
		return b.cancel(ctx, s, p, r)
	case self && brief && wish.Intent == understand.Release && r.Grant != "":
		return b.giveBack(ctx, s, p, r.Grant)
	case self && brief && wish.Intent == understand.Extend && r.Grant != "" && wish.Duration > 0:
		_, err := b.cfg.Service.Extend(ctx, actor(p, s.entry), r.Grant, wish.Duration, wish.Reason, door+"/"+s.Key)
		return err
	case !self && (orders.MatchString(text) || r.State == approvals.RequestPending && verdicts.MatchString(text)):
		return b.inWords(ctx, s, p, r.ID)
	}
	_, err := b.cfg.Service.Comment(ctx, actor(p, s.entry), approvals.Comment{Request: r.ID, Text: b.shown(ctx, text), Key: door + "/" + s.Key, Below: in.slot})
	if err != nil {
		return err
	}
	return b.unheard(ctx, s, r)
}

// anywhere answers what may be asked of the bot in any thread.
func (b *Bot) anywhere(ctx context.Context, s said, p approvals.Principal, text string, wish understand.Wish, brief bool) (done bool, err error) {
	switch {
	case brief && wish.Intent == understand.List:
		return true, b.listed(ctx, s, p)
	case helpless.MatchString(text):
		return true, b.reply(ctx, s, cards.Help())
	}
	return false, nil
}

// unheard says so when a comment has no reader: a rule allowed the requests,
// and nobody was asked.
func (b *Bot) unheard(ctx context.Context, s said, about ...approvals.Request) error {
	for _, r := range about {
		d, err := b.cfg.Store.Decision(ctx, r.ID)
		if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
			return err
		}
		if len(d.Asked)+len(d.AskedIn) > 0 || r.Beneficiary != r.Requester {
			return nil
		}
	}
	return b.reply(ctx, s, cards.Unheard())
}

// comment finds what a NoticeComment repeats.
func (b *Bot) comment(ctx context.Context, n approvals.Notice) (*cards.Comment, error) {
	id, _ := approvals.CommentBelow(n.Slot)
	all, err := b.cfg.Store.Comments(ctx, n.Request)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(c approvals.Comment) bool { return c.ID == id })
	if i < 0 {
		return nil, approvals.Errorf(approvals.CodeNotFound, "There is no such comment.")
	}
	return &cards.Comment{Author: b.named(ctx, all[i].Author), Comment: all[i]}, nil
}
