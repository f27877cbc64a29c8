package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// reviewedFor is how long before a review its decisions may have been taken, and
// unwatched for how long the chapter lets nothing happen, so that what came
// before is not among them.
const reviewedFor, unwatched = time.Hour, 2 * time.Hour

// yearReview is a review of what rules approved while nobody looked. Their owners
// are asked, but nobody about their own. One decision was wrong, so that its
// rule approves nothing by itself, until an admin says why it may again.
func yearReview() chapter {
	const lapsed = "The rule staging-for-engineers no longer approves by itself"
	var unsure string
	var left slacksim.Message // a card as it was before its reader left it to others
	return chapter{"People look at what nobody looked at", []step{
		{"hours pass", func(_ context.Context, p *play) error { p.passes(unwatched); return nil }},
		gets(maya, "read only on billing-db for 20 minutes, refund stuck, INC-4312", "INC-4312", "read-only-with-ticket"),
		gets(clara, "read only on billing-db for 20 minutes, check yesterday's chargebacks, INC-4314", "INC-4314", "read-only-with-ticket"),
		gets(mina, "admin on cluster-staging for 20 minutes, try something", "Staging cluster", "staging-for-engineers"),
		later("all of it ends", 25*time.Minute, mina, "Staging cluster", "Access ended", "nothing remains"),
		{"a review begins, and the rules' owners are asked", func(ctx context.Context, p *play) error {
			fmt.Fprintf(p.out, "\n        ⋯ the review of what was approved automatically begins ⋯\n")
			if err := p.stage.Review(ctx, reviewedFor); err != nil {
				return err
			}
			_, err := p.waitDM(ctx, bruno, wasRight, mina, "Staging cluster", "staging-for-engineers", "permit (principal in Group")
			return err
		}},
		{"nobody is asked about their own", func(_ context.Context, p *play) error {
			if a := p.as(mina); slices.ContainsFunc(a.Messages(a.DMChannel()), func(m slacksim.Message) bool { return says(m, wasRight) }) {
				return fmt.Errorf("%w: %s is asked, who was granted what her own team's rule approved", errNotSo, mina)
			}
			return nil
		}},
		{"somebody calls one right", func(ctx context.Context, p *play) error { return p.callsRight(ctx, clara, security) }},
		atHome("the admins see how far it is", sam, "Review of", "1 of 3"),
		{"somebody is unsure, and leaves it to others", func(ctx context.Context, p *play) (err error) {
			if unsure, left, err = p.asked(ctx, maya, security); err != nil {
				return err
			}
			return p.notes(ctx, unsure, left, "Unsure…", "Unsure", "what was the refund about?")
		}},
		{"it is no longer theirs to call right", func(ctx context.Context, p *play) error {
			if err := p.pressOld(ctx, unsure, left, "Right"); err != nil {
				return err
			}
			_, err := p.waitDM(ctx, unsure, "This is for somebody else to review")
			return err
		}},
		{"one of the security queue calls it right", func(ctx context.Context, p *play) error { return p.callsRight(ctx, maya, queue) }},
		{"one was wrong", func(ctx context.Context, p *play) error {
			m, err := p.find(ctx, bruno, "", "Wrong…", wasRight, mina)
			if err != nil {
				return err
			}
			return p.notes(ctx, bruno, m, "Wrong…", "Wrong", "nobody tries things out as an admin")
		}},
		seesIn("the review ends with a signed result", sam, securityChannel, "Review finished", "1 passed, 1 failed", "signed result"),
		sees("the admins hear that the rule stopped approving", sam, lapsed, "1 of 1 of its decisions"),
		asks(mina, "admin on cluster-staging for 20 minutes, try something else", "Staging cluster"),
		sends(mina, "Staging cluster", "Waiting for an answer", `the policy "staging-for-engineers" would permit it, but stopped approving by itself`),
		presses("takes it back", mina, "Cancel request", []string{"Waiting for an answer", "Staging cluster"}, "Cancelled"),
		{"an admin says why the rule may approve again", func(ctx context.Context, p *play) error {
			return p.lifts(ctx, sam, lapsed, "platform looked at all of them; Mina asks her lead the next time")
		}},
		gets(mina, "admin on cluster-staging for 20 minutes, roll a node", "Staging cluster", "staging-for-engineers"),
		done(mina, "Staging cluster"),
		refused("access is gone", mina, "cluster-staging"),
	}}
}

