package slacksim_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// TestSlacksOwnFrameworkIsContent runs a bot written with @slack/bolt, which shares no code with slack-go, against the workspace.
// SLACKSIM_BOLT names a folder in which it is installed: npm install @slack/bolt.
func TestSlacksOwnFrameworkIsContent(t *testing.T) {
	dir := os.Getenv("SLACKSIM_BOLT")
	if dir == "" {
		t.Skip("SLACKSIM_BOLT is not set: the workspace is not held against @slack/bolt")
	}
	w := workspace(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := w.Start(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	said := bolt(ctx, t, dir, w)
	hear := func(line string) {
		t.Helper()
		if err := w.Wait(ctx, func() bool { return said(line) }); err != nil {
			t.Fatalf("the bot never said %s: %v", line, err)
		}
	}
	if err := w.Wait(ctx, func() bool { return w.Connections() == 1 }); err != nil {
		t.Fatal(err)
	}
	ana := w.As("UANA")
	if _, err := ana.DM("hello & <b>"); err != nil {
		t.Fatal(err)
	}
	m, err := ana.WaitMessage(ctx, ana.DMChannel(), func(m slacksim.Message) bool { return len(m.Controls()) == 1 && m.BotID != "" })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&slacksim.Metadata{EventType: "request", EventPayload: map[string]any{"id": "r1"}}, m.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if err := ana.Click(ctx, m.Channel, m.TS, "ask"); err != nil {
		t.Fatal(err)
	}
	v, err := ana.WaitView(ctx, func(v slacksim.View) bool { return v.CallbackID == "form" })
	if err != nil {
		t.Fatal(err)
	}
	var wrong slacksim.InputErrors
	if err := ana.Submit(ctx, v.ID, map[string]any{"why": "no"}); !errors.As(err, &wrong) || wrong["why"] != "Really?" {
		t.Errorf("errors: %v", err)
	}
	if err := ana.Submit(ctx, v.ID, map[string]any{"why": "yes"}); err != nil || len(ana.Views()) != 0 {
		t.Errorf("submission: %v", err)
	}
	if err := ana.Command(ctx, "CGEN", "prod"); err != nil {
		t.Fatal(err)
	}
	if m, err := ana.WaitMessage(ctx, "CGEN", slacksim.Saying("you said prod")); err != nil || m.EphemeralTo != "UANA" {
		t.Errorf("command: %v %+v", err, m)
	}
	if err := ana.OpenHome(); err != nil {
		t.Fatal(err)
	}
	if _, err := ana.WaitHome(ctx, func(v slacksim.View) bool { return v.Plain() == "Hello" }); err != nil {
		t.Error(err)
	}
	if _, err := ana.Mention("CGEN", "who am I?"); err != nil {
		t.Fatal(err)
	}
	hear(`{"heard":"hello &amp; &lt;b&gt;"}`)
	hear(`{"who":"ana","error":"missing_scope","needed":"channels:read","members":2}`)
	w.Faults().Disconnect("warning")
	if err := w.Wait(ctx, func() bool { return w.Connections() == 0 }); err != nil {
		t.Fatal(err)
	}
	if err := w.Wait(ctx, func() bool { return w.Connections() == 1 }); err != nil {
		t.Errorf("did not come back after a warning: %v", err)
	}
}

// bolt starts the bot and returns whether it has said a line.
func bolt(ctx context.Context, t *testing.T, dir string, w *slacksim.Workspace) func(string) bool {
	t.Helper()
	script, err := filepath.Abs("testdata/bolt.cjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "node", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(dir, "node_modules"), "SLACK_API_URL="+w.APIURL())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	lines := map[string]bool{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := bufio.NewScanner(out); s.Scan(); {
			mu.Lock()
			lines[s.Text()] = true
			mu.Unlock()
			_ = w.UpdateUser("UOLD", func(*slacksim.User) {}) // a change, so that waiters look again
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		_ = cmd.Wait()
	})
	return func(line string) bool {
		mu.Lock()
		defer mu.Unlock()
		return lines[line]
	}
}
