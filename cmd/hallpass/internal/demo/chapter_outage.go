package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// outage is access that cannot be taken away, because its system does not
// answer: it is tried until it is, and those who must know see how it stands.
func outage() chapter {
	const failing, over = "can't be taken away yet", "One grant should have ended 15 minutes ago and still gives access"
	return chapter{"The system does not answer", []step{
		asks(clara, "read only on billing-db for 20 minutes, check yesterday's chargebacks, INC-4314", "Billing database", "20 minutes"),
		sends(clara, "Billing database", "You have access"),
		works(clara, "billing-db"),
		available("the system's administration stops answering", false),
		presses("gives it back", clara, "I'm done", []string{"You have access", "INC-4314"}, "Access is being taken away"),
		works(clara, "billing-db"),
		sees("after three tries its holder is told", clara, "Your access to Billing database", failing, "does not answer"),
		sees("so is its owner", priya, "Billing database", clara, failing, "does not answer"),
		later("after a quarter of an hour the admins are told", 15*time.Minute+5*time.Second, sam, clara+"'s access to Billing database", "outlives its end"),
		{"and see at home what fails", func(ctx context.Context, p *play) error {
			if err := p.as(sam).OpenHome(); err != nil {
				return err
			}
			return p.home(ctx, sam, func(text string) bool { return strings.Contains(text, over) && strings.Contains(text, failing) })
		}},
		available("the system answers again", true),
		later("access is taken away", time.Minute, clara, "INC-4314", "Access ended", "nothing remains"),
		refused("access is gone", clara, "billing-db"),
		sees("its holder reads that it is over", clara, "Your access to Billing database", "could not be taken away at once", "nothing remains"),
		sees("so does its owner", priya, "Billing database, read only (production) of "+clara, "Access ended", "nothing remains"),
		sees("so do the admins", sam, clara+"'s access to Billing database", "It is removed now"),
		{"and see nothing at home any more", func(ctx context.Context, p *play) error {
			return p.home(ctx, sam, func(text string) bool {
				return !strings.Contains(text, "should have ended") && !strings.Contains(text, failing)
			})
		}},
	}}
}

// available is the sandbox system being switched off or on by somebody.
func available(name string, on bool) step {
	return step{name, func(ctx context.Context, p *play) error {
		fmt.Fprintf(p.out, "        ⋯ %s ⋯\n", name)
		return p.stage.SetAvailable(ctx, on)
	}}
}

// home waits until somebody's Home tab is so, and writes it into the transcript.
func (p *play) home(ctx context.Context, who string, so func(text string) bool) error {
	v, err := p.as(who).WaitHome(ctx, func(v slacksim.View) bool { return so(v.Plain()) })
	if err != nil {
		return fmt.Errorf("the Home tab of %s is not as it must be: %w; it is %q", who, err, v.Plain())
	}
	p.answered(who+"'s Home tab", plainly(v.Plain(), v.Controls()))
	return nil
}
