package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// childEnv tells a copy of the test binary to be the bot's process, so that it
// can be killed for real.
const childEnv = "HALLPASS_STORY_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		if err := child(spec); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// childSpec is what the bot's process is told.
type childSpec struct {
	Data, Database, APIURL string
	Tokens                 Tokens
	Clock                  string // file with the clock's lead in nanoseconds
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
	now := func() time.Time {
		data, _ := os.ReadFile(c.Clock)
		ahead, _ := strconv.ParseInt(string(data), 10, 64)
		return time.Now().Add(time.Duration(ahead))
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	s, err := NewSystem(ctx, Options{Data: c.Data, Database: c.Database, Logger: log, Rates: unlimited}, now)
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
	t         *testing.T
	workspace *slacksim.Workspace
	spec      childSpec
	ahead     time.Duration
	cmd       *exec.Cmd
	stderr    *bytes.Buffer
	kills     int
}

func (m *mortal) Workspace() *slacksim.Workspace { return m.workspace }

func (m *mortal) Advance(d time.Duration) {
	m.ahead += d
	file := m.spec.Clock
	if err := os.WriteFile(file+".new", []byte(strconv.FormatInt(int64(m.ahead), 10)), 0o600); err != nil {
		m.t.Error(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
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
	m.kill()
	m.kills++
	return m.start(ctx)
}

func (m *mortal) kill() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Signal(syscall.SIGKILL)
	_ = m.cmd.Wait()
	m.cmd = nil
}

func (m *mortal) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := m.workspace.Wait(ctx, func() bool { return m.workspace.Connections() == 0 }); err != nil {
		return fmt.Errorf("the killed bot is still connected: %w", err)
	}
	_ = os.Remove(m.spec.Address)
	spec, err := json.Marshal(m.spec)
	if err != nil {
		return err
	}
	m.stderr = &bytes.Buffer{}
	m.cmd = exec.Command(os.Args[0])
	m.cmd.Env = append(os.Environ(), childEnv+"="+string(spec))
	m.cmd.Stderr = m.stderr
	if err := m.cmd.Start(); err != nil {
		return err
	}
	if err := m.workspace.Wait(ctx, func() bool { return m.workspace.Connections() > 0 }); err != nil {
		_, _ = m.cmd.Process.Kill(), m.cmd.Wait() // what it says is read when it is done
		return fmt.Errorf("the bot did not come back: %w\n%s", err, m.stderr)
	}
	return nil
}

// mortalChapters are those in which something waits between the steps: for an
// answer, for the second of two, for a time to come.
func mortalChapters() []chapter {
	return []chapter{peopleAreAsked(), twoDecide(), nobodyAnswers()}
}

func TestStoryEndsTheSameWhenTheBotIsKilledAfterEveryStep(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts a process after each step; left out with -short")
	}
	for engine, database := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return pgtest.Start(t).Database(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			m := newMortal(t, database(t))
			var transcript strings.Builder
			err := m.start(t.Context())
			if err == nil {
				err = perform(t.Context(), m, &transcript, mortalChapters())
			}
			if err != nil {
				t.Fatalf("%v\n%s\nthe bot's log:\n%s", err, transcript.String(), m.stderr)
			}
			steps := 0
			for _, c := range mortalChapters() {
				steps += len(c.steps)
			}
			if m.kills != steps {
				t.Errorf("the bot was killed %d times; want once after each of %d steps", m.kills, steps)
			}
			checkLog(t, m)
			checkMessages(t, m)
		})
	}
}

// checkMessages holds the workspace to what must be true however often the bot
// died: nobody is told the same twice.
func checkMessages(t *testing.T, m *mortal) {
	t.Helper()
	for i, person := range byID(Organisation()) {
		a := m.workspace.As(slackID(i))
		for _, channel := range []string{a.DMChannel(), securityChannel} {
			seen := map[string]bool{}
			for _, message := range a.Messages(channel) {
				text := readable(message) + buttons(message)
				if message.BotID != "" && message.EphemeralTo == "" && seen[text] {
					t.Errorf("%s reads twice: %s", person.Name, text)
				}
				seen[text] = true
			}
		}
	}
}

func newMortal(t *testing.T, database string) *mortal {
	dir := t.TempDir()
	m := &mortal{t: t, spec: childSpec{Data: dir, Database: database, Tokens: newTokens(),
		Clock: filepath.Join(dir, "clock"), Address: filepath.Join(dir, "address")}}
	m.Advance(0)
	var err error
	if m.workspace, err = newWorkspace(Organisation(), m.spec.Tokens, nil, nil, unlimited, nil); err != nil {
		t.Fatal(err)
	}
	if err := m.workspace.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	m.spec.APIURL = m.workspace.APIURL()
	t.Cleanup(func() { m.kill(); m.workspace.Close() })
	return m
}

// checkLog holds the audit log to what must be true however often the bot
// died: no gap, and each grant given once and ended once.
func checkLog(t *testing.T, m *mortal) {
	t.Helper()
	var last int64
	effects := map[string]int{}
	for {
		events, err := m.Events(t.Context(), last)
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
			}
		}
	}
	for what, n := range effects {
		if n != 1 {
			t.Errorf("%s happened %d times", what, n)
		}
	}
	if len(effects) == 0 {
		t.Error(errors.New("the log has no grants"))
	}
}
