package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// errNotSo is the cause when something is not as the story says.
var errNotSo = errors.New("it is not as the story says")

// wait waits until somebody sees a message of the bot with all these texts in
// a channel, and writes it into the transcript. No channel is their direct
// messages with the bot.
func (p *play) wait(ctx context.Context, who, channel string, texts ...string) (slacksim.Message, error) {
	return p.until(ctx, who, channel, texts, func(slacksim.Message) bool { return true })
}

// waitDM is the same in somebody's direct messages.
func (p *play) waitDM(ctx context.Context, who string, texts ...string) (slacksim.Message, error) {
	return p.wait(ctx, who, "", texts...)
}

// until is the same for a message that must meet a condition too.
func (p *play) until(ctx context.Context, who, channel string, texts []string, so func(slacksim.Message) bool) (slacksim.Message, error) {
	m, err := p.watch(ctx, who, channel, func(m slacksim.Message) bool { return says(m, texts...) && so(m) })
	if err != nil {
		return m, fmt.Errorf("%s was not shown %q: %w; the last message is %q", who, texts, err, lastPlain(p.as(who)))
	}
	p.answered(p.where(who, channel), readable(m)+buttons(m))
	return m, nil
}

// find waits for a message of the bot that somebody sees, that shows some
// texts and has a button.
func (p *play) find(ctx context.Context, who, channel, label string, texts ...string) (slacksim.Message, error) {
	m, err := p.watch(ctx, who, channel, func(m slacksim.Message) bool {
		_, err := control(m, label)
		return err == nil && says(m, texts...)
	})
	if err != nil {
		return m, fmt.Errorf("%s has no message with %q and %q: %w; the last is %q", who, label, texts, err, lastPlain(p.as(who)))
	}
	return m, nil
}

func (p *play) watch(ctx context.Context, who, channel string, want func(slacksim.Message) bool) (slacksim.Message, error) {
	a := p.as(who)
	if channel == "" {
		channel = a.DMChannel()
	}
	return a.WaitMessage(ctx, channel, func(m slacksim.Message) bool { return m.BotID != "" && want(m) })
}

func says(m slacksim.Message, texts ...string) bool {
	plain := strings.ToLower(strings.ReplaceAll(m.Plain(), "*", ""))
	for _, t := range texts {
		if !strings.Contains(plain, strings.ToLower(t)) {
			return false
		}
	}
	return true
}

// noMessage is what lastPlain says of somebody who was never written to.
const noMessage = "(none)"

func lastPlain(a *slacksim.Actor) string {
	all := a.Messages(a.DMChannel())
	if len(all) == 0 {
		return noMessage
	}
	return all[len(all)-1].Plain()
}

// dateToken is Slack's notation for a time that each reader sees on their own
// clock; what follows the bar is for programs that cannot show it.
var dateToken = regexp.MustCompile(`<!date\^\d+\^[^|]*\|([^>]*)>`)

// readable is a message as a person reads it, without its buttons.
func readable(m slacksim.Message) string { return plainly(m.Plain(), m.Controls()) }

// plainly is a text as a person reads it, without the controls in it.
func plainly(text string, controls []slacksim.Control) string {
	skip := map[string]bool{}
	for _, c := range controls {
		skip[c.Label] = true
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !skip[line] {
			lines = append(lines, strings.ReplaceAll(dateToken.ReplaceAllString(line, "$1"), "*", ""))
		}
	}
	return strings.Join(lines, "\n")
}

// buttons lists what can be pressed, as a line of the transcript.
func buttons(m slacksim.Message) string {
	var labels []string
	for _, c := range m.Controls() {
		if c.Type == "button" {
			labels = append(labels, "["+c.Label+"]")
		}
	}
	if len(labels) == 0 {
		return ""
	}
	return "\n" + strings.Join(labels, " ")
}

// press presses the button with a label, and says yes when it asks first.
func (p *play) press(ctx context.Context, who string, m slacksim.Message, label string) error {
	c, err := control(m, label)
	if err != nil {
		return err
	}
	p.said(who, "presses [%s]", label)
	return p.as(who).Click(ctx, m.Channel, m.TS, c.ActionID, slacksim.InBlock(c.BlockID), slacksim.Value(c.Value), slacksim.Confirmed())
}

// submits fills in the form with a title that somebody has before them, and
// sends it.
func (p *play) submits(ctx context.Context, who, title string, in map[string]any) error {
	v, err := p.as(who).WaitView(ctx, func(v slacksim.View) bool { return v.Title == title })
	if err != nil {
		return fmt.Errorf("%s has no form %q: %w", who, title, err)
	}
	p.said(who, "fills in “%s”: %s", title, filled(in))
	return p.as(who).Submit(ctx, v.ID, in)
}

// filled lists what a form was filled in with.
func filled(in map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(in)) {
		parts = append(parts, fmt.Sprintf("%s %v", strings.ReplaceAll(name, "_", " "), in[name]))
	}
	return strings.Join(parts, "; ")
}

// pressOld presses a button as it stood before the message was changed.
func (p *play) pressOld(ctx context.Context, who string, m slacksim.Message, label string) error {
	c, err := control(m, label)
	if err != nil {
		return err
	}
	p.said(who, "presses [%s] on the card as it was before", label)
	return p.as(who).ClickStale(ctx, m, c.ActionID, slacksim.InBlock(c.BlockID), slacksim.Confirmed())
}

func control(m slacksim.Message, label string) (slacksim.Control, error) {
	all := m.Controls()
	i := slices.IndexFunc(all, func(c slacksim.Control) bool { return c.Label == label })
	if i < 0 {
		return slacksim.Control{}, fmt.Errorf("%w: the message has no button %q but %q", errNotSo, label, strings.TrimSpace(buttons(m)))
	}
	return all[i], nil
}

// tries lets somebody use a resource of the sandbox; it must work, or not.
func (p *play) tries(ctx context.Context, who, resource string, must bool) error {
	allowed, words, err := p.stage.Try(ctx, p.email(who), resource)
	if err != nil {
		return err
	}
	p.said(who, "tries %s", resource)
	fmt.Fprintf(p.out, "  %s: %s\n", resource, words)
	if allowed != must {
		return fmt.Errorf("%w: access to %s is %v for %s, and must be %v", errNotSo, resource, allowed, who, must)
	}
	return nil
}

// endMoves waits until the system's own end date for somebody's access is
// later than it was.
func (p *play) endMoves(ctx context.Context, who, resource string, before time.Time) error {
	for {
		now, err := p.stage.Ends(ctx, p.email(who), resource)
		if err != nil || now.After(before) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s still ends %s in the system: %w", resource, before.Format(time.RFC3339), ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// passes lets time pass.
func (p *play) passes(d time.Duration) {
	fmt.Fprintf(p.out, "\n        ⋯ %s later ⋯\n", approvals.Span(d))
	p.stage.Advance(d)
}
