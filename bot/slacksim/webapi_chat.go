package slacksim

import (
	"encoding/json"
	"unicode/utf8"
)

const (
	maxText       = 40000 // longer text of a message is cut here
	maxUpdateText = 4000  // longer text of an update is refused
	maxMetadata   = 8000  // bytes of metadata; Slack refuses larger ones and documents no figure
	maxAttached   = 100
)

// content is what a call puts into a message.
type content struct {
	text                   string
	blocks                 []map[string]any
	attachments            []map[string]any
	metadata               *Metadata
	hasBlocks, hasAttached bool
}

// content reads and checks the parts of a message.
func (w *Workspace) content(c *call) (content, error) {
	out := content{text: c.str("text")}
	if md := c.str("markdown_text"); md != "" {
		if out.text != "" || c.has("blocks") {
			return out, refuse("markdown_text_conflict")
		}
		out.text = md
	}
	if c.has("blocks") {
		v, ok := c.json("blocks")
		list, isList := objects(v)
		if !ok || !isList {
			return out, refuse("invalid_blocks_format")
		}
		check := ValidateBlocks
		if c.name == "respond" {
			check = validateWebhook
		}
		if problems := check(list); len(problems) > 0 {
			return out, invalid("invalid_blocks", problems)
		}
		out.blocks, out.hasBlocks = complete(list), true
	}
	if c.has("attachments") {
		v, ok := c.json("attachments")
		list, isList := objects(v)
		if !ok || !isList {
			return out, invalid("invalid_arguments", []string{"attachments must be an array of objects"})
		}
		if len(list) > maxAttached {
			return out, refuse("too_many_attachments")
		}
		for _, a := range list {
			if b, ok := objects(a["blocks"]); ok {
				if problems := ValidateBlocks(b); len(problems) > 0 {
					return out, invalid("invalid_blocks", problems)
				}
			}
		}
		out.attachments, out.hasAttached = list, true
	}
	if out.text == "" && len(out.blocks) == 0 && len(out.attachments) == 0 {
		return out, refuse("no_text")
	}
	return out, w.metadata(c, &out)
}

func (w *Workspace) metadata(c *call, out *content) error {
	if !c.has("metadata") || c.name == "respond" {
		return nil // Slack documents metadata for chat.* only; slack-go sends an empty one to every response_url
	}
	v, ok := c.json("metadata")
	o, isObject := v.(object)
	if !ok || !isObject {
		return refuse("invalid_metadata_format")
	}
	kind, _ := o["event_type"].(string)
	payload, isPayload := o["event_payload"].(object)
	if kind == "" || !isPayload {
		return refuse("invalid_metadata_schema")
	}
	if b, err := json.Marshal(o); err != nil || len(b) > maxMetadata {
		return refuse("metadata_too_large")
	}
	out.metadata = &Metadata{EventType: kind, EventPayload: payload}
	return nil
}

