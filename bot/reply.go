package bot

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// eventType marks our messages; the payload names slot and notice, so that a
// message whose delivery was not confirmed is found again instead of posted twice.
const eventType = "hallpass_notice"

// tell says a sentence to whoever did something: as an answer where they
// wrote, else as a message that only they see, or, where that can't be, in
// their direct messages. That it fails is logged and ends there.
func (b *Bot) tell(ctx context.Context, s said, sentence string) {
	card := cards.Tell(sentence)
	if s.Kind != kindMessage && s.Channel != "" {
		err := b.call(ctx, "chat.postEphemeral", s.Channel, func(ctx context.Context) error {
			_, err := b.api.PostEphemeralContext(ctx, s.Channel, s.User, content(card)...)
			return err
		})
		if err == nil {
			return
		}
		b.log.InfoContext(ctx, "not told in the channel; trying directly", "user", s.User, "error", err)
	}
	if err := b.reply(ctx, s, card); err != nil {
		b.log.WarnContext(ctx, "somebody could not be told why nothing happened", "user", s.User, "error", err)
	}
}

// reply answers an entry in the person's direct messages, once: when the entry
// is handled again, it is looked whether the answer is there already.
func (b *Bot) reply(ctx context.Context, s said, card cards.Card) error {
	channel := s.Channel
	if s.Kind != kindMessage {
		var err error
		if channel, err = b.dm(ctx, s.User); err != nil {
			return err
		}
	}
	to, mark := spot{channel: channel, thread: s.inThread()}, mark{slot: "reply/" + s.Key}
	if s.attempt > 1 {
		if _, ok, err := b.find(ctx, to, mark, s.at); err != nil || ok {
			return err
		}
	}
	_, err := b.post(ctx, to, mark, card)
	return err
}

// inThread is the thread that a message was written in, so that its answer
// stands there too.
func (s said) inThread() string {
	if s.Kind == kindMessage {
		return s.Thread
	}
	return ""
}

func content(card cards.Card) []slack.MsgOption {
	return []slack.MsgOption{slack.MsgOptionText(card.Text, false), slack.MsgOptionBlocks(card.Blocks...)}
}

// post sends a message and returns where it stands, as Slack says.
func (b *Bot) post(ctx context.Context, to spot, mark mark, card cards.Card) (approvals.Message, error) {
	m := approvals.Message{Slot: mark.slot, Digest: card.Digest()}
	options := append(content(card), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(), slack.MsgOptionMetadata(slack.SlackMetadata{EventType: eventType,
		EventPayload: map[string]any{"slot": mark.slot, "notice": mark.notice}}))
	if to.thread != "" {
		options = append(options, slack.MsgOptionTS(to.thread))
	}
	if to.loud {
		options = append(options, slack.MsgOptionBroadcast())
	}
	err := b.call(ctx, "chat.postMessage", to.channel, func(ctx context.Context) (err error) {
		m.Channel, m.TS, err = b.api.PostMessageContext(ctx, to.channel, options...)
		return err
	})
	return m, err
}

// mark is what a message of ours carries for programs to read: which slot it
// fills, and by which notice it was posted.
type mark struct{ slot, notice string }

func (m mark) on(message slack.Message) bool {
	payload := message.Metadata.EventPayload
	return message.Metadata.EventType == eventType && payload["slot"] == m.slot && payload["notice"] == m.notice
}
