package slacksim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func textOption(s string) slack.MsgOption { return slack.MsgOptionText(s, false) }

// withBot runs a test against the example bot.
func withBot(t *testing.T, test func(h *harness)) {
	t.Helper()
	inBubble(t, config(), func(h *harness) {
		bot := exampleBot{h.client}
		h.connect(func(sm *socketmode.Client, ev socketmode.Event) { go bot.handle(sm, ev) })
		test(h)
	})
}

// card makes Ana ask and returns the bot's card.
func card(h *harness) (*slacksim.Actor, slacksim.Message) {
	h.t.Helper()
	ana := h.As("UANA")
	if _, err := ana.DM("billing-db please"); err != nil {
		h.t.Fatal(err)
	}
	m, err := ana.WaitMessage(h.ctx, ana.DMChannel(), slacksim.Saying("Read only on billing-db"))
	if err != nil {
		h.t.Fatal(err)
	}
	return ana, m
}

func TestButtonEditsTheMessageAndALateClickStillReachesTheBot(t *testing.T) {
	t.Parallel()
	withBot(t, func(h *harness) {
		ana, m := card(h)
		if err := ana.Click(h.ctx, m.Channel, m.TS, "approve"); err != nil {
			t.Fatal(err)
		}
		after, err := ana.WaitMessage(h.ctx, m.Channel, slacksim.Saying("Approved by <@UANA>"))
		if err != nil || len(after.Controls()) != 0 || after.EditedTS == "" {
			t.Fatalf("%v: %+v", err, after)
		}
		if err := ana.Click(h.ctx, m.Channel, m.TS, "approve"); err == nil || !strings.Contains(err.Error(), `no element "approve"`) {
			t.Errorf("pressed a button that is gone: %v", err)
		}
		if err := ana.ClickStale(h.ctx, m, "approve"); err != nil {
			t.Errorf("a late click: %v", err)
		}
		clicks := h.events(socketmode.EventTypeInteractive)
		if len(clicks) != 2 {
			t.Errorf("%d clicks reached the bot", len(clicks))
		}
	})
}

