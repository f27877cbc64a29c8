package bot

import (
	"context"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// view reads all that a card about a request shows, for one reader.
func (b *Bot) view(ctx context.Context, r approvals.Request, reader approvals.Principal) (cards.View, error) {
	v := cards.View{Now: b.cfg.Now(), Reader: reader, Request: r}
	v.Requester, v.Beneficiary = b.named(ctx, r.Requester), b.named(ctx, r.Beneficiary)
	if r.DecidedBy != "" {
		v.Decider = b.named(ctx, r.DecidedBy)
	}
	d, err := b.cfg.Store.Decision(ctx, r.ID)
	switch approvals.ErrorCode(err) {
	case "":
		v.Decision, v.Entitlement = &d, d.Facts.Entitlement
		for _, id := range d.Approvers {
			v.Asked = append(v.Asked, b.named(ctx, id).Name)
		}
		if away := d.For[reader.ID]; away != "" && reader.ID != "" {
			v.Away = b.named(ctx, away)
		}
	case approvals.CodeNotFound:
	default:
		return v, err
	}
	if r.Entitlement != "" {
		e, err := b.cfg.Catalogue.Entitlement(ctx, r.Entitlement)
		switch approvals.ErrorCode(err) {
		case "":
			v.Entitlement = e
		case approvals.CodeNotFound: // gone from the catalogue since: the decision remembers it
		default:
			return v, err
		}
	} else if v.Offered, v.Sought, err = b.offers(ctx, r, reader); err != nil {
		return v, err
	}
	if o, ok := readOrigin(r.Origin); ok {
		v.Proposed = o.Proposed.on(r)
		if v.Together, v.Joined, err = b.joined(ctx, r, o); err != nil {
			return v, err
		}
	}
	if r.State == approvals.RequestDraft && reader.ID == r.Requester {
		if v.Unconfirmed, err = b.unconfirmed(ctx, reader.ID); err != nil {
			return v, err
		}
		if reader.Manager != "" {
			v.Manager = b.named(ctx, reader.Manager)
		}
	}
	given, err := b.cfg.Store.Approvals(ctx, r.ID)
	if err != nil {
		return v, err
	}
	for _, a := range given {
		said := cards.Answer{Name: b.named(ctx, a.Approver).Name, Approval: a}
		if a.For != "" {
			said.For = b.named(ctx, a.For).Name
		}
		v.Answers = append(v.Answers, said)
	}
	if r.Grant != "" {
		g, err := b.cfg.Store.Grant(ctx, r.Grant)
		if err != nil {
			return v, err
		}
		v.Grant = &g
		if g.EndedBy != "" {
			v.EndedBy = b.named(ctx, g.EndedBy)
		}
	}
	return v, nil
}

// named is a principal for showing: whom the directory no longer knows is
// shown by id.
func (b *Bot) named(ctx context.Context, id approvals.PrincipalID) approvals.Principal {
	p, err := b.cfg.Directory.Principal(ctx, id)
	if err != nil || p.Name == "" {
		return approvals.Principal{ID: id, Name: string(id)}
	}
	return p
}

// offers searches the catalogue again for what a draft left open.
func (b *Bot) offers(ctx context.Context, r approvals.Request, reader approvals.Principal) ([]approvals.Entitlement, string, error) {
	o, ok := readOrigin(r.Origin)
	if !ok || o.Sought == "" {
		return nil, "", nil
	}
	world, err := b.world(ctx, reader)
	if err != nil {
		return nil, "", err
	}
	if len(o.Together) > 0 {
		return world.Index.Find(o.Together), b.shown(ctx, o.Sought), nil
	}
	wish := understand.Parse(o.Sought, world)
	if wish.Entitlement != "" {
		wish.Candidates = []approvals.EntitlementID{wish.Entitlement}
	}
	return world.Index.Find(wish.Candidates), b.shown(ctx, o.Sought), nil
}

// heldSlot begins the slot of an alert that an account is on hold; the account's
// id follows.
const heldSlot = "alert/identity/"

// held draws the alert that an account is on hold: with a button while it is.
func (b *Bot) held(ctx context.Context, n approvals.Notice) (cards.Card, error) {
	subject, _, _ := strings.Cut(strings.TrimPrefix(n.Slot, heldSlot), "/")
	bound, err := b.cfg.Store.Binding(ctx, door, b.self().workspace(), subject)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return cards.Card{}, err
	}
	if bound.State == approvals.BindingBlocked {
		return cards.Held(n.Words, subject, b.named(ctx, bound.Principal).Name), nil
	}
	return cards.Tell(n.Words), nil
}

