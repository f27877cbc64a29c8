package prompts

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	raising  = regexp.MustCompile(`\b(rais(e|es|ed|ing)|increas(e|es|ed|ing)|add(s|ed|ing)?|lift(s|ed|ing)?|elevat(e|es|ed|ing)|higher|(push|driv|bring|brought|mov)\w*( the score| it)? up)\b`)
	lowering = regexp.MustCompile(`\b(lower(s|ed|ing)?|reduc(e|es|ed|ing)|decreas(e|es|ed|ing)|subtract(s|ed|ing)?|deduct(s|ed|ing)?|t(ake|akes|aking|ook|aken) (away|off)|cut(s|ting)?|(pull|push|driv|bring|brought|mov)\w*( the score| it)? down)\b`)
	// denied is a direction that is said not to be.
	denied = regexp.MustCompile(`(\bnot|\bnever|n't|\bcannot|\bneither|\bnor|\bhardly) ([a-z]+ ){0,2}(rais|lower|increas|reduc|decreas|add|push|pull|lift)`)
	// ceiling is what the score says of its own guard; its direction is a limit.
	ceiling = regexp.MustCompile(`\b(they|(one (person|approver)'s )?(past )?answers( alone)?) (can|may) lower (the score|it) by 10 points at most`)

	signedPoints = regexp.MustCompile(`(?:^|[\s(])([+−–-])([0-9]+)\b`)
	plainPoints  = regexp.MustCompile(`\b([0-9]+) points?\b`)
	byPoints     = regexp.MustCompile(`\bby (?:another |a further )?([0-9]+)\b(?:[^0-9a-z%,]|$)`)

	// breaks part a sentence where its subject may change.
	breaks = regexp.MustCompile(`[.;:!?]+(?:\s+|$)|, | [–—-] |\b(?:while|but|whereas|although|though|despite|in spite of|even with|yet|however)\b`)
	// goesOn begins a clause that speaks of what the one before it named.
	goesOn = regexp.MustCompile(`^(?:and )?(?:which|this|these|that|both|each|thereby|thus|(?:rais|lower|increas|reduc|decreas|add|push|pull|lift|bring|driv|subtract)ing)\b`)
	// offsetting sets two factors against each other, so that a direction's
	// subject cannot be told.
	offsetting = regexp.MustCompile(`\b(offset|outweigh|counter|balanc|compensat)`)
	// attribute is a sensitivity that merely says which access it is.
	attribute = regexp.MustCompile(`\b(low|medium|high|critical)[ -]sensitivity ([a-z]+ ){0,4}(access|request|entitlement|role)\b`)
)

// topics are the words by which a text speaks of a factor without its counts.
var topics = []struct {
	words *regexp.Regexp
	names []string // of factors, or their last part
}{
	{regexp.MustCompile(`\bsensitivity\b`), []string{"sensitivity"}},
	{regexp.MustCompile(`\b(duration|working day)\b`), []string{"duration"}},
	{regexp.MustCompile(`\bteammates?\b`), []string{"peers.team"}},
	{regexp.MustCompile(`\bmost similar holders\b`), []string{"alike"}},
	{regexp.MustCompile(`\bnearest holder\b|\blevels? up\b`), []string{"near"}},
	{regexp.MustCompile(`\bwhere any request starts\b|\bstarting point\b|\bbase(line)?\b`), []string{"base"}},
	{regexp.MustCompile(`\bchanged lately\b|\brecent change\b`), []string{"moved"}},
	{regexp.MustCompile(`\bone approver's (past )?answers\b`), []string{"approver"}},
	{regexp.MustCompile(`\btime of the week\b`), []string{"unusual.time"}},
	{regexp.MustCompile(`\b(no|unknown|missing) manager\b|\bmanager is (not known|unknown|missing)\b`), []string{"unknown.manager"}},
	{regexp.MustCompile(`\b(no|unknown|missing) department\b|\bdepartment is (not known|unknown|missing)\b`), []string{"unknown.department"}},
	{regexp.MustCompile(`\bolder than allowed\b|\bstale\b`), []string{"unknown.directory"}},
	{regexp.MustCompile(`\bhuman decisions?\b`), []string{"unknown.experience"}},
	{regexp.MustCompile(`\bown requests\b`), []string{"own.all", "own.entitlement", "own.siblings"}},
}

// withoutCeiling leaves out the score's sentence on its own guard, if it was
// given.
func (f facts) withoutCeiling(text string) string {
	if slices.ContainsFunc(f.said, func(s statement) bool { return ceiling.MatchString(s.words) }) {
		return ceiling.ReplaceAllString(text, "")
	}
	return text
}

