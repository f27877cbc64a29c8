package prompts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// facts are what a summary may say of an input's figures. The checks built on
// them tie a figure to what it counts; they do not understand prose, so a
// sentence without figures and directions is none of their business.
type facts struct {
	factors []Factor
	said    []statement
	score   int
	span    string
	units   map[string]bool // such as "2 hour"
}

// statement is one thing that a factor says, in lower case.
type statement struct {
	words  string
	pairs  []string // such as "3/9"
	factor int
}

var (
	// pair is a count of a count, such as "3 of 9", "3 of the last 9" or "90% of 31".
	pair = regexp.MustCompile(`(?i)\b([0-9][0-9,]*)(%?) (?:out )?of (?:(?:the|all|its|their) )?(?:(?:last|past|earlier|previous) )?([0-9][0-9,]*)\b`)
	// unit is a length or a distance.
	unit = regexp.MustCompile(`(?i)\b([0-9][0-9,]*)[ -](?:more )?(minute|hour|day|week|month|year|level)s?\b`)
	// clock is a length as spans are written.
	clock = regexp.MustCompile(`\b[0-9]+[hmd][0-9hm]*\b`)
	// before is an outcome that stands in front of its pair.
	before = regexp.MustCompile(`\b(approved|denied|refused) (?:only |just )?$`)
	// after is what became of a pair's second number.
	after = regexp.MustCompile(`\b(approved requests?|approved|denied|refused|as long|time of the week|holds?|held|holding)\b`)
	// subject is whom or what a pair counts.
	subject = regexp.MustCompile(`\b(team|department|title|location|function|entitlement|same role|own|manager)`)
)

func newFacts(in SummaryInput) facts {
	f := facts{factors: in.Factors, score: in.Score, span: span(in.Duration), units: map[string]bool{}}
	for i, factor := range in.Factors {
		for words := range strings.SplitSeq(strings.ToLower(factor.Words), ";") {
			s := statement{words: words, factor: i}
			for _, m := range pair.FindAllStringSubmatch(words, -1) {
				s.pairs = append(s.pairs, pairKey(m))
			}
			f.said = append(f.said, s)
			f.learnUnits(words)
		}
	}
	f.learnUnits(strings.NewReplacer("h", " hours ", "m", " minutes").Replace(f.span))
	return f
}

func (f *facts) learnUnits(words string) {
	for _, m := range unit.FindAllStringSubmatch(words, -1) {
		f.units[unitKey(m)] = true
	}
}

func plainNumber(s string) string     { return strings.ReplaceAll(s, ",", "") }
func pairKey(m []string) string       { return plainNumber(m[1]) + m[2] + "/" + plainNumber(m[3]) }
func unitKey(m []string) string       { return plainNumber(m[1]) + " " + strings.ToLower(m[2]) }
func (f facts) scoreKey() string      { return strconv.Itoa(f.score) + "/100" }
func unmatched(what string) error     { return fmt.Errorf("%w: it %s", ErrAnswer, what) }
func (s statement) has(k string) bool { return slices.Contains(s.pairs, k) }

// check returns why text says other things of the figures than the input does;
// nil when it does not.
func (f facts) check(text string) error {
	text = strings.ToLower(text)
	for _, m := range unit.FindAllStringSubmatch(text, -1) {
		if !f.units[unitKey(m)] {
			return unmatched("gives a length or a distance that it was not given")
		}
	}
	for _, c := range clock.FindAllString(text, -1) {
		if c != f.span {
			return unmatched("gives a length that it was not given")
		}
	}
	for _, part := range sentence.Split(text, -1) {
		if err := f.checkOutcomes(part); err != nil {
			return err
		}
	}
	for _, part := range clauses(f.withoutCeiling(text)) {
		if err := f.checkSubject(part); err != nil {
			return err
		}
		if err := f.checkPoints(part); err != nil {
			return err
		}
	}
	return nil
}

// checkOutcomes holds every pair of a sentence against those given, together
// with what is said to have become of it.
func (f facts) checkOutcomes(part string) error {
	at := pair.FindAllStringSubmatchIndex(part, -1)
	for i, m := range at {
		key := pairKey(pair.FindStringSubmatch(part[m[0]:m[1]]))
		if key == f.scoreKey() {
			continue
		}
		end := len(part)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		outcome := after.FindString(part[m[1]:end])
		if b := before.FindStringSubmatch(part[:m[0]]); b != nil {
			outcome = b[1]
		}
		known := false
		for _, s := range f.said {
			known = known || s.has(key) && s.allows(outcome)
		}
		if !known {
			return unmatched("pairs numbers, or a count and its outcome, in a way that it was not given")
		}
	}
	return nil
}

// allows reports whether the statement says this of its counts.
func (s statement) allows(outcome string) bool {
	approvedSomething := strings.Contains(s.words, "approved")
	asLong := strings.Contains(s.words, "as long")
	switch outcome {
	case "":
		return true
	case "approved":
		return approvedSomething && !asLong
	case "approved request", "approved requests":
		return approvedSomething
	case "denied", "refused":
		return strings.Contains(s.words, "denied") || strings.Contains(s.words, "refused")
	case "as long":
		return asLong
	case "time of the week":
		return strings.Contains(s.words, outcome)
	default:
		return strings.Contains(s.words, "hold")
	}
}

// checkSubject refuses a count that is given to somebody else: a department's
// to a team, an entitlement's to a location.
func (f facts) checkSubject(part string) error {
	pairs := pair.FindAllStringSubmatch(part, -1)
	if len(pairs) != 1 || pairKey(pairs[0]) == f.scoreKey() {
		return nil
	}
	subjects := subject.FindAllString(part, -1)
	for _, s := range f.said {
		if !s.has(pairKey(pairs[0])) {
			continue
		}
		words := s.words
		if strings.Contains(words, "hold it") || strings.Contains(words, "for it") {
			words += " entitlement"
		}
		if !slices.ContainsFunc(subjects, func(w string) bool { return !strings.Contains(words, w) }) {
			return nil
		}
	}
	return unmatched("gives a count to somebody whom it was not given for")
}
