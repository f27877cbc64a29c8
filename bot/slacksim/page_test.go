package slacksim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestPagePlaysARequestFromCardToDecision(t *testing.T) {
	t.Parallel()
	_, _, step := page(t, 1440, 900)
	step("1-begin", chromedp.WaitVisible(`[data-test=composer]`), chromedp.WaitVisible(`.link-state.on`))
	step("2-card", typing(`[data-test=composer]`, "read only on billing-db for 2h, <b>refund</b> *stuck* INC-4312\r"), chromedp.WaitVisible(`button[data-action-id=approve]`))
	step("3-confirm", click(`button[data-action-id=deny]`), chromedp.WaitVisible(`[data-test=confirm-yes]`))
	step("4-kept", click(`[data-test=confirm-no]`), chromedp.WaitNotPresent(`[data-test=confirm-dialog]`))
	step("5-modal", click(`button[data-action-id=change]`), chromedp.WaitVisible(`[data-test=modal]`))
	step("6-required", click(`[data-test=modal-submit]`), chromedp.WaitVisible(`[data-test=input-error]`))
	step("7-search", typing(`[data-action-id=what]`, "bill"), chromedp.WaitVisible(`[data-test=option]`))
	step("8-picked", click(`[data-test=option][data-value=billing-db]`), click(`[data-action-id=level] input[value=read]`), typing(`textarea[data-action-id=why]`, "hm"))
	step("9-bot-error", click(`[data-test=modal-submit]`), chromedp.WaitVisible(`[data-block-id=b-why] .problem`))
	step("10-sent", typing(`textarea[data-action-id=why]`, " refunds are stuck"), click(`[data-test=modal-submit]`), chromedp.WaitNotPresent(`[data-test=modal]`))
	step("11-thread", click(`[data-test=message][data-user=U0BOT] [data-test=open-thread]`), chromedp.WaitVisible(`[data-test=thread-composer]`))
	step("12-approved", click(`[data-test=thread] button[data-action-id=approve]`), chromedp.WaitNotPresent(`button[data-action-id=approve]`))
	step("13-command", click(`[data-test=thread-close]`), typing(`[data-test=composer]`, "/access prod 2h\r"), chromedp.WaitVisible(`[data-test=only-you]`))
	step("14-home", click(`[data-test=home-tab]`), chromedp.WaitVisible(`#home [data-action-id=done]`))
	// A click on what was drawn again just then is no lost click.
	step("14-home-again", script(`window.drawn = document.querySelector("#home [data-action-id=done]")`), click(`[data-test=tab-messages]`), chromedp.WaitVisible(`[data-test=composer]`),
		click(`[data-test=tab-home]`), holds(`!drawn.isConnected && document.querySelector("#home [data-action-id=done]") !== null`))
	step("14-done", script(`drawn.click()`), holds(`document.querySelector("#home").innerText.includes("You gave it back")`))
	step("15-people", click(`[data-test=person-switcher]`), chromedp.WaitVisible(`[data-test=person-bob]`))
	step("16-bob", click(`[data-test=person-bob]`), chromedp.WaitVisible(`[data-test=composer]`), click(`[data-test=channel-general]`), chromedp.WaitVisible(`[data-test=composer][data-channel=CGEN]`),
		typing(`[data-test=composer]`, "@pass read on orders-db for @dba, see https://example.com/x\r"), chromedp.WaitVisible(`[data-test=open-thread]`))
	step("17-hood", click(`[data-test=hood-toggle]`), chromedp.WaitVisible(`[data-test=envelope]`))
	step("18-dropped", click(`[data-test=fault-link_disabled]`), chromedp.WaitVisible(`.link-state.off`), click(`[data-test=dm]`), chromedp.WaitVisible(`[data-test=composer][data-channel=DBOB]`),
		typing(`[data-test=composer]`, "/access x\r"), chromedp.WaitVisible(`[data-test=toast][data-kind=error]`))
}

