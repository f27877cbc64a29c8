package demo

import (
	"testing"
	"time"
)

func TestANewcomerSeesAnEndThatFailsUntilTheSystemAnswers(t *testing.T) {
	t.Parallel()
	b, d := browse(t)

	b.become("clara.sousa")
	b.sends("read only on billing-db for 20 minutes, check yesterday's chargebacks, INC-4314", "Billing database")
	b.shows("You have access", "Billing database")
	b.switches("Make it unavailable", "Its administration does not answer")
	b.picture("unavailable")

	b.opens("/", `[data-test="person-switcher"]`)
	b.become("clara.sousa")
	b.presses("I'm done", "You have access")
	b.shows("Your access to Billing database", "can't be taken away yet")
	b.picture("its-holder-is-told")
	b.become("priya.raman")
	b.shows("Clara Sousa", "can't be taken away yet")
	b.picture("its-owner-is-told")

	b.become("sam.weber")
	b.clicks(`[data-test="home-tab"]`)
	b.atHome("One grant should have ended")
	d.Advance(16 * time.Minute)
	b.atHome("Needs attention", "should have ended 16 minutes ago and still gives access", "can't be taken away yet")
	b.picture("overdue-at-home")
	b.clicks(`[data-test="dm"]`)
	b.shows("Clara Sousa's access to Billing database", "outlives its end by 16 minutes")
	b.picture("admins-are-told")

	b.switches("Make it available again", "open sessions")
	b.until("access gone from the sandbox page", `[...document.querySelectorAll("#resource-billing-db li.gone")].some((x) => x.innerText.includes("Clara Sousa"))`)
	b.picture("available-again")

	b.opens("/", `[data-test="person-switcher"]`)
	b.become("clara.sousa")
	b.shows("Your access to Billing database", "Access ended", "nothing remains")
	b.picture("its-holder-reads-that-it-is-over")
	b.become("priya.raman")
	b.shows("Clara Sousa", "Access ended", "nothing remains")
	b.picture("so-does-its-owner")
	b.become("sam.weber")
	b.shows("Clara Sousa's access to Billing database", "It is removed now")
	b.clicks(`[data-test="home-tab"]`)
	b.until("nothing that fails at home", `!document.querySelector('[data-test="home"]').innerText.includes("should have ended")`)
	b.picture("nothing-fails-any-more")
}

// switches presses the button of the sandbox's page that makes it unavailable
// or available again.
func (b *browser) switches(label, shows string) {
	b.t.Helper()
	b.opens("/sandbox/", ".state button")
	b.clickOn("the button "+label, `[...document.querySelectorAll(".state button")].find((x) => x.innerText === "`+label+`")`)
	b.until(label, `document.querySelector(".state").innerText.includes("`+shows+`")`)
}
