package demo

import "time"

// othersAreAsked is a request that nobody answers in the time that the policy
// allows: the security queue is asked as well.
func othersAreAsked() chapter {
	return chapter{"Nobody answers in time, and others are asked", []step{
		asks(alba, "read only on customers-db for 30 minutes, who gets the letter about the move, MKT-7", "Customer database", "30 minutes"),
		sends(alba, "Customer database", "Waiting for an answer", "the security queue is asked as well"),
		sees("the owner is asked, and does not answer", anika, "May Alba have this?", "the security queue is asked as well"),
		later("an hour later others are asked", time.Hour+time.Minute, sam, "May Alba have this?", "because nobody answered in time"),
		sees("and the requester knows", alba, "Nobody answered in time, so the security queue is asked as well"),
		presses("one of them approves", sam, "Approve", []string{alba, "Customer database"}, "Approved by "+sam),
		sees("the owner need not answer any more", anika, "Approved by "+sam, "Customer database"),
		sees("access works, and by whom", alba, "You have access", "Customer database", "Approved by "+sam),
		works(alba, "customers-db"),
		done(alba, "Customer database"),
	}}
}
