package bot

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// click does what a button says. Its value is only an id: everything else is
// read from the database, and the Service says whether this person may.
func (b *Bot) click(ctx context.Context, s said, p approvals.Principal) error {
	id, extra, _ := strings.Cut(s.Value, " ")
	who, request, grant := actor(p, s.entry), approvals.RequestID(id), approvals.GrantID(id)
	action, _, _ := strings.Cut(s.Action, "/")
	var err error
	switch action {
	case cards.ActionSend:
		err = b.send(ctx, s, p, request, extra == cards.ValueMe)
	case cards.ActionNotMe:
		err = b.notMe(ctx, s)
	case cards.ActionCancel:
		_, err = b.cfg.Service.Cancel(ctx, who, request)
	case cards.ActionPick:
		err = b.pick(ctx, s, p, request, approvals.EntitlementID(extra))
	case cards.ActionApprove:
		_, err = b.cfg.Service.Approve(ctx, who, request, "")
	case cards.ActionDeny:
		_, err = b.cfg.Service.Deny(ctx, who, request, "")
	case cards.ActionAbstain:
		_, err = b.cfg.Service.Abstain(ctx, who, request, "")
	case cards.ActionInstead:
		err = b.instead(ctx, s.entry, p, s.Value, "")
	case cards.ActionTicket:
		err = b.openTicket(ctx, s, p, request)
	case cards.ActionTogether:
		err = b.together(ctx, s, p, request)
	case cards.ActionSendAll:
		err = b.sendAll(ctx, s, p, approvals.BundleID(id), extra == cards.ValueMe)
	case cards.ActionCancelAll:
		err = b.cancelAll(ctx, s.entry, p, approvals.BundleID(id))
	case cards.ActionChangeAll:
		err = b.openBundleForm(ctx, s, p, approvals.BundleID(id))
	case cards.ActionElse:
		err = b.openAnswer(ctx, s, p, request, cards.DenyForm)
	case cards.ActionLess:
		err = b.openAnswer(ctx, s, p, request, cards.LessForm)
	case cards.ActionRelease:
		err = b.giveBack(ctx, s, p, grant)
	case cards.ActionExtend, cards.ActionMore:
		minutes, bad := strconv.Atoi(extra)
		if bad != nil || minutes < 1 || minutes > 366*24*60 {
			return approvals.Errorf(approvals.CodeInvalid, "That is no time to extend by.")
		}
		_, err = b.cfg.Service.Extend(ctx, who, grant, time.Duration(minutes)*time.Minute, "", door+"/"+s.Key)
	case cards.ActionLetEnd:
		err = b.letEnd(ctx, p, grant)
	case cards.ActionConfirm:
		err = b.confirm(ctx, s, p, id)
	case cards.ActionAsk:
		err = b.openForm(ctx, s, p, "")
	case cards.ActionChange:
		err = b.openForm(ctx, s, p, request)
	case cards.ActionAgain:
		err = b.again(ctx, s, p, request)
	case cards.ActionReviewRight, cards.ActionReviewWrong, cards.ActionReviewUnsure:
		err = b.reviewClick(ctx, s, p)
	case cards.ActionReviewBegin:
		err = b.beginReview(ctx, who)
	case cards.ActionLift:
		err = b.openLift(ctx, s)
	default:
		err = b.glassClick(ctx, s, p)
	}
	return err
}

// pick fills an offered entitlement into a draft.
func (b *Bot) pick(ctx context.Context, s said, p approvals.Principal, id approvals.RequestID, chosen approvals.EntitlementID) error {
	r, err := b.cfg.Store.Request(ctx, id)
	if err != nil {
		return err
	}
	ask := r.Ask()
	ask.Entitlement = chosen
	_, err = b.cfg.Service.Amend(ctx, actor(p, s.entry), id, ask)
	return err
}

// again makes a new draft like an old request of the same person.
func (b *Bot) again(ctx context.Context, s said, p approvals.Principal, id approvals.RequestID) error {
	r, err := b.cfg.Store.Request(ctx, id)
	if err != nil {
		return err
	}
	if r.Requester != p.ID && r.Beneficiary != p.ID {
		return approvals.Errorf(approvals.CodeForbidden, "This is somebody else's request.")
	}
	ask := r.Ask()
	if r.Requester != p.ID {
		ask.Requester, ask.Beneficiary = p.ID, p.ID
	}
	ask.Key, ask.Origin = door+"/"+s.Key, origin{Channel: s.Channel, TS: s.TS}.String()
	_, err = b.cfg.Service.Draft(ctx, actor(p, s.entry), ask)
	return err
}

// letEnd takes the buttons off a nudge.
func (b *Bot) letEnd(ctx context.Context, p approvals.Principal, id approvals.GrantID) error {
	g, err := b.cfg.Store.Grant(ctx, id)
	if err != nil {
		return err
	}
	if g.Principal != p.ID {
		return approvals.Errorf(approvals.CodeForbidden, "This is somebody else's access.")
	}
	m, err := b.cfg.Store.Message(ctx, "nudge/"+string(id))
	if err != nil {
		return err
	}
	v, err := b.viewOf(ctx, g, p)
	if err != nil {
		return err
	}
	return b.update(ctx, m, cards.Nudge(v, cards.Letting))
}
