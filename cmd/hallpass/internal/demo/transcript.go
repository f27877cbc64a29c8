package demo

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// said writes what a person says or does.
func (p *play) said(who, format string, args ...any) {
	fmt.Fprintf(p.out, "%s: %s\n", who, fmt.Sprintf(format, args...))
}

// answered writes what Hallpass shows to somebody.
func (p *play) answered(to, text string) {
	fmt.Fprintf(p.out, "  Hallpass → %s:\n", to)
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			fmt.Fprintf(p.out, "    │ %s\n", line)
		}
	}
}

// where is how the transcript names those who read a channel: it, or somebody
// in their direct messages.
func (p *play) where(who, channel string) string {
	if i := slices.IndexFunc(channels, func(c slacksim.Channel) bool { return c.ID == channel }); i >= 0 {
		return "#" + channels[i].Name
	}
	return who
}

// skip passes over the events from before the story.
func (p *play) skip(ctx context.Context) error {
	for {
		events, err := p.stage.Events(ctx, p.last)
		if err != nil || len(events) == 0 {
			return err
		}
		p.last = events[len(events)-1].Sequence
	}
}

// audit writes the audit events that came since the last step.
func (p *play) audit(ctx context.Context) error {
	events, err := p.stage.Events(ctx, p.last)
	if err != nil {
		return err
	}
	for _, e := range events {
		p.last = e.Sequence
		fmt.Fprintf(p.out, "        audit #%d %s%s\n", e.Sequence, e.Kind, particulars(e))
	}
	return nil
}

// particulars says in a few words who, by which law, and what was read back.
func particulars(e approvals.Event) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if e.Actor.Principal != "" {
		add("by %s", e.Actor.Principal)
	}
	for _, ref := range e.Policies {
		add("%s %s", ref.Effect, ref.ID)
	}
	if e.Score != nil {
		add("score %d", *e.Score)
	}
	if e.ReadBack != "" {
		add("read back: %s", e.ReadBack)
	}
	keys := make([]string, 0, len(e.Detail))
	for k := range e.Detail {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		add("%s %s", strings.ReplaceAll(k, "_", " "), e.Detail[k])
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}
