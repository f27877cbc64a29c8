package bot

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// giveBack ends access early because its holder is done with it, and says so
// where nothing else would. The end of access is told once, where its holder
// looks: who pressed I'm done on the access's card, on its reminder or on the
// Home tab sees that very thing change, and a message besides would be noise. Who
// wrote it, or pressed a button below an answer, looks at none of these, and an
// edit further up gives no notification: they get one sentence. An end that
// somebody else brought about, or the clock, is always one new message, which
// Slack notifies of; see cards.View.GaveBack.
func (b *Bot) giveBack(ctx context.Context, s said, p approvals.Principal, id approvals.GrantID) error {
	g, err := b.cfg.Service.Release(ctx, actor(p, s.entry), id)
	if err != nil || b.redrawn(ctx, s) {
		return err
	}
	v, err := b.viewOf(ctx, g, p)
	if err != nil {
		return err
	}
	return b.reply(ctx, s, cards.GivingBack(v))
}

// viewOf reads what a card about access shows.
func (b *Bot) viewOf(ctx context.Context, g approvals.Grant, reader approvals.Principal) (cards.View, error) {
	r, err := b.cfg.Store.Request(ctx, g.Request)
	if err != nil {
		return cards.View{}, err
	}
	return b.view(ctx, r, reader)
}

// redrawn reports whether what somebody pressed on is drawn anew when access
// ends: the Home tab, or a message that stands for a request or its access.
func (b *Bot) redrawn(ctx context.Context, s said) bool {
	if s.Kind != kindClick || s.Channel == "" {
		return s.Kind == kindClick
	}
	_, err := b.cfg.Store.MessageAt(ctx, s.Channel, s.TS)
	return err == nil
}
