package demo

import (
	"testing"
	"time"
)

func TestANewcomerPlaysTheStoryInTheBrowser(t *testing.T) {
	t.Parallel()
	b, d := browse(t)

	b.become("maya.lindqvist")
	b.says("read only on billing-db for 20 minutes, refund stuck, INC-4312")
	b.shows("Ready to send?", "20 minutes", "INC-4312")
	b.picture("card")
	b.presses("Send", "Ready to send?")
	b.shows("You have access", "read-only-with-ticket")
	b.picture("approved-by-a-rule")
	b.presses("I'm done", "You have access")
	b.shows("Access ended", "nothing remains")

	b.says("read-write on billing-db for 20 minutes, have to fix the stuck refund by hand, INC-4312")
	b.presses("Send", "Ready to send?", "read and write")
	b.shows("Waiting for an answer from", "Tom Okafor")

	b.become("tom.okafor")
	b.shows("May Maya have this?", "Risk")
	b.clicks(`[data-test="open-thread"]`)
	b.until("the reasons in the thread", `document.querySelector('[data-test="thread"]').innerText.includes("the sum of")`)
	b.until("the thread scrolled up", `([...document.querySelectorAll('[data-test="thread"] *')].forEach((x) => { x.scrollTop = 0 }), true)`)
	b.picture("approve")
	b.presses("Approve", "May Maya have this?")
	b.confirms()
	b.shows("Approved by", "Access was given until")
	b.picture("approved")

	b.become("maya.lindqvist")
	b.shows("You have access", "read and write", "Tom Okafor")
	d.Advance(16*time.Minute + 5*time.Second)
	b.shows("Your access ends soon")
	b.picture("nudge")
	b.presses("Extend by 20 minutes", "Your access ends soon")
	b.shows("20 minutes more of", "Waiting for an answer")
	b.clicks(`[data-test="home-tab"]`)
	b.atHome("Billing database, read and write", "20 minutes more of")
	b.picture("home")

	b.become("priya.raman")
	b.presses("Approve", "May Maya have this?", "20 minutes more of")
	b.confirms()
	b.shows("Approved by Priya Raman", "20 minutes more of")
	b.picture("extension-approved")
	b.become("maya.lindqvist")
	b.shows("Extended", "20 minutes more of", "The end moved to")
	b.picture("extended")

	b.opens("/sandbox/", "#resource-billing-db")
	const has = `[...document.querySelectorAll("#resource-billing-db li:not(.gone) .who")].some((x) => x.innerText === "Maya Lindqvist")`
	b.until("the member on the sandbox page", has)
	b.picture("sandbox-member")
	d.Advance(10 * time.Minute)
	b.until("access goes on past its first end", has)
	d.Advance(20 * time.Minute)
	b.until("access gone from the sandbox page", `!`+has)
	b.picture("sandbox-ended")

	b.opens("/", `[data-test="person-switcher"]`)
	b.become("maya.lindqvist")
	b.shows("Access ended", "read and write", "nothing remains")
	b.picture("ended")
}

func TestThePageFitsAPhone(t *testing.T) {
	t.Parallel()
	b, _ := browse(t)
	b.resize(phone)
	b.says("read only on billing-db for 20 minutes, refund stuck, INC-4312")
	b.shows("Ready to send?")
	b.picture("phone")
	b.until("a page no wider than the phone", `[...document.querySelectorAll("body *")].every((x) => x.getBoundingClientRect().right <= 361 || getComputedStyle(x).visibility === "hidden" || x.closest(".skip, [hidden]"))`)
}
