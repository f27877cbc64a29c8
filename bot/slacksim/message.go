package slacksim

import (
	"maps"
	"slices"
	"strings"
)

// Message is a message as Slack keeps it.
type Message struct {
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts,omitempty"` // the root's TS, in replies and in roots that have replies
	User     string `json:"user"`
	BotID    string `json:"bot_id,omitempty"`
	// Text is in Slack's own notation: mentions as <@U…>, and & < > escaped.
	Text        string           `json:"text"`
	Blocks      []map[string]any `json:"blocks,omitempty"`
	Attachments []map[string]any `json:"attachments,omitempty"`
	Metadata    *Metadata        `json:"metadata,omitempty"`
	// EphemeralTo is the one person who sees the message; empty for ordinary messages.
	EphemeralTo string `json:"ephemeral_to,omitempty"`
	EditedTS    string `json:"edited_ts,omitempty"`
	Broadcast   bool   `json:"broadcast,omitempty"`
	// ReplyCount, ReplyUsers and LatestReply describe the thread of a root message.
	ReplyCount  int      `json:"reply_count,omitempty"`
	ReplyUsers  []string `json:"reply_users,omitempty"`
	LatestReply string   `json:"latest_reply,omitempty"`
}

// Metadata is what an app attaches to a message for programs to read.
type Metadata struct {
	EventType    string         `json:"event_type"`
	EventPayload map[string]any `json:"event_payload"`
}

// IsReply tells whether the message stands in a thread and is not its root.
func (m Message) IsReply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// Plain is what a person reads: the text of all blocks, a line each, or the message's text when there are no blocks.
func (m Message) Plain() string {
	if len(m.Blocks) == 0 {
		return m.Text
	}
	return plain(m.Blocks)
}

// plain collects the visible texts of blocks in reading order.
func plain(blocks []map[string]any) string {
	var lines []string
	for _, b := range blocks {
		lines = collect(lines, b)
	}
	return strings.Join(lines, "\n")
}

// readingOrder are the parts of a block or element that hold visible text.
var readingOrder = []string{"label", "text", "title", "fields", "elements", "accessory", "element", "placeholder", "initial_value", "initial_option", "options", "hint", "url", "alt_text"}

func collect(lines []string, v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			lines = append(lines, v)
		}
	case []any:
		for _, x := range v {
			lines = collect(lines, x)
		}
	case object:
		for _, k := range readingOrder {
			if x, ok := v[k]; ok {
				lines = collect(lines, x)
			}
		}
	}
	return lines
}

// channel is a conversation: a channel, or the direct messages between the bot and one person.
type channel struct {
	Channel
	im       string // the person, in direct messages
	members  []string
	messages []*Message        // by time, ephemeral ones included
	read     map[string]string // time stamp up to which a person has read
}

// kind is the conversation's kind as scopes and events name it: channels, groups or im.
func (c *channel) kind() string {
	switch {
	case c.im != "":
		return "im"
	case c.Private:
		return "groups"
	}
	return "channels"
}

// eventKind is the kind as channel_type in events names it.
func (c *channel) eventKind() string {
	return map[string]string{"im": "im", "groups": "group", "channels": "channel"}[c.kind()]
}

// label is the name that interactive payloads carry.
func (c *channel) label() string {
	switch c.kind() {
	case "im":
		return "directmessage"
	case "groups":
		return "privategroup"
	}
	return c.Name
}

func (c *channel) has(user string) bool { return slices.Contains(c.members, user) }

func (c *channel) find(ts string) *Message {
	i, ok := slices.BinarySearchFunc(c.messages, ts, func(m *Message, ts string) int { return strings.Compare(m.TS, ts) })
	if !ok {
		return nil
	}
	return c.messages[i]
}

// add appends a message and keeps its thread's figures.
func (c *channel) add(m *Message) {
	c.messages = append(c.messages, m)
	if m.IsReply() && m.EphemeralTo == "" {
		c.recount(m.ThreadTS)
	}
}

func (c *channel) remove(m *Message) {
	c.messages = slices.DeleteFunc(c.messages, func(o *Message) bool { return o == m })
	if m.IsReply() {
		c.recount(m.ThreadTS)
	}
}

// recount brings a root's thread figures up to date.
func (c *channel) recount(root string) {
	m := c.find(root)
	if m == nil {
		return
	}
	m.ReplyCount, m.ReplyUsers, m.LatestReply = 0, nil, ""
	for _, r := range c.messages {
		if r.ThreadTS == root && r.TS != root && r.EphemeralTo == "" {
			m.ReplyCount++
			m.LatestReply = r.TS
			if !slices.Contains(m.ReplyUsers, r.User) {
				m.ReplyUsers = append(m.ReplyUsers, r.User)
			}
		}
	}
	m.ThreadTS = ""
	if m.ReplyCount > 0 {
		m.ThreadTS = root
	}
}

// clone copies a message so deep that nobody can change the stored one.
func (m *Message) clone() Message {
	out := *m
	out.Blocks, out.Attachments = cloneBlocks(m.Blocks), cloneBlocks(m.Attachments)
	out.ReplyUsers = slices.Clone(m.ReplyUsers)
	if m.Metadata != nil {
		out.Metadata = &Metadata{EventType: m.Metadata.EventType, EventPayload: maps.Clone(m.Metadata.EventPayload)}
	}
	return out
}

func cloneBlocks(in []map[string]any) []map[string]any {
	if in == nil {
		return nil
	}
	out := make([]map[string]any, len(in))
	for i, b := range in {
		out[i] = cloneJSON(b).(object)
	}
	return out
}

// cloneJSON copies a decoded JSON value.
func cloneJSON(v any) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for k, x := range v {
			out[k] = cloneJSON(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = cloneJSON(x)
		}
		return out
	}
	return v
}

// messageJSON is a message as the Web API and events show it. Only the event_type of metadata is shown unless asked for all.
func (w *Workspace) messageJSON(m *Message, allMetadata bool) object {
	out := object{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": w.users[m.User].TeamID}
	if m.BotID != "" {
		out["bot_id"], out["app_id"] = m.BotID, appID
		out["bot_profile"] = object{
			"id": m.BotID, "app_id": appID, "name": w.cfg.AppName, "deleted": false, "updated": 0, "team_id": w.cfg.TeamID,
			"icons": object{"image_36": "", "image_48": "", "image_72": ""},
		}
	}
	if m.Blocks != nil {
		out["blocks"] = cloneBlocks(m.Blocks)
	}
	if m.Attachments != nil {
		out["attachments"] = cloneBlocks(m.Attachments)
	}
	if m.Metadata != nil {
		meta := object{"event_type": m.Metadata.EventType}
		if allMetadata {
			meta["event_payload"] = cloneJSON(m.Metadata.EventPayload)
		}
		out["metadata"] = meta
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
	}
	if m.EditedTS != "" {
		out["edited"] = object{"user": m.User, "ts": m.EditedTS}
	}
	if m.ReplyCount > 0 {
		out["reply_count"], out["reply_users_count"] = m.ReplyCount, len(m.ReplyUsers)
		out["reply_users"], out["latest_reply"] = slices.Clone(m.ReplyUsers), m.LatestReply
	}
	return out
}

// objects turns a decoded JSON array into objects; ok is false when it is anything else.
func objects(v any) (out []map[string]any, ok bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	for _, x := range list {
		o, ok := x.(object)
		if !ok {
			return nil, false
		}
		out = append(out, o)
	}
	return out, true
}
