package slacksim

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"time"
)

// retryAfter is how long after a failed attempt the next one goes out: at once, after a minute, after five minutes.
var retryAfter = []time.Duration{0, time.Minute, 5 * time.Minute}

// event is one event of the Events API, delivered until it is acknowledged or the retries are used up.
type event struct {
	id      string
	what    string
	user    string
	payload json.RawMessage
}

// eventScopes are the events that this workspace sends, by the name under which apps subscribe, and the scope that the bot token needs
// for each. A test holds them against Slack's reference.
var eventScopes = map[string]string{
	"app_home_opened": "", "app_mention": "app_mentions:read", "message.channels": "channels:history", "message.groups": "groups:history",
	"message.im": "im:history", "subteam_members_changed": "usergroups:read", "user_change": "users:read",
}

// emit sends an event to the bot if the app is subscribed to it and has the scope for it.
func (w *Workspace) emit(subscription, user string, inner object) {
	scope := eventScopes[subscription]
	if !slices.Contains(w.cfg.Events, subscription) || scope != "" && !w.granted(scope) {
		return
	}
	w.mu.Lock()
	stamp, shared := w.cfg.Now().Unix(), false
	if c := w.channels[str(inner["channel"])]; c != nil {
		shared = c.Shared
	}
	w.mu.Unlock()
	var enterprise any
	if w.cfg.EnterpriseID != "" {
		enterprise = w.cfg.EnterpriseID
	}
	ev := &event{id: "Ev" + rand.Text()[:12], what: str(inner["type"]), user: user}
	outer := object{
		"token":                 verificationToken,
		"team_id":               w.cfg.TeamID,
		"context_team_id":       w.cfg.TeamID,
		"context_enterprise_id": enterprise,
		"enterprise_id":         enterprise,
		"api_app_id":            appID,
		"type":                  "event_callback",
		"event":                 inner,
		"event_id":              ev.id,
		"event_time":            stamp,
		"authorizations": []object{{
			"enterprise_id": enterprise, "team_id": w.cfg.TeamID, "user_id": w.cfg.BotUserID,
			"is_bot": true, "is_enterprise_install": false,
		}},
		"is_ext_shared_channel": shared,
		"event_context":         "4-" + rand.Text(),
	}
	if enterprise == nil {
		delete(outer, "enterprise_id")
	}
	b, err := json.Marshal(outer)
	if err != nil {
		w.cfg.Logger.Error("event could not be encoded", "type", ev.what, "err", err)
		return
	}
	ev.payload = b
	w.attempt(ev, 0, "")
}

// attempt delivers an event for the nth time and arranges for the next one.
func (w *Workspace) attempt(ev *event, n int, reason string) {
	env := Envelope{
		Type: "events_api", What: ev.what, EventID: ev.id, User: ev.user,
		RetryAttempt: n, RetryReason: reason, Payload: ev.payload,
	}
	w.deliver(env, false, func(outcome string, _ json.RawMessage) {
		if outcome == Acked {
			w.faults.redeliver(ev)
			return
		}
		if n == len(retryAfter) {
			w.cfg.Logger.Warn("event given up after its last retry", "event", ev.id, "type", ev.what)
			return
		}
		w.after(retryAfter[n], func() { w.attempt(ev, n+1, "timeout") })
	})
}

// after runs f later, unless the workspace is closed by then.
func (w *Workspace) after(d time.Duration, f func()) {
	time.AfterFunc(d, func() {
		w.mu.Lock()
		closed := w.closed
		w.mu.Unlock()
		if !closed {
			f()
		}
	})
}
