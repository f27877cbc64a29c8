package demo

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// chapter is a scene of the story: what people do one after the other, and
// what must come of each step.
type chapter struct {
	title string
	steps []step
}

// step is one thing that somebody does, or that time brings.
type step struct {
	name string
	do   func(ctx context.Context, p *play) error
}

// chapters is the story. Each chapter is a file, needs none of the others, and
// leaves nobody with access. Together they may let less than a day pass: the
// organisation's directory would be out of date.
func chapters() []chapter {
	return []chapter{ruleApproves(), smallerWish(), peopleAreAsked(), twoDecide(), somebodyIsAway(), othersAreAsked(), policyRefuses(), nobodyAnswers(), breakGlass(), outage(), yearReview()}
}

// The people of the story.
const (
	maya  = "Maya Lindqvist" // billing support
	clara = "Clara Sousa"    // in her team
	tom   = "Tom Okafor"     // their manager
	priya = "Priya Raman"    // leads payments, owns the billing database
	diego = "Diego Santos"   // in Priya's team
	chris = "Chris Vega"     // a contractor
	lin   = "Lin Wagner"     // a data engineer
	anika = "Anika Hassan"   // her manager, owns the customer database
	sam   = "Sam Weber"      // head of security
	aisha = "Aisha Bello"    // in his team
	rosa  = "Rosa Moreau"    // an accountant
	erik  = "Erik Baker"     // her manager, who is away
	carla = "Carla Torres"   // stands in for him
	alba  = "Alba Garcia"    // in marketing
	lena  = "Lena Fischer"   // on call
	mina  = "Mina Meyer"     // a platform engineer, one of those who own the rule on staging
	bruno = "Bruno Flores"   // likewise
)

// asks is somebody writing to Hallpass, and the card that must come of it.
func asks(who, words string, card ...string) step {
	return step{"asks in their own words", func(ctx context.Context, p *play) error {
		p.said(who, "%s", words)
		if _, err := p.as(who).DM(words); err != nil {
			return err
		}
		_, err := p.waitDM(ctx, who, append(card, "Ready to send?")...)
		return err
	}}
}

// sends is somebody sending the card of what they asked for, and what they
// must be shown then.
func sends(who, what string, then ...string) step {
	return presses("sends the card", who, "Send", []string{"Ready to send?", what}, then...)
}

// presses is somebody pressing a button of the message that shows some texts,
// and what they must be shown then.
func presses(name, who, label string, on []string, then ...string) step {
	return pressesIn(name, who, "", label, on, then...)
}

// pressesIn is the same in a channel; no channel is the direct messages.
func pressesIn(name, who, channel, label string, on []string, then ...string) step {
	return step{name, func(ctx context.Context, p *play) error {
		m, err := p.find(ctx, who, channel, label, on...)
		if err != nil {
			return err
		}
		if err := p.press(ctx, who, m, label); err != nil {
			return err
		}
		_, err = p.wait(ctx, who, channel, then...)
		return err
	}}
}

// sees is what somebody must be shown by direct message.
func sees(name, who string, texts ...string) step { return seesIn(name, who, "", texts...) }

// seesIn is the same in a channel.
func seesIn(name, who, channel string, texts ...string) step {
	return step{name, func(ctx context.Context, p *play) error {
		_, err := p.wait(ctx, who, channel, texts...)
		return err
	}}
}

// later is what somebody must be shown when time has passed.
func later(name string, passed time.Duration, who string, texts ...string) step {
	return step{name, func(ctx context.Context, p *play) error {
		p.passes(passed)
		_, err := p.waitDM(ctx, who, texts...)
		return err
	}}
}

// works is somebody using a resource to which they must have access.
func works(who, resource string) step {
	return step{"access works", func(ctx context.Context, p *play) error { return p.tries(ctx, who, resource, true) }}
}

// refused is somebody trying a resource to which they must have no access.
func refused(name, who, resource string) step {
	return step{name, func(ctx context.Context, p *play) error { return p.tries(ctx, who, resource, false) }}
}

// done is somebody giving access back before its end, on the card that says that
// they have it; the same card says then that it ended.
func done(who, what string) step {
	return step{"gives it back", func(ctx context.Context, p *play) error {
		m, err := p.find(ctx, who, "", "I'm done", "You have access", what)
		if err != nil {
			return err
		}
		if err := p.press(ctx, who, m, "I'm done"); err != nil {
			return err
		}
		_, err = p.until(ctx, who, "", []string{what, "Access ended", "nothing remains"}, func(now slacksim.Message) bool { return now.TS == m.TS })
		return err
	}}
}
