package slacksim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// answer is what a Web API call came to.
type answer struct {
	Status  int
	Header  http.Header
	OK      bool
	Error   string
	Needed  string
	TS      string
	Channel any
	Message struct {
		Text   string
		Blocks []map[string]any
	}
	Meta struct{ Messages []string } `json:"response_metadata"`
	View struct{ ID, Hash string }
	All  map[string]any `json:"-"`
}

// post makes a Web API call with a form body.
func post(t *testing.T, w *slacksim.Workspace, token, method string, form url.Values) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/"+method, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return serve(t, w, r)
}

func serve(t *testing.T, w *slacksim.Workspace, r *http.Request) answer {
	t.Helper()
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, r)
	body, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := answer{Status: rec.Code, Header: rec.Header()}
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	_ = json.Unmarshal(body, &out.All)
	return out
}

func workspace(t *testing.T, change func(*slacksim.Config)) *slacksim.Workspace {
	t.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	w, err := slacksim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func values(kv ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return v
}

const (
	oneBlock  = `[{"type":"section","text":{"type":"mrkdwn","text":"hi"}}]`
	homeView  = `{"type":"home","blocks":[{"type":"divider"}]}`
	modalView = `{"type":"modal","title":{"type":"plain_text","text":"T"},"blocks":[{"type":"divider"}]}`
)

func TestCallsAreRefusedWithSlacksOwnErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 4001)
	cases := []struct {
		name, token, method string
		form                url.Values
		want                string
	}{
		{"no token", "", "auth.test", nil, "not_authed"},
		{"wrong token", "xoxb-other", "auth.test", nil, "invalid_auth"},
		{"app token where the bot's is due", "xapp-local", "auth.test", nil, "not_allowed_token_type"},
		{"bot token where the app's is due", "xoxb-local", "apps.connections.open", nil, "not_allowed_token_type"},
		{"unknown method", "xoxb-local", "chat.shout", nil, "unknown_method"},
		{"scope not granted", "xoxb-local", "team.info", nil, "missing_scope"},
		{"scope of the kind of channel not granted", "xoxb-local", "conversations.info", values("channel", "CGEN"), "missing_scope"},
		{"history of a channel without its scope", "xoxb-local", "conversations.history", values("channel", "CGEN"), "missing_scope"},
		{"required argument missing", "xoxb-local", "chat.postMessage", values("text", "x"), "invalid_arguments"},
		{"unknown channel", "xoxb-local", "chat.postMessage", values("channel", "CXXX", "text", "x"), "channel_not_found"},
		{"channel the bot is not in", "xoxb-local", "chat.postMessage", values("channel", "CNOB", "text", "x"), "not_in_channel"},
		{"private channel the bot is not in", "xoxb-local", "chat.postMessage", values("channel", "CPRV", "text", "x"), "channel_not_found"},
		{"archived channel", "xoxb-local", "chat.postMessage", values("channel", "COLD", "text", "x"), "is_archived"},
		{"nothing to say", "xoxb-local", "chat.postMessage", values("channel", "CGEN"), "no_text"},
		{"deactivated person", "xoxb-local", "chat.postMessage", values("channel", "UOLD", "text", "x"), "channel_not_found"},
		{"blocks that are not JSON", "xoxb-local", "chat.postMessage", values("channel", "CGEN", "blocks", "{["), "invalid_blocks_format"},
		{"blocks that are no array", "xoxb-local", "chat.postMessage", values("channel", "CGEN", "blocks", `{"type":"divider"}`), "invalid_blocks_format"},
		{"invalid blocks", "xoxb-local", "chat.postMessage", values("channel", "CGEN", "blocks", `[{"type":"banner"}]`), "invalid_blocks"},
		{"metadata that is not JSON", "xoxb-local", "chat.postMessage", values("channel", "CGEN", "text", "x", "metadata", "no"), "invalid_metadata_format"},
		{"metadata without payload", "xoxb-local", "chat.postMessage", values("channel", "CGEN", "text", "x", "metadata", `{"event_type":"a"}`), "invalid_metadata_schema"},
		{"reply to nothing", "xoxb-local", "chat.postMessage", values("channel", "CGEN", "text", "x", "thread_ts", "1.000001"), "cannot_reply_to_message"},
		{"update of nothing", "xoxb-local", "chat.update", values("channel", "CGEN", "ts", "1.000001", "text", "x"), "message_not_found"},
		{"update too long", "xoxb-local", "chat.update", values("channel", "CGEN", "ts", "1.000001", "text", long), "msg_too_long"},
		{"deletion of nothing", "xoxb-local", "chat.delete", values("channel", "CGEN", "ts", "1.000001"), "message_not_found"},
		{"link to nothing", "xoxb-local", "chat.getPermalink", values("channel", "CGEN", "message_ts", "1.000001"), "message_not_found"},
		{"ephemeral to somebody elsewhere", "xoxb-local", "chat.postEphemeral", values("channel", "CEXT", "user", "UBOB", "text", "x"), "user_not_in_channel"},
		{"direct messages with nobody", "xoxb-local", "conversations.open", nil, "users_list_not_supplied"},
		{"direct messages with a stranger's id", "xoxb-local", "conversations.open", values("users", "UXXX"), "user_not_found"},
		{"direct messages with somebody who left", "xoxb-local", "conversations.open", values("users", "UOLD"), "user_disabled"},
		{"unknown person", "xoxb-local", "users.info", values("user", "UXXX"), "user_not_found"},
		{"address of nobody", "xoxb-local", "users.lookupByEmail", values("email", "no@example.com"), "users_not_found"},
		{"address of somebody who left", "xoxb-local", "users.lookupByEmail", values("email", "old@example.com"), "users_not_found"},
		{"address of an outsider", "xoxb-local", "users.lookupByEmail", values("email", "olga@other.example"), "users_not_found"},
		{"unknown group", "xoxb-local", "usergroups.users.list", values("usergroup", "S9"), "no_such_subteam"},
		{"bad cursor", "xoxb-local", "users.list", values("cursor", "zz"), "invalid_cursor"},
		{"modal without trigger", "xoxb-local", "views.open", values("view", modalView), "invalid_trigger_id"},
		{"home where a modal is due", "xoxb-local", "views.open", values("trigger_id", "x", "view", homeView), "invalid_arguments"},
		{"view too large", "xoxb-local", "views.open", values("trigger_id", "x", "view", `{"a":"`+strings.Repeat("x", 256000)+`"}`), "view_too_large"},
		{"update of no view", "xoxb-local", "views.update", values("view_id", "V1", "view", modalView), "not_found"},
		{"home of nobody", "xoxb-local", "views.publish", values("user_id", "UXXX", "view", homeView), "invalid_arguments"},
		{"stale hash of a home never published", "xoxb-local", "views.publish", values("user_id", "UANA", "hash", "1", "view", homeView), "hash_conflict"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := post(t, workspace(t, nil), c.token, c.method, c.form)
			if got.OK || got.Error != c.want {
				t.Errorf("ok %v, error %q, want %q: %v", got.OK, got.Error, c.want, got.Meta.Messages)
			}
		})
	}
}

