package slacksim_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// auditor checks what the page shows with axe-core.
type auditor struct {
	t      *testing.T
	ctx    context.Context
	step   func(string, ...chromedp.Action[chromedp.Void])
	width  int
	looked int // screens so far
}

type violation struct {
	ID, Impact, Help string
	Nodes            []string
}

// look fails the test for each serious or critical finding, and when the page is wider than its window. In the dark only colours are
// looked at: the rest is the same.
func (a *auditor) look(screen string) {
	a.t.Helper()
	limited, cancel := context.WithTimeout(a.ctx, stepWithin)
	defer cancel()
	for scheme, options := range map[string]string{"light": "{}", "dark": `{ runOnly: ["color-contrast"] }`} {
		audit := fmt.Sprintf(`axe.run(document, %s).then((r) => r.violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help,
			nodes: v.nodes.map((n) => n.target.join(" ") + ": " + n.html.slice(0, 160) + " | " + (n.any[0] || n.all[0] || n.none[0] || {}).message) })))`, options)
		if err := chromedp.Do(limited, colours(scheme)); err != nil {
			a.t.Fatal(err)
		}
		found, err := chromedp.Run(limited, chromedp.Evaluate[[]violation](audit, chromedp.EvalAwaitPromise))
		if err != nil {
			a.t.Fatalf("%s: %v", screen, err)
		}
		shot(a.ctx, a.t, fmt.Sprintf("axe-%d-%s-%s", a.width, screen, scheme))
		a.judge(screen+", "+scheme, found)
	}
	wide, err := chromedp.Run(limited, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
	if err != nil || wide > a.width {
		a.t.Errorf("%s: the page is %d wide in a window of %d: %v", screen, wide, a.width, err)
	}
	a.looked++
}

// judge reports findings; only serious and critical ones fail the test.
func (a *auditor) judge(screen string, found []violation) {
	a.t.Helper()
	for _, v := range found {
		if v.Impact == "serious" || v.Impact == "critical" {
			a.t.Errorf("%s: %s: %s (%s)\n  %s", screen, v.Impact, v.Help, v.ID, strings.Join(v.Nodes, "\n  "))
		} else {
			a.t.Logf("%s: %s: %s (%s), %d places", screen, v.Impact, v.Help, v.ID, len(v.Nodes))
		}
	}
}

func TestPageHasNoSeriousAccessibilityFinding(t *testing.T) {
	t.Parallel()
	unhurried(t)
	dir := modules(t, "axe-core/axe.min.js")
	axe, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int64{{1440, 900}, {360, 740}} {
		t.Run(fmt.Sprintf("%d px", size[0]), func(t *testing.T) {
			t.Parallel()
			w, ctx, step := page(t, size[0], size[1])
			a := &auditor{t: t, ctx: ctx, step: step, width: int(size[0])}
			a.step("axe-begin", chromedp.WaitVisible(`[data-test=composer]`), script(string(axe)))
			a.messages(w)
			a.dialogs()
			a.around(size[0] < 900)
			t.Logf("%d screens looked at, in light and in dark", a.looked)
		})
	}
}

// messages looks at conversations: an empty one, one with a card, a busy one, a thread, a menu.
func (a *auditor) messages(w *slacksim.Workspace) {
	a.t.Helper()
	a.look("empty")
	a.step("axe-card", typing(`[data-test=composer]`, "billing-db\r"), chromedp.WaitVisible(`button[data-action-id=approve]`))
	a.look("card")
	a.step("axe-menu", click(`[data-user=U0BOT] [data-action-id=more] [data-test=menu-button]`), chromedp.WaitVisible(`[data-user=U0BOT] [data-action-id=more] [role=menuitem]`))
	a.look("menu")
	a.step("axe-menu-shut", chromedp.KeyEvent(kb.Escape))
	a.step("axe-thread", click(`[data-test=message][data-user=U0BOT] [data-test=open-thread]`), chromedp.WaitVisible(`[data-test=thread-composer]`))
	a.look("thread")
	a.step("axe-thread-shut", click(`[data-test=thread-close]`), chromedp.WaitNotVisible(`[data-test=thread]`))
	a.step("axe-command", typing(`[data-test=composer]`, "/access prod\r"), chromedp.WaitVisible(`[data-test=only-you]`))
	a.look("ephemeral")
	for _, text := range []string{"see https://example.com, *bold* `code`", "@ana look, #secret"} {
		if _, err := w.As("UBOB").Post("CGEN", "", text); err != nil {
			a.t.Fatal(err)
		}
	}
}

// dialogs looks at a question and at a modal: fresh, with a list of choices open, and with what is missing marked.
func (a *auditor) dialogs() {
	a.t.Helper()
	a.step("axe-confirm", click(`button[data-action-id=deny]`), chromedp.WaitVisible(`[data-test=confirm-yes]`))
	a.look("confirm")
	a.step("axe-confirm-no", click(`[data-test=confirm-no]`), chromedp.WaitNotPresent(`[data-test=confirm-dialog]`))
	a.step("axe-modal", click(`button[data-action-id=change]`), chromedp.WaitVisible(`[data-test=modal]`))
	a.look("modal")
	a.step("axe-select", typing(`[data-action-id=what]`, "bill"), chromedp.WaitVisible(`[data-test=option]`), chromedp.KeyEvent(kb.ArrowDown))
	a.look("select")
	a.step("axe-picked", click(`[data-test=option][data-value=billing-db]`), click(`[data-test=modal-submit]`), chromedp.WaitVisible(`[data-test=input-error]`))
	a.look("modal-errors")
	a.step("axe-several", typing(`[data-action-id=also]`, "orders"), chromedp.WaitVisible(`[data-test=option][data-value=orders-db]`), chromedp.KeyEvent(kb.ArrowDown))
	a.look("several")
	a.step("axe-modal-shut", click(`[data-test=modal-close]`), chromedp.WaitNotPresent(`[data-test=modal]`))
}

// around looks at the rest: Home, the list of people, a channel, the panel, a fault and what it says.
func (a *auditor) around(small bool) {
	a.t.Helper()
	side := func(more ...chromedp.Action[chromedp.Void]) []chromedp.Action[chromedp.Void] {
		if small {
			return append([]chromedp.Action[chromedp.Void]{click(`[data-test=menu]`)}, more...)
		}
		return more
	}
	a.step("axe-people", side(click(`[data-test=person-switcher]`), chromedp.WaitVisible(`[data-test=person-bob]`))...)
	a.look("people")
	a.step("axe-people-shut", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible(`[data-test=person-bob]`))
	a.step("axe-channel", click(`[data-test=channel-general]`), chromedp.WaitVisible(`[data-test=composer][data-channel=CGEN]`))
	a.look("channel")
	a.step("axe-home", side(click(`[data-test=home-tab]`), chromedp.WaitVisible(`#home [data-action-id=done]`))...)
	a.look("home")
	a.step("axe-panel", click(`[data-test=hood-toggle]`), chromedp.WaitVisible(`[data-test=envelope]`), click(`[data-test=envelope] summary`), click(`[data-test=fault-link_disabled]`), chromedp.WaitVisible(`.link-state.off`))
	a.look("panel")
}
