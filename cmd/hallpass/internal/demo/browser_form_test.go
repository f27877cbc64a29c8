package demo

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// chooses types into a search and takes what it finds.
func (b *browser) chooses(input, words, value string) {
	b.t.Helper()
	option := `[data-test="option"][data-value="` + value + `"]`
	b.do(chromedp.WaitVisible(input), chromedp.SendKeys(input, words), chromedp.WaitVisible(option))
	b.clicks(option)
}

// sets takes one of a menu's choices.
func (b *browser) sets(menu, value string) {
	b.t.Helper()
	b.until(menu+" set", fmt.Sprintf(`(() => { const x = document.querySelector('%s'); if (!x) return false; x.value = %q; x.dispatchEvent(new Event("change")); return x.value === %q; })()`, menu, value, value))
}

func TestANewcomerAsksForSeveralThingsAtOnceByTheForm(t *testing.T) {
	t.Parallel()
	b, _ := browse(t)

	b.become("maya.lindqvist")
	b.clicks(`[data-test="shortcut-request_access"]`)
	b.until("the form", `document.querySelector('[data-test="modal"]')?.innerText.includes("Ask for access")`)
	b.picture("form")
	b.sets(`[data-action-id="entitlement"]`, "billing-db:read-only")
	b.sets(`[data-action-id="duration"]`, "20")
	b.chooses(`[data-action-id="more_access"]`, "orders", "orders-db:read-only")
	b.do(chromedp.SendKeys(`[data-test="modal"] [data-action-id="reason"]`, "refund stuck"))
	b.picture("form-several")
	b.clicks(`[data-test="modal-submit"]`)
	b.shows("Orders database", "Billing database", "refund stuck")
	b.picture("form-sent")
	b.presses("Send", "Orders database", "Billing database")
	b.shows("Orders database", "Billing database", "2 requests")
	b.picture("form-answered")
}
