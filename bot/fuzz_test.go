package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// sound checks what every decoded entry must be, whatever came.
func sound(t *testing.T, e entry) {
	t.Helper()
	if e.Key == "" {
		t.Error("an entry without a key can't be told from its copies")
	}
	if e.Kind != kindNothing && e.User == "" {
		t.Error("an entry of nobody")
	}
	kept, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("it can't be kept: %v", err)
	}
	var again entry
	if err := json.Unmarshal(kept, &again); err != nil || again.Kind != e.Kind || again.Action != strings.ToValidUTF8(e.Action, "\ufffd") {
		t.Errorf("kept as %s, it reads as %+v: %v", kept, again, err)
	}
	if !utf8.ValidString(plainText(e.Text)) && utf8.ValidString(e.Text) {
		t.Error("words are broken by making them plain")
	}
	decides(e)
}

// FuzzEnvelope reads a whole frame, as the library hands on what it can't read.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"envelope_id":"1","type":"events_api","retry_attempt":1,"payload":{"event_id":"Ev1","event":{"type":"app_mention","user":"U1","text":"hi"}}}`))
	f.Add([]byte(`{"envelope_id":"1","type":"interactive","accepts_response_payload":true,"payload":{"type":"shortcut","user":{"id":"U1"}}}`))
	f.Add([]byte(`{"type":"disconnect","reason":"warning"}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		var req socketmode.Request
		if json.Unmarshal(frame, &req) != nil || req.EnvelopeID == "" {
			return
		}
		if e, err := decode(req.Type, req.EnvelopeID, req.Payload); err == nil {
			sound(t, e)
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"event_id":"Ev1","event":{"type":"message","channel_type":"im","user":"U1","text":"&lt;b&gt; <@U2> <!channel>","ts":"1.2","thread_ts":"1.1"}}`))
	f.Add([]byte(`{"event_id":"Ev2","event":{"type":"user_change","user":{"id":"U1","deleted":true}}}`))
	f.Add([]byte(`{"event_id":"Ev3","event":{"type":"app_home_opened","tab":"home","user":"U1"}}`))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzed(t, "events_api", payload) })
}

func FuzzSlashCommand(f *testing.F) {
	f.Add([]byte(`{"user_id":"U1","team_id":"T1","channel_id":"C1","text":"billing ro 2h","trigger_id":"1.2"}`))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzed(t, "slash_commands", payload) })
}

func FuzzBlockAction(f *testing.F) {
	f.Add([]byte(`{"type":"block_actions","trigger_id":"1","user":{"id":"U1","team_id":"T1"},"container":{"channel_id":"D1","message_ts":"1.2"},"actions":[{"action_id":"more","selected_option":{"value":"gr_1 30"}}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzed(t, "interactive", payload) })
}

func FuzzBlockSuggestion(f *testing.F) {
	f.Add([]byte(`{"type":"block_suggestion","user":{"id":"U1"},"action_id":"entitlement","value":"bil"}`))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzed(t, "interactive", payload) })
}

// FuzzViewSubmission reads a form with any state, and what is made of its values.
func FuzzViewSubmission(f *testing.F) {
	f.Add([]byte(`{"entitlement":{"entitlement":{"selected_option":{"value":"db:ro"}}},"reason":{"reason":{"value":" why "}},"for":{"for":{"selected_user":"U2"}}}`), "req_1")
	f.Add([]byte(`{"duration":{"duration":{"selected_option":{"value":"99999999999"}}}}`), "")
	f.Fuzz(func(t *testing.T, state []byte, private string) {
		if !json.Valid(state) {
			return
		}
		view := map[string]any{"id": "V1", "callback_id": "request", "private_metadata": private, "state": map[string]any{"values": json.RawMessage(state)}}
		payload, err := json.Marshal(map[string]any{"type": "view_submission", "user": map[string]string{"id": "U1"}, "view": view})
		if err != nil {
			t.Fatal(err)
		}
		e, err := decode("interactive", "E", payload)
		if err != nil {
			return
		}
		sound(t, e)
		for _, value := range e.Inputs {
			if value != strings.TrimSpace(value) {
				t.Errorf("%q is not trimmed", value)
			}
			if d, ok := minutes(value); ok && d <= 0 {
				t.Errorf("%q lasts %s", value, d)
			}
		}
		readOrigin(private)
	})
}

func fuzzed(t *testing.T, kind string, payload []byte) {
	t.Helper()
	if e, err := decode(kind, "E", payload); err == nil {
		sound(t, e)
	}
}

// FuzzSlackAnswer reads the errors that Slack may answer a call with.
func FuzzSlackAnswer(f *testing.F) {
	for _, code := range []string{"ratelimited", "invalid_auth", "channel_not_found", "missing_scope", "", "a new one"} {
		f.Add(code, "chat:write")
	}
	f.Fuzz(func(t *testing.T, code, needed string) {
		err := slack.SlackErrorResponse{Err: code, Needed: needed}
		again, _ := passing(err)
		if gone(err) && again {
			t.Errorf("%q is tried again though nobody can ever be reached", code)
		}
		if lost(err) && !fatal(mend("auth.test", err)) {
			t.Errorf("%q ends the bot and names no mend", code)
		}
	})
}
