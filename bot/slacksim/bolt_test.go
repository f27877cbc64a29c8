package slacksim_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// TestSlacksOwnFrameworkIsContent runs a bot written with @slack/bolt, which shares no code with slack-go, against the workspace.
func TestSlacksOwnFrameworkIsContent(t *testing.T) {
	t.Parallel()
	w := patient(t)
	bot := runBot(t, w, "app.cjs")
	bot.hear(`{"started":true}`)
	ana := w.As("UANA")

	if _, err := ana.DM("hello & <b>"); err != nil {
		t.Fatal(err)
	}
	bot.hear(`{"heard":"hello &amp; &lt;b&gt;"}`)
	bot.hear(`{"edited":"card, edited"}`)
	m, err := ana.WaitMessage(bot.ctx, ana.DMChannel(), func(m slacksim.Message) bool { return m.Text == "card, edited" })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&slacksim.Metadata{EventType: "request", EventPayload: map[string]any{"id": "r1"}}, m.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	boltModal(t, bot, ana, m)

	if err := ana.Command(bot.ctx, "CGEN", "prod"); err != nil {
		t.Fatal(err)
	}
	if m, err := ana.WaitMessage(bot.ctx, "CGEN", slacksim.Saying("you said prod")); err != nil || m.EphemeralTo != "UANA" {
		t.Errorf("command: %v %+v", err, m)
	}
	if err := ana.OpenHome(); err != nil {
		t.Fatal(err)
	}
	if _, err := ana.WaitHome(bot.ctx, func(v slacksim.View) bool { return v.Plain() == "Hello" }); err != nil {
		t.Error(err)
	}
	if _, err := ana.Mention("CGEN", "who am I?"); err != nil {
		t.Fatal(err)
	}
	bot.hear(`{"who":"ana","error":"missing_scope","needed":"channels:read","group":["UBOB"]}`)
	boltShortcuts(t, bot, ana)
	if err := w.UpdateUser("UBOB", func(u *slacksim.User) { u.Deleted = true }); err != nil {
		t.Fatal(err)
	}
	bot.hear(`{"changed":"UBOB","deleted":true}`)
}

// patient is a workspace that waits long enough for a bot in another process on a busy machine.
func patient(t *testing.T) *slacksim.Workspace {
	t.Helper()
	return workspace(t, func(c *slacksim.Config) { c.AckWithin = 30 * time.Second })
}

// boltModal plays a modal: search, errors, a second one on top, and the end of both.
func boltModal(t *testing.T, bot *process, ana *slacksim.Actor, m slacksim.Message) {
	t.Helper()
	if err := ana.Click(bot.ctx, m.Channel, m.TS, "ask"); err != nil {
		t.Fatal(err)
	}
	v, err := ana.WaitView(bot.ctx, func(v slacksim.View) bool { return v.CallbackID == "form" && v.Blocks[0]["hint"] != nil })
	if err != nil {
		t.Fatal(err)
	}
	found, err := ana.Suggest(bot.ctx, v.ID, "what", "bil")
	if err != nil || len(found) != 1 || found[0].Value != "billing" {
		t.Fatalf("search: %v, %v", found, err)
	}
	var wrong slacksim.InputErrors
	if err := ana.Submit(bot.ctx, v.ID, map[string]any{"why": "no", "what": "billing"}); !errors.As(err, &wrong) || wrong["why"] != "Really?" {
		t.Errorf("errors: %v", err)
	}
	if err := ana.Submit(bot.ctx, v.ID, map[string]any{"why": "yes"}); err != nil || len(ana.Views()) != 2 {
		t.Fatalf("submission: %v, %d views", err, len(ana.Views()))
	}
	bot.hear(`{"why":"yes","what":"billing"}`)
	if err := ana.Submit(bot.ctx, ana.Views()[1].ID, nil); err != nil || len(ana.Views()) != 0 {
		t.Errorf("clear: %v, %d views", err, len(ana.Views()))
	}
	if err := ana.Click(bot.ctx, m.Channel, m.TS, "ask"); err != nil {
		t.Fatal(err)
	}
	v, err = ana.WaitView(bot.ctx, func(v slacksim.View) bool { return v.CallbackID == "form" })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ana.Suggest(bot.ctx, v.ID, "what", "ord"); err != nil {
		t.Fatal(err)
	}
	if err := ana.Submit(bot.ctx, v.ID, map[string]any{"why": "again", "what": "orders"}); err != nil {
		t.Fatal(err)
	}
	if err := ana.CloseAll(bot.ctx); err != nil {
		t.Error(err)
	}
	bot.hear(`{"closed":"sure","cleared":true}`)
}

