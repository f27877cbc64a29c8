package slacksim

import (
	"maps"
	"net/url"
	"strings"
)

// linkTo is the address of a message in the page. w.mu is held.
func (w *Workspace) linkTo(m *Message) string {
	u := w.baseURL + "/archives/" + m.Channel + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.IsReply() {
		u += "?" + url.Values{"thread_ts": {m.ThreadTS}, "cid": {m.Channel}}.Encode()
	}
	return u
}

// messageEvent is the event of a new message. w.mu is held.
func (w *Workspace) messageEvent(ch *channel, m *Message) object {
	ev := w.messageJSON(m, true)
	maps.Copy(ev, object{"channel": ch.ID, "channel_type": ch.eventKind(), "event_ts": m.TS})
	if m.IsReply() {
		if root := ch.find(m.ThreadTS); root != nil {
			ev["parent_user_id"] = root.User
		}
	}
	if u := w.users[m.User]; u.TeamID != w.cfg.TeamID {
		// The person's own workspace, which is how an outsider is told apart.
		ev["user_team"], ev["source_team"] = u.TeamID, u.TeamID
		ev["user_profile"] = w.shortProfile(u)
	}
	return ev
}

// changeEvent is the event of a changed or deleted message. w.mu is held.
func (w *Workspace) changeEvent(ch *channel, subtype string, more object) object {
	ts := w.stamp()
	ev := object{
		"type": "message", "subtype": subtype, "hidden": true, "channel": ch.ID, "channel_type": ch.eventKind(),
		"ts": ts, "event_ts": ts,
	}
	maps.Copy(ev, more)
	return ev
}

// emitMessage sends a message event to the app if it is in the conversation and may read it. An app receives the events of
// its own messages too.
func (w *Workspace) emitMessage(ch *channel, ev object, user string) {
	if !ch.has(w.cfg.BotUserID) {
		return
	}
	w.emit("message."+ch.kind(), user, ev)
}

func (w *Workspace) shortProfile(u *User) object {
	return object{
		"name": u.Name, "first_name": firstName(u.RealName), "real_name": u.RealName, "display_name": u.Name, "team": u.TeamID,
		"is_restricted": u.Restricted, "is_ultra_restricted": u.UltraRestricted, "avatar_hash": "", "image_72": "",
	}
}

func firstName(s string) string {
	first, _, _ := strings.Cut(s, " ")
	return first
}
