package bot_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// world is a workspace, a bot and everything behind it, in virtual time.
type world struct {
	*slacksim.Workspace
	t         *testing.T
	ctx       context.Context
	store     *store.Store
	svc       *approvals.Service
	bot       *bot.Bot
	law       *law
	dir       *people
	catalogue shelf
	stop      func() // ends the bot and waits for it
	start     func() // starts it again
	logs      *strings.Builder
	calls     *counter // the bot's calls of Slack
	model     bot.Proposer
	reviews   bot.Reviews
}

// counter counts calls by the last part of their address.
type counter struct {
	http.RoundTripper
	mu sync.Mutex
	n  map[string]int
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.n[path.Base(r.URL.Path)]++
	c.mu.Unlock()
	return c.RoundTripper.RoundTrip(r)
}

func (c *counter) of(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[method]
}

func users() []slacksim.User {
	return []slacksim.User{
		{ID: "UADA", Name: "ada", RealName: "Ada Admin", Email: "ada@example.com", Admin: true},
		{ID: "UANA", Name: "ana", RealName: "Ana Diaz", Title: "Engineer", Email: "ana@example.com", TimeZone: "Europe/Madrid"},
		{ID: "UBOB", Name: "bob", RealName: "Bob Lee", Title: "Engineering manager", Email: "bob@example.com", TimeZone: "America/New_York"},
		{ID: "UCLEO", Name: "cleo", RealName: "Cleo Owner", Email: "cleo@example.com"},
		{ID: "UGUS", Name: "gus", RealName: "Gus Guest", Email: "gus@example.org", Restricted: true},
		{ID: "UOLGA", Name: "olga", RealName: "Olga Out", Email: "olga@other.example", TeamID: "T0OTHER"},
		{ID: "UNEW", Name: "new", RealName: "New Comer", Email: "new@example.com"},
	}
}

// manifest is what the app asks for when it is installed: no more is granted
// in the tests, so that a call without its scope fails.
func manifest(t *testing.T) (scopes, events []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "deploy", "slack-manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
		Settings struct {
			Events struct {
				Bot []string `yaml:"bot_events"`
			} `yaml:"event_subscriptions"`
		}
	}
	if err := yaml.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m.OAuth.Scopes.Bot, m.Settings.Events.Bot
}

// inWorld runs a test against a running bot, in virtual time.
func inWorld(t *testing.T, test func(w *world)) {
	t.Helper()
	inWorldLike(t, slacksim.Config{}, catalogue(), test)
}

