package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// shapeWorkspace is a workspace without a bot, of an organisation unless that is empty: what would be sent is in its log all the same.
func shapeWorkspace(t *testing.T, enterprise string) *Workspace {
	t.Helper()
	w, err := New(Config{
		Command: "/access", Scopes: append(slices.Clone(defaultScopes), "team:read", "channels:read", "groups:read", "channels:history"), Events: append(slices.Clone(defaultEvents), "message.channels"),
		Shortcuts: []Shortcut{{"ask", "Ask"}}, MessageShortcuts: []Shortcut{{"about", "About this"}}, EnterpriseID: enterprise,
		Users: []User{{ID: "U1", Name: "ana", RealName: "Ana Diaz", Email: "ana@example.com"},
			{ID: "U2", Name: "olga", TeamID: "T2"}, {ID: "U3", Name: "bob"}},
		UserGroups: []Group{{ID: "S1", Handle: "dba", Users: []string{"U1"}}, {ID: "S2", Handle: "old", Disabled: true}},
		Channels:   []Channel{{ID: "C1", Name: "general", Members: []string{"U1", "U2", "U0BOT"}, Shared: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// callAPI makes a Web API call with a form and returns its answer.
func callAPI(t *testing.T, w *Workspace, method string, form url.Values) object {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/"+method, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer xoxb-local")
	if method == "apps.connections.open" {
		r.Header.Set("Authorization", "Bearer xapp-local")
	}
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, r)
	var out object
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v: %s", method, err, rec.Body)
	}
	return out
}

// last is the payload of the latest envelope that was made for this kind of event or interaction.
func last(t *testing.T, w *Workspace, what string) object {
	t.Helper()
	for _, e := range slices.Backward(w.Envelopes()) {
		if e.What == what && e.RetryAttempt == 0 { // nobody answers, so that the first retry follows at once
			var o object
			if err := json.Unmarshal(e.Payload, &o); err != nil {
				t.Fatal(err)
			}
			return o
		}
	}
	t.Fatalf("no envelope of %s", what)
	return nil
}

const shapeView = `{"type":"modal","callback_id":"c","title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"S"},"notify_on_close":true,"blocks":[
{"type":"input","block_id":"b","label":{"type":"plain_text","text":"L"},"element":{"type":"external_select","action_id":"x","min_query_length":0},"optional":true},
{"type":"actions","elements":[{"type":"button","action_id":"k","text":{"type":"plain_text","text":"B"}}]}]}`

const shapeBlocks = `[{"type":"actions","block_id":"d","elements":[{"type":"button","action_id":"go","value":"1","text":{"type":"plain_text","text":"Go"}}]}]`

// trigger takes the trigger_id out of the latest interaction.
func triggerOf(t *testing.T, w *Workspace, what string) string {
	return str(last(t, w, what)["trigger_id"])
}

func TestPayloadsHaveTheShapeOfRecordedOnes(t *testing.T) {
	t.Parallel()
	reference(t)
	for name, enterprise := range map[string]string{"a workspace that stands alone": "", "a workspace of an organisation": "E0LOCAL"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := shapeWorkspace(t, enterprise)
			s := &shapes{t, w, w.As("U1"), 0}
			s.events()
			s.interactions()
			s.answers()
			t.Logf("%d payloads and answers agree with recordings", s.n)
		})
	}
}

// shapes compares what a workspace sends and answers with what was recorded from Slack.
type shapes struct {
	t   *testing.T
	w   *Workspace
	ana *Actor
	n   int // comparisons
}

func (s *shapes) check(sample string, got object) {
	s.t.Helper()
	s.n++
	for _, p := range differences(sample, readJSON[object](s.t, reference(s.t, "samples", sample)), got, sample) {
		s.t.Error(p)
	}
}

func (s *shapes) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// lost is for what a person did: nobody is connected, and the payload is in the log all the same.
func (s *shapes) lost(err error) {
	s.t.Helper()
	if !errors.Is(err, ErrNoConnection) {
		s.t.Fatalf("without a bot: %v", err)
	}
}

