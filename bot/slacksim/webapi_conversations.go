package slacksim

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
)

// openIM finds or makes the direct messages between the bot and a person. w.mu is held.
func (w *Workspace) openIM(user string) *channel {
	id := "D" + strings.TrimLeft(user, "UW")
	if c := w.channels[id]; c != nil {
		return c
	}
	c := &channel{
		Channel: Channel{ID: id, Name: "directmessage"}, im: user,
		members: []string{user, w.cfg.BotUserID}, read: map[string]string{},
	}
	w.channels[id] = c
	w.order = append(w.order, id)
	return c
}

// visible finds a conversation that the bot may look at: public ones, and those it is in. scope is the suffix of the scope that
// the call needs for it.
func (w *Workspace) visible(id, scope string) (*channel, error) {
	w.mu.Lock()
	c := w.channels[id]
	known := c != nil && (c.kind() == "channels" || c.has(w.cfg.BotUserID))
	w.mu.Unlock()
	if !known {
		return nil, refuse("channel_not_found")
	}
	if err := w.needs(c.kind() + ":" + scope); err != nil {
		return nil, err
	}
	return c, nil
}

func (w *Workspace) conversationsOpen(c *call) (object, error) {
	if err := w.needs("im:write"); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if id := c.str("channel"); id != "" {
		ch := w.channels[id]
		switch {
		case ch == nil:
			return nil, refuse("channel_not_found")
		case ch.im == "":
			return nil, refuse("method_not_supported_for_channel_type")
		}
		return w.opened(ch, c), nil
	}
	users := strings.FieldsFunc(c.str("users"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(users) == 0 {
		return nil, refuse("users_list_not_supplied")
	}
	if len(users) > 1 {
		// Conversations of several people need mpim:write, which this workspace does not play.
		return nil, refuse("too_many_users")
	}
	u := w.users[users[0]]
	switch {
	case u == nil || u.ID == w.cfg.BotUserID:
		return nil, refuse("user_not_found")
	case u.Deleted:
		return nil, refuse("user_disabled")
	case u.Stranger:
		return nil, refuse("user_not_visible")
	}
	return w.opened(w.openIM(u.ID), c), nil
}

func (w *Workspace) opened(ch *channel, c *call) object {
	info := object{"id": ch.ID}
	if c.bool("return_im") {
		info = w.channelJSON(ch)
	}
	return object{"no_op": true, "already_open": true, "channel": info}
}

// channelJSON is a conversation as conversations.info shows it. w.mu is held.
func (w *Workspace) channelJSON(c *channel) object {
	out := object{
		"id": c.ID, "created": 0, "is_archived": c.Archived, "is_im": c.im != "", "is_org_shared": false, "context_team_id": w.cfg.TeamID,
		"updated": 0,
	}
	if c.im != "" {
		out["user"], out["is_user_deleted"], out["is_open"] = c.im, w.users[c.im].Deleted, true
		return out
	}
	text := func(s string) object { return object{"value": s, "creator": "", "last_set": 0} }
	for k, v := range (object{
		"name": c.Name, "name_normalized": c.Name, "is_channel": !c.Private, "is_group": c.Private, "is_mpim": false,
		"is_private": c.Private, "is_general": false, "is_shared": c.Shared, "is_ext_shared": c.Shared, "unlinked": 0,
		"is_pending_ext_shared": false, "pending_shared": []string{}, "creator": "", "previous_names": []string{},
		"is_member": c.has(w.cfg.BotUserID), "topic": text(c.Topic), "purpose": text(""), "shared_team_ids": w.teamsOf(c),
	}) {
		out[k] = v
	}
	return out
}

// teamsOf lists the workspaces whose people are in a channel, the home workspace first.
func (w *Workspace) teamsOf(c *channel) []string {
	teams, seen := []string{w.cfg.TeamID}, map[string]bool{w.cfg.TeamID: true}
	for _, id := range c.members {
		if t := w.users[id].TeamID; !seen[t] {
			seen[t] = true
			teams = append(teams, t)
		}
	}
	return teams
}

func (w *Workspace) conversationsInfo(c *call) (object, error) {
	ch, err := w.visible(c.str("channel"), "read")
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	info := w.channelJSON(ch)
	if c.bool("include_num_members") {
		info["num_members"] = len(ch.members)
	}
	return object{"channel": info}, nil
}

func (w *Workspace) conversationsMembers(c *call) (object, error) {
	ch, err := w.visible(c.str("channel"), "read")
	if err != nil {
		return nil, err
	}
	limit := c.int("limit", 100)
	if limit < 1 || limit > 1000 {
		return nil, refuse("invalid_limit")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	members, next, err := page(ch.members, c.str("cursor"), limit)
	if err != nil {
		return nil, err
	}
	return object{"members": members, "response_metadata": object{"next_cursor": next}}, nil
}

var timestamp = regexp.MustCompile(`^\d{1,12}(\.\d{1,6})?$`)

// between reads the window of time of a call. Bounds are left out of it unless inclusive.
func between(c *call) (func(ts string) bool, error) {
	bound := func(key, code string) (float64, error) {
		s := c.str(key)
		if s == "" {
			return 0, nil
		}
		if !timestamp.MatchString(s) {
			return 0, refuse(code)
		}
		return strconv.ParseFloat(s, 64)
	}
	oldest, err := bound("oldest", "invalid_ts_oldest")
	if err != nil {
		return nil, err
	}
	latest, err := bound("latest", "invalid_ts_latest")
	if err != nil {
		return nil, err
	}
	inclusive := c.bool("inclusive")
	return func(ts string) bool {
		t, _ := strconv.ParseFloat(ts, 64)
		if inclusive && (t == oldest || t == latest) {
			return true
		}
		return t > oldest && (latest == 0 || t < latest)
	}, nil
}

func (w *Workspace) conversationsHistory(c *call) (object, error) {
	ch, err := w.visible(c.str("channel"), "history")
	if err != nil {
		return nil, err
	}
	in, err := between(c)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !ch.has(w.cfg.BotUserID) {
		return nil, refuse("not_in_channel")
	}
	var found []*Message
	for i := len(ch.messages) - 1; i >= 0; i-- { // the newest first
		if m := ch.messages[i]; m.EphemeralTo == "" && (!m.IsReply() || m.Broadcast) && in(m.TS) {
			found = append(found, m)
		}
	}
	out, err := w.messagePage(c, found, 100)
	if err != nil {
		return nil, err
	}
	out["channel_actions_ts"], out["channel_actions_count"] = nil, 0
	return out, nil
}

func (w *Workspace) conversationsReplies(c *call) (object, error) {
	ch, err := w.visible(c.str("channel"), "history")
	if err != nil {
		return nil, err
	}
	in, err := between(c)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	m := ch.find(c.str("ts"))
	if m == nil || m.EphemeralTo != "" || !ch.has(w.cfg.BotUserID) {
		return nil, refuse("thread_not_found")
	}
	root := m.TS
	if m.IsReply() {
		root = m.ThreadTS
	}
	var found []*Message
	for _, m := range ch.messages {
		if m.EphemeralTo == "" && (m.TS == root || m.ThreadTS == root && in(m.TS)) {
			found = append(found, m)
		}
	}
	return w.messagePage(c, found, 1000)
}

// messagePage answers with one page of messages. w.mu is held.
func (w *Workspace) messagePage(c *call, found []*Message, limit int) (object, error) {
	list, next, err := page(found, c.str("cursor"), min(max(c.int("limit", limit), 1), 999))
	if err != nil {
		return nil, err
	}
	out := make([]object, len(list))
	for i, m := range list {
		out[i] = w.messageJSON(m, c.bool("include_all_metadata"))
	}
	answer := object{"messages": out, "has_more": next != ""}
	if next != "" {
		answer["response_metadata"] = object{"next_cursor": next}
	}
	return answer, nil
}

// page cuts one page out of a list. The cursor is opaque to callers, as Slack's is.
func page[T any](list []T, cursor string, limit int) ([]T, string, error) {
	from := 0
	if cursor != "" {
		b, err := base64.StdEncoding.DecodeString(cursor)
		n, ok := strings.CutPrefix(string(b), "offset:")
		from, _ = strconv.Atoi(n)
		if err != nil || !ok || from < 1 || from > len(list) {
			return nil, "", refuse("invalid_cursor")
		}
	}
	to := min(from+limit, len(list))
	next := ""
	if to < len(list) {
		next = base64.StdEncoding.EncodeToString([]byte("offset:" + strconv.Itoa(to)))
	}
	return list[from:to], next, nil
}
