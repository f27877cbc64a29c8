package bot

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestDecodeKeepsWhoDidWhatWhere(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, payload string
		want          entry
	}{
		"a direct message": {"events_api", `{"event_id":"Ev1","team_id":"T1","token":"secret","event":{"type":"message","channel_type":"im","user":"U1","channel":"D1","text":"a &amp; b","ts":"1.2"}}`,
			entry{Key: "event/Ev1", Kind: kindMessage, User: "U1", Channel: "D1", Text: "a &amp; b", TS: "1.2"}},
		"an outsider's mention": {"events_api", `{"event_id":"Ev2","event":{"type":"app_mention","user":"U9","user_team":"T9","channel":"C1","text":"<@U0>","ts":"1.3","thread_ts":"1.1"}}`,
			entry{Key: "event/Ev2", Kind: kindMention, User: "U9", Team: "T9", Channel: "C1", Text: "<@U0>", TS: "1.3", Thread: "1.1"}},
		"a message in a channel":  {"events_api", `{"event_id":"Ev3","event":{"type":"message","channel_type":"channel","user":"U1"}}`, entry{Key: "event/Ev3", User: "U1"}},
		"an edit":                 {"events_api", `{"event_id":"Ev4","event":{"type":"message","subtype":"message_changed","hidden":true,"channel_type":"im","user":"U1"}}`, entry{Key: "event/Ev4", User: "U1"}},
		"a bot's message":         {"events_api", `{"event_id":"Ev5","event":{"type":"message","channel_type":"im","user":"U0","bot_id":"B1"}}`, entry{Key: "event/Ev5", User: "U0"}},
		"somebody changed":        {"events_api", `{"event_id":"Ev6","event":{"type":"user_change","user":{"id":"U1","deleted":true}}}`, entry{Key: "event/Ev6", Kind: kindAccount, User: "U1"}},
		"the Home tab":            {"events_api", `{"event_id":"Ev7","event":{"type":"app_home_opened","user":"U1","tab":"home"}}`, entry{Key: "event/Ev7", Kind: kindHome, User: "U1"}},
		"the Messages tab":        {"events_api", `{"event_id":"Ev8","event":{"type":"app_home_opened","user":"U1","tab":"messages"}}`, entry{Key: "event/Ev8", User: "U1"}},
		"an event without a user": {"events_api", `{"event":{"type":"subteam_members_changed"}}`, entry{Key: "envelope/E"}},
		"a command": {"slash_commands", `{"team_id":"T1","channel_id":"C1","user_id":"U1","text":"2h","trigger_id":"t1","token":"secret","response_url":"https://x"}`,
			entry{Key: "command/t1", Kind: kindCommand, User: "U1", Team: "T1", Channel: "C1", Text: "2h", Trigger: "t1"}},
		"a button": {"interactive", `{"type":"block_actions","trigger_id":"t2","response_url":"https://x","user":{"id":"U1","team_id":"T1","enterprise_user":{"enterprise_id":"E1"}},"container":{"channel_id":"D1","message_ts":"1.2"},"actions":[{"action_id":"approve","value":"req_1"}]}`,
			entry{Key: "action/t2", Kind: kindClick, User: "U1", Team: "T1", Grid: "E1", Channel: "D1", TS: "1.2", Trigger: "t2", Action: "approve", Value: "req_1"}},
		"a menu": {"interactive", `{"type":"block_actions","trigger_id":"t3","user":{"id":"U1"},"actions":[{"action_id":"more","selected_option":{"value":"gr_1 30"}}]}`,
			entry{Key: "action/t3", Kind: kindClick, User: "U1", Trigger: "t3", Action: "more", Value: "gr_1 30"}},
		"a click on nothing": {"interactive", `{"type":"block_actions","trigger_id":"t4","user":{"id":"U1"},"actions":[]}`, entry{Key: "action/t4", User: "U1", Trigger: "t4"}},
		"a form": {"interactive", `{"type":"view_submission","user":{"id":"U1","team_id":"T9"},"team":{"id":"T1"},"view":{"id":"V1","callback_id":"request_form","private_metadata":"req_1","state":{"values":{"reason":{"reason":{"type":"plain_text_input","value":" why "}},"for":{"for":{"selected_user":"U2"}},"duration":{"duration":{"selected_option":{"value":"20"}}},"ticket":{"ticket":{"value":null}}}}}}`,
			entry{Key: "envelope/E", Kind: kindSubmission, User: "U1", Team: "T9", View: "V1", Action: "request_form", Private: "req_1",
				Inputs: map[string]string{"reason": "why", "for": "U2", "duration": "20", "ticket": ""}}},
		"typing": {"interactive", `{"type":"block_suggestion","user":{"id":"U1"},"action_id":"entitlement","value":"bil"}`, entry{Key: "envelope/E", Kind: kindSuggestion, User: "U1", Action: "entitlement", Text: "bil"}},
		"a shortcut": {"interactive", `{"type":"message_action","callback_id":"c","trigger_id":"t5","user":{"id":"U1"},"channel":{"id":"C1"},"message":{"text":"it broke","user":"U2","ts":"1.7"}}`,
			entry{Key: "action/t5", Kind: kindShortcut, User: "U1", Channel: "C1", TS: "1.7", Trigger: "t5", Action: "c", Text: "it broke", Author: "U2"}},
		"a global shortcut": {"interactive", `{"type":"shortcut","callback_id":"c","trigger_id":"t6","user":{"id":"U1"}}`, entry{Key: "action/t6", Kind: kindShortcut, User: "U1", Trigger: "t6", Action: "c"}},
		"something unheard": {"interactive", `{"type":"workflow_step","user":{"id":"U1"}}`, entry{Key: "envelope/E", User: "U1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(tt.kind, "E", []byte(tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			kept, err := json.Marshal(got)
			if err != nil || strings.Contains(string(kept), "secret") || strings.Contains(string(kept), "https://x") {
				t.Errorf("what is kept holds a credential: %s (%v)", kept, err)
			}
		})
	}
}

