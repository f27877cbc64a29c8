package demo

import (
	"context"
	"fmt"
)

// somebodyIsAway is a request whose approver is away: the delegate whom he
// named is asked in his place, and answers for him.
func somebodyIsAway() chapter {
	return chapter{"Whoever is away has a delegate", []step{
		asks(rosa, "read only on customers-db for 30 minutes, check addresses for the VAT return, FIN-20", "Customer database", "30 minutes"),
		sends(rosa, "Customer database", "Waiting for an answer from", carla),
		sees("the delegate reads in whose place", carla, "May Rosa have this?", "You answer for "+erik),
		{"whoever is away is left alone", func(_ context.Context, p *play) error {
			if last := lastPlain(p.as(erik)); last != noMessage {
				return fmt.Errorf("%w: %s is away and is written to: %q", errNotSo, erik, last)
			}
			return nil
		}},
		presses("the delegate approves", carla, "Approve", []string{rosa, erik}, "Approved by "+carla+" for "+erik),
		sees("access works, and by whom", rosa, "You have access", "Approved by "+carla+" for "+erik),
		works(rosa, "customers-db"),
		done(rosa, "Customer database"),
	}}
}
