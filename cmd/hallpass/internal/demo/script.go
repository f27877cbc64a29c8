package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// The people of the story.
const (
	maya  = "Maya Lindqvist" // billing support
	tom   = "Tom Okafor"     // her manager
	priya = "Priya Raman"    // leads payments, owns the billing database
	diego = "Diego Santos"   // in her team
	chris = "Chris Vega"     // a contractor
)

// script is the story, step by step.
var script = []step{
	{scene: "A rule approves at once", name: "no access yet", do: func(ctx context.Context, p *play) error {
		return p.tries(ctx, maya, "billing-db", false)
	}},
	{name: "asks in her own words", do: asks(maya, "read only on billing-db for 20 minutes, refund stuck, INC-4312", "Billing database", "20 minutes", "INC-4312")},
	{name: "sends the card", do: presses(maya, "Send", []string{"Billing database"}, "read-only-with-ticket", "until")},
	{name: "access works", do: func(ctx context.Context, p *play) error { return p.tries(ctx, maya, "billing-db", true) }},
	{name: "gives it back", do: presses(maya, "I'm done", []string{"Billing database", "read-only-with-ticket"}, "Billing database", "ended")},
	{name: "access is gone", do: func(ctx context.Context, p *play) error { return p.tries(ctx, maya, "billing-db", false) }},

	{scene: "People are asked", name: "asks for more", do: asks(maya, "read-write on billing-db for 20 minutes, have to fix the stuck refund by hand, INC-4312", "read and write", "20 minutes")},
	{name: "sends the card", do: presses(maya, "Send", []string{"read and write"}, "read and write", "waiting")},
	{name: "the approver reads score and reasons", do: func(ctx context.Context, p *play) (err error) {
		if p.stale, err = p.waitDM(ctx, priya, maya, "read and write", "score"); err != nil {
			return err
		}
		p.routed, err = p.waitDM(ctx, tom, maya, "read and write", "score")
		return err
	}},
	{name: "approves in the thread", do: func(ctx context.Context, p *play) error {
		if err := p.press(ctx, tom, p.routed, "Approve"); err != nil {
			return err
		}
		_, err := p.waitDM(ctx, tom, "approved", tom)
		return err
	}},
	{name: "access works, and until when", do: func(ctx context.Context, p *play) error {
		if _, err := p.waitDM(ctx, maya, "read and write", tom, "until"); err != nil {
			return err
		}
		return p.tries(ctx, maya, "billing-db", true)
	}},
	{name: "a second approver is told who was first", do: func(ctx context.Context, p *play) error {
		if err := p.pressOld(ctx, priya, p.stale, "Approve"); err != nil {
			return err
		}
		_, err := p.waitDM(ctx, priya, "Already approved by "+tom)
		return err
	}},
	{name: "the nudge before the end", do: func(ctx context.Context, p *play) error {
		p.passes(16*time.Minute + 5*time.Second)
		_, err := p.waitDM(ctx, maya, "Billing database", "ends")
		return err
	}},
	{name: "asks to extend", do: func(ctx context.Context, p *play) error {
		m, err := p.find(maya, "Extend by 20 minutes", "ends soon")
		if err != nil {
			return err
		}
		if err := p.press(ctx, maya, m, "Extend by 20 minutes"); err != nil {
			return err
		}
		p.routed, err = p.waitDM(ctx, priya, maya, "20 minutes more of")
		return err
	}},
	{name: "the extension is approved", do: func(ctx context.Context, p *play) error {
		before, err := p.stage.Ends(ctx, p.email(maya), "billing-db")
		if err != nil {
			return err
		}
		if err := p.press(ctx, priya, p.routed, "Approve"); err != nil {
			return err
		}
		if _, err := p.waitDM(ctx, priya, "20 minutes more of", "Approved by "+priya); err != nil {
			return err
		}
		return p.endMoves(ctx, maya, "billing-db", before)
	}},
	{name: "access goes on past its first end", do: func(ctx context.Context, p *play) error {
		p.passes(5 * time.Minute)
		return p.tries(ctx, maya, "billing-db", true)
	}},
	{name: "access ends at its end", do: func(ctx context.Context, p *play) error {
		p.passes(2 * time.Hour)
		if _, err := p.waitDM(ctx, maya, "read and write", "Access ended", "nothing remains"); err != nil {
			return err
		}
		return p.tries(ctx, maya, "billing-db", false)
	}},

	{scene: "The policy refuses", name: "a contractor asks to change production", do: asks(chris, "read-write on orders-db for 1 hour, fix a broken order, INC-77", "Orders database")},
	{name: "and is refused in the policy's own words", do: presses(chris, "Send", []string{"Orders database"}, "Contractors do not change production")},

	{scene: "Nobody answers", name: "asks", do: asks(diego, "read-write on orders-db for 30 minutes, backfill missing orders, INC-78", "Orders database")},
	{name: "sends the card", do: presses(diego, "Send", []string{"Orders database"}, "waiting")},
	{name: "the approver is asked", do: func(ctx context.Context, p *play) (err error) {
		p.stale, err = p.waitDM(ctx, priya, diego, "Orders database")
		return err
	}},
	{name: "the request lapses", do: func(ctx context.Context, p *play) error {
		p.passes(8*time.Hour + time.Minute)
		_, err := p.waitDM(ctx, diego, "Orders database", "lapsed")
		return err
	}},
	{name: "an old button does nothing", do: func(ctx context.Context, p *play) error {
		if err := p.pressOld(ctx, priya, p.stale, "Approve"); err != nil {
			return err
		}
		if _, err := p.waitDM(ctx, priya, "lapsed"); err != nil {
			return err
		}
		return p.tries(ctx, diego, "orders-db", false)
	}},
}

// asks is somebody writing to Hallpass, and the card that must come of it.
func asks(who, words string, card ...string) func(context.Context, *play) error {
	return func(ctx context.Context, p *play) error {
		p.said(who, "%s", words)
		if _, err := p.as(who).DM(words); err != nil {
			return err
		}
		_, err := p.waitDM(ctx, who, card...)
		return err
	}
}

// presses is somebody pressing a button of the message that shows some texts,
// and what they must be shown then.
func presses(who, label string, on []string, then ...string) func(context.Context, *play) error {
	return func(ctx context.Context, p *play) error {
		m, err := p.find(who, label, on...)
		if err != nil {
			return err
		}
		if err := p.press(ctx, who, m, label); err != nil {
			return err
		}
		_, err = p.waitDM(ctx, who, then...)
		return err
	}
}

// find is the newest of the bot's messages to somebody that has a button and
// shows some texts.
func (p *play) find(who, label string, texts ...string) (slacksim.Message, error) {
	a := p.as(who)
	all := a.Messages(a.DMChannel())
	for i := len(all) - 1; i >= 0; i-- {
		if _, err := control(all[i], label); err == nil && says(all[i], texts...) {
			return all[i], nil
		}
	}
	return slacksim.Message{}, fmt.Errorf("%w: %s has no message with %q and %q; the last is %q", errNotSo, who, label, texts, lastPlain(a))
}

// passes lets time pass.
func (p *play) passes(d time.Duration) {
	fmt.Fprintf(p.out, "\n        ⋯ %s later ⋯\n", approvals.Span(d))
	p.stage.Advance(d)
}
