package slacksim_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// What the page sent is drawn again after it was loaded anew: it came from the
// workspace, not from what the browser remembered.
func TestPageTakesSeveralChoicesAndAMoment(t *testing.T) {
	t.Parallel()
	unhurried(t)
	w := served(t)
	for _, size := range [][2]int64{{1440, 900}, {360, 740}} {
		ctx := browser(t, size[0], size[1], w.URL())
		step := steps(ctx, t)
		evaluate := func(script string, want []string) {
			t.Helper()
			got, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](script, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d px: -want +got\n%s", size[0], diff)
			}
		}
		option := func(value string) string { return `[data-test=option][data-value=` + value + `]` }
		step("several-1-modal", typing(`[data-test=composer]`, "billing-db\r"), chromedp.WaitVisible(`button[data-action-id=change]`),
			click(`button[data-action-id=change]`), chromedp.WaitVisible(`[data-test=chosen][data-value=wiki]`))
		step("several-2-more", typing(`[data-action-id=also]`, "bill"), chromedp.WaitVisible(option("billing-api")), click(option("billing-api")), chromedp.WaitVisible(`[data-test=chosen][data-value=billing-api]`),
			typing(`[data-action-id=also]`, "orders"), chromedp.WaitVisible(option("orders-db")), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`[data-test=chosen][data-value=orders-db]`))
		step("several-3-less", click(`[data-test=chosen][data-value=wiki] button`), chromedp.WaitNotPresent(`[data-test=chosen][data-value=wiki]`))
		step("several-4-own", typing(`[data-action-id=teams]`, "oper"), chromedp.WaitVisible(option("ops")), click(option("ops")), chromedp.WaitVisible(`[data-test=chosen][data-value=ops]`))
		step("several-5-moment", script(`const el = document.querySelector("[data-action-id=start]"); el.value = "2026-12-01T09:30"; el.dispatchEvent(new Event("change"))`),
			chromedp.WaitNotPresent(`[data-action-id=start][aria-busy]`), chromedp.Reload(), chromedp.WaitVisible(`[data-test=chosen][data-value=ops]`))
		evaluate(`[...document.querySelectorAll("[data-test=chosen]")].map((el) => el.dataset.value).concat(document.querySelector("[data-action-id=start]").value, String(document.documentElement.scrollWidth <= innerWidth))`,
			[]string{"billing-api", "orders-db", "ops", "2026-12-01T09:30", "true"})
		step("several-6-shut", click(`[data-test=modal-close]`), chromedp.WaitNotPresent(`[data-test=modal]`))
		evaluate(`import("/_sim/page/zone.js").then(({ wall, instant }) => [
			wall(1795338000, "Europe/Madrid"), wall(1795338000, "Asia/Kathmandu"), String(instant("2026-11-22T10:00", "Europe/Madrid")), String(instant("2026-11-22T14:45", "Asia/Kathmandu")),
			String(instant("2026-03-29T02:30", "Europe/Madrid")), String(instant("2026-03-29T03:30", "Europe/Madrid")), String(instant("2026-03-29T01:30", "Europe/Madrid"))])`,
			[]string{"2026-11-22T10:00", "2026-11-22T14:45", "1795338000", "1795338000", "1774747800", "1774747800", "1774744200"})
	}
}