func (s *shapes) events() {
	_, err := s.ana.Mention("C1", "hello https://example.com")
	s.ok(err)
	s.check("events/AppMentionPayload.json", last(s.t, s.w, "app_mention"))
	_, err = s.ana.DM("hello")
	s.ok(err)
	s.check("events/MessagePayload.json", last(s.t, s.w, "message"))
	posted := callAPI(s.t, s.w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {"t"}})
	s.check("events/MessagePayload.json", last(s.t, s.w, "message")) // the app's own, which has no subtype
	callAPI(s.t, s.w, "chat.update", url.Values{"channel": {"C1"}, "ts": {str(posted["ts"])}, "text": {"u"}})
	s.check("events/MessageChangedPayload.json", last(s.t, s.w, "message"))
	callAPI(s.t, s.w, "chat.delete", url.Values{"channel": {"C1"}, "ts": {str(posted["ts"])}})
	s.check("events/MessageDeletedPayload.json", last(s.t, s.w, "message"))
	s.ok(s.ana.OpenHome())
	s.check("events/AppHomeOpenedPayload.json", last(s.t, s.w, "app_home_opened"))
	s.ok(s.w.UpdateUser("U1", func(u *User) { u.Title = "Boss" }))
	s.check("events/UserChangePayload.json", last(s.t, s.w, "user_change"))
	s.ok(s.w.UpdateUser("U3", func(u *User) { u.Deleted = true }))
	s.check("events/UserChangePayload.json", last(s.t, s.w, "user_change"))
	s.ok(s.w.UpdateGroup("S1", func(g *Group) { g.Users = []string{"U3"} }))
	s.check("events/SubteamMembersChangedPayload.json", last(s.t, s.w, "subteam_members_changed"))
}

func (s *shapes) interactions() {
	ctx := s.t.Context()
	posted := callAPI(s.t, s.w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {"t"}, "blocks": {shapeBlocks}})
	ts := str(posted["ts"])
	s.lost(s.ana.Click(ctx, "C1", ts, "go"))
	s.check("app-backend/interactive-components/BlockActionPayload.json", last(s.t, s.w, "block_actions"))
	s.lost(s.ana.Command(ctx, "C1", "prod 2h"))
	s.check("app-backend/slash-commands/SlashCommandPayload.json", last(s.t, s.w, "/access"))
	s.lost(s.ana.MessageShortcut(ctx, "about", "C1", ts))
	s.check("app-backend/interactive-components/MessageShortcutPayload.json", last(s.t, s.w, "message_action"))
	reply, err := s.ana.Post("C1", ts, "about this")
	s.ok(err)
	s.lost(s.ana.MessageShortcut(ctx, "about", "C1", reply.TS))
	s.check("app-backend/interactive-components/MessageShortcutPayload.json", last(s.t, s.w, "message_action"))

	s.check("api/views.open.json", callAPI(s.t, s.w, "views.open", url.Values{"trigger_id": {triggerOf(s.t, s.w, "message_action")}, "view": {shapeView}}))
	s.lost(s.ana.ClickView(ctx, s.ana.Views()[0].ID, "k"))
	s.check("app-backend/interactive-components/BlockActionPayload.json", last(s.t, s.w, "block_actions"))
	s.check("api/views.push.json", callAPI(s.t, s.w, "views.push", url.Values{"trigger_id": {triggerOf(s.t, s.w, "block_actions")}, "view": {shapeView}}))
	top := s.ana.Views()[1].ID
	s.check("api/views.update.json", callAPI(s.t, s.w, "views.update", url.Values{"view_id": {top}, "view": {shapeView}}))
	s.lost(s.ana.Submit(ctx, top, nil))
	s.check("app-backend/views/ViewSubmissionPayload.json", last(s.t, s.w, "view_submission"))
	s.lost(s.ana.Close(ctx, top))
	s.check("app-backend/views/ViewClosedPayload.json", last(s.t, s.w, "view_closed"))
}

func (s *shapes) answers() {
	for method, form := range map[string]url.Values{
		"auth.test": {}, "apps.connections.open": {}, "team.info": {}, "users.info": {"user": {"U1"}}, "users.list": {}, "users.lookupByEmail": {"email": {"ana@example.com"}},
		"usergroups.list": {"include_users": {"true"}, "include_count": {"true"}, "include_disabled": {"true"}}, "usergroups.users.list": {"usergroup": {"S1"}}, "conversations.info": {"channel": {"C1"}},
		"conversations.members": {"channel": {"C1"}}, "chat.postEphemeral": {"channel": {"C1"}, "user": {"U1"}, "text": {"x"}},
		"views.publish": {"user_id": {"U1"}, "view": {`{"type":"home","blocks":[{"type":"divider"}]}`}},
	} {
		got := callAPI(s.t, s.w, method, form)
		if got["ok"] != true {
			s.t.Errorf("%s: %v", method, got)
		}
		s.check("api/"+method+".json", got)
	}
}