func TestPageFitsASmallScreenAndWorksByKeyboard(t *testing.T) {
	t.Parallel()
	_, ctx, step := page(t, 360, 740)
	fits := func() {
		t.Helper()
		if wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); err != nil || wide > 360 {
			t.Errorf("the page is %d wide: %v", wide, err)
		}
	}
	step("small-1-card", typing(`[data-test=composer]`, "billing-db\r"), chromedp.WaitVisible(`button[data-action-id=approve]`))
	fits()
	step("small-2-modal", click(`button[data-action-id=change]`), chromedp.WaitVisible(`[data-test=modal]`))
	fits()
	step("small-3-escape", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotPresent(`[data-test=modal]`))
	step("small-4-side", click(`[data-test=menu]`), chromedp.WaitVisible(`[data-test=dm]`))
	step("small-5-people", chromedp.Focus(`[data-test=person-switcher]`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`[data-test=person-search]`),
		typing(`[data-test=person-search]`, "bob"), chromedp.WaitNotPresent(`[data-test=person-ana]`), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter),
		chromedp.WaitReady(`[data-test=composer][data-channel=DBOB]`))
	step("small-6-thread", typing(`[data-test=composer]`, "orders-db\r"), chromedp.WaitVisible(`button[data-action-id=approve]`),
		click(`[data-test=message][data-user=U0BOT] [data-test=open-thread]`), chromedp.WaitVisible(`[data-test=thread-composer]`))
	fits()
	step("small-7-hood", chromedp.KeyEvent(kb.Escape), click(`[data-test=hood-toggle]`), chromedp.WaitVisible(`[data-test=envelope]`))
	fits()
}

// hostile is text that would do harm on a page that parses what people write.
var hostile = []string{
	`<img src=x onerror="window.harmed=1">`, `<script>window.harmed=1</script>`, `*<b onclick=alert(1)>*`, "`<i>`", `javascript:alert(1)`, `<javascript:alert(1)|click>`,
	`"><svg onload=window.harmed=1>`, `&lt;img src=x onerror=window.harmed=1&gt;`, `<!date^1^{date}^javascript:alert(1)|x>`,
}

func TestPageNeverInterpretsWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	unhurried(t)
	w := served(t)
	ana := w.As("UANA")
	for _, text := range hostile {
		if _, err := ana.Post("CGEN", "", text); err != nil {
			t.Fatal(err)
		}
		// The same as a careless bot would post it: unescaped, in text and in blocks.
		blocks, err := json.Marshal([]any{map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": text}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := post(t, w, "xoxb-local", "chat.postEphemeral", values("channel", "CGEN", "user", "UANA", "text", text, "blocks", string(blocks))); !got.OK {
			t.Fatal(got.Error)
		}
	}
	if err := w.UpdateUser("UBOB", func(u *slacksim.User) { u.RealName, u.Title = hostile[0], hostile[6] }); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, 1200, 800, w.URL())
	step := steps(ctx, t)
	step("hostile", click(`[data-test=channel-general]`), chromedp.WaitVisible(`[data-test=composer][data-channel=CGEN]`), chromedp.WaitVisible(`[data-test=message]`),
		click(`[data-test=person-switcher]`), chromedp.WaitVisible(`[data-test=person-bob]`))
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[window.harmed, document.querySelectorAll("#main img, #main svg, #main script, #main [onclick], #main [onerror], #side img, #side svg").length,
		[...document.querySelectorAll("a[href]")].filter((a) => !/^(https?:|mailto:)/.test(a.href)).length, document.querySelectorAll("[data-test=message]").length].join()`))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(",0,0,%d", 2*len(hostile)); got != want {
		t.Errorf("harmed, foreign elements, foreign links, messages: %s, want %s", got, want)
	}
}

func TestPageFilesLoadNothingFromOutside(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	for _, name := range []string{"/", "/archives/C1/p1000000000000001", "/_sim/page/app.js", "/_sim/page/frame.css", "/_sim/page/icon.svg"} {
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, name, nil))
		if policy := rec.Header().Get("Content-Security-Policy"); rec.Code != http.StatusOK || !strings.HasPrefix(policy, "default-src 'none'; script-src 'self';") {
			t.Errorf("%s: %d, %q", name, rec.Code, policy)
		}
	}
	for _, name := range []string{"/_sim/page/none.js", "/_sim/page/..%2Fserver.go", "/other"} {
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, name, nil))
		if rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
}

func TestOtherNamesOfTheMachineAreNotAnswered(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	if err := w.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"": http.StatusOK, "localhost:1": http.StatusOK, "[::1]:1": http.StatusOK, "evil.example": http.StatusMisdirectedRequest, "evil.example:80": http.StatusMisdirectedRequest} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q: %d, want %d", host, resp.StatusCode, want)
		}
	}
}

func TestOtherSitesCannotActOnThePage(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	for site, want := range map[string]int{"same-origin": http.StatusOK, "cross-site": http.StatusForbidden, "same-site": http.StatusForbidden} {
		r := httptest.NewRequest(http.MethodPost, "/_sim/do", strings.NewReader(`{"as":"UANA","do":"home"}`))
		r.Header.Set("Sec-Fetch-Site", site)
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("%s: %d, want %d", site, rec.Code, want)
		}
	}
}
