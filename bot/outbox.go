package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

const (
	deliverWithin = 30 * time.Second
	noticeLease   = time.Minute
	longestWait   = time.Minute // between two tries of one notice
)

// claimNotices starts delivering at most n notices.
func (b *Bot) claimNotices(ctx context.Context, n int, done func()) int {
	leases, err := b.cfg.Store.ClaimNotices(ctx, b.cfg.Now(), noticeLease, n)
	if err != nil && ctx.Err() == nil {
		b.log.ErrorContext(ctx, "the outbox can't be read", "error", err)
		sleep(ctx, storeAway)
	}
	for _, l := range leases {
		go func() {
			defer done()
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverWithin)
			defer cancel()
			b.deliverLease(ctx, l)
		}()
	}
	return len(leases)
}

// deliverLease delivers one notice, or gives it back for later, or gives it up
// when nobody can ever get it.
func (b *Bot) deliverLease(ctx context.Context, l approvals.NoticeLease) {
	start := time.Now()
	var m *approvals.Message
	err := b.guarded(ctx, func() (err error) {
		m, err = b.deliver(ctx, &l)
		return err
	})
	b.cfg.Observe("deliver", time.Since(start))
	again, sent := passing(err)
	hopeless := errors.Is(err, errUnreachable) || (errors.Is(err, errDefect) && l.Attempt >= triesAtMost)
	if err != nil && again && !hopeless {
		l.Sending = l.Sending || sent
		b.deliverLater(ctx, l, err)
		return
	}
	if err != nil && !b.askOthers(ctx, l, err) {
		return
	}
	if err != nil {
		// For ever would hold up all that comes after it in its order.
		m = nil
		b.health.count(func(h *Health) { h.Undone++ })
		b.log.ErrorContext(ctx, "a notice can't be delivered and is given up; invite the bot to the channel, or see whether the person has a full account",
			"slot", l.Slot, "kind", l.Kind, "to", l.To, "channel", l.Channel, "error", err)
	}
	switch err := b.cfg.Store.FinishNotice(ctx, l, m); approvals.ErrorCode(err) {
	case "":
	case approvals.CodeConflict: // the clock jumped, or Slack was slow: whoever has it now looks before sending
		b.log.WarnContext(ctx, "a notice's lease ran out while it was delivered", "slot", l.Slot, "error", err)
	default:
		b.log.ErrorContext(ctx, "a delivered notice could not be noted", "slot", l.Slot, "error", err)
	}
}

// deliverLater gives a notice back, for when it is its turn.
func (b *Bot) deliverLater(ctx context.Context, l approvals.NoticeLease, err error) {
	wait, level := min(time.Second<<min(l.Attempt, 10), longestWait), slog.LevelWarn
	if asked, ok := patience(err); ok {
		wait, level = asked, slog.LevelDebug
	}
	b.log.Log(ctx, level, "a notice is delivered later", "slot", l.Slot, "attempt", l.Attempt, "in", wait, "error", err)
	if err := b.cfg.Store.RetryNotice(ctx, l, b.cfg.Now().Add(wait), cause(err)); err != nil {
		b.log.ErrorContext(ctx, "a notice could not be given back", "slot", l.Slot, "error", err)
	}
	b.outboxDue.in(wait)
}

func cause(err error) string {
	if code := slackCode(err); code != "" {
		return "Slack: " + code
	}
	if _, ok := patience(err); ok {
		return "Slack: its pace"
	}
	return fmt.Sprintf("%T", errors.Unwrap(err))
}

// deliver makes one slot's message say what holds now. It returns where the
// message is, nil when nothing has to be noted. It clears l.Sending when it has
// looked, and an earlier try has surely left no message.
func (b *Bot) deliver(ctx context.Context, l *approvals.NoticeLease) (*approvals.Message, error) {
	if l.Kind == approvals.NoticeHome {
		if later, err := b.cfg.Store.Superseded(ctx, *l); later || err != nil {
			return nil, err
		}
		user, err := b.userOf(ctx, l.To)
		if err != nil {
			return nil, err
		}
		return nil, b.publishHome(ctx, user, b.named(ctx, l.To))
	}
	m, err := b.cfg.Store.Message(ctx, l.Slot)
	exists := err == nil
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return nil, err
	}
	if exists && !l.Sending { // a later notice says all that this one would, and more
		if later, err := b.cfg.Store.Superseded(ctx, *l); later || err != nil {
			return nil, err
		}
	}
	card, ok, err := b.render(ctx, l.Notice, exists)
	if err != nil || !ok {
		return nil, err
	}
	if exists && !b.saysAnew(ctx, *l, m, card) {
		if m.Digest == card.Digest() {
			return nil, nil
		}
		err := b.update(ctx, m, card)
		if slackCode(err) != "message_not_found" {
			m.Digest = card.Digest()
			return &m, err
		} // somebody deleted it: say it anew
	}
	to, ok, err := b.place(ctx, l.Notice)
	if err != nil || !ok {
		return nil, err
	}
	mark := mark{l.Slot, strconv.FormatInt(l.ID, 10)}
	if l.Sending {
		m, found, err := b.find(ctx, to, mark, time.Time{})
		if err != nil {
			return nil, err
		}
		if found {
			m.Digest = card.Digest()
			return &m, b.update(ctx, m, card)
		}
		l.Sending = false
	}
	m, err = b.post(ctx, to, mark, card)
	if err == nil && l.Channel != "" {
		b.health.reached(l.Channel, true)
	}
	return &m, err
}

