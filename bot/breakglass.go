package bot

import (
	"context"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// glassWords are the words that begin an emergency, and what follows them.
func glassWords(text string) (rest string, ok bool) {
	text = strings.TrimLeft(text, " \t\n/")
	for _, start := range []string{"break-glass", "break glass", "breakglass", "break the glass"} {
		if len(text) >= len(start) && strings.EqualFold(text[:len(start)], start) {
			return strings.TrimLeft(text[len(start):], " :,.-"), true
		}
	}
	return "", false
}

// breakGlassWords answers words about break-glass: with the form where Slack
// lets one open, else with the button for it.
func (b *Bot) breakGlassWords(ctx context.Context, s said, p approvals.Principal, text string, world understand.World) (done bool, err error) {
	rest, ok := glassWords(text)
	if !ok {
		return false, nil
	}
	wish := understand.Parse(rest, world)
	if s.Kind == kindCommand && b.inTime(s) {
		return true, b.openGlass(ctx, s, p, wish.Entitlement, wish.Reason)
	}
	return true, b.reply(ctx, s, cards.GlassOffer(wish.Entitlement))
}

// openGlass opens the form for an emergency.
func (b *Bot) openGlass(ctx context.Context, s said, p approvals.Principal, id approvals.EntitlementID, reason string) error {
	if !b.inTime(s) {
		return errTooLate
	}
	var f cards.Filled
	f.Request.Reason = reason
	if id != "" && id != "-" {
		e, err := b.cfg.Catalogue.Entitlement(ctx, id)
		if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
			return err
		}
		f.Entitlement = e
	}
	index, err := b.index(ctx)
	if err != nil {
		return err
	}
	var who approvals.Principal
	switch unconfirmed, err := b.unconfirmed(ctx, p.ID); {
	case err != nil:
		return err
	case unconfirmed:
		who = p
	}
	return b.open(ctx, s, cards.GlassForm(index.All(), f, who))
}

// breakGlass takes the form of an emergency.
func (b *Bot) breakGlass(ctx context.Context, e entry) (problems map[string]string, err error) {
	p, err := b.identify(ctx, e)
	if err != nil {
		return nil, err
	}
	ask := approvals.Ask{Requester: p.ID, Entitlement: approvals.EntitlementID(e.Inputs[cards.InputEntitlement]), Reason: e.Inputs[cards.InputReason],
		Key: door + "/view/" + e.View, Origin: origin{}.String()}
	var ok bool
	switch ask.Duration, ok = minutes(e.Inputs[cards.InputDuration]); {
	case !ok:
		return map[string]string{cards.InputDuration: "Please choose for how long."}, nil
	case ask.Reason == "":
		return map[string]string{cards.InputReason: "Please say what can't wait."}, nil
	case e.Inputs[cards.InputSure] != "yes":
		return map[string]string{cards.InputSure: "Please confirm that this is an emergency."}, nil
	}
	if e.Private == cards.ValueMe {
		u, err := b.profile(ctx, e.User, false)
		if err != nil {
			return nil, err
		}
		if _, err := b.cfg.Service.ConfirmOwn(ctx, b.account(u, e.Team, e.Grid)); err != nil {
			return nil, err
		}
	}
	_, err = b.cfg.Service.BreakGlass(ctx, actor(p, e), ask)
	return nil, err
}

// glassClick does what a button of break-glass says.
func (b *Bot) glassClick(ctx context.Context, s said, p approvals.Principal) error {
	id := approvals.RequestID(s.Value)
	switch s.Action {
	case cards.ActionGlass:
		return b.openGlass(ctx, s, p, approvals.EntitlementID(s.Value), "")
	case cards.ActionJustified:
		_, err := b.cfg.Service.ReviewBreakGlass(ctx, actor(p, s.entry), id, approvals.Justified, "")
		return err
	case cards.ActionNotJustified:
		return b.openFinding(ctx, s, p, id)
	}
	return nil
}

// openFinding opens the form for the note. The Service says who may send it;
// those who surely may not are told at once.
func (b *Bot) openFinding(ctx context.Context, s said, p approvals.Principal, id approvals.RequestID) error {
	if !b.inTime(s) {
		return errTooLate
	}
	r, err := b.cfg.Store.Request(ctx, id)
	if err != nil {
		return err
	}
	e, err := b.emergency(ctx, r, p)
	if err != nil {
		return err
	}
	for _, party := range []approvals.Principal{e.Requester, e.Beneficiary} {
		if p.SamePerson(party) {
			return approvals.Errorf(approvals.CodeSelfApproval, "Nobody reviews their own break-glass. Somebody else has to close this.")
		}
	}
	if !e.Review.Open() {
		return approvals.Errorf(approvals.CodeAlreadyDecided, "Already reviewed by %s.", e.Closer.Name)
	}
	return b.open(ctx, s, cards.FindingForm(e))
}

// notJustified takes the form of a finding.
func (b *Bot) notJustified(ctx context.Context, e entry) (problems map[string]string, err error) {
	p, err := b.identify(ctx, e)
	if err != nil {
		return nil, err
	}
	_, err = b.cfg.Service.ReviewBreakGlass(ctx, actor(p, e), approvals.RequestID(e.Private), approvals.NotJustified, e.Inputs[cards.InputNote])
	return nil, err
}

// emergency reads a break-glass and its review, for one reader.
func (b *Bot) emergency(ctx context.Context, r approvals.Request, reader approvals.Principal) (e cards.Emergency, err error) {
	if e.View, err = b.view(ctx, r, reader); err != nil {
		return e, err
	}
	return b.withReview(ctx, e.View)
}

func (b *Bot) withReview(ctx context.Context, v cards.View) (e cards.Emergency, err error) {
	e.View = v
	if e.Review, err = b.cfg.Store.BreakGlassReview(ctx, v.Request.ID); err != nil {
		return e, err
	}
	if !e.Review.Open() {
		e.Closer = b.named(ctx, e.Review.ClosedBy)
	}
	return e, nil
}

// requestCard is a request as its people see it; of a break-glass it says how
// the review stands.
func (b *Bot) requestCard(ctx context.Context, v cards.View) (cards.Card, error) {
	card := cards.Request(v)
	if v.Request.Kind != approvals.KindBreakGlass {
		return card, nil
	}
	e, err := b.withReview(ctx, v)
	if err != nil {
		return card, err
	}
	return cards.GlassMine(card, e), nil
}

// unreviewed reads the open reviews, for the Home tab of an admin.
func (b *Bot) unreviewed(ctx context.Context, reader approvals.Principal) (open []cards.Emergency, err error) {
	reviews, err := b.cfg.Store.OpenBreakGlass(ctx, recent)
	if err != nil {
		return nil, err
	}
	for _, review := range reviews {
		r, err := b.cfg.Store.Request(ctx, review.Request)
		if err != nil {
			return nil, err
		}
		e, err := b.emergency(ctx, r, reader)
		if err != nil {
			return nil, err
		}
		open = append(open, e)
	}
	return open, nil
}
