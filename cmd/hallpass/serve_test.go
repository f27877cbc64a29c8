package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// log is what a running server writes, for reading while it writes.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// slack is a workspace with one member, Maya Lindqvist.
func slack(t *testing.T) *slacksim.Workspace {
	t.Helper()
	w, err := slacksim.New(slacksim.Config{
		BotToken: "xoxb-1-secret", AppToken: "xapp-1-secret", Command: "/access",
		Scopes: strings.Fields("app_mentions:read chat:write commands im:history im:read im:write users:read users:read.email usergroups:read"),
		Users:  []slacksim.User{{ID: "U1", Name: "maya", RealName: "Maya Lindqvist", Email: "maya.lindqvist@northwind.example"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// freePort is an address of this machine that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServeAnswersInSlackAndStopsWhenTold(t *testing.T) {
	for engine, url := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return pgtest.Start(t).Database(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			w, listen := slack(t), freePort(t)
			dir := accessFolder(t, "hallpass.yaml", "  bot_token:", "  api_url: "+w.APIURL()+"\n  bot_token:")
			dir = edit(t, dir, "hallpass.yaml", "127.0.0.1:9321", listen)
			t.Setenv("SLACK_BOT_TOKEN", "xoxb-1-secret")
			t.Setenv("SLACK_APP_TOKEN", "xapp-1-secret")
			t.Setenv("DATABASE_URL", url(t))
			config := filepath.Join(dir, "hallpass.yaml")

			var out, errs log
			if code := run(t.Context(), []string{"migrate", "--config", config}, &out, &errs); code != 0 {
				t.Fatalf("migrate: exit code %d\n%s", code, errs.String())
			}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan int, 1)
			go func() { done <- run(ctx, []string{"serve", "--config", config}, &out, &errs) }()
			t.Cleanup(stop)

			wait, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := w.Wait(wait, func() bool { return w.Connections() > 0 }); err != nil {
				t.Fatalf("%v\n%s", err, errs.String())
			}
			maya := w.As("U1")
			if _, err := maya.DM("help"); err != nil {
				t.Fatal(err)
			}
			if _, err := maya.WaitMessage(wait, maya.DMChannel(), func(m slacksim.Message) bool { return m.BotID != "" }); err != nil {
				t.Fatalf("no answer: %v\n%s", err, errs.String())
			}
			code, body := get(t, "http://"+listen+"/healthz")
			var h struct{ OK bool }
			if err := json.Unmarshal([]byte(body), &h); err != nil || code != http.StatusOK || !h.OK {
				t.Errorf("/healthz: %d %s", code, body)
			}
			if _, body := get(t, "http://"+listen+"/metrics"); !strings.Contains(body, "hallpass_overdue_grants 0") || !strings.Contains(body, `hallpass_step_seconds_count{step="ack"}`) {
				t.Errorf("/metrics lacks what operations.md promises:\n%s", body)
			}
			stop()
			select {
			case code := <-done:
				if code != 0 {
					t.Errorf("exit code %d\n%s", code, errs.String())
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it does not stop")
			}
			for line := range strings.Lines(errs.String()) {
				if !json.Valid([]byte(line)) {
					t.Errorf("not a structured log line: %s", line)
				}
			}
			if strings.Contains(errs.String()+out.String(), "secret") {
				t.Error("a secret is in the log")
			}
		})
	}
}

func TestServeAsksForTheMigrationFirst(t *testing.T) {
	t.Setenv("SLACK_BOT_TOKEN", "xoxb-1-secret")
	t.Setenv("SLACK_APP_TOKEN", "xapp-1-secret")
	t.Setenv("DATABASE_URL", pgtest.Start(t).Database(t))
	var out, errs log
	code := run(t.Context(), []string{"serve", "--config", filepath.Join(accessFolder(t, "", "", ""), "hallpass.yaml")}, &out, &errs)
	if code != 1 || !strings.Contains(errs.String(), "hallpass migrate") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
}

// What stands in the way of a start is said before the database is touched, and
// then it is migrated in one line.
func TestServeMigratesNothingForAStartThatFails(t *testing.T) {
	w := slack(t)
	t.Setenv("DATABASE_URL", "")
	for name, tt := range map[string]struct{ bot, app, file, old, with, says string }{
		"no bot token":        {"", "xapp-1-secret", "", "", "", "There is no Slack bot token (xoxb-…): set SLACK_BOT_TOKEN."},
		"no app token":        {"xoxb-1-secret", "", "", "", "", "There is no Slack app token (xapp-…, with connections:write): set SLACK_APP_TOKEN."},
		"a revoked bot token": {"xoxb-old", "xapp-1-secret", "", "", "", "Slack does not accept SLACK_BOT_TOKEN"},
		"a wrong policy":      {"xoxb-1-secret", "xapp-1-secret", "policies/guardrails.cedar", "context has score && context.score", "context.score", "guardrails.cedar:"},
		"a port that is none": {"xoxb-1-secret", "xapp-1-secret", "hallpass.yaml", "127.0.0.1:9321", "127.0.0.1:none", `"msg":"database migrated","from":0,"to":`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("SLACK_BOT_TOKEN", tt.bot)
			t.Setenv("SLACK_APP_TOKEN", tt.app)
			dir := accessFolder(t, "hallpass.yaml", "  bot_token:", "  api_url: "+w.APIURL()+"\n  bot_token:")
			if tt.file != "" {
				dir = edit(t, dir, tt.file, tt.old, tt.with)
			}
			var out, errs log
			code := run(t.Context(), []string{"serve", "--config", filepath.Join(dir, "hallpass.yaml")}, &out, &errs)
			if code != 1 || !strings.Contains(errs.String(), tt.says) {
				t.Errorf("exit code %d, and it does not say %q\n%s", code, tt.says, errs.String())
			}
			want := 0
			if strings.Contains(tt.says, "migrated") {
				want = 1
			}
			if n := strings.Count(errs.String(), "migrated"); n != want {
				t.Errorf("%d lines tell of a migration, want %d\n%s", n, want, errs.String())
			}
		})
	}
}

func TestVersionNamesTheBuild(t *testing.T) {
	t.Parallel()
	var out, errs log
	if code := run(t.Context(), []string{"version"}, &out, &errs); code != 0 || !strings.HasPrefix(out.String(), "hallpass ") {
		t.Errorf("exit code %d, output %q", code, out.String())
	}
}

func TestCheckCountsWhatIsSound(t *testing.T) {
	t.Parallel()
	var out, errs log
	if code := run(t.Context(), []string{"check", accessFolder(t, "", "", "")}, &out, &errs); code != 0 || !strings.Contains(out.String(), "198 people, 25 entitlements, 21 policies") {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
}