func TestMissingScopeNamesWhatIsNeeded(t *testing.T) {
	t.Parallel()
	w := workspace(t, func(c *slacksim.Config) { c.Scopes = []string{"im:write"} })
	got := post(t, w, "xoxb-local", "chat.postMessage", values("channel", "CGEN", "text", "x"))
	if got.Error != "missing_scope" || got.Needed != "chat:write" || got.All["provided"] != "im:write" {
		t.Errorf("got %v", got.All)
	}
	if diff := cmp.Diff([]string{"im:write"}, got.Header["X-Oauth-Scopes"]); diff != "" {
		t.Errorf("X-OAuth-Scopes (-want +got):\n%s", diff)
	}
}

func TestUpdateWithTextAloneDeletesTheBlocks(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	sent := post(t, w, "xoxb-local", "chat.postMessage", values("channel", "CGEN", "text", "x", "blocks", oneBlock))
	if !sent.OK || len(sent.Message.Blocks) != 1 || sent.Message.Blocks[0]["block_id"] == "" {
		t.Fatalf("sent: %v", sent.All)
	}
	got := post(t, w, "xoxb-local", "chat.update", values("channel", "CGEN", "ts", sent.TS, "text", "only text"))
	if !got.OK || got.Message.Text != "only text" || len(got.Message.Blocks) != 0 {
		t.Errorf("updated: %v", got.All)
	}
}