func TestDecodeRefusesWhatIsNoPayload(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"events_api", "slash_commands", "interactive"} {
		if _, err := decode(kind, "E", []byte(`["no", "object"]`)); err == nil {
			t.Errorf("%s: a list is taken for a payload", kind)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("events_api", []byte(`{"event_id":"Ev1","event":{"type":"message","channel_type":"im","user":"U1","text":"hi"}}`))
	f.Add("slash_commands", []byte(`{"user_id":"U1","text":"2h"}`))
	f.Add("interactive", []byte(`{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"approve","value":"req_1"}]}`))
	f.Add("interactive", []byte(`{"type":"view_submission","user":{"id":"U1"},"view":{"state":{"values":{"a":{"b":{"value":"x"}}}}}}`))
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		e, err := decode(kind, "E", payload)
		if err != nil {
			return
		}
		if e.Key == "" {
			t.Error("an entry without a key can't be told from its copies")
		}
		if e.Kind != kindNothing && e.User == "" {
			t.Error("an entry of nobody")
		}
		plainText(e.Text)
	})
}

func TestPlainTextIsWhatThePersonSaw(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a &lt;b&gt; &amp; c":                          "a <b> & c",
		"see <https://x.example/a|the runbook>":        "see the runbook",
		"see <https://x.example/a>":                    "see https://x.example/a",
		"for <mailto:ana@example.com|ana@example.com>": "for ana@example.com",
		"in <#C1|general> please":                      "in general please",
		"&lt;@U1&gt; typed by hand":                    "<@U1> typed by hand",
		"  spaced ":                                    "spaced",
	} {
		if got := plainText(in); got != want {
			t.Errorf("plainText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOutsidersAreToldFromTheirOwnTeam(t *testing.T) {
	t.Parallel()
	user := func(team, enterprise string, change ...func(*slack.User)) slack.User {
		u := slack.User{ID: "U1", TeamID: team, Enterprise: slack.EnterpriseUser{EnterpriseID: enterprise}}
		for _, c := range change {
			c(&u)
		}
		return u
	}
	alone, grid := home{team: "T1", user: "U0"}, home{team: "T1", enterprise: "E1", user: "U0"}
	tests := map[string]struct {
		home       home
		user       slack.User
		team, grid string
		outside    bool
		workspace  string
	}{
		"a member":                                {alone, user("T1", ""), "T1", "", false, "T1"},
		"a member, the payload says nothing":      {alone, user("T1", ""), "", "", false, "T1"},
		"an outsider in the profile":              {alone, user("T9", ""), "", "", true, "T1"},
		"an outsider in the payload":              {alone, user("T1", ""), "T9", "", true, "T1"},
		"an outsider whose payload says home":     {alone, user("T9", ""), "T1", "", true, "T1"},
		"a stranger":                              {alone, user("T1", "", func(u *slack.User) { u.IsStranger = true }), "T1", "", true, "T1"},
		"a member of another enterprise":          {alone, user("T9", "E9"), "T9", "E9", true, "T1"},
		"a grid member of this workspace":         {grid, user("T1", "E1"), "T1", "E1", false, "E1"},
		"a grid member of a sister workspace":     {grid, user("T2", "E1"), "T2", "", false, "E1"},
		"a grid member whose team is the grid":    {grid, user("E1", "E1"), "E1", "", false, "E1"},
		"somebody of another grid":                {grid, user("T9", "E9"), "T9", "E9", true, "E1"},
		"a forged enterprise does not help alone": {alone, user("T9", ""), "T9", "E1", true, "T1"},
	}
	for name, tt := range tests {
		b := &Bot{home: tt.home}
		a := b.account(tt.user, tt.team, tt.grid)
		if a.Outsider != tt.outside || a.Workspace != tt.workspace {
			t.Errorf("%s: outsider %v in %s", name, a.Outsider, a.Workspace)
		}
	}
}

func TestErrorsSayWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	slackErr := func(code string) error { return slack.SlackErrorResponse{Err: code} }
	tests := map[string]struct {
		err         error
		again, sent bool
		gone, fatal bool
	}{
		"patience":         {&slack.RateLimitedError{RetryAfter: 1}, true, false, false, false},
		"a server's fault": {slack.StatusCodeError{Code: 502}, true, true, false, false},
		"a wrong address":  {mend("auth.test", slack.StatusCodeError{Code: 404}), false, true, false, true},
		"Slack's fault":    {slackErr("internal_error"), true, true, false, false},
		"a lost channel":   {slackErr("channel_not_found"), false, false, true, false},
		"bad blocks":       {slackErr("invalid_blocks"), false, false, false, false},
		"a revoked token":  {slackErr("token_revoked"), true, false, false, false},
		"a refused token":  {mend("auth.test", slackErr("invalid_auth")), true, false, false, true},
		"a busy database":  {approvals.Errorf(approvals.CodeUnavailable, "Later."), true, true, false, false},
		"no such request":  {approvals.Errorf(approvals.CodeNotFound, "None."), false, true, false, false},
	}
	for name, tt := range tests {
		again, sent := passing(tt.err)
		if again != tt.again || sent != tt.sent || gone(tt.err) != tt.gone || fatal(tt.err) != tt.fatal {
			t.Errorf("%s: again %v, sent %v, gone %v, fatal %v", name, again, sent, gone(tt.err), fatal(tt.err))
		}
	}
}
