package slacksim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// shapeWorkspace is a workspace without a bot: what would be sent is in its log all the same.
func shapeWorkspace(t *testing.T) *Workspace {
	t.Helper()
	w, err := New(Config{
		Command: "/access", Scopes: append(slices.Clone(defaultScopes), "team:read", "channels:read", "groups:read"), Events: append(slices.Clone(defaultEvents), "message.channels"),
		Shortcuts: []Shortcut{{"ask", "Ask"}},
		Users: []User{{ID: "U1", Name: "ana", RealName: "Ana Diaz", Email: "ana@example.com"},
			{ID: "U2", Name: "olga", TeamID: "T2"}},
		UserGroups: []Group{{ID: "S1", Handle: "dba", Users: []string{"U1"}}},
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
		if e.What == what {
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
	w := shapeWorkspace(t)
	ana, ctx := w.As("U1"), t.Context()
	want := func(err error) { // nobody is connected; the payload is in the log
		if err == nil {
			t.Fatal("the click succeeded without a bot")
		}
	}
	check := func(sample string, got object) {
		t.Helper()
		for _, p := range differences(sample, readJSON[object](t, reference(t, "samples", sample)), got, sample) {
			t.Error(p)
		}
	}
	_, err := ana.Mention("C1", "hello https://example.com")
	if err != nil {
		t.Fatal(err)
	}
	check("events/AppMentionPayload.json", last(t, w, "app_mention"))
	if _, err := ana.DM("hello"); err != nil {
		t.Fatal(err)
	}
	check("events/MessagePayload.json", last(t, w, "message"))
	if err := ana.OpenHome(); err != nil {
		t.Fatal(err)
	}
	check("events/AppHomeOpenedPayload.json", last(t, w, "app_home_opened"))
	if err := w.UpdateUser("U1", func(u *User) { u.Title = "Boss" }); err != nil {
		t.Fatal(err)
	}
	check("events/UserChangePayload.json", last(t, w, "user_change"))

	posted := callAPI(t, w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {"t"}, "blocks": {shapeBlocks}})
	ts := str(posted["ts"])
	want(ana.Click(ctx, "C1", ts, "go"))
	check("app-backend/interactive-components/BlockActionPayload.json", last(t, w, "block_actions"))
	want(ana.Command(ctx, "C1", "prod 2h"))
	check("app-backend/slash-commands/SlashCommandPayload.json", last(t, w, "/access"))

	opened := callAPI(t, w, "views.open", url.Values{"trigger_id": {triggerOf(t, w, "/access")}, "view": {shapeView}})
	check("api/views.open.json", opened)
	view := ana.Views()[0].ID
	want(ana.ClickView(ctx, view, "k"))
	check("app-backend/interactive-components/BlockActionPayload.json", last(t, w, "block_actions"))
	check("api/views.push.json", callAPI(t, w, "views.push", url.Values{"trigger_id": {triggerOf(t, w, "block_actions")}, "view": {shapeView}}))
	top := ana.Views()[1].ID
	check("api/views.update.json", callAPI(t, w, "views.update", url.Values{"view_id": {top}, "view": {shapeView}}))
	want(ana.Submit(ctx, top, nil))
	check("app-backend/views/ViewSubmissionPayload.json", last(t, w, "view_submission"))
	want(ana.Close(ctx, top))
	check("app-backend/views/ViewClosedPayload.json", last(t, w, "view_closed"))
	check("api/views.publish.json", callAPI(t, w, "views.publish", url.Values{"user_id": {"U1"}, "view": {`{"type":"home","blocks":[{"type":"divider"}]}`}}))

	for method, form := range map[string]url.Values{
		"auth.test": {}, "apps.connections.open": {}, "team.info": {}, "users.info": {"user": {"U1"}}, "users.list": {}, "users.lookupByEmail": {"email": {"ana@example.com"}},
		"usergroups.list": {"include_users": {"true"}}, "usergroups.users.list": {"usergroup": {"S1"}}, "conversations.info": {"channel": {"C1"}},
		"conversations.members": {"channel": {"C1"}}, "chat.postEphemeral": {"channel": {"C1"}, "user": {"U1"}, "text": {"x"}},
	} {
		got := callAPI(t, w, method, form)
		if got["ok"] != true {
			t.Errorf("%s: %v", method, got)
		}
		check("api/"+method+".json", got)
	}
}

// unrecorded are properties that Slack's documentation shows and the recordings lack.
var unrecorded = []string{
	"context_team_id", "context_enterprise_id", // in every events_api payload since 2022
	"state", "response_urls", "is_cleared", "message.metadata", "metadata.event_payload", "channel_type", "event_context",
	"response_metadata", "message.state", "view.blocks", "event.event_ts", "members[2].is_stranger",
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