func TestAClickOnWhatWasDrawnAgainAlikeReachesTheBot(t *testing.T) {
	t.Parallel()
	withBot(t, func(h *harness) {
		ana, m := card(h)
		var again slack.Blocks
		raw, _ := json.Marshal(m.Blocks)
		for _, c := range m.Controls() { // as an app sends them that names no blocks
			raw = bytes.ReplaceAll(raw, []byte(c.BlockID), nil)
		}
		if err := json.Unmarshal(raw, &again); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := h.client.UpdateMessageContext(h.ctx, m.Channel, m.TS, slack.MsgOptionBlocks(again.BlockSet...)); err != nil {
			t.Fatal(err)
		}
		was := m.Controls()[0]
		for name, tc := range map[string]struct {
			with []slacksim.ClickOption
			no   bool
		}{
			"the same value":    {with: []slacksim.ClickOption{slacksim.Value(was.Value)}},
			"another value":     {with: []slacksim.ClickOption{slacksim.Value("somebody else's")}, no: true},
			"which is not said": {no: true},
		} {
			err := ana.Click(h.ctx, m.Channel, m.TS, was.ActionID, append([]slacksim.ClickOption{slacksim.InBlock(was.BlockID)}, tc.with...)...)
			if got := err != nil && strings.Contains(err.Error(), "no element"); got != tc.no {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestConfirmationMustBeGiven(t *testing.T) {
	t.Parallel()
	withBot(t, func(h *harness) {
		ana, m := card(h)
		var ask *slacksim.ConfirmNeeded
		if err := ana.Click(h.ctx, m.Channel, m.TS, "deny"); !errors.As(err, &ask) {
			t.Fatalf("error %v", err)
		}
		want := &slacksim.ConfirmNeeded{Title: "Deny this request?", Text: "billing-db, read only, 2 hours. The person is told.", Confirm: "Deny", Deny: "Keep it"}
		if diff := cmp.Diff(want, ask); diff != "" {
			t.Errorf("question (-want +got):\n%s", diff)
		}
		if n := len(h.events(socketmode.EventTypeInteractive)); n != 0 {
			t.Errorf("%d clicks before the answer", n)
		}
		if err := ana.Click(h.ctx, m.Channel, m.TS, "deny", slacksim.Confirmed()); err != nil {
			t.Error(err)
		}
	})
}

func TestCommandAnswersOnlyItsUserAndEscapesMentions(t *testing.T) {
	t.Parallel()
	withBot(t, func(h *harness) {
		if err := h.As("UANA").Command(h.ctx, "CGEN", "prod for @bob & @dba in #general"); err != nil {
			t.Fatal(err)
		}
		got := h.events(socketmode.EventTypeSlashCommand)[0].Data.(slack.SlashCommand)
		if want := "prod for <@UBOB|bob> &amp; <!subteam^S0DBA|@dba> in <#CGEN|general>"; got.Text != want {
			t.Errorf("text %q, want %q", got.Text, want)
		}
		mine := h.As("UANA").Messages("CGEN")
		if len(mine) != 1 || mine[0].EphemeralTo != "UANA" {
			t.Errorf("Ana sees %+v", mine)
		}
		if others := h.As("UBOB").Messages("CGEN"); len(others) != 0 {
			t.Errorf("Bob sees %+v", others)
		}
	})
}

func TestResponseURLWorksFiveTimesInHalfAnHour(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		ana := h.As("UANA")
		respond := func(url, body string) int {
			r, err := httpClient(h.Workspace).Post(url, "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			_ = r.Body.Close()
			return r.StatusCode
		}
		urlOf := func() string {
			if err := ana.Command(h.ctx, "CGEN", ""); err != nil {
				t.Fatal(err)
			}
			all := h.events(socketmode.EventTypeSlashCommand)
			return all[len(all)-1].Data.(slack.SlashCommand).ResponseURL
		}
		u := urlOf()
		var got []int
		for range 6 {
			got = append(got, respond(u, `{"text":"hi","response_type":"in_channel"}`))
		}
		if diff := cmp.Diff([]int{200, 200, 200, 200, 200, http.StatusNotFound}, got); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
		if n := len(h.As("UBOB").Messages("CGEN")); n != 5 {
			t.Errorf("%d messages in the channel", n)
		}
		late := urlOf()
		<-time.After(30 * time.Minute)
		if s := respond(late, `{"text":"x"}`); s != http.StatusNotFound {
			t.Errorf("after half an hour: %d", s)
		}
		if s := respond(urlOf(), `{"blocks":[{"type":"banner"}]}`); s != http.StatusBadRequest {
			t.Errorf("invalid blocks: %d", s)
		}
	})
}

func TestBotHearsItsOwnMessagesAndChanges(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		dm := h.As("UANA").DMChannel()
		_, ts, err := h.client.PostMessage(dm, textOption("hi"))
		if err != nil {
			t.Fatal(err)
		}
		_, _, _, err = h.client.UpdateMessage(dm, ts, textOption("ho"))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.client.DeleteMessage(dm, ts); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var got []string
		for _, ev := range h.events(socketmode.EventTypeEventsAPI) {
			m := inner[*slackevents.MessageEvent](t, ev)
			got = append(got, m.SubType)
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{"", "message_changed", "message_deleted"}, got); diff != "" {
			t.Errorf("subtypes (-want +got):\n%s", diff)
		}
	})
}

func TestTypedTextArrivesInSlacksNotation(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	for typed, want := range map[string]string{
		"a < b & c > d":              "a &lt; b &amp; c &gt; d",
		"<!channel> <@UBOB>":         "&lt;!channel&gt; &lt;@UBOB&gt;",
		"@bob, (@dba) and @nobody":   "<@UBOB>, (<!subteam^S0DBA|@dba>) and @nobody",
		"mail bob@example.com":       "mail <mailto:bob@example.com|bob@example.com>",
		"see https://x.example/a?b.": "see <https://x.example/a?b>.",
		"db.example.com in #general": "<http://db.example.com|db.example.com> in <#CGEN|general>",
		"@old is gone":               "@old is gone",
	} {
		m, err := w.As("UANA").Post("CGEN", "", typed)
		if err != nil || m.Text != want {
			t.Errorf("%q became %q (%v), want %q", typed, m.Text, err, want)
		}
	}
}

func TestThreadsAndEphemeralMessages(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	ana, bob := w.As("UANA"), w.As("UBOB")
	root, err := ana.Post("CGEN", "", "root")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Reply("CGEN", root.TS, "reply"); err != nil {
		t.Fatal(err)
	}
	if got := post(t, w, "xoxb-local", "chat.postEphemeral", values("channel", "CGEN", "user", "UANA", "text", "psst", "thread_ts", root.TS)); !got.OK {
		t.Fatal(got.Error)
	}
	texts := func(list []slacksim.Message) (out []string) {
		for _, m := range list {
			out = append(out, m.Text)
		}
		return out
	}
	if diff := cmp.Diff([]string{"root", "reply", "psst"}, texts(ana.Thread("CGEN", root.TS))); diff != "" {
		t.Errorf("Ana (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"root", "reply"}, texts(bob.Thread("CGEN", root.TS))); diff != "" {
		t.Errorf("Bob (-want +got):\n%s", diff)
	}
	now, _ := ana.Message("CGEN", root.TS)
	if now.ReplyCount != 1 || !slices.Equal(now.ReplyUsers, []string{"UBOB"}) || now.LatestReply == "" {
		t.Errorf("root: %+v", now)
	}
	link := post(t, w, "xoxb-local", "chat.getPermalink", values("channel", "CGEN", "message_ts", root.TS))
	if want := w.URL() + "/archives/CGEN/p" + strings.ReplaceAll(root.TS, ".", ""); link.All["permalink"] != want {
		t.Errorf("permalink %v, want %s", link.All["permalink"], want)
	}
}
