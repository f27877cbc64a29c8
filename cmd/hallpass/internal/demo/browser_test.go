package demo

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// screenshots is where the browser test leaves pictures for a person to look
// at; the README's come from there.
var screenshots = flag.String("screenshots", "", "folder to write the browser test's pictures to")

// chromium is the browser's path. The test is skipped without one, unless the
// environment says that there must be one.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("HALLPASS_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("HALLPASS_REQUIRE_CHROMIUM") != "" {
		t.Fatal("there is no Chromium, and there must be one: install the package chromium")
	}
	t.Skip("skipped: there is no Chromium; install it, or set HALLPASS_CHROMIUM to its path")
	return ""
}

// browser is a page in headless Chromium, and a test that fails with what it
// shows.
type browser struct {
	t   *testing.T
	ctx context.Context
	url string // without the slash at its end
	n   int    // pictures so far

	last string // JavaScript that does the last click once more

	width, height int64 // of the screen
}

// patience is how long something may take to show: long, for a machine that is
// busy with other tests.
const patience = 90 * time.Second

// desktop and phone are the sizes at which the pages are looked at, in pixels.
var desktop, phone = [2]int64{1440, 900}, [2]int64{360, 740}

// browse starts a demo of its own and opens its page.
func browse(t *testing.T) (*browser, *Demo) {
	t.Helper()
	path := chromium(t)
	d := startDemo(t)
	return newBrowser(t, path, d.URL()), d
}

func newBrowser(t *testing.T, path, url string) *browser {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true), chromedp.WindowSize(int(desktop[0]), int(desktop[1])),
		chromedp.WSURLReadTimeout(patience))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	start(ctx, t)
	b := &browser{t: t, ctx: ctx, url: strings.TrimSuffix(url, "/")}
	b.resize(desktop)
	b.do(chromedp.Navigate(url), chromedp.WaitVisible(`[data-test="composer"]`))
	return b
}

// start brings the page up under the context that it lives in: under one with
// a time limit it would end with that limit.
func start(ctx context.Context, t *testing.T) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Steps()); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
}

// opens goes to another page of the same address.
func (b *browser) opens(path, ready string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url+path), chromedp.WaitVisible(ready))
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Steps(steps...)); err != nil {
		b.picture("failed")
		b.t.Fatalf("%v; the page shows:\n%s", err, b.text())
	}
}

func (b *browser) text() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return s
}

// until waits until a JavaScript condition holds.
func (b *browser) until(what, condition string) {
	b.t.Helper()
	if err := b.happens(condition, patience); err != nil {
		b.picture("failed")
		b.t.Fatalf("%s did not happen: %v; the page shows:\n%s", what, err, b.text())
	}
}

// happens waits for a while until a JavaScript condition holds.
func (b *browser) happens(condition string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(b.ctx, within)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](condition, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(within)))
	return err
}

// picture writes what is on the screen, when pictures are wanted: as it is on
// a desk, and on a phone.
func (b *browser) picture(name string) {
	if *screenshots == "" {
		return
	}
	b.n++
	b.capture(name)
	if was := [2]int64{b.width, b.height}; was != phone && name != "failed" {
		b.resize(phone)
		b.capture(name + "-phone")
		b.resize(was)
	}
}

// resize makes the screen as large as a size says.
func (b *browser) resize(size [2]int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(size[0], size[1]))
	b.width, b.height = size[0], size[1]
}

func (b *browser) capture(name string) {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Logf("picture %s: %v", name, err)
		return
	}
	dir := filepath.Join(*screenshots, b.t.Name())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d-%s.png", b.n, name)), png, 0o644); err != nil {
		b.t.Error(err)
	}
}

// clicks clicks what a selector finds. The page redraws itself at any time, so
// finding and clicking are one step in the page.
func (b *browser) clicks(selector string) {
	b.t.Helper()
	q, _ := json.Marshal(selector)
	b.clickOn(selector, fmt.Sprintf(`document.querySelector(%s) || undefined`, q))
}