// wasRight is what a reviewer is asked.
const wasRight = "Was this right?"

// security are those who own the rule of whoever reads with a ticket, and queue
// those to whom is left what others are unsure about.
var (
	security = []string{sam, aisha, "Chloe Larsen", "Rafael Patel", "Yusuf Hansen", "Gabriel Adeyemi"}
	queue    = []string{sam, aisha}
)

// gets is somebody asking for what a rule approves at once.
func gets(who, words, what, rule string) step {
	return step{"is given access at once", func(ctx context.Context, p *play) error {
		if err := asks(who, words, what).do(ctx, p); err != nil {
			return err
		}
		return sends(who, what, "You have access", what, rule).do(ctx, p)
	}}
}

// asked waits until one of some people has a decision about somebody before
// them, and says who, and in which message.
func (p *play) asked(ctx context.Context, about string, among []string) (who string, m slacksim.Message, err error) {
	err = p.stage.Workspace().Wait(ctx, func() bool {
		for _, who = range among {
			a := p.as(who)
			for _, m = range a.Messages(a.DMChannel()) {
				if says(m, wasRight, about+" (") {
					return true
				}
			}
		}
		return false
	})
	if err != nil {
		return "", m, fmt.Errorf("none of %q is asked about what %s was granted: %w", among, about, err)
	}
	p.answered(who, readable(m)+buttons(m))
	return who, m, nil
}

// callsRight is whoever is asked calling right what somebody was granted.
func (p *play) callsRight(ctx context.Context, about string, among []string) error {
	who, m, err := p.asked(ctx, about, among)
	if err != nil {
		return err
	}
	if err := p.press(ctx, who, m, "Right"); err != nil {
		return err
	}
	return p.looked(ctx, who, m)
}

// notes is somebody giving a verdict with a note.
func (p *play) notes(ctx context.Context, who string, m slacksim.Message, label, form, note string) error {
	if err := p.press(ctx, who, m, label); err != nil {
		return err
	}
	if err := p.submits(ctx, who, form, map[string]any{"note": note}); err != nil {
		return err
	}
	return p.looked(ctx, who, m)
}

// looked waits until the message of a review asks no more.
func (p *play) looked(ctx context.Context, who string, m slacksim.Message) error {
	_, err := p.until(ctx, who, "", nil, func(now slacksim.Message) bool { return now.TS == m.TS && !says(now, wasRight) })
	return err
}

// atHome is what somebody must see at home.
func atHome(name, who string, texts ...string) step {
	return step{name, func(ctx context.Context, p *play) error {
		if err := p.as(who).OpenHome(); err != nil {
			return err
		}
		return p.home(ctx, who, func(text string) bool {
			return !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(strings.ReplaceAll(text, "*", ""), t) })
		})
	}}
}

// lifts is an admin letting a rule approve again, at home.
func (p *play) lifts(ctx context.Context, who, lapsed, note string) error {
	if err := atHome("", who, lapsed).do(ctx, p); err != nil {
		return err
	}
	const label = "Let it approve…"
	v, _ := p.as(who).Home()
	c, err := control(slacksim.Message{Blocks: v.Blocks}, label)
	if err != nil {
		return err
	}
	p.said(who, "presses [%s]", label)
	if err := p.as(who).ClickView(ctx, v.ID, c.ActionID, slacksim.InBlock(c.BlockID), slacksim.Value(c.Value)); err != nil {
		return err
	}
	if err := p.submits(ctx, who, "Let a rule approve", map[string]any{"note": note}); err != nil {
		return err
	}
	return p.home(ctx, who, func(text string) bool { return !strings.Contains(text, label) })
}
