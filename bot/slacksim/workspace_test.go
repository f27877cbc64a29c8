package slacksim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestEventsComeOnlyWithScopeAndSubscription(t *testing.T) {
	t.Parallel()
	act := func(w *slacksim.Workspace) {
		ana := w.As("UANA")
		_, err1 := ana.DM("x")
		_, err2 := ana.Mention("CGEN", "x")
		_, err3 := ana.Post("CGEN", "", "not for the bot")
		_, err4 := ana.Mention("CNOB", "nobody there")
		if err := errors.Join(err1, err2, err3, err4, ana.OpenHome(), w.UpdateUser("UBOB", func(u *slacksim.User) { u.Title = "x" })); err != nil {
			t.Error(err)
		}
	}
	cases := []struct {
		name   string
		change func(*slacksim.Config)
		want   []string
	}{
		{"as a bot usually has it", nil, []string{"message", "app_mention", "app_home_opened", "user_change"}},
		{"no scopes", func(c *slacksim.Config) { c.Scopes = []string{} }, []string{"app_home_opened"}},
		{"no subscriptions", func(c *slacksim.Config) { c.Events = []string{} }, nil},
		{"channels too", func(c *slacksim.Config) {
			c.Scopes = []string{"channels:history", "app_mentions:read"}
			c.Events = []string{"message.channels", "app_mention"}
		}, []string{"app_mention", "message", "message"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := workspace(t, c.change)
			act(w)
			var got []string
			for _, e := range w.Envelopes() {
				if e.RetryAttempt == 0 {
					got = append(got, e.What)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGridFactsAreInPayloadsAndPeople(t *testing.T) {
	t.Parallel()
	w := workspace(t, func(c *slacksim.Config) { c.EnterpriseID = "E0GRID" })
	got := post(t, w, "xoxb-local", "users.info", values("user", "UANA"))
	user := got.All["user"].(map[string]any)
	if e, _ := user["enterprise_user"].(map[string]any); e["enterprise_id"] != "E0GRID" {
		t.Errorf("enterprise_user: %v", e)
	}
	out := post(t, w, "xoxb-local", "users.info", values("user", "UOUT"))
	if e := out.All["user"].(map[string]any)["enterprise_user"]; e != nil {
		t.Errorf("an outsider's enterprise_user: %v", e)
	}
	if err := w.As("UANA").Shortcut(t.Context(), "ask"); !errors.Is(err, slacksim.ErrNoConnection) {
		t.Fatal(err)
	}
	var p struct {
		Enterprise struct{ ID string }
		Team       struct {
			Enterprise string `json:"enterprise_id"`
		}
	}
	env := w.Envelopes()
	if err := json.Unmarshal(env[len(env)-1].Payload, &p); err != nil || p.Enterprise.ID != "E0GRID" || p.Team.Enterprise != "E0GRID" {
		t.Errorf("%v: %+v", err, p)
	}
}

func TestPeopleShowWhatTheyAre(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	facts := func(id string) string {
		u := post(t, w, "xoxb-local", "users.info", values("user", id)).All["user"].(map[string]any)
		return strings.TrimSpace(fmt.Sprintln(u["deleted"], u["is_restricted"], u["is_ultra_restricted"], u["is_bot"], u["is_admin"], u["team_id"], u["is_stranger"], u["tz"]))
	}
	for id, want := range map[string]string{
		"UANA":  "false false false false false T0LOCAL <nil> Europe/Madrid",
		"UBOB":  "false false false false true T0LOCAL <nil> America/New_York",
		"UGUE":  "false true false false false T0LOCAL <nil> UTC",
		"UOUT":  "false false false false false T0OTHER false UTC",
		"UOLD":  "true <nil> <nil> false <nil> T0LOCAL <nil> UTC",
		"U0BOT": "false false false true false T0LOCAL <nil> UTC",
	} {
		if got := facts(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestConversationsAreOpenedAndReadInPages(t *testing.T) {
	t.Parallel()
	w := workspace(t, func(c *slacksim.Config) {
		c.Scopes = strings.Fields("im:write im:history im:read channels:history channels:read chat:write")
	})
	dm := post(t, w, "xoxb-local", "conversations.open", values("users", "UANA", "return_im", "true"))
	id := dm.Channel.(map[string]any)["id"].(string)
	if again := post(t, w, "xoxb-local", "conversations.open", values("channel", id)); again.Channel.(map[string]any)["id"] != id || id != w.As("UANA").DMChannel() {
		t.Errorf("opened %v", again.All)
	}
	if got := post(t, w, "xoxb-local", "conversations.open", values("channel", "CGEN")); got.Error != "method_not_supported_for_channel_type" {
		t.Errorf("opened a channel: %q", got.Error)
	}
	if got := post(t, w, "xoxb-local", "conversations.open", values("users", "UANA,UBOB")); got.Error != "too_many_users" {
		t.Errorf("several people: %q", got.Error)
	}
	var stamps []string
	for i := range 5 {
		m, err := w.As("UANA").DM(fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		stamps = append(stamps, m.TS)
	}
	read := func(kv ...string) (out []string, next string) {
		got := post(t, w, "xoxb-local", "conversations.history", values(append([]string{"channel", id}, kv...)...))
		list, _ := got.All["messages"].([]any)
		for _, m := range list {
			out = append(out, m.(map[string]any)["text"].(string))
		}
		if meta, ok := got.All["response_metadata"].(map[string]any); ok {
			next, _ = meta["next_cursor"].(string)
		}
		return out, next
	}
	first, next := read("limit", "3")
	second, end := read("limit", "3", "cursor", next)
	if diff := cmp.Diff([]string{"4", "3", "2", "1", "0"}, append(first, second...)); diff != "" || end != "" {
		t.Errorf("pages, then %q (-want +got):\n%s", end, diff)
	}
	between, _ := read("oldest", stamps[1], "latest", stamps[3])
	inclusive, _ := read("oldest", stamps[1], "latest", stamps[3], "inclusive", "true")
	if diff := cmp.Diff([][]string{{"2"}, {"3", "2", "1"}}, [][]string{between, inclusive}); diff != "" {
		t.Errorf("windows (-want +got):\n%s", diff)
	}
	if got := post(t, w, "xoxb-local", "conversations.history", values("channel", id, "oldest", "yesterday")); got.Error != "invalid_ts_oldest" {
		t.Errorf("bad bound: %q", got.Error)
	}
	if got := post(t, w, "xoxb-local", "conversations.history", values("channel", "CNOB")); got.Error != "not_in_channel" {
		t.Errorf("a channel without the bot: %q", got.Error)
	}
	if got := post(t, w, "xoxb-local", "conversations.replies", values("channel", id, "ts", "1.000001")); got.Error != "thread_not_found" {
		t.Errorf("no thread: %q", got.Error)
	}
	info := post(t, w, "xoxb-local", "conversations.info", values("channel", "CEXT", "include_num_members", "true")).All["channel"].(map[string]any)
	if info["is_ext_shared"] != true || info["num_members"] != 4.0 || fmt.Sprint(info["shared_team_ids"]) != "[T0LOCAL T0OTHER]" {
		t.Errorf("shared channel: %v", info)
	}
	if got := post(t, w, "xoxb-local", "conversations.members", values("channel", "CGEN", "limit", "5000")); got.Error != "invalid_limit" {
		t.Errorf("limit: %q", got.Error)
	}
}

func TestGroupsAreListedWithTheirMembersOnRequest(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	group := func(kv ...string) map[string]any {
		return post(t, w, "xoxb-local", "usergroups.list", values(kv...)).All["usergroups"].([]any)[0].(map[string]any)
	}
	if g := group(); g["users"] != nil || g["handle"] != "dba" {
		t.Errorf("group: %v", g)
	}
	if g := group("include_users", "true", "include_count", "true"); fmt.Sprint(g["users"], g["user_count"]) != "[UBOB] 1" {
		t.Errorf("with members: %v", g)
	}
	if got := post(t, w, "xoxb-local", "usergroups.users.list", values("usergroup", "S0DBA")); fmt.Sprint(got.All["users"]) != "[UBOB]" {
		t.Errorf("members: %v", got.All)
	}
}

func TestExternalIDsAreUnique(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	view := `{"type":"home","external_id":"mine","blocks":[{"type":"divider"}]}`
	if got := post(t, w, "xoxb-local", "views.publish", values("user_id", "UANA", "view", view)); !got.OK {
		t.Errorf("first: %q", got.Error)
	}
	if got := post(t, w, "xoxb-local", "views.publish", values("user_id", "UBOB", "view", view)); got.Error != "duplicate_external_id" {
		t.Errorf("second: %q", got.Error)
	}
	if got := post(t, w, "xoxb-local", "views.update", values("external_id", "mine", "view", view)); !got.OK {
		t.Errorf("update by external id: %q", got.Error)
	}
	if got := post(t, w, "xoxb-local", "views.update", values("external_id", "mine", "view", modalView)); got.Error != "invalid_arguments" {
		t.Errorf("a home made a modal: %q", got.Error)
	}
}

func TestRatesCanBeScaledAndSwitchedOff(t *testing.T) {
	t.Parallel()
	for scale, want := range map[float64]int{0: 20, 2: 40, -1: 100} {
		now := time.Unix(1e9, 0)
		w := workspace(t, func(c *slacksim.Config) { c.Rates.Scale, c.Now = scale, func() time.Time { return now } })
		n := 0
		for n < 100 && post(t, w, "xoxb-local", "usergroups.list", nil).OK {
			n++
		}
		if n != want {
			t.Errorf("scale %v: %d calls, want %d", scale, n, want)
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, err := slacksim.New(config())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Wait(ctx, func() bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		w.Close()
	})
}

func TestNothingIsDeliveredAfterClose(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		conn, _ := raw(h)
		frame(t, conn)
		if _, err := h.As("UANA").DM("x"); err != nil {
			t.Fatal(err)
		}
		frame(t, conn)
		h.Close()
		<-time.After(time.Hour)
		if n := len(h.Envelopes()); n != 1 {
			t.Errorf("%d envelopes", n)
		}
		if _, err := h.Dial(h.ctx, "", ""); err == nil {
			t.Error("dialled a closed workspace")
		}
	})
}

func TestSelectInAMessageTellsTheBotAndKeepsItsState(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		option := func(v string) *slack.OptionBlockObject { return slack.NewOptionBlockObject(v, plainText(v), nil) }
		_, ts, err := h.client.PostMessage("CGEN", textOption("pick"), slack.MsgOptionBlocks(slack.NewActionBlock("b",
			slack.NewOptionsSelectBlockElement("static_select", plainText("How long"), "length", option("1h"), option("2h")),
			slack.NewOverflowBlockElement("more", option("history")),
			slack.NewButtonBlockElement("go", "x", plainText("Go")), slack.NewDatePickerBlockElement("day"))))
		if err != nil {
			t.Fatal(err)
		}
		ana := h.As("UANA")
		if err := ana.Select(h.ctx, "CGEN", ts, "length", "9h"); err == nil {
			t.Error("chose what is not there")
		}
		if err := ana.Click(h.ctx, "CGEN", ts, "more"); err == nil {
			t.Error("chose nothing of a menu")
		}
		err = errors.Join(ana.Select(h.ctx, "CGEN", ts, "length", "2h"), ana.Select(h.ctx, "CGEN", ts, "day", "2026-02-01"), ana.Select(h.ctx, "CGEN", ts, "more", "history"), ana.Click(h.ctx, "CGEN", ts, "go", slacksim.Value("x")))
		if err != nil {
			t.Fatal(err)
		}
		if err := ana.Click(h.ctx, "CGEN", ts, "go", slacksim.Value("y")); err == nil {
			t.Error("pressed a button with another value")
		}
		var got []string
		for _, ev := range h.events(socketmode.EventTypeInteractive) {
			in := ev.Data.(slack.InteractionCallback)
			act := in.ActionCallback.BlockActions[0]
			got = append(got, act.ActionID+"="+act.SelectedOption.Value+act.SelectedDate+act.Value)
		}
		if diff := cmp.Diff([]string{"length=2h", "day=2026-02-01", "more=history", "go=x"}, got); diff != "" {
			t.Errorf("actions (-want +got):\n%s", diff)
		}
		last := h.events(socketmode.EventTypeInteractive)[3].Data.(slack.InteractionCallback)
		if v := last.BlockActionState.Values["b"]["length"].SelectedOption.Value; v != "2h" || last.Container.MessageTs != ts || last.ResponseURL == "" {
			t.Errorf("state %q, container %+v", v, last.Container)
		}
		m, _ := ana.Message("CGEN", ts)
		kinds := make([]string, 0, 4)
		for _, c := range m.Controls() {
			kinds = append(kinds, c.Type)
		}
		if !slices.Equal(kinds, []string{"static_select", "overflow", "button", "datepicker"}) {
			t.Errorf("controls %v", kinds)
		}
	})
}