// clauses parts a text so that each part speaks of one thing, as far as
// punctuation and joining words tell.
func clauses(text string) (parts []string) {
	for _, part := range breaks.Split(text, -1) {
		part = strings.TrimSpace(part)
		if n := len(parts); n > 0 && goesOn.MatchString(part) {
			parts[n-1] += " " + part
			continue
		}
		parts = append(parts, part)
	}
	var out []string
	for _, part := range parts {
		for {
			left, right, found := cutAnd(part)
			out = append(out, left)
			if !found {
				break
			}
			part = right
		}
	}
	return out
}

// cutAnd parts at the first "and" that has a claim on either side.
func cutAnd(part string) (left, right string, found bool) {
	const and = " and "
	for from := 0; ; {
		i := strings.Index(part[from:], and)
		if i < 0 {
			return part, "", false
		}
		left, right = part[:from+i], part[from+i+len(and):]
		if claims(left) && claims(right) {
			return left, right, true
		}
		from += i + len(and)
	}
}

// claims reports whether a clause says what something does to the score.
func claims(part string) bool {
	return raising.MatchString(part) || lowering.MatchString(part) || signedPoints.MatchString(part) || plainPoints.MatchString(part)
}

// checkPoints holds a clause's points and direction against the factors it
// speaks of.
func (f facts) checkPoints(part string) error {
	if denied.MatchString(part) {
		return unmatched("denies that something raises or lowers the score, which cannot be checked")
	}
	up, down := raising.MatchString(part), lowering.MatchString(part)
	sign := 0
	switch {
	case up && !down:
		sign = 1
	case down && !up:
		sign = -1
	}
	var points []int
	for _, m := range signedPoints.FindAllStringSubmatch(part, -1) {
		n, _ := strconv.Atoi(m[2]) // Too long a number is no factor's.
		if m[1] != "+" {
			n = -n
		}
		if !f.anyHas(n, f.all()) {
			return unmatched("gives points that no factor has")
		}
		points = append(points, max(n, -n))
	}
	unsigned := append(plainPoints.FindAllStringSubmatch(part, -1), byPoints.FindAllStringSubmatch(part, -1)...)
	for _, m := range unsigned {
		n, _ := strconv.Atoi(m[1])
		if sign == 0 && n == f.score {
			continue
		}
		if !f.anyHas(sign*n, f.all()) || sign == 0 && !f.anyHas(n, f.all()) && !f.anyHas(-n, f.all()) {
			return unmatched("gives points that no factor has, or turns their direction round")
		}
		points = append(points, n)
	}
	return f.checkSpokenOf(part, slices.Compact(points), sign)
}

// checkSpokenOf compares with the factors that a clause clearly speaks of; with
// none or with several at odds there is nothing to say.
func (f facts) checkSpokenOf(part string, points []int, sign int) error {
	of := f.spokenOf(part)
	if len(of) == 0 || offsetting.MatchString(part) {
		return nil
	}
	if len(points) == 1 && !f.anyHas(points[0], of) && !f.anyHas(-points[0], of) {
		return unmatched("gives one factor the points of another")
	}
	if sign != 0 && !slices.ContainsFunc(of, func(i int) bool { return f.factors[i].Points*sign > 0 }) {
		return unmatched("turns a factor's direction round")
	}
	return nil
}

// spokenOf returns the factors that a clause names by count or by topic.
func (f facts) spokenOf(part string) (of []int) {
	for _, m := range pair.FindAllStringSubmatch(part, -1) {
		for _, s := range f.said {
			if s.has(pairKey(m)) {
				of = append(of, s.factor)
			}
		}
	}
	part = attribute.ReplaceAllString(part, "")
	for _, topic := range topics {
		if !topic.words.MatchString(part) {
			continue
		}
		for i, factor := range f.factors {
			if slices.ContainsFunc(topic.names, func(n string) bool { return factor.Name == n || strings.HasSuffix(factor.Name, "."+n) }) {
				of = append(of, i)
			}
		}
	}
	return of
}

func (f facts) all() []int {
	all := make([]int, len(f.factors))
	for i := range all {
		all[i] = i
	}
	return all
}

// anyHas reports whether one of the factors has these points; any does for
// nought, which says nothing of a direction.
func (f facts) anyHas(points int, of []int) bool {
	return points == 0 || slices.ContainsFunc(of, func(i int) bool { return f.factors[i].Points == points })
}
