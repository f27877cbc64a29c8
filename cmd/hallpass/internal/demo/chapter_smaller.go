package demo

// smallerWish is a request that would have to wait, and the smaller one that
// its requester is offered: one click asks for that, and a rule approves it.
func smallerWish() chapter {
	return chapter{"Less needs nobody", []step{
		asks(maya, "read only on billing-db for 6 hours, reconcile last night's refunds, INC-4313", "Billing database", "6 hours"),
		sends(maya, "6 hours", "Waiting for an answer", "This would be approved at once: for up to 4 hours"),
		sees("her manager is asked", tom, "May Maya have this?", "6 hours"),
		presses("asks for less with one click", maya, "Ask for 4 hours instead", []string{"Waiting for an answer"}, "You have access", "4 hours", "read-only-with-ticket"),
		sees("her manager need not answer any more", tom, "Cancelled", "6 hours"),
		works(maya, "billing-db"),
		done(maya, "Billing database"),
	}}
}
