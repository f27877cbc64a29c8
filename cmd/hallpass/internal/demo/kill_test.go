package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

func TestMain(m *testing.M) { process.Main(m, child) }

// childSpec is what the bot's process is told.
type childSpec struct {
	Data, Database, APIURL string
	Tokens                 Tokens
	Clock                  process.Clock
	Address                string // file to write the process' own address to
}

// child is the bot's process: the demo's system against the workspace of the
// test's process, and an address to look at it from there.
func child(spec string) error {
	var c childSpec
	if err := json.Unmarshal([]byte(spec), &c); err != nil {
		return err
	}
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	s, err := NewSystem(ctx, Options{Data: c.Data, Database: c.Database, Logger: log, Rates: unlimited}, c.Clock.Now)
	if err != nil {
		return err
	}
	if err := s.Connect(ctx, c.APIURL, c.Tokens); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/try", func(w http.ResponseWriter, r *http.Request) {
		a, err := s.Sandbox.Try(r.FormValue("account"), r.FormValue("resource"))
		if code := approvals.ErrorCode(err); err != nil && code != approvals.CodeForbidden {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(a)
	})
	mux.HandleFunc("/available", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(s.Sandbox.SetAvailable(r.FormValue("on") == "true") == nil)
	})
	mux.HandleFunc("/review", s.serveReview)
	mux.HandleFunc("/ends", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(s.nativeEnd(r.FormValue("account"), r.FormValue("resource")))
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		after, _ := strconv.ParseInt(r.FormValue("after"), 10, 64)
		events, err := s.App.Store.Events(r.Context(), store.EventFilter{After: after})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(events)
	})
	go func() { _ = http.Serve(ln, mux) }()
	if err := os.WriteFile(c.Address+".new", []byte(ln.Addr().String()), 0o600); err != nil {
		return err
	}
	if err := os.Rename(c.Address+".new", c.Address); err != nil {
		return err
	}
	return s.Run(ctx)
}

// unlimited lets the bot connect anew as often as it is killed.
var unlimited = slacksim.Rates{Scale: -1}

// mortal is a stage whose bot is killed and started again after every step.
type mortal struct {
	t     *testing.T
	bot   process.Bot
	spec  childSpec
	ahead time.Duration
	kills int
}

func (m *mortal) Workspace() *slacksim.Workspace { return m.bot.Workspace }

func (m *mortal) Advance(d time.Duration) {
	m.ahead += d
	if err := m.spec.Clock.Set(m.ahead); err != nil {
		m.t.Error(err)
	}
}

func (m *mortal) ask(ctx context.Context, path string, query url.Values, into any) error {
	address, err := os.ReadFile(m.spec.Address)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+string(address)+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func (m *mortal) Try(ctx context.Context, account, resource string) (bool, string, error) {
	var a struct {
		Allowed bool   `json:"allowed"`
		Words   string `json:"words"`
	}
	err := m.ask(ctx, "/try", url.Values{"account": {account}, "resource": {resource}}, &a)
	return a.Allowed, a.Words, err
}

func (m *mortal) Ends(ctx context.Context, account, resource string) (at time.Time, err error) {
	err = m.ask(ctx, "/ends", url.Values{"account": {account}, "resource": {resource}}, &at)
	return at, err
}

func (m *mortal) SetAvailable(ctx context.Context, on bool) error {
	var done bool
	if err := m.ask(ctx, "/available", url.Values{"on": {strconv.FormatBool(on)}}, &done); err != nil || !done {
		return fmt.Errorf("the sandbox is not switched: %w", err)
	}
	return nil
}

func (m *mortal) Events(ctx context.Context, after int64) ([]approvals.Event, error) {
	var events []approvals.Event
	err := m.ask(ctx, "/events", url.Values{"after": {strconv.FormatInt(after, 10)}}, &events)
	return events, err
}

func (m *mortal) Between(ctx context.Context, _ string) error {
	m.bot.Kill()
	m.kills++
	return m.start(ctx)
}

func (m *mortal) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_ = os.Remove(m.spec.Address)
	return m.bot.Start(ctx, m.spec)
}

// mortalChapters are those of the story after whose every step the bot is
// killed. On both engines they are what a newcomer is shown first: access by a
// rule, and by people, with its nudge, extension and end. The whole story
// takes minutes, and HALLPASS_KILL_STORY asks for it.
func mortalChapters(engine string) []chapter {
	shown := []chapter{ruleApproves(), peopleAreAsked()}
	switch {
	case os.Getenv("HALLPASS_KILL_STORY") != "":
		return chapters()
	case engine == "sqlite":
		return append(shown, twoDecide())
	default:
		return shown
	}
}

