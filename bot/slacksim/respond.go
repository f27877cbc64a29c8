package slacksim

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// A response URL takes five posts within half an hour.
const (
	responseUses = 5
	responseLife = 30 * time.Minute
)

// responseURL is a bot's way to answer one interaction or command.
type responseURL struct {
	channel, user string
	ts            string // the message that was interacted with, if any
	thread        string
	left          int
	until         time.Time
}

// newResponseURL makes a response URL. w.mu is held.
func (w *Workspace) newResponseURL(r responseURL) string {
	id := rand.Text()
	now := w.cfg.Now()
	for len(w.replyLog) > 0 && now.Sub(w.replies[w.replyLog[0]].until) > 0 {
		delete(w.replies, w.replyLog[0])
		w.replyLog = w.replyLog[1:]
	}
	r.left, r.until = responseUses, now.Add(responseLife)
	w.replies[id] = &r
	w.replyLog = append(w.replyLog, id)
	return w.baseURL + "/respond/" + id
}

// serveRespond takes a message posted to a response URL.
func (w *Workspace) serveRespond(rw http.ResponseWriter, r *http.Request) {
	refuseWith := func(status int, code string) {
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		rw.WriteHeader(status)
		_ = json.NewEncoder(rw).Encode(object{"ok": false, "error": code})
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
	if err != nil {
		refuseWith(http.StatusRequestEntityTooLarge, "invalid_payload")
		return
	}
	args, bad := decodeBody(r.Header.Get("Content-Type"), nil, body)
	if bad != "" {
		refuseWith(http.StatusBadRequest, "invalid_payload")
		return
	}
	w.mu.Lock()
	to := w.replies[r.PathValue("id")]
	switch {
	case to == nil || !w.cfg.Now().Before(to.until):
		w.mu.Unlock()
		refuseWith(http.StatusNotFound, "expired_url")
		return
	case to.left == 0:
		w.mu.Unlock()
		refuseWith(http.StatusNotFound, "used_url")
		return
	}
	to.left--
	w.mu.Unlock()
	c := &call{name: "respond", args: args}
	if c.bool("delete_original") {
		w.takeBack(to)
	} else {
		content, err := w.content(c)
		if err != nil {
			refuseWith(http.StatusBadRequest, err.Error())
			return
		}
		w.respond(to, c, content)
	}
	writeJSON(rw, object{"ok": true})
}

// respond posts content as the answer to an interaction: to one person unless response_type is in_channel, or in place of the
// message that was interacted with.
func (w *Workspace) respond(to *responseURL, c *call, body content) {
	w.mu.Lock()
	ch := w.channels[to.channel]
	if ch == nil {
		w.mu.Unlock()
		return
	}
	if m := ch.find(to.ts); m != nil && c.bool("replace_original") {
		before := w.messageJSON(m, true)
		w.replace(m, body)
		ev := w.changeEvent(ch, "message_changed", object{"message": w.messageJSON(m, true), "previous_message": before})
		ephemeral := m.EphemeralTo != ""
		w.touch()
		w.mu.Unlock()
		if !ephemeral {
			w.emitMessage(ch, ev, w.cfg.BotUserID)
		}
		return
	}
	m := w.botMessage(ch, body)
	m.ThreadTS = c.str("thread_ts")
	if m.ThreadTS == "" {
		m.ThreadTS = to.thread
	}
	if c.str("response_type") != "in_channel" {
		m.EphemeralTo = to.user
	}
	ch.add(m)
	ev := w.messageEvent(ch, m)
	w.touch()
	w.mu.Unlock()
	if m.EphemeralTo == "" {
		w.emitMessage(ch, ev, w.cfg.BotUserID)
	}
}

// takeBack deletes the message that was interacted with.
func (w *Workspace) takeBack(to *responseURL) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ch := w.channels[to.channel]; ch != nil {
		if m := ch.find(to.ts); m != nil {
			ch.remove(m)
			w.touch()
		}
	}
}
