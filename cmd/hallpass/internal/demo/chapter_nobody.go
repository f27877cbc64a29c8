package demo

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// nobodyAnswers is a request that lapses, after which its old buttons do
// nothing.
func nobodyAnswers() chapter {
	var stale slacksim.Message // Priya's card as it was before the request lapsed
	return chapter{"Nobody answers at all", []step{
		asks(diego, "read-write on orders-db for 30 minutes, backfill missing orders, INC-78", "Orders database"),
		sends(diego, "Orders database", "Orders database", "waiting"),
		{"the approver is asked", func(ctx context.Context, p *play) (err error) {
			stale, err = p.waitDM(ctx, priya, diego, "Orders database")
			return err
		}},
		later("the request lapses", 8*time.Hour+time.Minute, diego, "Orders database", "lapsed"),
		{"an old button does nothing", func(ctx context.Context, p *play) error {
			if err := p.pressOld(ctx, priya, stale, "Approve"); err != nil {
				return err
			}
			_, err := p.waitDM(ctx, priya, "This request lapsed")
			return err
		}},
		refused("access was never given", diego, "orders-db"),
	}}
}
