package bot_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

func TestMain(m *testing.M) { process.Main(m, child) }

// childSpec is what the bot's process is told.
type childSpec struct {
	Database, APIURL, Channel string
	Clock                     process.Clock
	Forbid                    string // file with what the policy refuses every request with, if it is there
}

// child is the bot's process: bot, Service and database against the workspace
// of the test's process, over real sockets.
func child(spec string) error {
	var c childSpec
	if err := json.Unmarshal([]byte(spec), &c); err != nil {
		return err
	}
	ctx := context.Background()
	now := c.Clock.Now
	db, err := store.Open(ctx, store.Config{URL: c.Database, Now: now})
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if _, err := db.FreeOrphans(ctx); err != nil {
		return err
	}
	rules := &law{channel: c.Channel, forbid: func(approvals.Facts) string {
		why, _ := os.ReadFile(c.Forbid)
		return string(why)
	}}
	svc := &approvals.Service{Store: db, Directory: directory(), Catalogue: catalogue(), Scorer: scorer{}, Policy: rules, Fallback: []approvals.PrincipalID{"p-ada"}, Now: now}
	b, err := bot.New(bot.Config{BotToken: "xoxb-local", AppToken: "xapp-local", APIURL: c.APIURL, Service: svc, Store: db, Directory: directory(), Catalogue: catalogue(),
		Now: now, Poll: 100 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	svc.Groups = map[string]approvals.Groups{bot.SlackGroup: b}
	return b.Run(ctx)
}

// mortal is a workspace on a real port and a bot in a process of its own. Of
// the world it has what people see and do, and the database while the bot is
// dead.
type mortal struct {
	*world
	bot   process.Bot
	spec  childSpec
	ahead time.Duration
}

// engines are the databases that scenarios run on, each with the URL of an
// empty one.
var engines = map[string]func(testing.TB) string{
	"sqlite":   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "bot.db") },
	"postgres": func(t testing.TB) string { return pgtest.Start(t).Database(t) },
}

func newMortal(t *testing.T, database, channel string) *mortal {
	t.Helper()
	scopes, events := manifest(t)
	sim, err := slacksim.New(slacksim.Config{Scopes: scopes, Events: events, AppName: "Hallpass", Command: "/access", Users: users(), Rates: slacksim.Rates{Scale: -1},
		Channels: []slacksim.Channel{{ID: "CAPP", Name: "approvers", Members: []string{"UBOB", "UCLEO", "UANA", "UGUS", "UOLGA", "U0BOT"}, Shared: true}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	if err := sim.Start(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	m := &mortal{world: &world{Workspace: sim, t: t, ctx: ctx, logs: &strings.Builder{}}, bot: process.Bot{Workspace: sim},
		spec: childSpec{Database: database, APIURL: sim.APIURL(), Channel: channel, Clock: process.Clock(filepath.Join(dir, "clock")), Forbid: filepath.Join(dir, "forbid")}}
	t.Cleanup(func() {
		if log := m.bot.Log(); t.Failed() {
			t.Logf("the bot's log:\n%s", log)
		}
		cancel()
		sim.Close()
	})
	m.begin()
	return m
}

// kill ends the bot's process as the kernel does that has no memory left.
func (m *mortal) kill() { m.bot.Kill() }

// begin starts the bot's process and waits until it is connected.
func (m *mortal) begin() {
	m.t.Helper()
	if err := m.bot.Start(m.ctx, m.spec); err != nil {
		m.t.Fatal(err)
	}
}

// again kills the bot and starts it anew.
func (m *mortal) again() { m.t.Helper(); m.kill(); m.begin() }

// advance lets time pass for the bot, while it is dead.
func (m *mortal) advance(d time.Duration) {
	m.t.Helper()
	m.kill()
	m.ahead += d
	if err := m.spec.Clock.Set(m.ahead); err != nil {
		m.t.Fatal(err)
	}
	m.begin()
}

// inspect kills the bot and looks into its database.
func (m *mortal) inspect(look func()) {
	m.t.Helper()
	m.kill()
	db, err := store.Open(m.ctx, store.Config{URL: m.spec.Database})
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() {
		m.store = nil
		if err := db.Close(); err != nil {
			m.t.Error(err)
		}
	}()
	m.store = db
	look()
}
