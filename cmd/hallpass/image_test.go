package main

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// container is the image under test, run as deploy/Dockerfile says.
type container struct {
	t            *testing.T
	engine, name string   // the program that runs containers; of the container and of its volume
	flags        []string // of run, the image last
}

// do runs the engine and returns what it prints.
func (c *container) do(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, c.engine, args...).Output()
	return string(out), err
}

// must is do where nothing may fail.
func (c *container) must(args ...string) string {
	c.t.Helper()
	out, err := c.do(args...)
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out += string(exit.Stderr)
		}
		c.t.Fatalf("%s %s: %v\n%s\n%s", c.engine, strings.Join(args, " "), err, out, c.logs())
	}
	return out
}

// logs is what the container has said, as far as there is one.
func (c *container) logs() string {
	out, _ := exec.CommandContext(context.WithoutCancel(c.t.Context()), c.engine, "logs", c.name).CombinedOutput()
	return string(out)
}

// run runs one command of the image, and removes its container.
func (c *container) run(command ...string) string {
	c.t.Helper()
	return c.must(append(append([]string{"run", "--rm"}, c.flags...), command...)...)
}

// health runs the image's own health check in the running container.
func (c *container) health() {
	c.t.Helper()
	if filepath.Base(c.engine) == "podman" {
		c.must("healthcheck", "run", c.name)
		return
	}
	c.must("exec", c.name, "/hallpass", "health", "--config", "/access/hallpass.yaml")
}

// What deploy/Dockerfile makes, on a root that nobody can write to, as nobody:
// it knows the world's time zones, works in Slack, is healthy, ends by itself
// when told to, and finds its data again.
func TestImageServesFromAReadOnlyRoot(t *testing.T) {
	image, engine := os.Getenv("HALLPASS_IMAGE"), os.Getenv("HALLPASS_ENGINE")
	if image == "" || engine == "" {
		t.Skip("skipped: HALLPASS_IMAGE and HALLPASS_ENGINE name no image to run; `make image` builds one and runs this")
	}
	w := slack(t)
	dir := accessFolder(t, "hallpass.yaml", "  bot_token:", "  api_url: "+w.APIURL()+"\n  bot_token:")
	dir = edit(t, dir, "hallpass.yaml", "127.0.0.1:9321", freePort(t))
	dir = edit(t, dir, "hallpass.yaml", "data_dir: data", "data_dir: /data")
	dir = edit(t, dir, "hallpass.yaml", "state: data/", "state: /data/")
	t.Setenv("SLACK_BOT_TOKEN", "xoxb-1-secret")
	t.Setenv("SLACK_APP_TOKEN", "xapp-1-secret")

	c := &container{t: t, engine: engine, name: "hallpass-test-" + strings.ToLower(rand.Text())}
	c.flags = []string{"--network", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
		"-v", dir + ":/access:ro", "-v", c.name + ":/data", "-e", "SLACK_BOT_TOKEN", "-e", "SLACK_APP_TOKEN"}
	if filepath.Base(engine) == "podman" {
		c.flags = append(c.flags, "--read-only-tmpfs=false") // Docker has no writable folder in such a root either.
	}
	c.flags = append(c.flags, image)
	t.Cleanup(func() {
		if _, err := c.do("rm", "--force", "--volumes", c.name); err != nil {
			t.Error(err)
		}
		if _, err := c.do("volume", "rm", "--force", c.name); err != nil {
			t.Error(err)
		}
	})

	if out := c.run("version"); !strings.HasPrefix(out, "hallpass ") {
		t.Errorf("version says %q", out)
	}
	if out := c.run("check", "/access"); !strings.Contains(out, "/access is sound") {
		t.Errorf("check says %s", out)
	}
	c.must(append([]string{"run", "--detach", "--name", c.name}, c.flags...)...)
	for _, again := range []bool{false, true} {
		if again {
			c.must("stop", "--time", "20", c.name)
			if code := strings.TrimSpace(c.must("inspect", "--format", "{{.State.ExitCode}}", c.name)); code != "0" {
				t.Errorf("told to stop, it ended with exit code %s:\n%s", code, c.logs())
			}
			c.must("start", c.name)
		}
		answers(t, w, c)
		c.health()
	}
}

// answers writes to the bot and waits until it answers.
func answers(t *testing.T, w *slacksim.Workspace, c *container) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := w.Wait(ctx, func() bool { return w.Connections() > 0 }); err != nil {
		t.Fatalf("%v\n%s", err, c.logs())
	}
	maya := w.As("U1")
	asked, err := maya.DM("help")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := maya.WaitMessage(ctx, maya.DMChannel(), func(m slacksim.Message) bool { return m.BotID != "" && m.TS > asked.TS }); err != nil {
		t.Fatalf("no answer: %v\n%s", err, c.logs())
	}
}