// clickOn clicks what an expression gives, once it gives something.
func (b *browser) clickOn(what, expression string) {
	b.t.Helper()
	b.last = fmt.Sprintf(`(() => { const x = %s; if (!x) return false; x.click(); return true; })()`, expression)
	b.until(what+" clicked", b.last)
}

// become plays another person, in their direct messages with the bot.
func (b *browser) become(handle string) {
	b.t.Helper()
	b.clicks(`[data-test="person-switcher"]`)
	b.do(chromedp.WaitVisible(`[data-test="person-search"]`), chromedp.SendKeys(`[data-test="person-search"]`, handle))
	b.clicks(`[data-test="person-` + handle + `"]`)
	b.until("being "+handle, fmt.Sprintf(`document.querySelector('[data-test="me"]').innerText.toLowerCase().replaceAll(" ", ".") === %q`, handle))
	b.clicks(`[data-test="dm"]`)
	b.do(chromedp.WaitVisible(`[data-test="composer"]`))
}

// goes opens a channel.
func (b *browser) goes(channel string) {
	b.t.Helper()
	b.clicks(`[data-test="channel-` + channel + `"]`)
	b.until("being in #"+channel, `document.querySelector('[data-test="channel-`+channel+`"]').getAttribute("aria-current") === "page"`)
}

// sends writes a wish to Hallpass and sends the card that comes of it.
func (b *browser) sends(words string, card ...string) {
	b.t.Helper()
	b.says(words)
	b.presses("Send", append(card, "Ready to send?")...)
}

// formWithin is how long after a click a form may still open. Slack allows
// three seconds; a bot that was too slow for them says so, and asks its person
// to press again.
const formWithin = 15 * time.Second

// forms waits for a form that shows a text, and presses again where none came.
func (b *browser) forms(text string) {
	b.t.Helper()
	q, _ := json.Marshal(text)
	shown := fmt.Sprintf(`document.querySelector('[data-test="modal"]')?.innerText.includes(%s)`, q)
	for range 3 {
		if b.happens(shown, formWithin) == nil {
			return
		}
		b.until("another click for the form "+text, b.last)
	}
	b.until("the form "+text, shown)
}

// atHome waits until the Home tab that is open shows all the texts.
func (b *browser) atHome(texts ...string) {
	b.t.Helper()
	b.until(fmt.Sprintf("a Home tab with %q", texts), fmt.Sprintf(`(() => { const home = document.querySelector('[data-test="home"]')?.innerText.toLowerCase() || "";
		return %s.every((t) => home.includes(t)); })()`, lower(texts)))
}

// says writes a message.
func (b *browser) says(text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(`[data-test="composer"]`, text))
	b.clicks(`[data-test="send"]`)
}

// shows waits for a message that shows all the texts.
func (b *browser) shows(texts ...string) {
	b.t.Helper()
	b.until(fmt.Sprintf("a message with %q", texts), messageWith(texts)+" !== undefined")
}

// presses presses a button of the newest message that shows all the texts and
// has that button, in the thread when one is open.
func (b *browser) presses(label string, texts ...string) {
	b.t.Helper()
	name, _ := json.Marshal(label)
	button := fmt.Sprintf(`(() => { for (const m of [...document.querySelectorAll('[data-test="thread"] [data-test="message"], [data-test="messages"] [data-test="message"]')].reverse()) {
		if (!%s.every((t) => m.innerText.toLowerCase().includes(t))) continue;
		const x = [...m.querySelectorAll("button")].find((x) => x.innerText.trim() === %s);
		if (x) return x; } })()`, lower(texts), name)
	b.clickOn(fmt.Sprintf("the button %q", label), button)
}

// confirms says yes in the dialog that asks first.
func (b *browser) confirms() {
	b.t.Helper()
	b.clicks(`[data-test="confirm-yes"]`)
}

func messageWith(texts []string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('[data-test="message"]')].find((m) => %s.every((t) => m.innerText.toLowerCase().includes(t)))`, lower(texts))
}

func lower(texts []string) string {
	list, _ := json.Marshal(texts)
	return string(list) + `.map((t) => t.toLowerCase())`
}
