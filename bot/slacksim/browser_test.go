package slacksim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// browser opens the page of a workspace with the example bot in a headless browser. Without a browser the test is skipped.
func browser(t *testing.T, width, height int64, url string) context.Context {
	t.Helper()
	bin := os.Getenv("HALLPASS_CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if p, err := exec.LookPath(name); bin == "" && err == nil {
			bin = p
		}
	}
	if bin == "" {
		if os.Getenv("HALLPASS_REQUIRE_CHROMIUM") != "" {
			t.Fatal("no Chromium found, and HALLPASS_REQUIRE_CHROMIUM is set")
		}
		t.Skip("no Chromium found: install one, or set HALLPASS_CHROMIUM to its path, to test the page in a browser")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(bin), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(int(width), int(height)), chromedp.WSURLReadTimeout(stepWithin))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height), colours("light"), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// unhurried skips a browser test in a short run.
func unhurried(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the browser test is left out of short runs")
	}
}

// page is a workspace's page in a browser, and a function that does steps there.
func page(t *testing.T, width, height int64) (*slacksim.Workspace, context.Context, func(string, ...chromedp.Action[chromedp.Void])) {
	t.Helper()
	unhurried(t)
	w := served(t)
	ctx := browser(t, width, height, w.URL())
	return w, ctx, steps(ctx, t)
}

// served is a workspace on a port of its own, with the example bot connected.
func served(t *testing.T) *slacksim.Workspace {
	t.Helper()
	cfg := config()
	cfg.AckWithin = 20 * time.Second
	cfg.Featured = []string{"UANA", "UBOB"}
	cfg.Links = []slacksim.Link{{Label: "Sandbox system", URL: "/sandbox/"}}
	w, err := slacksim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() { cancel(); w.Close() })
	if err := w.Start(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	api := slack.New("xoxb-local", slack.OptionAPIURL(w.APIURL()), slack.OptionAppLevelToken("xapp-local"))
	sm := socketmode.New(api)
	bot := exampleBot{api}
	go func() { _ = sm.RunContext(ctx) }()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case ev := <-sm.Events:
				go bot.handle(sm, ev)
			}
		}
	}()
	wait, done := context.WithTimeout(ctx, stepWithin)
	defer done()
	if err := w.Wait(wait, func() bool { return w.Connections() > 0 }); err != nil {
		t.Fatal(err)
	}
	return w
}

// shot writes a screenshot into the folder named by SLACKSIM_SHOTS, if it is set.
func shot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("SLACKSIM_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// again tries an action anew when the page has redrawn itself between finding
// an element and using it: nothing was done to the element then.
func again(a chromedp.Action[chromedp.Void]) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		for range 5 {
			if v, err = a(ctx, t); err == nil || ctx.Err() != nil {
				return v, err
			}
		}
		return v, err
	}
}

// typing types into an element.
func typing(sel, text string) chromedp.Action[chromedp.Void] {
	return again(chromedp.SendKeys(sel, text))
}

// click clicks an element. Finding it and clicking it are one step in the
// page, which may draw it anew between the two halves of a mouse's click.
func click(sel string) chromedp.Action[chromedp.Void] {
	q, _ := json.Marshal(sel)
	return chromedp.Steps(chromedp.WaitVisible(sel), holds(fmt.Sprintf(`(() => { const x = document.querySelector(%s); if (!x) return false; x.focus(); x.click(); return true; })()`, q)))
}

// stepWithin is how long a step may take, on a machine that is busy with other tests.
const stepWithin = 90 * time.Second

// steps returns a function that does things in the browser and takes a screenshot.
func steps(ctx context.Context, t *testing.T) func(string, ...chromedp.Action[chromedp.Void]) {
	return func(name string, tasks ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		limited, cancel := context.WithTimeout(ctx, stepWithin)
		defer cancel()
		if err := chromedp.Do(limited, tasks...); err != nil {
			shot(ctx, t, name+"-failed")
			t.Fatalf("%s: %v", name, err)
		}
		shot(ctx, t, name)
	}
}

// script runs a statement in the page.
func script(statement string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		_, err = chromedp.Evaluate[bool](statement+"; true")(ctx, t)
		return v, err
	}
}

// holds waits until an expression of the page is true.
func holds(expression string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		_, err = chromedp.Poll[bool](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(stepWithin))(ctx, t)
		return v, err
	}
}

// selectAll selects what stands in a text field, so that typing replaces it.
func selectAll(sel string) chromedp.Action[chromedp.Void] {
	return script(fmt.Sprintf("document.querySelector(%q).focus(); document.activeElement.select()", sel))
}

// colours makes the page light or dark. Nothing moves: what is being clicked stands still.
func colours(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	})
}
