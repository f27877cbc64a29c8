package slacksim_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// modules is the folder into which `npm ci` put Slack's JavaScript clients and the accessibility checker. Without them the test is
// skipped, unless the environment says that they must be there.
func modules(t *testing.T, needed string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", "clients"))
	if err != nil {
		t.Fatal(err)
	}
	_, missing := os.Stat(filepath.Join(dir, "node_modules", filepath.FromSlash(needed)))
	if missing == nil {
		return dir
	}
	if os.Getenv("HALLPASS_REQUIRE_NODE") != "" {
		t.Fatalf("%s is not installed, and HALLPASS_REQUIRE_NODE is set: run .ci/deps node", needed)
	}
	t.Skipf("%s is not installed: with Node.js and npm, run .ci/deps node", needed)
	return ""
}

// process is a bot in a process of its own, which prints a line for what it hears.
type process struct {
	t    *testing.T
	ctx  context.Context
	errs *bytes.Buffer // what it complained of; to be read once it has ended

	mu      sync.Mutex
	lines   []string
	changed chan struct{}
}

// runBot starts a script of testdata/clients as a bot of the workspace and ends it with the test.
func runBot(t *testing.T, w *slacksim.Workspace, script string) *process {
	t.Helper()
	dir := modules(t, "@slack/bolt")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not on the path: the workspace is not held against Slack's JavaScript clients")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	if err := w.Start(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, ctx: ctx, errs: &bytes.Buffer{}, changed: make(chan struct{})}
	cmd := exec.CommandContext(ctx, node, script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SLACK_API_URL="+w.APIURL())
	cmd.Stderr = p.errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, s.Text())
			close(p.changed)
			p.changed = make(chan struct{})
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the bot printed:\n%q\nand complained of:\n%s", p.lines, p.errs)
		}
	})
	return p
}

// hear waits until the bot has printed a line.
func (p *process) hear(line string) {
	p.t.Helper()
	for {
		p.mu.Lock()
		changed := p.changed
		for _, l := range p.lines {
			if l == line {
				p.mu.Unlock()
				return
			}
		}
		p.mu.Unlock()
		select {
		case <-changed:
		case <-p.ctx.Done():
			p.t.Fatalf("the bot never printed %s", line)
		}
	}
}