func TestOthersMessagesCannotBeChanged(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	m, err := w.As("UANA").Post("CGEN", "", "mine")
	if err != nil {
		t.Fatal(err)
	}
	if got := post(t, w, "xoxb-local", "chat.update", values("channel", "CGEN", "ts", m.TS, "text", "x")); got.Error != "cant_update_message" {
		t.Errorf("update: %q", got.Error)
	}
	if got := post(t, w, "xoxb-local", "chat.delete", values("channel", "CGEN", "ts", m.TS)); got.Error != "cant_delete_message" {
		t.Errorf("delete: %q", got.Error)
	}
}

func TestLongTextIsCutAt40000(t *testing.T) {
	t.Parallel()
	got := post(t, workspace(t, nil), "xoxb-local", "chat.postMessage", values("channel", "CGEN", "text", strings.Repeat("é", 40001)))
	if n := len([]rune(got.Message.Text)); n != 40000 {
		t.Errorf("%d characters", n)
	}
}

func TestMetadataComesBackOnlyWhenAllOfItIsAskedFor(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	dm := w.As("UANA").DMChannel()
	post(t, w, "xoxb-local", "chat.postMessage", values("channel", dm, "text", "x", "metadata", `{"event_type":"request","event_payload":{"id":"r1"}}`))
	meta := func(form url.Values) any {
		got := post(t, w, "xoxb-local", "conversations.history", form)
		return got.All["messages"].([]any)[0].(map[string]any)["metadata"]
	}
	want := map[string]any{"event_type": "request", "event_payload": map[string]any{"id": "r1"}}
	if diff := cmp.Diff(want, meta(values("channel", dm, "include_all_metadata", "true"))); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"event_type": "request"}, meta(values("channel", dm))); diff != "" {
		t.Errorf("short (-want +got):\n%s", diff)
	}
}

func TestBodiesAreReadAsSlackReadsThem(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, method, contentType, auth, body, want string }{
		{"JSON", "chat.postMessage", "application/json; charset=utf-8", "xoxb-local", `{"channel":"CGEN","text":"x","blocks":` + oneBlock + `}`, ""},
		{"token in a form", "auth.test", "application/x-www-form-urlencoded", "", "token=xoxb-local", ""},
		{"token in a JSON body does not count", "auth.test", "application/json", "", `{"token":"xoxb-local"}`, "not_authed"},
		{"JSON to a method that reads forms only", "users.info", "application/json", "xoxb-local", `{"user":"UANA"}`, "invalid_arguments"},
		{"broken JSON", "auth.test", "application/json", "xoxb-local", `{"a"`, "invalid_json"},
		{"two JSON values", "auth.test", "application/json", "xoxb-local", `{} {}`, "invalid_json"},
		{"JSON array", "auth.test", "application/json", "xoxb-local", `[]`, "json_not_object"},
		{"broken form", "auth.test", "application/x-www-form-urlencoded", "xoxb-local", "a=%zz", "invalid_form_data"},
		{"XML", "auth.test", "text/xml", "xoxb-local", "<a/>", "invalid_post_type"},
		{"no content type", "auth.test", "", "xoxb-local", "a=b", "missing_post_type"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/api/"+c.method, strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.contentType)
			if c.contentType == "" {
				r.Header.Del("Content-Type")
			}
			if c.auth != "" {
				r.Header.Set("Authorization", "Bearer "+c.auth)
			}
			if got := serve(t, workspace(t, nil), r); got.Error != c.want {
				t.Errorf("error %q, want %q", got.Error, c.want)
			}
		})
	}
}

