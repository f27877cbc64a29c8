package bot

import (
	"context"
	"encoding/json"
	"regexp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

var (
	// corrects begins words that mend what was understood. What it matches says nothing more.
	corrects = regexp.MustCompile(`(?i)^\W*(?:(?:no(?:pe)?|sorry|oops|wait|actually|rather|instead|not that one|wrong one|i (?:mean|meant)|make (?:it|that)|change (?:it|that)(?: to)?|use|that should be|it should be)\b[\s,:;.!–—-]*)+`)
	// explains begins words that are a reason and nothing else.
	explains = regexp.MustCompile(`(?i)^\W*(?:because|the reason is|reason\b|it(?:'s|’s| is) because|cause)\b\s*(?:of\b)?[\s:]*`)
	// pointing are words that stand for the thing at hand.
	pointing = regexp.MustCompile(`(?i)\b(?:the|one|ones|instead|please|then|version|access)\b`)
)

// openDraft is the newest draft of a person that further words belong to.
func (b *Bot) openDraft(ctx context.Context, p approvals.Principal) (r approvals.Request, ok bool, err error) {
	recent, err := b.cfg.Store.RequestsBy(ctx, p.ID, 5)
	for _, r := range recent {
		if r.State == approvals.RequestDraft && r.Requester == p.ID && b.cfg.Now().Sub(r.CreatedAt) <= draftOpen {
			return r, true, nil
		}
	}
	return r, false, err
}

// amendOpen takes words for the draft that is open, unless they are a wish of
// their own.
func (b *Bot) amendOpen(ctx context.Context, s said, p approvals.Principal, text string, wish understand.Wish, world understand.World) (bool, error) {
	r, ok, err := b.openDraft(ctx, p)
	if err != nil || !ok {
		return false, err
	}
	corrected := corrects.MatchString(text)
	if wish.Intent == understand.Request && !corrected && !explains.MatchString(text) {
		namesOnly := wish.Entitlement != "" && wish.Reason == "" && wish.Ticket == "" && wish.Beneficiary == "" && wish.Unknown == ""
		saysNothingNew := wish.Entitlement == "" && len(wish.Candidates) == 0 && wish.Sought == ""
		if !saysNothingNew && (!namesOnly || r.Entitlement != "") {
			return false, nil
		}
	}
	done, err := b.amend(ctx, s, p, r, text, wish, world)
	if err == nil && !done && corrected {
		return true, b.reply(ctx, s, cards.Unclear())
	}
	return done, err
}

// amend takes words for what they say about a draft: which access, for how
// long, why, for whom. done is false when they say nothing about it.
func (b *Bot) amend(ctx context.Context, s said, p approvals.Principal, r approvals.Request, text string, wish understand.Wish, world understand.World) (done bool, err error) {
	if wish.Unknown != "" {
		return true, b.unknownPerson(ctx, wish.Unknown)
	}
	ask := r.Ask()
	reason := explains.ReplaceAllString(text, "")
	switch {
	case reason != text && reason != "": // what a reason mentions is no wish
		ask.Reason = reason
	default:
		if r.Bundle == "" { // else which they are stays
			if err := b.choose(ctx, r, text, wish, world, &ask); err != nil {
				return false, err
			}
		}
		if wish.Duration > 0 {
			ask.Duration = wish.Duration
		}
		if wish.Ticket != "" {
			ask.Ticket = wish.Ticket
		}
		if wish.Beneficiary != "" {
			ask.Beneficiary = wish.Beneficiary
		}
		switch {
		case r.Reason != "":
		case ask.Equal(r.Ask()) && !corrects.MatchString(text):
			ask.Reason = text
		default:
			ask.Reason = wish.Reason
		}
	}
	if ask.Equal(r.Ask()) {
		return false, nil
	}
	if ask.Reason != r.Reason {
		ask.Reason = b.shown(ctx, ask.Reason)
	}
	if r.Bundle != "" {
		ask.Fields = nil // each keeps its own
		_, err = b.cfg.Service.AmendBundle(ctx, actor(p, s.entry), r.Bundle, ask)
		return true, err
	}
	_, err = b.cfg.Service.Amend(ctx, actor(p, s.entry), r.ID, ask)
	return true, err
}

// choose fills in the access that words name for a draft: by itself, or beside
// what the draft has or was asked about ("no, the staging one"). What fits more
// than one is offered, and fills nothing.
func (b *Bot) choose(ctx context.Context, r approvals.Request, text string, wish understand.Wish, world understand.World, ask *approvals.Ask) error {
	var o origin
	if err := json.Unmarshal([]byte(r.Origin), &o); err != nil {
		o = origin{}
	}
	corrected := corrects.MatchString(text)
	if wish.Entitlement != "" && (r.Entitlement == "" || corrected) {
		ask.Entitlement = wish.Entitlement
		return nil
	}
	if r.Entitlement != "" && !corrected {
		return nil
	}
	named := pointing.ReplaceAllString(corrects.ReplaceAllString(text, ""), " ")
	said := understand.Parse("access to "+named, world)
	if said.Entitlement != "" {
		ask.Entitlement = said.Entitlement
		return nil
	}
	contexts := []string{o.Sought}
	if r.Entitlement != "" {
		e, err := b.cfg.Catalogue.Entitlement(ctx, r.Entitlement)
		if approvals.ErrorCode(err) == approvals.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		contexts = []string{e.Resource + " " + e.Level, e.Resource + " " + e.Environment, e.Resource}
	}
	for _, beside := range contexts {
		found, alone := understand.Parse("access to "+named+" "+beside, world), understand.Parse("access to "+beside, world)
		if found.Entitlement != "" && found.Entitlement != r.Entitlement && found.Entitlement != alone.Entitlement {
			ask.Entitlement = found.Entitlement
			return nil
		}
	}
	if r.Entitlement != "" && len(said.Candidates) > 1 {
		o.Sought, o.Together, ask.Entitlement = said.Sought, said.Together, ""
		ask.Origin = o.String()
	}
	return nil
}

// unknownPerson says that words name nobody, or more than one.
func (b *Bot) unknownPerson(ctx context.Context, name string) error {
	return approvals.Errorf(approvals.CodeInvalid, "I can't tell who “%s” is: nobody or more than one person here has that name. Please mention the person with @, or write their address.", b.shown(ctx, name))
}
