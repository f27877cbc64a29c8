package bot

import (
	"context"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// The shortcuts of the manifest, by callback id.
const (
	shortcutAsk   = "request_access"       // from anywhere
	shortcutAbout = "request_access_about" // from the menu of a message
)

// shortcut opens the form, empty or about a message.
func (b *Bot) shortcut(ctx context.Context, s said, p approvals.Principal) error {
	var f cards.Filled
	switch s.Action {
	case shortcutAsk:
	case shortcutAbout:
		var err error
		if f, err = b.about(ctx, s, p); err != nil {
			return err
		}
	default:
		return nil // another version of the app had it
	}
	return b.fillForm(ctx, s, f)
}

// about fills a form from a message that somebody wrote. Whoever asks looks at
// it and sends it, or does not: the words are quoted as their author's, fill
// in what they name of the catalogue, and never say for whom.
func (b *Bot) about(ctx context.Context, s said, p approvals.Principal) (f cards.Filled, err error) {
	world, err := b.world(ctx, p)
	if err != nil {
		return f, err
	}
	text := plainText(s.Text)
	wish := understand.Parse(text, world)
	r := &f.Request
	r.Requester, r.Entitlement, r.Duration, r.Ticket = p.ID, wish.Entitlement, wish.Duration, wish.Ticket
	if r.Entitlement != "" {
		if f.Entitlement, err = b.cfg.Catalogue.Entitlement(ctx, r.Entitlement); err != nil {
			return f, err
		}
	}
	if longest := f.Entitlement.MaxDuration; longest > 0 && r.Duration > longest {
		r.Duration = 0 // asked for again
	}
	ctx, cancel := context.WithTimeout(ctx, authorWithin)
	defer cancel()
	r.Reason = cards.About(b.author(ctx, s, p), b.shown(ctx, text), b.linkTo(s.Channel, s.TS))
	return f, nil
}

// authorWithin is how long Slack may take to say who wrote a message, and whom
// it names: the form must open at once.
const authorWithin = 700 * time.Millisecond

// author names who wrote a message; somebody else, when that can't be told.
func (b *Bot) author(ctx context.Context, s said, p approvals.Principal) string {
	who, err := b.person(ctx, s.Author)
	switch {
	case s.Author == s.User || err == nil && who.ID == p.ID:
		return "my own message"
	case err != nil || s.Author == "":
		return "a message of somebody else"
	}
	return "a message of " + who.Name
}

// linkTo is the address of a message, "" before Slack has said where we are.
func (b *Bot) linkTo(channel, ts string) string {
	home := b.self().url
	if home == "" || channel == "" || ts == "" {
		return ""
	}
	return strings.TrimRight(home, "/") + "/archives/" + channel + "/p" + strings.ReplaceAll(ts, ".", "")
}
