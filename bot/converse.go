package bot

import (
	"context"
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// draftOpen is how long further words still belong to a draft.
const draftOpen = 30 * time.Minute

// origin is what a request remembers of how it was asked.
type origin struct {
	Channel string `json:"channel,omitempty"`
	TS      string `json:"ts,omitempty"`
	Sought  string `json:"sought,omitempty"` // the words that were not clear
	// Together is what one message asked for besides each other, each clearly.
	Together []approvals.EntitlementID `json:"together,omitempty"`
	// Proposed is what a language model proposed; nil: nothing.
	Proposed *marked `json:"proposed,omitempty"`
}

func (o origin) String() string {
	b, err := json.Marshal(o)
	if err != nil { // strings and numbers
		return ""
	}
	return string(b)
}

// readOrigin is String's inverse; false for a request that was not asked in Slack.
func readOrigin(s string) (o origin, ok bool) {
	err := json.Unmarshal([]byte(s), &o)
	return o, err == nil
}

var (
	mention = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^>]*)?>`)
	link    = regexp.MustCompile(`<(?:mailto:)?([^<>|]+)(?:\|([^<>]*))?>`)
)

// words answers what a person wrote.
func (b *Bot) words(ctx context.Context, s said, p approvals.Principal) error {
	text, err := b.readable(ctx, s.Text)
	if err != nil {
		return err
	}
	world, err := b.world(ctx, p)
	if err != nil {
		return err
	}
	if in, ok, err := b.below(ctx, s); ok || err != nil {
		if err != nil {
			return err
		}
		return b.talked(ctx, s, p, in, text, world)
	}
	if s.Kind == kindMention {
		if err := b.pointToDM(ctx, s); err != nil {
			return err
		}
	}
	if done, err := b.breakGlassWords(ctx, s, p, text, world); done || err != nil {
		return err
	}
	if answered, err := b.question(ctx, s, p, text, nil); answered || err != nil {
		return err
	}
	if orders.MatchString(text) {
		return b.inWords(ctx, s, p, "")
	}
	wish := understand.Parse(text, world)
	if wish.Intent == understand.Request || wish.Intent == understand.Other {
		if done, err := b.draftProfile(ctx, s, p, text, wish, world); done || err != nil {
			return err
		}
	}
	switch wish.Intent {
	case understand.Request:
		if done, err := b.amendOpen(ctx, s, p, text, wish, world); done || err != nil {
			return err
		}
		return b.draft(ctx, s, p, text, wish, world)
	case understand.List:
		return b.listed(ctx, s, p)
	case understand.Cancel:
		return b.cancelLatest(ctx, s, p)
	case understand.Release:
		return b.releaseOne(ctx, s, p, wish)
	case understand.Extend:
		return b.extendOne(ctx, s, p, wish)
	case understand.Other:
		if done, err := b.amendOpen(ctx, s, p, text, wish, world); done || err != nil {
			return err
		}
	}
	return b.reply(ctx, s, cards.Help())
}

// readable turns Slack's notation into what the person saw: mentions of people
// become addresses, links their text. The bot's own mention goes.
func (b *Bot) readable(ctx context.Context, text string) (string, error) {
	var failed error
	text = mention.ReplaceAllStringFunc(text, func(m string) string {
		id := mention.FindStringSubmatch(m)[1]
		if id == b.self().user {
			return " "
		}
		p, err := b.person(ctx, id)
		switch approvals.ErrorCode(err) {
		case "":
			return p.Email
		case approvals.CodeForbidden, approvals.CodeNotFound:
			return "@" + id
		}
		failed = err
		return m
	})
	return plainText(text), failed
}

// plainText is Slack's notation as a person saw it. Entities come last: what
// somebody typed as markup stays what they typed.
func plainText(text string) string {
	text = link.ReplaceAllStringFunc(text, func(m string) string {
		parts := link.FindStringSubmatch(m)
		return first(parts[2], parts[1])
	})
	return strings.TrimSpace(html.UnescapeString(text))
}

func (b *Bot) world(ctx context.Context, p approvals.Principal) (understand.World, error) {
	index, err := b.index(ctx)
	if err != nil {
		return understand.World{}, err
	}
	people, err := b.cfg.Directory.People(ctx)
	if err != nil {
		return understand.World{}, err
	}
	return understand.World{Index: index, People: people, Now: b.cfg.Now(), Zone: p.Zone(), Speaker: p.ID, CloseOfDay: b.cfg.CloseOfDay}, nil
}

// indexFor is how long the catalogue is searched as it was read. Only what is
// offered depends on it: the Service reads the catalogue itself.
const indexFor = 5 * time.Second

// shelf remembers the catalogue, ready for searching.
type shelf struct {
	mu    sync.Mutex
	index *understand.Index
	at    time.Time
}

func (b *Bot) index(ctx context.Context) (*understand.Index, error) {
	b.shelf.mu.Lock()
	defer b.shelf.mu.Unlock()
	if now := b.cfg.Now(); b.shelf.index == nil || now.Sub(b.shelf.at) > indexFor {
		catalogue, err := b.cfg.Catalogue.All(ctx)
		if err != nil {
			return nil, err
		}
		if b.shelf.index == nil || !slices.EqualFunc(b.shelf.index.All(), catalogue, same) {
			b.shelf.index = understand.NewIndex(catalogue)
		}
		b.shelf.at = now
	}
	return b.shelf.index, nil
}

// same reports whether two entries of the catalogue are found and shown alike.
func same(a, b approvals.Entitlement) bool {
	return a.ID == b.ID && a.Name == b.Name && a.System == b.System && a.Resource == b.Resource && a.Level == b.Level &&
		a.Environment == b.Environment && a.Description == b.Description && a.Sensitivity == b.Sensitivity &&
		a.MaxDuration == b.MaxDuration && slices.Equal(a.Aliases, b.Aliases) && slices.Equal(a.Tags, b.Tags)
}

// pointToDM says below a mention that the answer is elsewhere: who wants what
// is nobody else's business.
func (b *Bot) pointToDM(ctx context.Context, s said) error {
	if s.attempt > 1 {
		return nil // a second pointer is noise, a missing one is no loss
	}
	_, err := b.post(ctx, spot{channel: s.Channel, thread: first(s.Thread, s.TS)}, mark{slot: "pointer/" + s.Key}, cards.Say("I've answered you in a direct message."))
	if gone(err) {
		return nil
	}
	return err
}

// draft stores the wish; its card follows through the outbox. What the words
// leave open a model may be asked for.
func (b *Bot) draft(ctx context.Context, s said, p approvals.Principal, text string, wish understand.Wish, world understand.World) error {
	if wish.Unknown != "" {
		return b.unknownPerson(ctx, wish.Unknown)
	}
	o := origin{Channel: s.Channel, TS: s.TS}
	if wish.Entitlement == "" {
		o.Sought, o.Together = wish.Sought, wish.Together
	}
	r, err := b.cfg.Service.Draft(ctx, actor(p, s.entry), approvals.Ask{
		Requester: p.ID, Beneficiary: wish.Beneficiary, Entitlement: wish.Entitlement, Duration: wish.Duration,
		Reason: b.shown(ctx, wish.Reason), Ticket: wish.Ticket, Key: door + "/" + s.Key, Origin: o.String(),
	})
	if err != nil {
		return err
	}
	if wish.Unread && r.State == approvals.RequestDraft { // the usual length, in silence, would be a guess
		if err := b.reply(ctx, s, cards.UnreadEnd()); err != nil {
			return err
		}
	}
	b.aside(ctx, r, text, wish, world)
	return nil
}

// listed answers "what do I have?".
func (b *Bot) listed(ctx context.Context, s said, p approvals.Principal) error {
	st, err := b.standing(ctx, p)
	if err != nil {
		return err
	}
	return b.reply(ctx, s, cards.List(st))
}

// cancelLatest takes back the newest request that is still open.
func (b *Bot) cancelLatest(ctx context.Context, s said, p approvals.Principal) error {
	recent, err := b.cfg.Store.RequestsBy(ctx, p.ID, 20)
	if err != nil {
		return err
	}
	for _, r := range recent {
		if r.State.Final() {
			continue
		}
		if r.Bundle != "" {
			return b.cancelAll(ctx, s.entry, p, r.Bundle)
		}
		return b.cancel(ctx, s, p, r)
	}
	return b.reply(ctx, s, cards.Say("You have nothing open that could be cancelled."))
}

func (b *Bot) cancel(ctx context.Context, s said, p approvals.Principal, r approvals.Request) error {
	if _, err := b.cfg.Service.Cancel(ctx, actor(p, s.entry), r.ID); err != nil {
		return err
	}
	v, err := b.view(ctx, r, p)
	if err != nil {
		return err
	}
	return b.reply(ctx, s, cards.Cancelled(v))
}

// holding lists what a person holds now, of one entitlement if that was named.
func (b *Bot) holding(ctx context.Context, p approvals.Principal, wish understand.Wish) ([]cards.View, error) {
	grants, err := b.cfg.Store.LiveGrants(ctx, p.ID, "")
	if err != nil {
		return nil, err
	}
	var all, named []cards.View
	for _, g := range grants {
		if g.State != approvals.GrantActive || g.Expired(b.cfg.Now()) {
			continue
		}
		r, err := b.cfg.Store.Request(ctx, g.Request)
		if err != nil {
			return nil, err
		}
		v, err := b.view(ctx, r, p)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
		if g.Entitlement == wish.Entitlement {
			named = append(named, v)
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	return all, nil
}

func (b *Bot) releaseOne(ctx context.Context, s said, p approvals.Principal, wish understand.Wish) error {
	held, err := b.holding(ctx, p, wish)
	if err != nil {
		return err
	}
	return b.releaseOneOf(ctx, s, p, held)
}

func (b *Bot) releaseOneOf(ctx context.Context, s said, p approvals.Principal, held []cards.View) error {
	switch len(held) {
	case 0:
		return b.reply(ctx, s, cards.Say("You hold no access that could be given back."))
	case 1:
		return b.giveBack(ctx, s, p, held[0].Grant.ID)
	}
	return b.reply(ctx, s, cards.Which(held, cards.ActionRelease, 0))
}

func (b *Bot) extendOne(ctx context.Context, s said, p approvals.Principal, wish understand.Wish) error {
	held, err := b.holding(ctx, p, wish)
	if err != nil {
		return err
	}
	return b.extendOneOf(ctx, s, p, held, wish)
}

func (b *Bot) extendOneOf(ctx context.Context, s said, p approvals.Principal, held []cards.View, wish understand.Wish) error {
	switch len(held) {
	case 0:
		return b.reply(ctx, s, cards.Say("You hold no access that could be extended."))
	case 1:
		by := wish.Duration
		if !wish.Until.IsZero() {
			by = wish.Until.Sub(held[0].Grant.EndsAt)
		}
		if by <= 0 {
			by = cards.NextExtension(held[0])
		}
		_, err := b.cfg.Service.Extend(ctx, actor(p, s.entry), held[0].Grant.ID, by, wish.Reason, door+"/"+s.Key)
		return err
	}
	return b.reply(ctx, s, cards.Which(held, cards.ActionExtend, wish.Duration))
}
