package demo

import (
	"testing"
	"time"
)

func TestANewcomerSeesTwoPeopleDecideAndOneGiveLessTime(t *testing.T) {
	t.Parallel()
	b, d := browse(t)

	b.become("lin.wagner")
	b.sends("schema owner on customers-db for 30 minutes, finish the broken migration, INC-90", "schema owner")
	b.shows("Waiting for an answer", "Critical access takes two people's approval")
	b.picture("sent")

	b.become("aisha.bello")
	b.goes("security-access")
	b.shows("May Lin have this?", "Needs 2 approvals")
	b.picture("asked-in-the-channel")
	b.presses("Change…", "May Lin have this?")
	b.forms("Approve for less time")
	b.picture("less-time")
	b.clicks(`[data-test="modal-submit"]`)
	b.shows("May Lin have this?", "So far: Aisha Bello for 20 minutes of the 30 minutes asked")
	b.picture("one-of-two")

	b.become("lin.wagner")
	b.shows("1 of 2 approvals so far", "Aisha Bello", "20 minutes")
	b.picture("one-of-two-for-the-requester")

	b.become("anika.hassan")
	b.goes("security-access")
	b.presses("Approve", "May Lin have this?")
	b.confirms()
	b.shows("Approved by Aisha Bello and Anika Hassan for 20 minutes", "Access was given until")
	b.picture("both-agreed")

	b.become("lin.wagner")
	b.shows("You have access", "schema owner", "20 minutes of the 30 minutes asked")
	b.picture("given")
	d.Advance(21 * time.Minute)
	b.shows("Access ended", "schema owner", "nothing remains")
}
