package demo

import "testing"

func TestANewcomerAsksAboutAMessageAndGetsLessThanAsked(t *testing.T) {
	t.Parallel()
	b, _ := browse(t)

	b.become("tom.okafor")
	b.goes("billing-support")
	b.says("somebody please look at INC-4312: read-write on billing-db for 2 hours, the refund is stuck")
	b.become("maya.lindqvist")
	b.goes("billing-support")
	b.clickOn("the menu of Tom's message", messageWith([]string{"INC-4312"})+`.querySelector('[data-test="menu-button"]')`)
	b.picture("message-menu")
	b.clicks(`[data-test="message-shortcut-request_access_about"]`)
	b.until("the form about the message", `document.querySelector('[data-test="modal"]')?.innerText.includes("Ask for access") && [...document.querySelectorAll('[data-test="modal"] textarea')].some((x) => x.value.includes("About a message of"))`)
	b.picture("about-a-message")
	b.clicks(`[data-test="modal-submit"]`)
	b.clicks(`[data-test="dm"]`)
	b.presses("Send", "Ready to send?", "About a message of")

	b.become("tom.okafor")
	b.presses("Change…", "May Maya have this?")
	b.forms("Approve for less time")
	b.picture("less-time")
	b.clicks(`[data-test="modal-submit"]`)
	b.shows("Approved by", "of the 2 hours asked")
	b.picture("less-approved")
	b.become("maya.lindqvist")
	b.shows("You have access", "of the 2 hours asked")
	b.picture("less-given")
}
