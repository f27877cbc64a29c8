package slacksim_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// envelopeOf is a condition for Wait: an envelope of this kind is in the log for the nth time.
func envelopeOf(w *slacksim.Workspace, what string, n int) func() bool {
	return func() bool {
		for _, e := range w.Envelopes() {
			if e.What == what {
				n--
			}
		}
		return n <= 0
	}
}

func TestPageOffersMessageShortcutsInTheMenuOfAMessage(t *testing.T) {
	t.Parallel()
	w, ctx, step := page(t, 360, 740)
	step("menu-1-sent", typing(`[data-test=composer]`, "billing-db is slow\r"), chromedp.WaitVisible(`[data-user=UANA] [data-test=message-menu]`))
	// By keyboard alone: Enter opens the menu and stands on its first entry, Escape goes back to the button, the arrow opens it again.
	step("menu-2-open", chromedp.Focus(`[data-user=UANA] [data-test=menu-button]`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`[data-user=UANA] [data-test=message-shortcut-about]`))
	step("menu-3-escape", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible(`[data-user=UANA] [data-test=message-shortcut-about]`))
	step("menu-4-modal", chromedp.KeyEvent(kb.ArrowDown), chromedp.WaitVisible(`[data-user=UANA] [data-test=message-shortcut-about]`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`[data-test=modal]`))
	if err := w.Wait(ctx, envelopeOf(w, "message_action", 1)); err != nil {
		t.Error(err)
	}
}

func TestPageChangesTheAccountThatOnePlays(t *testing.T) {
	t.Parallel()
	w, _, step := page(t, 1440, 900)
	ana := func() slacksim.User { u, _ := w.UserByID("UANA"); return u }
	step("folk-1-panel", click(`[data-test=hood-toggle]`), chromedp.WaitVisible(`[data-test=change-deactivate]`))
	step("folk-2-email", selectAll(`[data-test=email]`), typing(`[data-test=email]`, "ana.diaz@example.com\r"), chromedp.WaitVisible(`[data-test=envelope][data-what=user_change]`))
	if got := ana().Email; got != "ana.diaz@example.com" {
		t.Errorf("address %q", got)
	}
	step("folk-3-group", click(`[data-test=group-dba]`), chromedp.WaitVisible(`[data-test=envelope][data-what=subteam_members_changed]`))
	if g, _ := w.GroupByID("S0DBA"); !cmp.Equal(g.Users, []string{"UBOB", "UANA"}) {
		t.Errorf("members %v", g.Users)
	}
	step("folk-4-guest", click(`[data-test=change-guest]`), chromedp.WaitVisible(`[data-test=change-member]`))
	step("folk-5-gone", click(`[data-test=change-deactivate]`), chromedp.WaitVisible(`[data-test=change-reactivate]`), chromedp.WaitVisible(`#note`))
	if u := ana(); !u.Deleted || !u.Restricted {
		t.Errorf("%+v", u)
	}
	step("folk-6-back", click(`[data-test=change-reactivate]`), chromedp.WaitVisible(`[data-test=change-deactivate]`), chromedp.WaitNotVisible(`#note`))
	step("folk-7-refused", selectAll(`[data-test=email]`), typing(`[data-test=email]`, "nobody\r"), chromedp.WaitVisible(`[data-test=toast][data-kind=error]`))
}

func TestPanelShowsEnvelopesWithTheirAnswersAndCalls(t *testing.T) {
	t.Parallel()
	_, _, step := page(t, 1440, 900)
	step("panel-1-open", click(`[data-test=hood-toggle]`), chromedp.WaitVisible(`[data-test=fault-drop]`))
	for fault := range panelFaults {
		step("panel-2-"+fault, chromedp.WaitVisible(`[data-test=fault-`+fault+`]`))
	}
	step("panel-3-duplicate", click(`[data-test=fault-duplicate]`), chromedp.WaitVisible(`[data-test=toast]`), typing(`[data-test=composer]`, "billing-db\r"), chromedp.WaitVisible(`[data-test=envelope][data-outcome=acked] .badge`))
	step("panel-4-limited", click(`[data-test=fault-ratelimit]`), typing(`[data-test=composer]`, "orders-db\r"), chromedp.WaitVisible(`[data-test=call][data-outcome=ratelimited]`))
	const shown = `JSON.stringify({
		retries: [...document.querySelectorAll("[data-test=envelope][data-what=message] .badge")].map((b) => b.textContent).sort(),
		timed: [...document.querySelectorAll("[data-test=envelope] .outcome")].every((o) => /\d ms$/.test(o.textContent) || o.textContent === "waiting"),
		posted: document.querySelector("[data-test=call][data-method='chat.postMessage'][data-outcome=ok] .outcome").textContent.replace(/\d+/, "n") })`
	const want = `{"retries":["retry 1","retry 2","retry 3"],"timed":true,"posted":"ok · n ms"}`
	got := ""
	step("panel-5-shown", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		for err == nil && got != want && ctx.Err() == nil {
			got, err = chromedp.Evaluate[string](shown)(ctx, tab)
		}
		return err
	}))
	if got != want {
		t.Errorf("the panel shows %s, want %s", got, want)
	}
}
