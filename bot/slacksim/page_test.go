package slacksim_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// browser opens the page of a workspace with the example bot in a headless browser. Without a browser the test is skipped.
func browser(t *testing.T, width, height int64, url string) context.Context {
	t.Helper()
	var bin string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			bin = p
			break
		}
	}
	if bin == "" {
		t.Skip("no Chromium found: install one to test the page in a browser")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(bin), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(int(width), int(height)))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// served is a workspace on a port of its own, with the example bot connected.
func served(t *testing.T) *slacksim.Workspace {
	t.Helper()
	cfg := config()
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
	wait, done := context.WithTimeout(ctx, 10*time.Second)
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

func click(sel string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.WaitVisible(sel), chromedp.Click(sel))
}

func TestPagePlaysARequestFromCardToDecision(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser test is left out of short runs")
	}
	w := served(t)
	ctx := browser(t, 1440, 900, w.URL())
	step := func(name string, tasks ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		limited, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		if err := chromedp.Do(limited, tasks...); err != nil {
			shot(ctx, t, "failed")
			t.Fatalf("%s: %v", name, err)
		}
		shot(ctx, t, name)
	}
	step("1-begin", chromedp.WaitVisible(`[data-test=composer]`), chromedp.WaitVisible(`.link-state.on`))
	step("2-card", chromedp.SendKeys(`[data-test=composer]`, "read only on billing-db for 2h, <b>refund</b> *stuck* INC-4312\r"), chromedp.WaitVisible(`button[data-action-id=approve]`))
	step("3-confirm", click(`button[data-action-id=deny]`), chromedp.WaitVisible(`[data-test=confirm-yes]`))
	step("4-kept", click(`[data-test=confirm-no]`), chromedp.WaitNotPresent(`[data-test=confirm-dialog]`))
	step("5-modal", click(`button[data-action-id=change]`), chromedp.WaitVisible(`[data-test=modal]`))
	step("6-required", click(`[data-test=modal-submit]`), chromedp.WaitVisible(`[data-test=input-error]`))
	step("7-search", chromedp.SendKeys(`[data-action-id=what]`, "bill"), chromedp.WaitVisible(`[data-test=option]`))
	step("8-picked", click(`[data-test=option][data-value=billing-db]`), click(`[data-action-id=level] input[value=read]`), chromedp.SendKeys(`textarea[data-action-id=why]`, "hm"))
	step("9-bot-error", click(`[data-test=modal-submit]`), chromedp.WaitVisible(`[data-block-id=b-why] .problem`))
	step("10-sent", chromedp.SendKeys(`textarea[data-action-id=why]`, " refunds are stuck"), click(`[data-test=modal-submit]`), chromedp.WaitNotPresent(`[data-test=modal]`))
	step("11-thread", click(`[data-test=message][data-user=U0BOT] [data-test=open-thread]`), chromedp.WaitVisible(`[data-test=thread-composer]`))
	step("12-approved", click(`[data-test=thread] button[data-action-id=approve]`), chromedp.WaitNotPresent(`button[data-action-id=approve]`))
	step("13-command", click(`[data-test=thread-close]`), chromedp.SendKeys(`[data-test=composer]`, "/access prod 2h\r"), chromedp.WaitVisible(`[data-test=only-you]`))
	step("14-home", click(`[data-test=home-tab]`), chromedp.WaitVisible(`#home [data-action-id=done]`))
	step("15-people", click(`[data-test=person-switcher]`), chromedp.WaitVisible(`[data-test=person-bob]`))
	step("16-bob", click(`[data-test=person-bob]`), chromedp.WaitVisible(`[data-test=composer]`), click(`[data-test=channel-general]`), chromedp.WaitVisible(`[data-test=composer][data-channel=CGEN]`),
		chromedp.SendKeys(`[data-test=composer]`, "@pass read on orders-db for @dba, see https://example.com/x\r"), chromedp.WaitVisible(`[data-test=open-thread]`))
	step("17-hood", click(`[data-test=hood-toggle]`), chromedp.WaitVisible(`[data-test=envelope]`))
	step("18-dropped", click(`[data-test=fault-link_disabled]`), chromedp.WaitVisible(`.link-state.off`), click(`[data-test=dm]`), chromedp.WaitVisible(`[data-test=composer][data-channel=DBOB]`),
		chromedp.SendKeys(`[data-test=composer]`, "/access x\r"), chromedp.WaitVisible(`[data-test=toast][data-kind=error]`))
}
