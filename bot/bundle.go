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

// bundleCard draws all requests of a bundle as one card.
func (b *Bot) bundleCard(ctx context.Context, r approvals.Request, reader approvals.Principal) (cards.Card, error) {
	all, err := b.cfg.Store.BundleRequests(ctx, r.Bundle)
	if err != nil {
		return cards.Card{}, err
	}
	var views []cards.View
	for _, r := range all {
		if views, err = b.addView(ctx, views, r, reader); err != nil {
			return cards.Card{}, err
		}
	}
	if len(views) == 0 {
		return cards.Card{}, approvals.Errorf(approvals.CodeNotFound, "There is no such bundle.")
	}
	return cards.Bundle(views), nil
}

// own is the bundle of a person who may change it.
func (b *Bot) own(ctx context.Context, p approvals.Principal, id approvals.BundleID) ([]approvals.Request, error) {
	all, err := b.cfg.Store.BundleRequests(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || all[0].Requester != p.ID && all[0].Beneficiary != p.ID {
		return nil, approvals.Errorf(approvals.CodeForbidden, "These are somebody else's requests.")
	}
	return all, nil
}

// sendAll sends the drafts of a bundle. What one lacks keeps no other back, and
// is told.
func (b *Bot) sendAll(ctx context.Context, s said, p approvals.Principal, id approvals.BundleID, me bool) error {
	if err := b.itsMe(ctx, s, me); err != nil {
		return err
	}
	all, unsent, err := b.cfg.Service.SubmitBundle(ctx, actor(p, s.entry), id)
	if err != nil {
		return err
	}
	var why []string
	for _, r := range all {
		err := unsent[r.ID]
		if err == nil {
			continue
		}
		if code := approvals.ErrorCode(err); code == approvals.CodeUnavailable || code == approvals.CodeInternal {
			return err // it is tried again, and sends only what is a draft still
		}
		if m := approvals.ErrorMessage(err); !slices.Contains(why, m) {
			why = append(why, m)
		}
	}
	if len(why) > 0 {
		b.tell(ctx, s, "Not everything was sent. "+strings.Join(why, " "))
	}
	return nil
}

// cancelAll takes back what is open of a bundle.
func (b *Bot) cancelAll(ctx context.Context, e entry, p approvals.Principal, id approvals.BundleID) error {
	all, err := b.own(ctx, p, id)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.State.Final() {
			continue
		}
		if _, err := b.cfg.Service.Cancel(ctx, actor(p, e), r.ID); err != nil && approvals.ErrorCode(err) != approvals.CodeAlreadyDecided {
			return err
		}
	}
	return nil
}

// openBundleForm opens the form for what the drafts of a bundle say in common.
func (b *Bot) openBundleForm(ctx context.Context, s said, p approvals.Principal, id approvals.BundleID) error {
	all, err := b.own(ctx, p, id)
	if err != nil {
		return err
	}
	var f cards.Filled
	fields := map[string]string{}
	for _, r := range all {
		if r.State != approvals.RequestDraft || r.Requester != p.ID {
			continue
		}
		e, err := b.cfg.Catalogue.Entitlement(ctx, r.Entitlement)
		if err != nil {
			return err
		}
		f.Bundle = append(f.Bundle, e)
		if r.Duration > f.Request.Duration {
			f.Request = r
		}
		for name, value := range r.Fields {
			fields[name] = value
		}
	}
	if len(f.Bundle) == 0 {
		return approvals.Errorf(approvals.CodeForbidden, "These requests can no longer be changed here.")
	}
	f.Request.Fields = fields
	if f.Request.Beneficiary != p.ID {
		f.ForUser, _ = b.userOf(ctx, f.Request.Beneficiary) // left empty it is asked for again
	}
	return b.fillForm(ctx, s, f)
}

// newcomer are words that speak of somebody new in a role, or of a profile.
var newcomer = regexp.MustCompile(`(?i)\b(?:new|onboard\w*|profile|starter|joiner|joins|joining|joined|hire|hired|first day|role)\b`)

// profileNamed finds the profile that words ask for: by its title or name,
// beside a word that speaks of somebody new or of a profile. With several, the
// longest title is meant.
func (b *Bot) profileNamed(ctx context.Context, text string) (found approvals.Profile, ok bool, err error) {
	if b.cfg.Service.Profiles == nil || !newcomer.MatchString(text) {
		return found, false, nil
	}
	all, err := b.cfg.Service.Profiles.AllProfiles(ctx)
	if err != nil {
		return found, false, err
	}
	said := " " + plainWords(text) + " "
	for _, p := range all {
		for _, called := range []string{p.Title, p.Name} {
			if w := plainWords(called); w != "" && strings.Contains(said, " "+w+" ") && len(p.Title) > len(found.Title) {
				found, ok = p, true
			}
		}
	}
	return found, ok, nil
}

var notWord = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// plainWords are the words of a text, small, with one space between them.
func plainWords(s string) string {
	return strings.TrimSpace(notWord.ReplaceAllString(strings.ToLower(s), " "))
}

var (
	address = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)
	since   = regexp.MustCompile(`(?i)\b(?:because|since|reason:)\s+(.+)$`)
	// fullName is somebody's, by its capitals.
	fullName = regexp.MustCompile(`\bfor\s+(\p{Lu}[\p{L}'’-]+(?:\s+\p{Lu}[\p{L}'’-]+)+)`)
)

// newcomerOf reads what words about a profile say in their own way: whom it is
// for, also where the person is onboarded rather than asked for, and why. A
// reason that is not announced is asked for: the other words name the role.
func newcomerOf(wish understand.Wish, text string, world understand.World) understand.Wish {
	wish.Reason = ""
	if m := since.FindStringSubmatch(text); m != nil {
		wish.Reason = m[1]
	}
	if wish.Beneficiary != "" || wish.Unknown != "" {
		return wish
	}
	for i, named := range address.FindAllString(text, -1) {
		who := understand.Parse("access for "+named, world)
		if i > 0 && who.Beneficiary != wish.Beneficiary {
			wish.Beneficiary, wish.Unknown = "", named
			return wish
		}
		wish.Beneficiary, wish.Unknown = who.Beneficiary, who.Unknown
	}
	if m := fullName.FindStringSubmatch(text); m != nil && wish.Beneficiary == "" && wish.Unknown == "" {
		wish.Unknown = m[1]
	}
	return wish
}

// draftProfile drafts what somebody who is new in a role starts with. done is
// false when the words name no profile.
func (b *Bot) draftProfile(ctx context.Context, s said, p approvals.Principal, text string, wish understand.Wish, world understand.World) (done bool, err error) {
	profile, ok, err := b.profileNamed(ctx, text)
	if err != nil || !ok {
		return false, err
	}
	wish = newcomerOf(wish, text, world)
	if wish.Unknown != "" && !strings.Contains(" "+plainWords(wish.Unknown)+" ", " "+plainWords(profile.Title)+" ") {
		return true, b.unknownPerson(ctx, wish.Unknown)
	}
	_, err = b.cfg.Service.DraftProfile(ctx, actor(p, s.entry), approvals.Ask{
		Requester: p.ID, Beneficiary: wish.Beneficiary, Duration: wish.Duration, Reason: b.shown(ctx, wish.Reason), Ticket: wish.Ticket,
		Key: door + "/" + s.Key, Origin: origin{Channel: s.Channel, TS: s.TS}.String(),
	}, profile.Name)
	return true, err
}
