package demo

import "testing"

func TestANewcomerIsOfferedLessThatNeedsNobody(t *testing.T) {
	t.Parallel()
	b, _ := browse(t)

	b.become("maya.lindqvist")
	b.sends("read only on billing-db for 6 hours, reconcile last night's refunds, INC-4313", "6 hours")
	b.shows("Waiting for an answer", "approved at once: for up to 4 hours")
	b.picture("offered")
	b.presses("Ask for 4 hours instead", "Waiting for an answer")
	b.shows("You have access", "4 hours", "read-only-with-ticket")
	b.picture("given")
	b.become("tom.okafor")
	b.shows("Cancelled", "6 hours")
	b.picture("nothing-left-to-answer")
}
