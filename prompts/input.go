package prompts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// SummaryInput is all that a summary may know of a request. It is minimal and
// pseudonymised on purpose: no person, no system, no identifier, and nothing
// that a person wrote.
type SummaryInput struct {
	Kind        string        // the kind of access in known words, such as "read only access"; see KindOf
	Sensitivity string        // "low", "medium", "high" or "critical"
	Duration    time.Duration // from a minute to 366 days; shown in whole minutes
	Score       int           // 0 to 100
	Factors     []Factor      // heaviest first, at most 40
}

// Factor is one line of the score's sum.
type Factor struct {
	Name   string // stable and lower-case, such as "peers.team"
	Points int    // -1000 to 1000; positive raises the score
	Words  string // plain words with counts, such as "3 of 9 teammates hold it"
}

const (
	maxKind    = 40
	maxWords   = 240
	maxFactors = 40
	maxPoints  = 1000
	maxSpan    = 366 * 24 * time.Hour
)

var (
	factorName = regexp.MustCompile(`^[a-z][a-z0-9_.+-]{0,63}$`)
	// plainWords has no room for what addresses, mentions, links or markup are
	// made of. The two signs are the minus and times signs of score lines.
	plainWords = regexp.MustCompile(`^[A-Za-z0-9 .,;:%()+'−×-]+$`)
	// properName is a capital inside a sentence: a name of a person, a team or
	// a system, or the start of an identifier.
	properName = regexp.MustCompile(`[^.:;]\s+\(?[A-Z]|[a-z0-9-][A-Z]|[A-Z][A-Z0-9]`)
	// identifier mixes letters with digits, as account and ticket numbers do.
	identifier = regexp.MustCompile(`[A-Za-z-][0-9]|[0-9][A-Za-z]`)
	dotted     = regexp.MustCompile(`[A-Za-z]\.[A-Za-z]`)
)

// check refuses what may not leave the house. The error names the field and
// the rule; it does not repeat the offending text.
func (in SummaryInput) check() error {
	bad := func(field, rule string) error { return fmt.Errorf("%w: %s %s", ErrInput, field, rule) }
	if rule := breaksKind(in.Kind); rule != "" {
		return bad("kind", rule)
	}
	if !slices.Contains([]string{"low", "medium", "high", "critical"}, in.Sensitivity) {
		return bad("sensitivity", "is not low, medium, high or critical")
	}
	if in.Duration < time.Minute || in.Duration > maxSpan {
		return bad("duration", "is not between a minute and 366 days")
	}
	if in.Score < 0 || in.Score > 100 {
		return bad("score", "is not between 0 and 100")
	}
	if len(in.Factors) > maxFactors {
		return bad("factors", fmt.Sprintf("are more than %d", maxFactors))
	}
	for i, f := range in.Factors {
		if !factorName.MatchString(f.Name) {
			return bad(fmt.Sprintf("factor %d", i+1), "has a name that is not lower-case words joined by dots or plus signs")
		}
		if f.Points < -maxPoints || f.Points > maxPoints {
			return bad("factor "+f.Name, "has points out of range")
		}
		if rule := breaksWords(f.Words, maxWords); rule != "" {
			return bad("factor "+f.Name, rule)
		}
	}
	return nil
}

// breaksWords returns the rule that text breaks, or "".
func breaksWords(text string, longest int) string {
	switch {
	case text == "":
		return "has no words"
	case len(text) > longest:
		return fmt.Sprintf("is longer than %d bytes", longest)
	case !plainWords.MatchString(text):
		return "holds a character that plain words do not need"
	case properName.MatchString(text):
		return "holds a capital inside a sentence, which may be a name"
	case identifier.MatchString(text):
		return "mixes letters and digits, as an identifier does"
	case dotted.MatchString(text):
		return "holds a dotted name, as a host or an account does"
	}
	return ""
}

// span writes a duration as Go does, without the parts that are nought:
// "2h30m", "2h", "20m".
func span(d time.Duration) string {
	s := strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	if h, ok := strings.CutSuffix(s, "h0m"); ok {
		return h + "h"
	}
	return s
}
