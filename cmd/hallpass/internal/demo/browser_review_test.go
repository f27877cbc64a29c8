package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestANewcomerReviewsWhatNobodyLookedAt(t *testing.T) {
	t.Parallel()
	b, d := browse(t)
	r := rehearseOn(t, d)
	r.goes(gets(maya, "read only on billing-db for 20 minutes, refund stuck, INC-4312", "INC-4312", "read-only-with-ticket"))
	r.goes(gets(clara, "read only on billing-db for 20 minutes, check yesterday's chargebacks, INC-4314", "INC-4314", "read-only-with-ticket"))
	r.goes(gets(mina, "admin on cluster-staging for 20 minutes, try something", "Staging cluster", "staging-for-engineers"))
	d.Advance(25 * time.Minute)
	if err := d.Review(t.Context(), reviewedFor); err != nil {
		t.Fatal(err)
	}

	b.become("bruno.flores")
	b.shows(wasRight, "0 of 3", "Mina Meyer", "Staging cluster", "try something", "Risk", "staging-for-engineers")
	b.picture("asked")
	b.become("aisha.bello")
	b.presses("Right", wasRight, "read-only-with-ticket")
	b.shows("You have looked at one decision", "Nothing more waits for you")
	b.picture("looked")

	b.become("chloe.larsen")
	b.notes("Unsure…", "The security group looks at it", "what was this about?")
	b.shows("You have looked at one decision")
	b.become("aisha.bello")
	b.shows(wasRight, "1 of 3")
	b.picture("left-to-the-security-group")
	b.presses("Right", wasRight, "1 of 3")
	b.shows("You have looked at 2 decisions")

	b.become("sam.weber")
	b.clicks(`[data-test="home-tab"]`)
	b.atHome("Reviews", "2 of 3")
	b.picture("progress-at-home")

	b.become("bruno.flores")
	b.notes("Wrong…", "What was wrong?", "nobody tries things out as an admin")
	b.shows("The review of", "is over", "1 passed, 1 failed")
	b.goes("security-access")
	b.shows("Review finished", "1 passed, 1 failed", "signed result")
	b.picture("finished")

	b.become("mina.meyer")
	b.sends("admin on cluster-staging for 20 minutes, try something else", "Staging cluster")
	b.shows("Waiting for an answer", "stopped approving by itself")
	b.picture("people-are-asked")

	b.become("sam.weber")
	b.shows("The rule staging-for-engineers no longer approves by itself")
	b.clicks(`[data-test="home-tab"]`)
	b.atHome("staging-for-engineers no longer approves by itself", "Let it approve")
	b.picture("lapsed-at-home")
	b.clickOn("the button that lifts it", `[...document.querySelectorAll('[data-test="home"] button')].find((x) => x.innerText.startsWith("Let it approve"))`)
	b.forms("Let a rule approve")
	b.do(chromedp.SendKeys(`[data-test="modal"] [data-action-id="note"]`, "platform looked at all of them"))
	b.picture("lift")
	b.clicks(`[data-test="modal-submit"]`)
	b.until("the rule approves again", `!document.querySelector('[data-test="home"]').innerText.includes("no longer approves")`)
}

// notes gives a verdict with a note, on the message that asks for one.
func (b *browser) notes(label, form, note string) {
	b.t.Helper()
	b.presses(label, wasRight)
	b.forms(form)
	b.do(chromedp.SendKeys(`[data-test="modal"] [data-action-id="note"]`, note))
	b.picture("note")
	b.clicks(`[data-test="modal-submit"]`)
}

func TestANewcomerStartsTheYearlyReviewAtHome(t *testing.T) {
	t.Parallel()
	b, d := browse(t)
	r := rehearseOn(t, d)
	r.goes(gets(mina, "admin on cluster-staging for 20 minutes, try something", "Staging cluster", "staging-for-engineers"))
	b.become("sam.weber")
	b.clicks(`[data-test="home-tab"]`)
	b.atHome("Reviews", "Start the yearly review")
	b.picture("start-at-home")
	b.clickOn("the button that starts it", `[...document.querySelectorAll('[data-test="home"] button')].find((x) => x.innerText.startsWith("Start the yearly review"))`)
	b.until("the question", `document.querySelector('[data-test="confirm-dialog"]')?.innerText.includes("a sample that nobody can choose")`)
	b.picture("start-sure")
	b.confirms()
	b.atHome("Review of", "0 of 1")
	b.until("it is started once", `!document.querySelector('[data-test="home"]').innerText.includes("Start the yearly review")`)
	b.picture("started")
	b.become("bruno.flores")
	b.presses("Right", wasRight, "Mina Meyer", "Staging cluster")
	b.shows("The review of", "is over")
	all, err := d.Events(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	who := slices.IndexFunc(all, func(e approvals.Event) bool { return e.Kind == approvals.EventReviewFrozen })
	if who < 0 || all[who].Actor.Kind != approvals.ActorPerson || all[who].Actor.Via != "slack" {
		t.Errorf("of who started it the log has %+v", all[max(who, 0)])
	}
}
