package demo

import (
	"testing"

	"github.com/chromedp/chromedp"
)

func TestANewcomerBreaksGlassAndSomebodyElseReviewsIt(t *testing.T) {
	t.Parallel()
	b, _ := browse(t)

	b.become("lena.fischer")
	b.says("/access break-glass billing-db")
	b.forms("Break glass")
	b.sets(`[data-action-id="entitlement"]`, "billing-db:read-write")
	b.do(chromedp.SendKeys(`[data-test="modal"] [data-action-id="reason"]`, "refunds fail for every customer"))
	b.clicks(`[data-test="modal"] input[type="radio"]`)
	b.picture("form")
	b.clicks(`[data-test="modal-submit"]`)
	b.shows("You have access", "Opened by break-glass", "Somebody else must review it")
	b.picture("opened")

	b.goes("security-access")
	b.presses("Justified", "Break-glass", "Lena Fischer")
	b.confirms()
	b.shows("Nobody reviews their own break-glass")
	b.picture("not-by-herself")

	b.become("priya.raman")
	b.shows("Break-glass", "Lena Fischer", "refunds fail for every customer")
	b.picture("the-owner-is-told")

	b.become("sam.weber")
	b.clicks(`[data-test="home-tab"]`)
	b.atHome("Needs attention", "opened Billing database")
	b.picture("open-review-at-home")
	b.goes("security-access")
	b.presses("Justified", "Break-glass", "Lena Fischer")
	b.confirms()
	b.shows("Reviewed", "by Sam Weber: justified")
	b.picture("reviewed")

	b.become("lena.fischer")
	b.presses("I'm done", "You have access", "by Sam Weber: justified")
	b.shows("Ended", "Opened by break-glass", "nothing remains")
	b.picture("ended")
}
