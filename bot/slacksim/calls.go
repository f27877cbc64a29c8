package slacksim

import (
	"slices"
	"strings"
	"time"
)

// Call is one Web API call of the bot, as logged: what it was and how it ended, but no value of an argument.
type Call struct {
	Method string   `json:"method"`
	Args   []string `json:"args"` // names of the arguments that were sent, sorted
	// Unknown are those of them that the method does not take. Slack takes no notice of them, which hides a bot's mistakes.
	Unknown []string      `json:"unknown,omitempty"`
	Status  int           `json:"status"`          // HTTP status; 0 when the answer was cut
	Error   string        `json:"error,omitempty"` // Slack's error name; empty when the call was taken
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took"` // nanoseconds
}

// Calls is the log of the bot's Web API calls, oldest first; the last 2,000 are kept.
func (w *Workspace) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls[max(0, len(w.calls)-maxLog):])
}

// record logs a call.
func (w *Workspace) record(c Call, args object) {
	c.Took = w.cfg.Now().Sub(c.At)
	for _, k := range sortedKeys(args) {
		if k != "token" {
			c.Args = append(c.Args, k)
		}
	}
	if m, ok := methodTable[c.Method]; ok {
		c.Unknown = slices.DeleteFunc(slices.Clone(c.Args), func(k string) bool { return m.takes(c.Method, k) })
	}
	if len(c.Unknown) > 0 {
		w.cfg.Logger.Warn("call with arguments that the method does not take", "method", c.Method, "arguments", c.Unknown)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
	if n := len(w.calls) - maxLog; n >= maxLog {
		w.calls = slices.Clone(w.calls[n:])
	}
	w.touch()
}

// takes tells whether a method takes an argument. api.test takes any, to show them again.
func (m method) takes(name, arg string) bool {
	return name == "api.test" || slices.Contains(m.required, arg) || slices.Contains(strings.Fields(optional[name]), arg)
}

// optional are the arguments that each method takes besides the required ones and the token, as Slack's method reference lists them. A
// test holds them against it.
var optional = map[string]string{
	"api.test":              "error",
	"team.info":             "domain team",
	"chat.postMessage":      "as_user attachments blocks current_draft_last_updated_ts icon_emoji icon_url link_names markdown_text metadata mrkdwn parse reply_broadcast text thread_ts unfurl_links unfurl_media username",
	"chat.update":           "as_user attachments blocks file_ids link_names markdown_text metadata parse reply_broadcast text unfurled_attachments",
	"chat.postEphemeral":    "as_user attachments blocks icon_emoji icon_url link_names markdown_text metadata parse text thread_ts username",
	"chat.delete":           "as_user",
	"conversations.open":    "channel prevent_creation return_im users",
	"conversations.history": "cursor include_all_metadata inclusive latest limit oldest",
	"conversations.replies": "cursor include_all_metadata inclusive latest limit oldest",
	"conversations.info":    "include_locale include_num_members",
	"conversations.members": "cursor limit",
	"users.info":            "include_locale",
	"users.list":            "cursor include_locale limit team_id",
	"usergroups.list":       "include_count include_disabled include_users team_id",
	"usergroups.users.list": "include_disabled team_id",
	"views.open":            "interactivity_pointer trigger_id",
	"views.push":            "interactivity_pointer trigger_id",
	"views.update":          "external_id hash view_id",
	"views.publish":         "hash interactivity_pointer",
}
