package demo

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// twoDecide is critical access: two people decide in their channel, and one of
// them gives less time than was asked.
func twoDecide() chapter {
	return chapter{"Two people decide, and one gives less time", []step{
		asks(lin, "schema owner on customers-db for 30 minutes, finish the broken migration, INC-90", "schema owner", "30 minutes"),
		sends(lin, "schema owner", "Waiting for an answer", "Critical access takes two people's approval"),
		seesIn("the approvers read it in their channel", aisha, securityChannel, "May Lin have this?", "schema owner", "Needs 2 approvals"),
		{"one of them approves, for less time", func(ctx context.Context, p *play) error {
			m, err := p.find(ctx, aisha, securityChannel, "Change…", lin, "schema owner")
			if err != nil {
				return err
			}
			if err := p.press(ctx, aisha, m, "Change…"); err != nil {
				return err
			}
			if err := p.submits(ctx, aisha, "Approve for less time", map[string]any{"duration": "20", "note": "Ask again if it takes longer."}); err != nil {
				return err
			}
			_, err = p.wait(ctx, aisha, securityChannel, "So far: "+aisha, "20 minutes of the 30 minutes asked")
			return err
		}},
		sees("one of two is not enough", lin, "1 of 2 approvals so far", aisha, "20 minutes"),
		refused("access does not work yet", lin, "customers-db"),
		{"the other agrees", func(ctx context.Context, p *play) error {
			return p.approvesIn(ctx, anika, securityChannel, lin, "schema owner", "So far: "+aisha)
		}},
		sees("access works, for the shorter time", lin, "You have access", "schema owner", "20 minutes of the 30 minutes asked"),
		works(lin, "customers-db"),
		later("access ends at the shorter end", 20*time.Minute+10*time.Second, lin, "schema owner", "Access ended", "nothing remains"),
	}}
}

// approvesIn is an approval in a channel, where the same message then says who
// approved and has no buttons any more.
func (p *play) approvesIn(ctx context.Context, who, channel string, on ...string) error {
	m, err := p.find(ctx, who, channel, "Approve", on...)
	if err != nil {
		return err
	}
	if err := p.press(ctx, who, m, "Approve"); err != nil {
		return err
	}
	_, err = p.until(ctx, who, channel, []string{"Approved by", who}, func(now slacksim.Message) bool {
		return now.TS == m.TS && len(now.Controls()) == 0
	})
	return err
}