// TestAnswersWithoutARecordingHaveTheDocumentedShape covers the methods of which there is no recorded answer.
func TestAnswersWithoutARecordingHaveTheDocumentedShape(t *testing.T) {
	t.Parallel()
	reference(t)
	w := shapeWorkspace(t, "")
	ts := str(callAPI(t, w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {"root"}})["ts"])
	gone := str(callAPI(t, w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {"gone"}})["ts"])
	for method, form := range map[string]url.Values{
		"chat.postMessage": {"channel": {"C1"}, "text": {"x"}, "blocks": {shapeBlocks}}, "chat.update": {"channel": {"C1"}, "ts": {ts}, "text": {"y"}},
		"chat.delete": {"channel": {"C1"}, "ts": {gone}}, "chat.getPermalink": {"channel": {"C1"}, "message_ts": {ts}},
		"conversations.open": {"users": {"U1"}, "return_im": {"true"}}, "conversations.history": {"channel": {"C1"}}, "conversations.replies": {"channel": {"C1"}, "ts": {ts}},
	} {
		got := callAPI(t, w, method, form)
		if got["ok"] != true {
			t.Errorf("%s: %v", method, got)
			continue
		}
		out := readJSON[struct {
			Output struct {
				Required   []string
				Properties map[string]any
			}
		}](t, reference(t, "methods", method+".json")).Output
		for _, k := range out.Required {
			if _, ok := got[k]; !ok {
				t.Errorf("%s: the answer lacks %s", method, k)
			}
		}
		for k := range got {
			if out.Properties[k] == nil && k != "ok" && k != "response_metadata" {
				t.Errorf("%s: %s is not documented", method, k)
			}
		}
	}
}

// unrecorded are properties that Slack's documentation shows and the recordings lack.
var unrecorded = []string{
	"context_team_id", "context_enterprise_id", // in every events_api payload since 2022
	"state", "response_urls", "is_cleared", "message.metadata", "metadata.event_payload", "channel_type", "event_context",
	"response_metadata", "message.state", "view.blocks", "event.event_ts", "members[2].is_stranger", "event.app_id", "message.app_id", "previous_message.app_id",
	"enterprise_user.teams", "user.enterprise_user", // as in users.info
}

// retyped are properties that arrive in another type than the recordings show: in slash commands Slack sends "false" as text.
var retyped = []string{"SlashCommandPayload.json.is_enterprise_install"}

// differences names what is in ours and not in the sample, or of another type. Blocks and state values are free in form.
func differences(sample string, want, got object, path string) []string {
	var out []string
	for _, k := range sortedKeys(got) {
		at := path + "." + k
		w, ok := want[k]
		known := slices.ContainsFunc(unrecorded, func(u string) bool { return strings.HasSuffix(at, "."+u) })
		if !ok {
			if !known {
				out = append(out, fmt.Sprintf("%s is in no recording", at))
			}
			continue
		}
		if got[k] == nil || w == nil || k == "blocks" || k == "values" || k == "state" {
			continue
		}
		switch g := got[k].(type) {
		case object:
			inner, isObject := w.(object)
			if !isObject {
				out = append(out, fmt.Sprintf("%s is an object, recorded as %T", at, w))
				continue
			}
			out = append(out, differences(sample, inner, g, at)...)
		case []any:
			list, isList := w.([]any)
			if !isList {
				out = append(out, fmt.Sprintf("%s is an array, recorded as %T", at, w))
				continue
			}
			for i, x := range g {
				o, isObject := x.(object)
				if isObject && len(list) > 0 {
					inner, _ := list[0].(object)
					out = append(out, differences(sample, inner, o, fmt.Sprintf("%s[%d]", at, i))...)
				}
			}
		default:
			if fmt.Sprintf("%T", w) != fmt.Sprintf("%T", g) && !slices.ContainsFunc(retyped, func(r string) bool { return strings.HasSuffix(at, r) }) {
				out = append(out, fmt.Sprintf("%s is a %T, recorded as %T", at, g, w))
			}
		}
	}
	return out
}