func TestTiersAnswer429WithRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	w := workspace(t, func(c *slacksim.Config) { c.Now = func() time.Time { return now } })
	for i := range 20 {
		if got := post(t, w, "xoxb-local", "users.list", nil); !got.OK {
			t.Fatalf("call %d: %s", i+1, got.Error)
		}
		now = now.Add(time.Second)
	}
	got := post(t, w, "xoxb-local", "users.list", nil)
	if got.Status != http.StatusTooManyRequests || got.Error != "ratelimited" || got.Header.Get("Retry-After") != "40" {
		t.Errorf("status %d, error %q, Retry-After %q", got.Status, got.Error, got.Header.Get("Retry-After"))
	}
	now = now.Add(40 * time.Second)
	if got := post(t, w, "xoxb-local", "users.list", nil); !got.OK {
		t.Errorf("after Retry-After: %s", got.Error)
	}
}

func TestAChannelTakesOneMessageASecondAfterABurst(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	w := workspace(t, func(c *slacksim.Config) { c.Now = func() time.Time { return now } })
	send := func(channel string) answer {
		return post(t, w, "xoxb-local", "chat.postMessage", values("channel", channel, "text", "x"))
	}
	for range 5 {
		if got := send("CGEN"); !got.OK {
			t.Fatal(got.Error)
		}
	}
	if got := send("CGEN"); got.Error != "ratelimited" || got.Header.Get("Retry-After") != "1" {
		t.Errorf("sixth at once: %q", got.Error)
	}
	if got := send("CEXT"); !got.OK {
		t.Errorf("another channel: %s", got.Error)
	}
	now = now.Add(time.Second)
	if got := send("CGEN"); !got.OK {
		t.Errorf("a second later: %s", got.Error)
	}
}

func TestAddressesAreHiddenWithoutTheirScopeAndOfOutsiders(t *testing.T) {
	t.Parallel()
	email := func(w *slacksim.Workspace, user string) any {
		got := post(t, w, "xoxb-local", "users.info", values("user", user))
		return got.All["user"].(map[string]any)["profile"].(map[string]any)["email"]
	}
	if got := email(workspace(t, nil), "UANA"); got != "ana@example.com" {
		t.Errorf("with the scope: %v", got)
	}
	if got := email(workspace(t, func(c *slacksim.Config) { c.Scopes = []string{"users:read"} }), "UANA"); got != nil {
		t.Errorf("without the scope: %v", got)
	}
	if got := email(workspace(t, nil), "UOUT"); got != nil {
		t.Errorf("of an outsider: %v", got)
	}
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	var ids []string
	for cursor := ""; ; {
		got := post(t, w, "xoxb-local", "users.list", values("limit", "4", "cursor", cursor))
		for _, m := range got.All["members"].([]any) {
			ids = append(ids, m.(map[string]any)["id"].(string))
		}
		if cursor = got.All["response_metadata"].(map[string]any)["next_cursor"].(string); cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"U0BOT", "UANA", "UBOB", "UGUE", "UOUT", "UOLD"}, ids); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestImpossibleConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*slacksim.Config){
		"BotToken must begin with xoxb-": func(c *slacksim.Config) { c.BotToken = "xapp-1" },
		"AppToken must begin with xapp-": func(c *slacksim.Config) { c.AppToken = "xoxb-1" },
		"user UANA is there twice":       func(c *slacksim.Config) { c.Users = append(c.Users, c.Users[0]) },
		`time zone "Mars/Base"`:          func(c *slacksim.Config) { c.Users[0].TimeZone = "Mars/Base" },
		"id and name are needed":         func(c *slacksim.Config) { c.Users[0].Name = "" },
		"channel CGEN is there twice":    func(c *slacksim.Config) { c.Channels = append(c.Channels, c.Channels[0]) },
		"member UXXX is not a user":      func(c *slacksim.Config) { c.UserGroups[0].Users = []string{"UXXX"} },
		"channel CGEN: member UYYY":      func(c *slacksim.Config) { c.Channels[0].Members = []string{"UYYY"} },
	}
	for want, change := range cases {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			change(&cfg)
			if _, err := slacksim.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
}

func TestTheServerListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "nonsense"} {
		if err := workspace(t, nil).Start(t.Context(), addr); err == nil {
			t.Errorf("listened on %q", addr)
		}
	}
}
