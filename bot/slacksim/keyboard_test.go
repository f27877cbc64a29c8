package slacksim_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// tabTo presses Tab, or Shift and Tab, until the element that a selector names has the focus, as somebody does who has no mouse.
func tabTo(sel string, back bool) chromedp.Action[chromedp.Void] {
	press := chromedp.KeyEvent(kb.Tab)
	if back {
		press = chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for range 60 {
			if on, err := focused(sel)(ctx, t); err != nil || on {
				return err
			}
			if _, err := press(ctx, t); err != nil {
				return err
			}
		}
		return fmt.Errorf("60 times Tab, and never on %s", sel)
	})
}

// focused tells whether the element that a selector names has the focus.
func focused(sel string) chromedp.Action[bool] {
	return chromedp.Evaluate[bool](fmt.Sprintf(`document.activeElement.matches(%q)`, sel))
}

// hasFocus waits until an element has the focus, which moves there by itself.
func hasFocus(sel string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			if on, err := focused(sel)(ctx, t); err != nil || on {
				return err
			}
			if ctx.Err() != nil {
				return fmt.Errorf("the focus is never on %s: %w", sel, ctx.Err())
			}
		}
	})
}

// TestPageNeedsNoMouse goes from asking to approving with Tab, Enter, Escape and letters alone.
func TestPageNeedsNoMouse(t *testing.T) {
	t.Parallel()
	unhurried(t)
	for _, size := range [][2]int64{{1440, 900}, {360, 740}} {
		t.Run(fmt.Sprintf("%d px", size[0]), func(t *testing.T) {
			t.Parallel()
			_, _, step := page(t, size[0], size[1])
			enter, escape := chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Escape)
			step("keys-1-ask", chromedp.WaitVisible(`[data-test=composer]`), tabTo(`.skip`, false), enter, hasFocus(`[data-test=composer]`),
				chromedp.KeyEvent("billing-db"), enter, chromedp.WaitVisible(`button[data-action-id=approve]`), hasFocus(`[data-test=composer]`))
			step("keys-2-question", tabTo(`button[data-action-id=deny]`, true), enter, chromedp.WaitVisible(`[data-test=confirm-yes]`), hasFocus(`dialog[open] *`))
			step("keys-3-no", escape, chromedp.WaitNotPresent(`[data-test=confirm-dialog]`), hasFocus(`button[data-action-id=deny]`))
			step("keys-4-modal", tabTo(`button[data-action-id=change]`, false), enter, chromedp.WaitVisible(`[data-test=modal]`), tabTo(`[data-action-id=what]`, false),
				chromedp.KeyEvent("bill"), chromedp.WaitVisible(`[data-test=option]`), chromedp.KeyEvent(kb.ArrowDown), enter, chromedp.WaitNotVisible(`[data-test=option]`))
			step("keys-5-filled", tabTo(`[data-action-id=level] input`, false), chromedp.KeyEvent(" "), tabTo(`textarea[data-action-id=why]`, false), chromedp.KeyEvent("refunds are stuck"),
				tabTo(`[data-test=modal-submit]`, false), enter, chromedp.WaitNotPresent(`[data-test=modal]`))
			step("keys-6-thread", tabTo(`[data-test=message][data-user=U0BOT] [data-test=open-thread]`, false), enter, chromedp.WaitVisible(`[data-test=thread]`), hasFocus(`[data-test=thread-composer]`))
			step("keys-7-back", escape, chromedp.WaitNotVisible(`[data-test=thread]`), hasFocus(`[data-test=open-thread]`))
			step("keys-8-approved", tabTo(`button[data-action-id=approve]`, true), enter, chromedp.WaitNotPresent(`button[data-action-id=approve]`))
			side := []chromedp.Action[chromedp.Void]{tabTo(`[data-test=person-switcher]`, true)}
			if size[0] < 900 {
				side = []chromedp.Action[chromedp.Void]{tabTo(`[data-test=menu]`, true), enter, tabTo(`[data-test=person-switcher]`, false)}
			}
			step("keys-9-bob", append(side, enter, hasFocus(`[data-test=person-search]`), chromedp.KeyEvent("bob"), chromedp.WaitNotPresent(`[data-test=person-ana]`),
				tabTo(`[data-test=person-bob]`, false), enter, chromedp.WaitReady(`[data-test=composer][data-channel=DBOB]`))...)
		})
	}
}

func TestPageKeepsWhatIsTypedWhileAModalChanges(t *testing.T) {
	t.Parallel()
	w, ctx, step := page(t, 360, 740)
	const why = `textarea[data-action-id=why]`
	step("typed-1-modal", typing(`[data-test=composer]`, "billing-db\r"), click(`button[data-action-id=change]`), chromedp.WaitVisible(why), typing(why, "hm"))
	ana := w.As("UANA")
	if _, err := ana.WaitView(ctx, func(v slacksim.View) bool { return v.Values["b-why"]["why"]["value"] == "hm" }); err != nil {
		t.Fatal(err)
	}
	// Typed, and not yet told to the workspace, when the bot changes the modal.
	step("typed-2-typed", script(`document.querySelector("[data-test=modal]").dataset.old = "yes"; document.querySelector("`+why+`").focus(); document.activeElement.value = "half a sent"`))
	api := slack.New("xoxb-local", slack.OptionAPIURL(w.APIURL()))
	if _, err := api.UpdateViewContext(ctx, exampleBot{api}.modal(), "", "", ana.Views()[0].ID); err != nil {
		t.Fatal(err)
	}
	step("typed-3-changed", chromedp.WaitVisible(`[data-test=modal]:not([data-old])`), hasFocus(why), chromedp.KeyEvent("ence"))
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("`+why+`").value`))
	if err != nil || got != "half a sentence" {
		t.Errorf("what was typed has become %q: %v", got, err)
	}
}

func TestPageSendsAModalAfterWhatWasTypedIntoIt(t *testing.T) {
	t.Parallel()
	_, _, step := page(t, 360, 740)
	const why = `textarea[data-action-id=why]`
	step("order-1-modal", typing(`[data-test=composer]`, "billing-db\r"), click(`button[data-action-id=change]`), chromedp.WaitVisible(why),
		typing(`[data-action-id=what]`, "bill"), click(`[data-test=option][data-value=billing-db]`), click(`[data-action-id=level] input[value=read]`), chromedp.WaitNotPresent(`[aria-busy]`))
	// What is told of an input is held on its way until the modal was sent.
	step("order-2-held", script(`const plain = window.fetch; window.held = []; window.fetch = async (...a) => {
		if (a[1] && a[1].body.includes('"do":"click"')) await new Promise((go) => window.held.push(go));
		return plain(...a); }`), typing(why, "refunds are stuck"), holds(`window.held.length === 1`))
	step("order-3-sent", click(`[data-test=modal-submit]`), chromedp.WaitVisible(`[data-test=modal-submit][aria-busy]`), script(`window.held.shift()()`), chromedp.WaitNotPresent(`[data-test=modal]`))
}
