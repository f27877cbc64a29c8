package demo

import (
	"testing"
	"time"
)

func TestANewcomerSeesOthersAskedWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	b, d := browse(t)

	b.become("alba.garcia")
	b.sends("read only on customers-db for 30 minutes, who gets the letter about the move, MKT-7", "Customer database")
	b.shows("Waiting for an answer", "the security queue is asked as well")
	b.picture("sent")
	b.become("anika.hassan")
	b.shows("May Alba have this?")
	d.Advance(time.Hour + time.Minute)
	b.become("sam.weber")
	b.shows("May Alba have this?", "because nobody answered in time")
	b.picture("security-is-asked")
	b.become("alba.garcia")
	b.shows("Nobody answered in time, so the security queue is asked as well")
	b.picture("the-requester-knows")
	b.become("sam.weber")
	b.presses("Approve", "May Alba have this?")
	b.confirms()
	b.shows("Approved by Sam Weber")
	b.become("anika.hassan")
	b.shows("Approved by Sam Weber")
	b.picture("the-owner-need-not-answer")
}
