package bot

import (
	"context"
	"errors"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// askOthers tells the Service that whoever was to answer can't be told, so that
// others are asked. done is false when it must be tried again: then the notice
// was given back.
func (b *Bot) askOthers(ctx context.Context, l approvals.NoticeLease, why error) (done bool) {
	if !gone(why) && !errors.Is(why, errUnreachable) {
		return true // the message is at fault, not its reader
	}
	if l.Channel != "" {
		b.health.reached(l.Channel, false)
	}
	err := b.cfg.Service.Unreached(ctx, door, l.Notice, first(slackCode(why), "no account"))
	switch approvals.ErrorCode(err) {
	case "", approvals.CodeNotFound, approvals.CodeForbidden: // what is left of the request needs nobody's answer
		return true
	}
	b.log.ErrorContext(ctx, "others could not be asked yet; trying again", "slot", l.Slot, "error", err)
	if err := b.cfg.Store.RetryNotice(ctx, l, b.cfg.Now().Add(longestWait), approvals.ErrorMessage(err)); err != nil {
		b.log.ErrorContext(ctx, "a notice could not be given back", "slot", l.Slot, "error", err)
	}
	return false
}

// reached notes whether a channel could be posted to.
func (h *health) reached(channel string, ok bool) {
	h.count(func(h *Health) {
		rest := slices.DeleteFunc(slices.Clone(h.Unreached), func(c string) bool { return c == channel })
		if !ok {
			rest = append(rest, channel)
			slices.Sort(rest)
		}
		h.Unreached = rest
	})
}