// truncate cuts text to n characters.
func truncate(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

// target finds the conversation a message goes to: by id, by "#name", or by a person's id for direct messages. w.mu is held.
func (w *Workspace) target(id string) (*channel, error) {
	if c := w.channels[id]; c != nil {
		return c, nil
	}
	for _, c := range w.channels {
		if c.im == "" && (id == "#"+c.Name || id == c.Name) {
			return c, nil
		}
	}
	if u := w.users[id]; u != nil && u.ID != w.cfg.BotUserID && !u.Deleted && !u.Stranger {
		return w.openIM(u.ID), nil
	}
	return nil, refuse("channel_not_found")
}

// writable refuses where the bot may not post. w.mu is held.
func (w *Workspace) writable(c *channel) error {
	switch {
	case !c.has(w.cfg.BotUserID) && c.Private:
		return refuse("channel_not_found") // a private channel is not even known to those outside
	case !c.has(w.cfg.BotUserID) && !w.granted("chat:write.public"):
		return refuse("not_in_channel")
	case c.Archived:
		return refuse("is_archived")
	case c.im != "" && w.users[c.im].Deleted:
		return refuse("restricted_action") // chosen: Slack documents no error for a deactivated person's direct messages
	}
	return nil
}

// thread checks that a reply has a root. Slack documents cannot_reply_to_message for messages that take no replies, and nothing
// for a root that does not exist or is itself a reply; both are refused alike here. w.mu is held.
func thread(c *channel, ts string) error {
	if ts == "" {
		return nil
	}
	if root := c.find(ts); root == nil || root.IsReply() || root.EphemeralTo != "" {
		return refuse("cannot_reply_to_message")
	}
	return nil
}

func (w *Workspace) postMessage(c *call) (object, error) {
	body, err := w.content(c)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	ch, err := w.target(c.str("channel"))
	if err == nil {
		err = w.writable(ch)
	}
	if err == nil {
		err = thread(ch, c.str("thread_ts"))
	}
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	m := w.botMessage(ch, body)
	m.ThreadTS, m.Broadcast = c.str("thread_ts"), c.bool("reply_broadcast")
	ch.add(m)
	out := object{"channel": ch.ID, "ts": m.TS, "message": w.messageJSON(m, true)}
	ev := w.messageEvent(ch, m)
	w.touch()
	w.mu.Unlock()
	w.emitMessage(ch, ev, w.cfg.BotUserID)
	return out, nil
}

// botMessage makes a message of the bot's. w.mu is held.
func (w *Workspace) botMessage(ch *channel, body content) *Message {
	return &Message{
		Channel: ch.ID, TS: w.stamp(), User: w.cfg.BotUserID, BotID: botID,
		Text: truncate(body.text, maxText), Blocks: body.blocks, Attachments: body.attachments, Metadata: body.metadata,
	}
}

func (w *Workspace) postEphemeral(c *call) (object, error) {
	body, err := w.content(c)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(body.text) > maxText {
		return nil, refuse("msg_too_long")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	ch := w.channels[c.str("channel")]
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	if err := w.writable(ch); err != nil {
		return nil, err
	}
	if !ch.has(c.str("user")) || w.users[c.str("user")].Deleted {
		return nil, refuse("user_not_in_channel")
	}
	if err := thread(ch, c.str("thread_ts")); err != nil {
		return nil, err
	}
	m := w.botMessage(ch, body)
	m.EphemeralTo, m.ThreadTS, m.Metadata = c.str("user"), c.str("thread_ts"), nil
	ch.add(m)
	w.touch()
	return object{"message_ts": m.TS}, nil
}

// own finds a message that the bot may change. Ephemeral messages cannot be changed by the Web API. w.mu is held.
func (w *Workspace) own(c *call, notMine string) (*channel, *Message, error) {
	ch := w.channels[c.str("channel")]
	if ch == nil {
		return nil, nil, refuse("channel_not_found")
	}
	m := ch.find(c.str("ts"))
	if m == nil || m.EphemeralTo != "" {
		return nil, nil, refuse("message_not_found")
	}
	if m.BotID != botID {
		return nil, nil, refuse(notMine)
	}
	return ch, m, nil
}

func (w *Workspace) updateMessage(c *call) (object, error) {
	body, err := w.content(c)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(body.text) > maxUpdateText {
		return nil, refuse("msg_too_long")
	}
	w.mu.Lock()
	ch, m, err := w.own(c, "cant_update_message")
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	before := w.messageJSON(m, true)
	w.replace(m, body)
	out := object{"channel": ch.ID, "ts": m.TS, "text": m.Text, "message": w.messageJSON(m, true)}
	ev := w.changeEvent(ch, "message_changed", object{"message": w.messageJSON(m, true), "previous_message": before})
	w.touch()
	w.mu.Unlock()
	w.emitMessage(ch, ev, w.cfg.BotUserID)
	return out, nil
}

// replace puts new content into a message. Text without blocks deletes the blocks, as Slack does; metadata stays unless
// replaced. w.mu is held.
func (w *Workspace) replace(m *Message, body content) {
	m.Text, m.Blocks = body.text, body.blocks
	if body.hasAttached || !body.hasBlocks {
		m.Attachments = body.attachments
	}
	if body.metadata != nil {
		m.Metadata = body.metadata
	}
	m.EditedTS = w.stamp()
}

func (w *Workspace) deleteMessage(c *call) (object, error) {
	w.mu.Lock()
	ch, m, err := w.own(c, "cant_delete_message")
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	ch.remove(m)
	ev := w.changeEvent(ch, "message_deleted", object{"deleted_ts": m.TS, "previous_message": w.messageJSON(m, true)})
	w.touch()
	w.mu.Unlock()
	w.emitMessage(ch, ev, w.cfg.BotUserID)
	return object{"channel": ch.ID, "ts": m.TS}, nil
}

func (w *Workspace) permalink(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch := w.channels[c.str("channel")]
	if ch == nil || !ch.has(w.cfg.BotUserID) {
		return nil, refuse("channel_not_found")
	}
	m := ch.find(c.str("message_ts"))
	if m == nil || m.EphemeralTo != "" {
		return nil, refuse("message_not_found")
	}
	return object{"channel": ch.ID, "permalink": w.linkTo(m)}, nil
}
