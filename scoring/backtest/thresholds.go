package backtest

import (
	"fmt"
	"strconv"
)

// ScoreLimit is what a policy that approves up to a score would have done.
type ScoreLimit struct {
	AtMost  int // the score, 0–100
	Through int // requests approved without anybody
	Refused int // of these, that people had refused
}

// scoreLimits tries every tenth score. A request of 100 may be worse than even
// odds by any measure: no limit lets it through.
func (p *prediction) scoreLimits() (limits []ScoreLimit) {
	for limit := 10; limit < 100; limit += 10 {
		l := ScoreLimit{AtMost: limit}
		for i, s := range p.score {
			if s > float64(limit) {
				continue
			}
			l.Through++
			if p.denied[i] {
				l.Refused++
			}
		}
		limits = append(limits, l)
	}
	return limits
}

// condition is how a policy says it.
func (l ScoreLimit) condition() string { return "context.score <= " + strconv.Itoa(l.AtMost) }

// limitHeads are the columns of the table of score limits.
var limitHeads = [...]string{"score at most", "requests let through", "of these, people had refused", "of all refusals"}

// limitRow is a limit's line in the table.
func (r Result) limitRow(l ScoreLimit) [len(limitHeads)]string {
	return [...]string{strconv.Itoa(l.AtMost), shareOf(l.Through, r.Decisions), shareOf(l.Refused, l.Through), percent(ratio(l.Refused, r.Denials))}
}

func ratio(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

func shareOf(n, of int) string { return fmt.Sprintf("%d (%s)", n, percent(ratio(n, of))) }

// leakedAtMost is the share of refusals among what is let through that the
// report's example of a policy stays below.
const leakedAtMost = 0.01

// example is the highest limit that lets through few refusals; nil if every one
// lets through more, or nothing.
func (r Result) example() (best *ScoreLimit) {
	for i, l := range r.Curves.Limits {
		if l.Through > 0 && ratio(l.Refused, l.Through) <= leakedAtMost {
			best = &r.Curves.Limits[i]
		}
	}
	return best
}

// exampleWords say in a sentence what the example would have done.
func (r Result) exampleWords() string {
	l := r.example()
	if l == nil {
		return fmt.Sprintf("No limit would have kept refusals below %s of what it lets through: let people decide.", percent(leakedAtMost))
	}
	words := fmt.Sprintf("With the condition below, %d of %d requests (%s) would have waited for nobody. ", l.Through, r.Decisions, percent(ratio(l.Through, r.Decisions)))
	if l.Refused == 0 {
		return words + "People had refused none of these."
	}
	return words + fmt.Sprintf("People had refused %d of these: one in %d, and %s of all that they refused.",
		l.Refused, l.Through/l.Refused, percent(ratio(l.Refused, r.Denials)))
}

// exampleCondition is the example in a policy's language; "" without one.
func (r Result) exampleCondition() string {
	l := r.example()
	if l == nil {
		return ""
	}
	return "when { context has score && " + l.condition() + " }"
}

// limitWords say what a limit on the score means, and what the figures leave out.
func (r Result) limitWords() string {
	words := "A policy reads the score, not p_deny. These are scores by past decisions alone, at medium sensitivity and up to a working day; " +
		"the bot adds points for high sensitivity and length, and for who holds the access, and takes off or adds some for a person's own past."
	if !r.Bot {
		words += " They count by every column of the history: to see what the bot's own counts reach, measure with --bot before writing a policy."
	}
	return words
}