// saysAnew reports whether a message is posted although its slot has one: the
// end is near again after an extension, and nobody hears of an edit.
func (b *Bot) saysAnew(ctx context.Context, l approvals.NoticeLease, m approvals.Message, card cards.Card) bool {
	if l.Kind != approvals.NoticeNudge || m.Digest == card.Digest() {
		return false
	}
	r, err := b.cfg.Store.Request(ctx, l.Request)
	if err != nil {
		return false
	}
	v, err := b.view(ctx, r, b.named(ctx, l.To))
	return err == nil && v.Grant != nil && due(v) && m.Digest == cards.Nudge(v, cards.Moved).Digest()
}

// spot is where a message goes: a conversation, or a thread in it.
type spot struct {
	channel, thread string
	loud            bool // a message of a thread that its conversation shows too, so that it is noticed
}

// place is where a notice goes: the conversation, and for what belongs below a
// card, the card's thread. ok is false when there is no such card.
func (b *Bot) place(ctx context.Context, n approvals.Notice) (to spot, ok bool, err error) {
	card := strings.TrimPrefix(n.Slot, string(n.Kind)+"/")
	if n.Kind == approvals.NoticeComment {
		_, card = approvals.CommentBelow(n.Slot)
	}
	asker := strings.HasPrefix(card, requestSlot)
	if n.Kind == approvals.NoticeDetail || n.Kind == approvals.NoticeChase || n.Kind == approvals.NoticeComment {
		root, err := b.cfg.Store.Message(ctx, card)
		switch code := approvals.ErrorCode(err); {
		case code == "":
			// Who asked does not follow the thread yet; who may answer is not woken by each word.
			return spot{root.Channel, root.TS, asker && n.Kind == approvals.NoticeComment}, true, nil
		case code != approvals.CodeNotFound:
			return spot{}, false, err
		case !asker:
			return spot{}, false, nil
		}
	}
	if n.Channel != "" {
		return spot{channel: n.Channel}, true, nil
	}
	user, err := b.userOf(ctx, n.To)
	if err != nil {
		return spot{}, false, err
	}
	to.channel, err = b.dm(ctx, user)
	return to, err == nil, err
}

func (b *Bot) update(ctx context.Context, m approvals.Message, card cards.Card) error {
	return b.call(ctx, "chat.update", m.Channel, func(ctx context.Context) error {
		_, _, _, err := b.api.UpdateMessageContext(ctx, m.Channel, m.TS, content(card)...)
		return err
	})
}

// lookBack is how many messages of a conversation are searched for one whose
// delivery was not confirmed.
const lookBack = 100

// find looks for a message with a mark in a direct conversation or a thread of it,
// no older than since. In a channel the bot may not read, nothing is found:
// there a message twice is better than none.
func (b *Bot) find(ctx context.Context, in spot, mark mark, since time.Time) (m approvals.Message, found bool, err error) {
	channel, thread := in.channel, in.thread
	if !strings.HasPrefix(channel, "D") {
		return m, false, nil
	}
	oldest := ""
	if !since.IsZero() {
		oldest = fmt.Sprintf("%d.000000", since.Unix()-1)
	}
	var messages []slack.Message
	if thread != "" {
		err = b.call(ctx, "conversations.replies", channel, func(ctx context.Context) (err error) {
			messages, _, _, err = b.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
				ChannelID: channel, Timestamp: thread, Limit: lookBack, Oldest: oldest, IncludeAllMetadata: true})
			return err
		})
	} else {
		err = b.call(ctx, "conversations.history", channel, func(ctx context.Context) error {
			history, err := b.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
				ChannelID: channel, Limit: lookBack, Oldest: oldest, IncludeAllMetadata: true})
			if err == nil {
				messages = history.Messages
			}
			return err
		})
	}
	for _, found := range messages {
		if mark.on(found) {
			return approvals.Message{Slot: mark.slot, Channel: channel, TS: found.Timestamp}, true, nil
		}
	}
	return m, false, err
}