func TestStoryEndsTheSameWhenTheBotIsKilledAfterEveryStep(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts a process after each step; left out with -short")
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := ""
			if engine == "postgres" {
				database = pgtest.Start(t).Database(t)
			}
			m := newMortal(t, database)
			var transcript strings.Builder
			err := m.start(t.Context())
			if err == nil {
				err = perform(t.Context(), m, &transcript, mortalChapters(engine))
			}
			if err != nil {
				t.Fatalf("%v\n%s\nthe bot's log:\n%s", err, transcript.String(), m.bot.Log())
			}
			steps := 0
			for _, c := range mortalChapters(engine) {
				steps += len(c.steps)
			}
			if m.kills != steps {
				t.Errorf("the bot was killed %d times; want once after each of %d steps", m.kills, steps)
			}
			checkMessages(t, m)
			if diff := cmp.Diff(undisturbed(t, mortalChapters(engine)), checkLog(t, m)); diff != "" {
				t.Errorf("something else happened than when nobody is killed (-undisturbed +killed):\n%s", diff)
			}
		})
	}
}

// undisturbed plays chapters in one process, and counts what then happened.
func undisturbed(t *testing.T, chapters []chapter) map[string]int {
	t.Helper()
	d, err := Start(t.Context(), Options{Listen: "127.0.0.1:0", Data: t.TempDir(), Rates: unlimited})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.story(t.Context(), io.Discard, chapters); err != nil {
		t.Fatal(err)
	}
	return checkLog(t, d)
}

// checkMessages holds the workspace to what must be true however often the bot
// died: nobody is told the same twice. In a channel that the bot may not read, a
// message whose answer the death took is written once more; no death takes more.
func checkMessages(t *testing.T, m *mortal) {
	t.Helper()
	for i, person := range byID(Organisation()) {
		a := m.bot.Workspace.As(slackID(i))
		for _, channel := range []string{a.DMChannel(), securityChannel} {
			most := 1
			if channel == securityChannel {
				most = 2
			}
			seen := map[string]int{}
			for _, message := range a.Messages(channel) {
				text := readable(message) + buttons(message)
				if message.BotID != "" && message.EphemeralTo == "" && seen[text] == most {
					t.Errorf("%s reads more than %d times: %s", person.Name, most, text)
				}
				seen[text]++
			}
		}
	}
}

func newMortal(t *testing.T, database string) *mortal {
	dir := t.TempDir()
	m := &mortal{t: t, spec: childSpec{Data: dir, Database: database, Tokens: newTokens(),
		Clock: process.Clock(filepath.Join(dir, "clock")), Address: filepath.Join(dir, "address")}}
	m.Advance(0)
	w, err := newWorkspace(Organisation(), m.spec.Tokens, nil, nil, unlimited, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.bot.Workspace = w
	if err := w.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	m.spec.APIURL = w.APIURL()
	t.Cleanup(func() { m.bot.Kill(); w.Close() })
	return m
}

// checkLog holds the audit log to what must be true however often the bot
// died: no gap, each request approved once, each grant given once and ended
// once. It counts what people did and what became of it.
func checkLog(t *testing.T, stage Stage) map[string]int {
	t.Helper()
	var drawn []string
	for _, name := range security {
		drawn = append(drawn, strings.ReplaceAll(strings.ToLower(name), " ", "."))
	}
	var last int64
	effects, happened := map[string]int{}, map[string]int{}
	for {
		events, err := stage.Events(t.Context(), last)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			if e.Sequence != last+1 {
				t.Errorf("the audit log jumps from %d to %d", last, e.Sequence)
			}
			last = e.Sequence
			switch e.Kind {
			case approvals.EventGrantActive, approvals.EventGrantRevoked, approvals.EventGrantScheduled:
				effects[fmt.Sprintf("%s %s", e.Kind, e.Grant)]++
			case approvals.EventApprovalGiven, approvals.EventRequestApproved:
				effects[fmt.Sprintf("%s %s by %s", e.Kind, e.Request, e.Actor.Principal)]++
			case approvals.EventGrantRetried, approvals.EventGrantStarted: // a process that died may have begun a call
				continue
			case approvals.EventRequestReminded: // where the clock jumps over this and an escalation, either comes first
				continue
			}
			what := fmt.Sprintf("%s by %s", e.Kind, e.Actor.Principal)
			if slices.Contains(drawn, string(e.Actor.Principal)) { // by a checkpoint's signature, which of them is to look
				what = string(e.Kind) + " by a reviewer"
			}
			switch {
			case e.Kind == approvals.EventActionRefused: // written down again by whoever takes over
				happened[what] = 1
			case e.Request != "":
				happened[what]++
			}
		}
	}
	for what, n := range effects {
		if n != 1 {
			t.Errorf("%s happened %d times", what, n)
		}
	}
	if len(effects) == 0 {
		t.Error("the log has no grants")
	}
	return happened
}