// inWorldLike is the same for another workspace and catalogue.
func inWorldLike(t *testing.T, cfg slacksim.Config, c shelf, test func(w *world)) {
	t.Helper()
	t.Parallel()
	database := storetest.EmptySQLite(t)
	scopes, events := manifest(t)
	synctest.Test(t, func(t *testing.T) {
		sim, err := slacksim.New(slacksim.Config{EnterpriseID: cfg.EnterpriseID, Scopes: scopes, Events: events, AppName: "Hallpass", Command: "/access", Users: append(users(), cfg.Users...),
			Shortcuts:        []slacksim.Shortcut{{CallbackID: "request_access", Name: "Request access"}},
			MessageShortcuts: []slacksim.Shortcut{{CallbackID: "request_access_about", Name: "Request access for this"}}, UserGroups: cfg.UserGroups,
			Channels: []slacksim.Channel{
				{ID: "CGEN", Name: "general"}, {ID: "CNOB", Name: "without-bot", NoBot: true}, {ID: "COLD", Name: "old", Archived: true}, {ID: "CAPP", Name: "approvers", Private: true, Members: []string{"UBOB", "UCLEO", "UANA", "UGUS", "U0BOT"}},
				{ID: "CEXT", Name: "shared", Shared: true, Members: []string{"UANA", "UOLGA", "UGUS", "U0BOT"}},
			}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		db, err := store.Open(ctx, store.Config{URL: database})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{Workspace: sim, t: t, ctx: ctx, store: db, law: &law{}, dir: directory(), catalogue: c, logs: &strings.Builder{}}
		w.calls = &counter{RoundTripper: &http.Transport{DialContext: w.Dial, DisableKeepAlives: true}, n: map[string]int{}}
		w.svc = &approvals.Service{Store: db, Directory: w.dir, Catalogue: c, Scorer: scorer{}, Policy: w.law, Fallback: []approvals.PrincipalID{"p-ada"}}
		w.start = func() {
			run, halt := context.WithCancel(ctx)
			w.bot = w.newBot()
			w.svc.Groups = map[string]approvals.Groups{bot.SlackGroup: w.bot}
			ended := make(chan error, 1)
			go func() { ended <- w.bot.Run(run) }()
			w.stop = func() {
				halt()
				if err := <-ended; err != nil {
					t.Errorf("Run ended with %v", err)
				}
			}
			w.until("the bot is connected", func() bool { return w.bot.Health().Connected == 2 })
		}
		t.Cleanup(func() {
			w.stop()
			cancel()
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			sim.Close()
		})
		w.start()
		test(w)
		w.callsAreSlacks()
	})
}

func (w *world) newBot() *bot.Bot {
	w.t.Helper()
	b, err := bot.New(bot.Config{BotToken: "xoxb-local", AppToken: "xapp-local", APIURL: w.APIURL(), Service: w.svc, Store: w.store, Directory: w.dir,
		Catalogue: w.catalogue, Reviews: w.reviews, Poll: 20 * time.Second, Logger: slog.New(slog.NewTextHandler(w.logs, nil)), Dial: w.Dial,
		HTTPClient: &http.Client{Timeout: 10 * time.Second, Transport: w.calls}, Proposer: w.model})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// until waits in virtual time until a condition holds.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 15*time.Minute)
	defer cancel()
	for !cond() {
		select {
		case <-ctx.Done():
			w.t.Fatalf("waited in vain until %s\n%s", what, w.logs)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// wait lets virtual time pass.
func wait(d time.Duration) { <-time.After(d) }

// sees waits until the newest message that a person sees in a conversation
// holds all words, and returns it.
func (w *world) sees(user, channel string, words ...string) slacksim.Message {
	w.t.Helper()
	var found slacksim.Message
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Minute)
	defer cancel()
	actor := w.As(user)
	if channel == "" {
		channel = actor.DMChannel()
	}
	holds := func(m slacksim.Message) bool {
		all := m.User != user
		for _, word := range words {
			all = all && strings.Contains(strings.ReplaceAll(m.Plain()+"\n"+m.Text, "*", ""), word)
		}
		return all
	}
	err := w.Wait(ctx, func() bool {
		for _, m := range slices.Backward(actor.Messages(channel)) {
			if holds(m) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		var all []string
		for _, m := range actor.Messages(channel) {
			all = append(all, m.User+": "+m.Plain())
		}
		w.t.Fatalf("%s never sees %q; but:\n%s\n%s", user, words, strings.Join(all, "\n---\n"), w.logs)
	}
	return found
}

func (w *world) say(user, text string) {
	w.t.Helper()
	wait(time.Second) // nobody writes two messages in the same instant
	if _, err := w.As(user).DM(text); err != nil {
		w.t.Fatal(err)
	}
}

// click presses a button, and says yes when it asks.
func (w *world) click(user string, m slacksim.Message, action string, opts ...slacksim.ClickOption) {
	w.t.Helper()
	err := w.As(user).Click(w.ctx, m.Channel, m.TS, action, opts...)
	var ask *slacksim.ConfirmNeeded
	if errors.As(err, &ask) {
		err = w.As(user).Click(w.ctx, m.Channel, m.TS, action, append(opts, slacksim.Confirmed())...)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// latest is a person's newest request.
func (w *world) latest(id approvals.PrincipalID) approvals.Request {
	w.t.Helper()
	rs, err := w.store.RequestsBy(w.ctx, id, 1)
	if err != nil || len(rs) == 0 {
		w.t.Fatalf("no request of %s: %v", id, err)
	}
	return rs[0]
}

// activate does what the worker does for an approved request.
func (w *world) activate(r approvals.Request) approvals.Grant {
	w.t.Helper()
	r, err := w.store.Request(w.ctx, r.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.svc.Provision(w.ctx, r.Grant, false, time.Now().Add(time.Minute)); err != nil {
		w.t.Fatal(err)
	}
	g, err := w.svc.Activate(w.ctx, r.Grant, approvals.Receipt{"role": "billing_ro"}, "present")
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// events lists the kinds of the audit events of a request.
func (w *world) events(id approvals.RequestID) map[approvals.EventKind]int {
	w.t.Helper()
	evs, err := w.store.Events(w.ctx, store.EventFilter{Request: id})
	if err != nil {
		w.t.Fatal(err)
	}
	kinds := map[approvals.EventKind]int{}
	for _, e := range evs {
		kinds[e.Kind]++
	}
	return kinds
}
