package demo

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// errNotSo is the cause when something is not as the story says.
var errNotSo = errors.New("it is not as the story says")

// waitDM waits until a person's direct messages show a message of the bot with
// all these texts, and writes it into the transcript.
func (p *play) waitDM(ctx context.Context, who string, texts ...string) (slacksim.Message, error) {
	a := p.as(who)
	m, err := a.WaitMessage(ctx, a.DMChannel(), func(m slacksim.Message) bool {
		return m.BotID != "" && says(m, texts...)
	})
	if err != nil {
		return m, fmt.Errorf("%s was not shown %q: %w; the last message is %q", who, texts, err, lastPlain(a))
	}
	p.answered(who, readable(m)+buttons(m))
	return m, nil
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

func lastPlain(a *slacksim.Actor) string {
	all := a.Messages(a.DMChannel())
	if len(all) == 0 {
		return "(none)"
	}
	return all[len(all)-1].Plain()
}

// dateToken is Slack's notation for a time that each reader sees on their own
// clock; what follows the bar is for programs that cannot show it.
var dateToken = regexp.MustCompile(`<!date\^\d+\^[^|]*\|([^>]*)>`)

// readable is a message as a person reads it, without its buttons.
func readable(m slacksim.Message) string {
	skip := map[string]bool{}
	for _, c := range m.Controls() {
		skip[c.Label] = true
	}
	var lines []string
	for line := range strings.Lines(m.Plain()) {
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
	return p.as(who).Click(ctx, m.Channel, m.TS, c.ActionID, slacksim.InBlock(c.BlockID), slacksim.Confirmed())
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
