package cards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Nearness is how a nudge stands.
type Nearness int

// The kinds of nudge. Once access no longer runs they are all alike.
const (
	Due     Nearness = iota // the end is near: what shall be?
	Letting                 // the holder lets it end
	Moved                   // the end was moved; another nudge comes in time
)

// Nudge says that the end is near, to the holder. Only one that is due, for
// access that runs, has buttons.
func Nudge(v View, how Nearness) Card {
	g := *v.Grant
	if g.State != approvals.GrantActive || g.Expired(v.Now) {
		if g.State == approvals.GrantRevoked && !v.GaveBack() { // how it ended is said in a message of its own
			return Say("This was the reminder before the end of " + bold(v.thing()) + ".")
		}
		return Say(bold(v.thing()) + ": " + v.runs())
	}
	when := bold(v.thing()) + " ends " + bold(v.clock(g.EndsAt))
	switch how {
	case Letting:
		return Say(when + ". Nothing to do: it ends by itself.")
	case Moved:
		return Say("Extended: " + when + ".")
	}
	left := g.EndsAt.Sub(v.Now).Round(time.Minute)
	if left >= time.Minute {
		when += ", in about " + approvals.Span(left)
	}
	when += "."
	buttons := v.extensions()
	buttons = append(buttons, button(ActionRelease, string(g.ID), "I'm done", "Give this access back now"),
		button(ActionLetEnd, string(g.ID), "Let it end", "Do nothing; it ends by itself"))
	return Card{Text: when + " Extend it, say that you're done, or let it end.", Blocks: []slack.Block{header("Your access ends soon"), section(when), actions(buttons...)}}
}

// extensions is one click for the usual extension, and a menu of others.
func (v View) extensions() []slack.BlockElement {
	usual := v.nextExtension()
	if usual < time.Minute {
		return nil
	}
	g := string(v.Grant.ID)
	value := func(d time.Duration) string { return fmt.Sprintf("%s %d", g, d/time.Minute) }
	out := []slack.BlockElement{primary(button(ActionExtend, value(usual), "Extend by "+approvals.Span(usual), "Ask for "+approvals.Span(usual)+" more"))}
	left := v.Entitlement.MaxDuration - v.Grant.EndsAt.Sub(v.Now)
	var options []*slack.OptionBlockObject
	for _, d := range choices(left, 0) {
		if d != usual {
			options = append(options, slack.NewOptionBlockObject(value(d), label(approvals.Span(d), maxOption), nil))
		}
	}
	if len(options) > 0 {
		out = append(out, slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, label("Another time…", 150), ActionMore, options...))
	}
	return out
}

// choices are the durations offered, up to a maximum; also is offered too.
func choices(most, also time.Duration) []time.Duration {
	all := []int{1, 5, 10, 20, 30, 60, 90, 120, 240, 480, 720, 1440, 2880, 4320, 7200, 10080, 20160, 43200}
	var out []time.Duration
	for _, minutes := range all {
		if d := time.Duration(minutes) * time.Minute; d <= most && d != also {
			out = append(out, d)
		}
	}
	if also >= time.Minute {
		out = append(out, also)
	} else if len(out) == 0 || (most > out[len(out)-1] && most%time.Minute == 0) {
		out = append(out, max(most, time.Minute))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// noticed is how long somebody who gave access back still looks at the card on
// which they did.
const noticed = time.Minute

// GaveBack reports whether the reader gave the access back, and it ended while
// they looked: the card that they pressed says so, and no other need.
func (v View) GaveBack() bool {
	g := *v.Grant
	return g.EndReason == approvals.EndReleased && g.EndedBy == v.Reader.ID && v.Reader.ID != "" && g.State == approvals.GrantRevoked && g.RevokedAt.Sub(g.RevokingAt) < noticed
}

// GivingBack answers whoever gives access back in words.
func GivingBack(v View) Card {
	return Say(bold(v.thing()) + " is being taken away now. Its card, further up, says when nothing remains.")
}

// Ended says that access has ended, and what the system said when asked.
func Ended(v View) Card {
	s := bold(v.thing()) + ": " + v.runs()
	return Card{Text: s, Blocks: []slack.Block{section(s), actions(button(ActionAgain, string(v.Request.ID), "Ask again", "Ask for the same access again"))}}
}

// Failed says that giving or ending access fails, to the holder and to owners.
func Failed(v View) Card {
	g := *v.Grant
	what := bold(v.thing()) + " of " + bold(name(v.Beneficiary.Name))
	if v.mine() {
		what = "Your access to " + bold(v.thing())
	}
	var s string
	switch {
	case g.State == approvals.GrantFailed, g.State == approvals.GrantRevoked && g.EndReason == approvals.EndFailed:
		s = what + " could not be set up: " + words(g.EndNote, 500) + " Nothing of it remains."
	case g.State == approvals.GrantRevoking:
		s = what + " can't be taken away yet; " + v.tries(500) + " It is tried until the system says that nothing remains."
	case g.State == approvals.GrantRevoked:
		s = what + " could not be taken away at once. " + v.runs()
	case g.State == approvals.GrantActive, g.State == approvals.GrantResidual:
		s = what + ": " + v.runs()
	default:
		s = what + " can't be set up yet; " + v.tries(500) + " It is being tried again."
	}
	return Say(s)
}

// tries says how often a step has failed, and how it did last, in at most n runes
// of the system's words.
func (v View) tries(n int) string {
	return plural(v.Grant.Attempts, "one try failed: ", "%d tries failed, the last: ") + words(v.Grant.LastError, n)
}

// Say is a card of one sentence. The markup must be finished.
func Say(markup string) Card {
	markup = bounded(markup, maxSection)
	return Card{Text: markup, Blocks: []slack.Block{section(markup)}}
}

// Tell is a card of one sentence that may hold people's words: errors, alerts.
func Tell(sentence string) Card { return Say(words(sentence, 1500)) }

// Checkpoint shows a signed checkpoint of the audit log, letter by letter.
func Checkpoint(note string) Card {
	return Say("Checkpoint of Hallpass' audit log. Whoever verifies the log can compare it with this.\n```\n" +
		escaper.Replace(strings.ReplaceAll(note, "`", "'")) + "```")
}

// Cancelled answers "cancel".
func Cancelled(v View) Card {
	if v.Request.Entitlement == "" {
		return Say("Cancelled.")
	}
	return Say("Cancelled: " + v.thing() + ".")
}

// NextExtension is what one click on Extend asks for; zero when the maximum is
// reached.
func NextExtension(v View) time.Duration { return v.nextExtension() }
