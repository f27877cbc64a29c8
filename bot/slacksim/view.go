package slacksim

import (
	"maps"
	"strings"
)

// View is a modal or a Home tab as a person sees it.
type View struct {
	ID              string           `json:"id"`
	Type            string           `json:"type"` // modal or home
	CallbackID      string           `json:"callback_id"`
	ExternalID      string           `json:"external_id"`
	PrivateMetadata string           `json:"private_metadata"`
	Hash            string           `json:"hash"`
	Title           string           `json:"title"`
	Submit          string           `json:"submit"` // the button's text; empty without one
	Close           string           `json:"close"`
	RootID          string           `json:"root_view_id"`
	PreviousID      string           `json:"previous_view_id"`
	User            string           `json:"user"` // whose view it is
	ClearOnClose    bool             `json:"clear_on_close"`
	NotifyOnClose   bool             `json:"notify_on_close"`
	SubmitDisabled  bool             `json:"submit_disabled"`
	Blocks          []map[string]any `json:"blocks"`
	// Errors are what the bot said about input blocks on the last submission, by block id.
	Errors map[string]string `json:"errors,omitempty"`
	// Values are what is filled in: state by block id and action id.
	Values map[string]map[string]map[string]any `json:"values,omitempty"`

	sent    object // as the bot sent it
	offered map[string][]option
}

// Plain is what a person reads in the view, a line for each text.
func (v View) Plain() string { return strings.TrimSpace(v.Title + "\n" + plain(v.Blocks)) }

func (v *View) clone() View {
	out := *v
	out.Blocks = cloneBlocks(v.Blocks)
	out.Errors = maps.Clone(v.Errors)
	out.Values = values(v.Values).clone()
	out.sent, out.offered = nil, nil
	return out
}

// fillView makes a view out of what a bot sent, keeping the values of inputs that stay. w.mu is held.
func (w *Workspace) fillView(v *View, sent object) {
	title := func(key string) string {
		o, _ := sent[key].(object)
		return str(o["text"])
	}
	flag := func(key string) bool { b, _ := sent[key].(bool); return b }
	list, _ := objects(sent["blocks"])
	v.sent, v.Type, v.CallbackID, v.ExternalID = sent, str(sent["type"]), str(sent["callback_id"]), str(sent["external_id"])
	v.PrivateMetadata, v.Title, v.Submit, v.Close = str(sent["private_metadata"]), title("title"), title("submit"), title("close")
	v.ClearOnClose, v.NotifyOnClose, v.SubmitDisabled = flag("clear_on_close"), flag("notify_on_close"), flag("submit_disabled")
	v.Blocks, v.Errors = complete(list), nil
	v.Values = initial(v.Blocks, v.Values)
	v.Hash = w.stamp() + "." + newID("")[:8]
	v.offered = map[string][]option{}
}

// viewJSON is a view as the Web API and payloads show it. w.mu is held.
func (w *Workspace) viewJSON(v *View) object {
	nullable := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	keep := func(key string) any {
		o, ok := v.sent[key].(object)
		if !ok {
			return nil
		}
		o = cloneJSON(o).(object)
		fill(o)
		return o
	}
	out := object{
		"id": v.ID, "team_id": w.users[v.User].TeamID, "type": v.Type, "blocks": cloneBlocks(v.Blocks), "private_metadata": v.PrivateMetadata,
		"callback_id": v.CallbackID, "state": object{"values": values(v.Values).json()}, "hash": v.Hash,
		"clear_on_close": v.ClearOnClose, "notify_on_close": v.NotifyOnClose, "close": keep("close"), "submit": keep("submit"),
		"previous_view_id": nullable(v.PreviousID), "root_view_id": v.RootID, "app_id": appID, "external_id": v.ExternalID,
		"app_installed_team_id": w.cfg.TeamID, "bot_id": botID,
	}
	if v.Type == "home" {
		out["title"] = object{"type": "plain_text", "text": "View Title", "emoji": true}
	} else {
		out["title"], out["submit_disabled"] = keep("title"), v.SubmitDisabled
	}
	return out
}