// nudgeEarly is how much before its time a nudge may come: the worker's clock
// and this one may differ a little.
const nudgeEarly = 5 * time.Second

func running(v cards.View) bool {
	return v.Grant.State == approvals.GrantActive && !v.Grant.Expired(v.Now)
}

// due reports whether the end is so near that the holder is told.
func due(v cards.View) bool { return running(v) && !v.Now.Before(v.Grant.NudgeAt().Add(-nudgeEarly)) }

// render draws a notice from the state as it is now. ok is false when nothing
// is to be said: there is no message yet, and none is needed any more.
func (b *Bot) render(ctx context.Context, n approvals.Notice, exists bool) (card cards.Card, ok bool, err error) {
	switch n.Kind {
	case approvals.NoticeCheckpoint:
		return cards.Checkpoint(n.Words), true, nil
	case approvals.NoticeReview, approvals.NoticeReviewDue, approvals.NoticeResult:
		return b.reviewed(ctx, n, exists)
	}
	if n.Kind == approvals.NoticeAlert {
		if strings.HasPrefix(n.Slot, heldSlot) {
			card, err = b.held(ctx, n)
			return card, err == nil, err
		}
		return cards.Tell(n.Words), true, nil
	}
	id := n.Request
	if id == "" && n.Grant != "" {
		g, err := b.cfg.Store.Grant(ctx, n.Grant)
		if err != nil {
			return card, false, err
		}
		id = g.Request
	}
	r, err := b.cfg.Store.Request(ctx, id)
	if err != nil {
		return card, false, err
	}
	var reader approvals.Principal
	if n.To != "" {
		reader = b.named(ctx, n.To)
	}
	v, err := b.view(ctx, r, reader)
	if err != nil {
		return card, false, err
	}
	if v.Grant == nil && (n.Kind == approvals.NoticeNudge || n.Kind == approvals.NoticeEnded || n.Kind == approvals.NoticeFailed) {
		return card, false, nil
	}
	switch n.Kind {
	case approvals.NoticeDraft, approvals.NoticeRequest:
		card, err = b.requestCard(ctx, v)
		return card, err == nil, err
	case approvals.NoticeBundle:
		card, err = b.bundleCard(ctx, r, reader)
		return card, err == nil, err
	case approvals.NoticeBreakGlass:
		e, err := b.withReview(ctx, v)
		return cards.Glass(e), err == nil, err
	case approvals.NoticeApproval:
		if !exists && r.State.Final() {
			return card, false, nil // settled before anybody was asked
		}
		return cards.Approval(v), true, nil
	case approvals.NoticeDetail:
		sum, err := b.cfg.Store.Summary(ctx, r.ID)
		if err == nil {
			v.Summary = &sum
		} else if approvals.ErrorCode(err) != approvals.CodeNotFound {
			return card, false, err
		}
		return cards.Detail(v), true, nil
	case approvals.NoticeComment:
		v.Comment, err = b.comment(ctx, n)
		if err != nil {
			return card, false, err
		}
		return cards.Remark(v), true, nil
	case approvals.NoticeChase:
		return cards.Chase(v), r.State == approvals.RequestPending, nil
	case approvals.NoticeNudge:
		if !due(v) && running(v) {
			return cards.Nudge(v, cards.Moved), exists, nil
		}
		return cards.Nudge(v, cards.Due), exists || running(v), nil
	case approvals.NoticeEnded:
		return cards.Ended(v), exists || !v.GaveBack(), nil
	case approvals.NoticeFailed:
		over := v.Grant.State == approvals.GrantRevoked && v.Grant.EndReason != approvals.EndFailed
		return cards.Failed(v), exists || !over, nil // who never heard of it need not hear that it is over
	}
	return card, false, nil
}
