package bot

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// The kinds of inbox entries.
const (
	kindMessage    = "message"    // words in a direct message
	kindMention    = "mention"    // words in a channel
	kindCommand    = "command"    // /access
	kindClick      = "click"      // a button, a menu
	kindShortcut   = "shortcut"   // a global or message shortcut
	kindSubmission = "submission" // the form was sent
	kindSuggestion = "suggestion" // something is typed into a select
	kindHome       = "home"       // the Home tab was opened
	kindAccount    = "account"    // an account changed
	kindNothing    = ""           // of no interest
)

// entry is what is kept of an envelope: who did what, where. The payload's
// verification token and response address are not kept.
type entry struct {
	Key     string `json:"key"`
	Kind    string `json:"kind"`
	User    string `json:"user"`
	Team    string `json:"team,omitempty"`       // the user's own, as far as the payload says
	Grid    string `json:"enterprise,omitempty"` // the user's enterprise
	Channel string `json:"channel,omitempty"`
	TS      string `json:"ts,omitempty"`
	Thread  string `json:"thread,omitempty"`
	Text    string `json:"text,omitempty"`   // in Slack's notation: see readable
	Author  string `json:"author,omitempty"` // who wrote the message that a shortcut was used on; Text is theirs
	Trigger string `json:"trigger,omitempty"`
	Action  string `json:"action,omitempty"`
	Value   string `json:"value,omitempty"`
	View    string `json:"view,omitempty"`
	Private string `json:"private,omitempty"` // the form's private_metadata: an id to look up
	// Inputs are the form's values, by action id.
	Inputs map[string]string `json:"inputs,omitempty"`
}

// decode reads an envelope's payload. An entry of kindNothing is to be
// acknowledged and forgotten.
func decode(kind, envelopeID string, payload []byte) (entry, error) {
	var e entry
	var err error
	switch kind {
	case "events_api":
		e, err = decodeEvent(payload)
	case "slash_commands":
		e, err = decodeCommand(payload)
	case "interactive":
		e, err = decodeInteraction(payload)
	}
	if err != nil {
		return entry{}, fmt.Errorf("decode %s: %w", kind, err)
	}
	if e.Key == "" {
		e.Key = "envelope/" + envelopeID
	}
	if e.User == "" {
		e.Kind = kindNothing
	}
	return e, nil
}

func decodeEvent(payload []byte) (entry, error) {
	var p struct {
		EventID string `json:"event_id"`
		TeamID  string `json:"team_id"`
		Event   struct {
			Type        string          `json:"type"`
			Subtype     string          `json:"subtype"`
			Hidden      bool            `json:"hidden"`
			User        json.RawMessage `json:"user"` // an id, in user_change a whole profile
			BotID       string          `json:"bot_id"`
			UserTeam    string          `json:"user_team"`
			SourceTeam  string          `json:"source_team"`
			Channel     string          `json:"channel"`
			ChannelType string          `json:"channel_type"`
			Text        string          `json:"text"`
			TS          string          `json:"ts"`
			ThreadTS    string          `json:"thread_ts"`
			Tab         string          `json:"tab"`
		} `json:"event"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return entry{}, err
	}
	ev := p.Event
	e := entry{Channel: ev.Channel, TS: ev.TS, Thread: ev.ThreadTS, Text: ev.Text, User: userID(ev.User), Team: ev.UserTeam}
	if e.Team == "" {
		e.Team = ev.SourceTeam
	}
	if p.EventID != "" {
		e.Key = "event/" + p.EventID
	}
	said := ev.BotID == "" && !ev.Hidden && (ev.Subtype == "" || ev.Subtype == "file_share" || ev.Subtype == "thread_broadcast")
	switch {
	case ev.Type == "message" && ev.ChannelType == "im" && said:
		e.Kind = kindMessage
	case ev.Type == "app_mention" && said:
		e.Kind = kindMention
	case ev.Type == "app_home_opened" && ev.Tab == "home":
		e.Kind = kindHome
	case ev.Type == "user_change":
		e.Kind = kindAccount
	}
	return e, nil
}

// userID reads an id that stands alone or in a profile.
func userID(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	var profile struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &profile) == nil {
		return profile.ID
	}
	return ""
}

func decodeCommand(payload []byte) (entry, error) {
	var p struct {
		TeamID    string `json:"team_id"`
		ChannelID string `json:"channel_id"`
		UserID    string `json:"user_id"`
		Text      string `json:"text"`
		TriggerID string `json:"trigger_id"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return entry{}, err
	}
	e := entry{Kind: kindCommand, User: p.UserID, Channel: p.ChannelID, Trigger: p.TriggerID,
		Text: p.Text, Team: p.TeamID}
	if p.TriggerID != "" {
		e.Key = "command/" + p.TriggerID
	}
	return e, nil
}

