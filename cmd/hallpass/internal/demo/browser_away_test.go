package demo

import "testing"

func TestANewcomerSeesADelegateAnswer(t *testing.T) {
	t.Parallel()
	b, _ := browse(t)

	b.become("rosa.moreau")
	b.sends("read only on customers-db for 30 minutes, check addresses for the VAT return, FIN-20", "Customer database")
	b.shows("Waiting for an answer from", "Carla Torres")
	b.picture("sent")
	b.become("carla.torres")
	b.shows("May Rosa have this?", "You answer for Erik Baker")
	b.picture("asked-for-somebody")
	b.presses("Approve", "May Rosa have this?")
	b.confirms()
	b.shows("Approved by Carla Torres for Erik Baker", "Access was given until")
	b.picture("approved-for-somebody")
	b.become("rosa.moreau")
	b.shows("You have access", "Approved by Carla Torres for Erik Baker")
	b.picture("given")
}