// boltShortcuts uses the global shortcut and one in the menu of a message.
func boltShortcuts(t *testing.T, bot *process, ana *slacksim.Actor) {
	t.Helper()
	if err := ana.Shortcut(bot.ctx, "ask"); err != nil {
		t.Fatal(err)
	}
	bot.hear(`{"shortcut":"shortcut"}`)
	v, err := ana.WaitView(bot.ctx, func(v slacksim.View) bool { return v.CallbackID == "form" })
	if err != nil {
		t.Fatal(err)
	}
	if err := ana.Close(bot.ctx, v.ID); err != nil {
		t.Error(err)
	}
	m, err := ana.Post("CNOB", "", "refunds are stuck")
	if err != nil {
		t.Fatal(err)
	}
	if err := ana.MessageShortcut(bot.ctx, "about", m.Channel, m.TS); err != nil {
		t.Fatal(err)
	}
	bot.hear(`{"shortcut":"message_action","by":"UANA","channel":"CNOB"}`)
	if m, err := ana.WaitMessage(bot.ctx, "CNOB", slacksim.Saying("about: refunds are stuck")); err != nil || m.EphemeralTo != "UANA" {
		t.Errorf("message shortcut: %v %+v", err, m)
	}
}

// comesBack puts a bot through each reason to disconnect, and asks after each whether it hears.
func comesBack(t *testing.T, w *slacksim.Workspace, bot *process) {
	t.Helper()
	ana := w.As("UANA")
	said := 1
	again := func(reason string) {
		t.Helper()
		said++
		bot.hear(fmt.Sprintf(`{"told":%q}`, reason))
		if reason == "link_disabled" {
			w.Faults().Restore()
		}
		bot.hear(fmt.Sprintf(`{"connected":%d}`, said))
		if err := w.Wait(bot.ctx, func() bool { return w.Connections() == 1 }); err != nil {
			t.Fatal(err)
		}
	}
	for _, reason := range []string{"warning", "refresh_requested", "link_disabled"} {
		w.Faults().Disconnect(reason)
		again(reason)
		if err := ana.Command(bot.ctx, "CGEN", reason); err != nil {
			t.Errorf("after %s: %v", reason, err)
		}
		if _, err := ana.WaitMessage(bot.ctx, "CGEN", slacksim.Saying("you said "+reason)); err != nil {
			t.Errorf("after %s: %v", reason, err)
		}
	}
	// Without a word, as when a network is lost.
	said++
	w.Faults().Drop()
	bot.hear(fmt.Sprintf(`{"connected":%d}`, said))
	if err := ana.Command(bot.ctx, "CGEN", "lost"); err != nil {
		t.Errorf("after a lost connection: %v", err)
	}
}

func TestSlacksOwnFrameworkComesBackAfterEachDisconnect(t *testing.T) {
	t.Parallel()
	w := patient(t)
	bot := runBot(t, w, "app.cjs")
	bot.hear(`{"started":true}`)
	comesBack(t, w, bot)
}

func TestSlacksOwnSocketClientComesBackAfterEachDisconnect(t *testing.T) {
	t.Parallel()
	w := patient(t)
	bot := runBot(t, w, "raw.cjs")
	bot.hear(`{"started":true}`)
	comesBack(t, w, bot)
}

func TestSlacksOwnClientsMeetRetriesLimitsAndLostAnswers(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	bot := runBot(t, w, "raw.cjs")
	bot.hear(`{"started":true}`)
	ana := w.As("UANA")
	if _, err := ana.DM("late"); err != nil {
		t.Fatal(err)
	}
	bot.hear(`{"heard":"late","retry":1}`)
	w.Faults().RateLimit("users.list", 1, 0)
	w.Faults().CutResponse("chat.postMessage", 1)
	if _, err := ana.DM("work"); err != nil {
		t.Fatal(err)
	}
	bot.hear(`{"limited":0}`)
	bot.hear(`{"people":["pass","ana","bob","gus","olga","old"]}`)
	bot.hear(`{"refused":"invalid_blocks"}`)
	// The client takes a cut answer for a lost call and repeats it: the message is there twice.
	n := 0
	for _, m := range ana.Messages(ana.DMChannel()) {
		if m.Text == "once" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("the message of a cut answer is there %d times, want 2", n)
	}
}

func TestSlacksOwnSocketClientWaitsForAFreeSocket(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	h := &harness{Workspace: w, t: t, ctx: t.Context(), client: client(w, config())}
	taken := make([]*websocket.Conn, 10)
	for i := range taken {
		taken[i], _ = raw(h)
		go func(conn *websocket.Conn) { // unread, it would miss its ping after ten seconds and be free: Node.js may take as long to start
			for _, _, err := conn.ReadMessage(); err == nil; _, _, err = conn.ReadMessage() {
			}
		}(taken[i])
	}
	bot := runBot(t, w, "raw.cjs")
	bot.hear(`{"told":"too_many_websockets"}`)
	for _, conn := range taken {
		_ = conn.Close()
	}
	bot.hear(`{"started":true}`)
}
