package demo

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// peopleAreAsked is the usual way of what no rule approves: somebody who may
// answers, access is announced before its end, goes on when that is approved
// too, and ends at its end.
func peopleAreAsked() chapter {
	var stale slacksim.Message // Priya's card as it was before it was answered
	return chapter{"People are asked", []step{
		asks(maya, "read-write on billing-db for 20 minutes, have to fix the stuck refund by hand, INC-4312", "read and write", "20 minutes"),
		sends(maya, "read and write", "read and write", "waiting"),
		{"the approvers read score and reasons", func(ctx context.Context, p *play) (err error) {
			if stale, err = p.waitDM(ctx, priya, maya, "read and write", "Risk"); err != nil {
				return err
			}
			_, err = p.waitDM(ctx, tom, maya, "read and write", "Risk")
			return err
		}},
		presses("one of them approves", tom, "Approve", []string{maya, "read and write"}, "Approved by "+tom),
		sees("access works, and until when", maya, "You have access", "read and write", tom, "until"),
		works(maya, "billing-db"),
		{"a second approver is told who was first", func(ctx context.Context, p *play) error {
			if err := p.pressOld(ctx, priya, stale, "Approve"); err != nil {
				return err
			}
			_, err := p.waitDM(ctx, priya, "Already approved by "+tom)
			return err
		}},
		later("the nudge before the end", 16*time.Minute+5*time.Second, maya, "Your access ends soon", "Billing database"),
		presses("asks to extend", maya, "Extend by 20 minutes", []string{"Your access ends soon"}, "20 minutes more of", "Waiting for an answer"),
		{"the extension is approved", func(ctx context.Context, p *play) error {
			before, err := p.stage.Ends(ctx, p.email(maya), "billing-db")
			if err != nil {
				return err
			}
			approve := presses("", priya, "Approve", []string{maya, "20 minutes more of"}, "20 minutes more of", "Approved by "+priya)
			if err := approve.do(ctx, p); err != nil {
				return err
			}
			return p.endMoves(ctx, maya, "billing-db", before)
		}},
		{"access goes on past its first end", func(ctx context.Context, p *play) error {
			p.passes(5 * time.Minute)
			return p.tries(ctx, maya, "billing-db", true)
		}},
		later("access ends at its end", 20*time.Minute, maya, "read and write", "Access ended", "nothing remains"),
		refused("access is gone", maya, "billing-db"),
	}}
}