// interaction is the part of an interactive payload that is looked at.
type interaction struct {
	Type       string `json:"type"`
	TriggerID  string `json:"trigger_id"`
	CallbackID string `json:"callback_id"`
	User       struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
		Grid   struct {
			EnterpriseID string `json:"enterprise_id"`
		} `json:"enterprise_user"`
	} `json:"user"`
	Container struct {
		ChannelID string `json:"channel_id"`
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Message struct {
		Text string `json:"text"`
		TS   string `json:"ts"`
		User string `json:"user"`
	} `json:"message"`
	View struct {
		ID              string `json:"id"`
		CallbackID      string `json:"callback_id"`
		PrivateMetadata string `json:"private_metadata"`
		State           struct {
			Values map[string]map[string]input `json:"values"`
		} `json:"state"`
	} `json:"view"`
	ActionID string `json:"action_id"` // of a suggestion
	Value    string `json:"value"`
	Actions  []struct {
		ActionID       string `json:"action_id"`
		Value          string `json:"value"`
		SelectedOption struct {
			Value string `json:"value"`
		} `json:"selected_option"`
	} `json:"actions"`
}

// input is the value of one input of a form, whatever its kind.
type input struct {
	Value          string `json:"value"`
	SelectedUser   string `json:"selected_user"`
	SelectedOption struct {
		Value string `json:"value"`
	} `json:"selected_option"`
	SelectedOptions []struct {
		Value string `json:"value"`
	} `json:"selected_options"`
	SelectedDateTime int64 `json:"selected_date_time"` // seconds since 1970
}

// text is the value as a string: several options one a line, a time in seconds.
func (in input) text() string {
	if in.SelectedDateTime != 0 {
		return strconv.FormatInt(in.SelectedDateTime, 10)
	}
	var several []string
	for _, o := range in.SelectedOptions {
		several = append(several, o.Value)
	}
	return strings.TrimSpace(first(in.SelectedOption.Value, in.SelectedUser, strings.Join(several, "\n"), in.Value))
}

func decodeInteraction(payload []byte) (entry, error) {
	var p interaction
	if err := json.Unmarshal(payload, &p); err != nil {
		return entry{}, err
	}
	e := entry{User: p.User.ID, Team: p.User.TeamID, Grid: p.User.Grid.EnterpriseID, Trigger: p.TriggerID, View: p.View.ID,
		Channel: first(p.Container.ChannelID, p.Channel.ID), TS: p.Container.MessageTS, Thread: p.Container.ThreadTS}
	if p.TriggerID != "" {
		e.Key = "action/" + p.TriggerID
	}
	switch p.Type {
	case "block_actions":
		if len(p.Actions) == 0 {
			return e, nil
		}
		a := p.Actions[0]
		e.Kind, e.Action, e.Value = kindClick, a.ActionID, first(a.SelectedOption.Value, a.Value)
	case "shortcut":
		e.Kind, e.Action = kindShortcut, p.CallbackID
	case "message_action":
		e.Kind, e.Action, e.Text, e.Author, e.TS = kindShortcut, p.CallbackID, p.Message.Text, p.Message.User, p.Message.TS
	case "block_suggestion":
		e.Kind, e.Action, e.Text = kindSuggestion, p.ActionID, p.Value
	case "view_submission":
		e.Kind, e.Action, e.Private, e.Inputs = kindSubmission, p.View.CallbackID, p.View.PrivateMetadata, map[string]string{}
		for _, block := range p.View.State.Values {
			for action, in := range block {
				e.Inputs[action] = in.text()
			}
		}
	}
	return e, nil
}

// first is the first that is not empty.
func first(of ...string) string {
	for _, s := range of {
		if s != "" {
			return s
		}
	}
	return ""
}
