package slacksim_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// config is a small workspace: an asker, an approver, a guest, an outsider, somebody who left.
func config() slacksim.Config {
	return slacksim.Config{
		AppName: "Pass", Command: "/access",
		Shortcuts:        []slacksim.Shortcut{{CallbackID: "ask", Name: "Ask for access"}},
		MessageShortcuts: []slacksim.Shortcut{{CallbackID: "about", Name: "Ask about this"}},
		Users: []slacksim.User{
			{ID: "UANA", Name: "ana", RealName: "Ana Diaz", Title: "Engineer", Email: "ana@example.com", TimeZone: "Europe/Madrid"},
			{ID: "UBOB", Name: "bob", RealName: "Bob Lee", Title: "Manager", Email: "bob@example.com", TimeZone: "America/New_York", Admin: true},
			{ID: "UGUE", Name: "gus", RealName: "Gus Guest", Email: "gus@example.org", Restricted: true},
			{ID: "UOUT", Name: "olga", RealName: "Olga Out", Email: "olga@other.example", TeamID: "T0OTHER"},
			{ID: "UOLD", Name: "old", RealName: "Olaf Old", Email: "old@example.com", Deleted: true},
		},
		UserGroups: []slacksim.Group{{ID: "S0DBA", Handle: "dba", Name: "DBAs", Users: []string{"UBOB"}}},
		Channels: []slacksim.Channel{
			{ID: "CGEN", Name: "general"},
			{ID: "CEXT", Name: "with-other", Shared: true, Members: []string{"UANA", "UOUT", "UGUE", "U0BOT"}},
			{ID: "CPRV", Name: "secret", Private: true, Members: []string{"UBOB"}},
			{ID: "COLD", Name: "attic", Archived: true},
			{ID: "CNOB", Name: "no-bot", NoBot: true},
		},
	}
}

// harness is a workspace, reached without a port, and the client of a bot.
type harness struct {
	*slacksim.Workspace
	t      *testing.T
	client *slack.Client
	ctx    context.Context

	mu   sync.Mutex
	seen []socketmode.Event
}

// inBubble runs a test in virtual time, with a workspace that is closed at its end.
func inBubble(t *testing.T, cfg slacksim.Config, test func(h *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w, err := slacksim.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer w.Close()
		defer cancel()
		test(&harness{Workspace: w, t: t, ctx: ctx, client: client(w, cfg)})
	})
}

func client(w *slacksim.Workspace, cfg slacksim.Config) *slack.Client {
	bot, app := cfg.BotToken, cfg.AppToken
	if bot == "" {
		bot = "xoxb-local"
	}
	if app == "" {
		app = "xapp-local"
	}
	return slack.New(bot, slack.OptionAPIURL(w.APIURL()), slack.OptionAppLevelToken(app), slack.OptionHTTPClient(httpClient(w)))
}

func httpClient(w *slacksim.Workspace) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: w.Dial, DisableKeepAlives: true}}
}

// connect opens a socket and hands each event to handle, which acknowledges or not.
func (h *harness) connect(handle func(*socketmode.Client, socketmode.Event)) *socketmode.Client {
	h.t.Helper()
	sm := socketmode.New(h.client, socketmode.OptionDialer(&websocket.Dialer{NetDialContext: h.Dial, WriteBufferSize: 32 << 10}))
	before := h.Connections()
	go func() {
		if err := sm.RunContext(h.ctx); err != nil && !errors.Is(err, context.Canceled) {
			h.t.Errorf("socket mode ended: %v", err)
		}
	}()
	go func() {
		for {
			select {
			case <-h.ctx.Done():
				return
			case ev := <-sm.Events:
				h.mu.Lock()
				h.seen = append(h.seen, ev)
				h.mu.Unlock()
				if handle != nil {
					handle(sm, ev)
				}
			}
		}
	}()
	if err := h.Wait(h.ctx, func() bool { return h.Connections() > before }); err != nil {
		h.t.Fatal(err)
	}
	return sm
}

// ackAll acknowledges every envelope at once.
func ackAll(sm *socketmode.Client, ev socketmode.Event) {
	if ev.Request != nil && ev.Request.EnvelopeID != "" {
		_ = sm.Ack(*ev.Request)
	}
}

// events are the events of one kind that the bot has received.
func (h *harness) events(kind socketmode.EventType) []socketmode.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []socketmode.Event
	for _, ev := range h.seen {
		if ev.Type == kind {
			out = append(out, ev)
		}
	}
	return out
}

// inner is the event inside an Events API envelope.
func inner[T any](t *testing.T, ev socketmode.Event) T {
	t.Helper()
	outer, ok := ev.Data.(slackevents.EventsAPIEvent)
	if !ok {
		t.Fatalf("not an Events API event: %T", ev.Data)
	}
	data, ok := outer.InnerEvent.Data.(T)
	if !ok {
		t.Fatalf("inner event is %T", outer.InnerEvent.Data)
	}
	return data
}

// must fails the test on an error and passes the value on.
func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}
