package scoring

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// Every factor is read by an approver in a hurry: whose requests, for what, how
// many of how many. What it does to the score is said beside it, by its points.
// "It" is what is asked for. All templates with examples are in
// testdata/words.txt.

// describe names a part of the score and says it in words, from counts alone:
// no name of a person, entitlement or place is repeated, since those can carry
// anything.
func describe(part, points int, f *approvals.Facts, o *observation) (name, words string) {
	switch {
	case part == partBase:
		return "base", baseWords(o)
	case part < partFirstCell+singles:
		i := part - partFirstCell
		c := o.now.single[i]
		return "decided." + layout.Attributes[i], worded(singleWords[i], f) + ": " + outcome(c) + o.rarely(c, points) + "."
	case part < partMoved:
		i := part - partFirstCell - singles
		return "decided." + layout.PairName(i), worded(pairWords[i], f) + ": " + pairOutcome(i, points, o) + "."
	case part == partMoved:
		return "moved", fmt.Sprintf("Manager, department, title, location or function changed lately: for %s the riskier of the old and the new counts.", plural(o.moved.n, "more day", "more days"))
	case part == partOneApprover:
		return "approver", "One approver's past answers alone make this look safe. They can lower the score by 10 points at most, so the rest is added back."
	default:
		return judgedWords(part-partFirstJudged, points, f, o)
	}
}

// worded says it where a title stands for the function.
func worded(words string, f *approvals.Facts) string {
	if f.Beneficiary.Function != "" {
		return words
	}
	return strings.Replace(words, "this function", "this title, which stands for the function", 1)
}

var singleWords = [singles]string{
	"Requests for it", "Requests from this team", "Requests from this department", "Requests by people with this title", "Requests from this location",
	"Requests by people with this function",
}

var pairWords = [pairs]string{
	"Requests for it from this team",
	"Requests for it from this department",
	"Requests for it by people with this title",
	"Requests for it from this location",
	"Requests from this team by people with this title",
	"Requests from this department by people with this title",
	"Requests from this team by people with this function",
}

// halfWords are the requests that share one half of a pair.
var halfWords = [singles]string{"for it", "from this team", "from this department", "by people with this title", "from this location", "by people with this function"}

func baseWords(o *observation) string {
	if o.all.Decided == 0 {
		return "Where any request starts; no decisions are known yet."
	}
	return fmt.Sprintf("Where any request starts: people refused %s of %s.", number(o.all.Denied), plural(o.all.Decided, "request", "requests"))
}

// outcome says what people decided.
func outcome(c scorecard.Cell) string {
	if c.Decided == 0 {
		return "none decided yet"
	}
	return fmt.Sprintf("%s of %s approved", number(c.Decided-c.Denied), number(c.Decided))
}

// rarely says why requests that were mostly approved raise the score: refusals
// are more frequent among them than among all.
func (o *observation) rarely(c scorecard.Cell, points int) string {
	if points > 0 && c.Denied*o.all.Decided > o.all.Denied*c.Decided {
		return ", less often than usual"
	}
	return ""
}

// pairOutcome says what people decided of a pair, and where its points come from
// when that is not plain: from its halves when nothing was decided, from being
// rare when both halves are common.
func pairOutcome(i, points int, o *observation) string {
	c := o.now.pair[i]
	h := layout.Pairs[i]
	if c.Decided == 0 {
		return fmt.Sprintf("none decided yet, so other requests %s, and others %s, count instead", halfWords[h[0]], halfWords[h[1]])
	}
	said := outcome(c)
	expected := o.now.single[h[0]].Decided * o.now.single[h[1]].Decided / max(o.all.Decided, 1)
	less := o.rarely(c, points)
	switch {
	case expected >= 2 && expected >= 2*c.Decided, points > 0 && less == "" && expected > c.Decided:
		return fmt.Sprintf("%s, where about %s requests would be usual", said, number(expected))
	case points > 0 && less == "" && c.Denied > 0: // what its halves let expect was better
		return said + ", fewer than similar requests suggest"
	}
	return said + less
}

var ringWords = [rings]string{
	"%s of %s hold it.", "%s of %s under the same manager's manager hold it.",
	"%s of %s in the same role hold it.", "%s of %s with the same title hold it.",
	"%s of %s in the department hold it.", "%s of %s at the location hold it.",
}

func judgedWords(i, points int, f *approvals.Facts, o *observation) (name, words string) {
	switch i {
	case judgedNear:
		if o.near.n <= 1 {
			return "near", "Somebody in the same team holds it."
		}
		return "near", fmt.Sprintf("The nearest holder shares only a manager %d levels up.", o.near.n)
	case judgedAlike:
		return "alike", fmt.Sprintf("The most similar holders share %d%% of their access with this person.", o.alike.n/10)
	case judgedOwn:
		return "own.entitlement", "This person's own requests for it: " + outcome(o.own.entitlement) + o.rarely(o.own.entitlement, points) + "."
	case judgedSiblings:
		return "own.siblings", "This person's own requests for other access to the same system: " + outcome(o.own.siblings) + o.rarely(o.own.siblings, points) + "."
	case judgedOwnAll:
		return "own.all", "This person's own requests: " + outcome(o.own.all) + o.rarely(o.own.all, points) + "."
	case judgedLast:
		return "last.entitlement", "It was last approved for this person " + daysAgo(o.own.last) + "."
	case judgedLastSibling:
		return "last.siblings", "Other access to the same system was last approved for this person " + daysAgo(o.own.lastSibling) + "."
	case judgedRenewed:
		return "renewed", fmt.Sprintf("This person's own approvals for it: %s of %s renewed an earlier one.", number(o.own.renewed.n), number(o.own.renewed.of))
	case judgedTime:
		return "unusual.time", fmt.Sprintf("%s of %s at this location came at this time of the week.", number(o.hour.n), plural(o.hour.of, "request", "requests"))
	case judgedDuration:
		were := "were"
		if o.longer.n == 1 {
			were = "was"
		}
		return "unusual.duration", fmt.Sprintf("Asked for %s; %s of %s for it %s as long.", span(f.Duration), number(o.longer.n), plural(o.longer.of, "approved request", "approved requests"), were)
	}
	p := o.peers[i]
	people := plural(p.of, "person", "people")
	if i == int(ringTeam) {
		people = plural(p.of, "teammate", "teammates")
	}
	words = fmt.Sprintf(ringWords[i], number(p.n), people)
	if p.of == 1 {
		words = strings.Replace(words, " hold it", " holds it", 1)
	}
	return "peers." + ringNames[i], words
}

// daysAgo says how long ago a day was that is counted from today, 1.
func daysAgo(p portion) string {
	switch {
	case p.n <= 1:
		return "today"
	case p.n > remembering:
		return "two years ago or earlier"
	default:
		return plural(p.n-1, "day", "days") + " ago"
	}
}

func sensitivityWords(s approvals.Sensitivity) string {
	switch s {
	case approvals.Low:
		return "Low sensitivity: it can do little harm."
	case approvals.High:
		return "High sensitivity: it can do much harm."
	case approvals.Critical:
		return "Critical sensitivity: it can do grave harm."
	default:
		return "Its sensitivity is not known; it counts as critical."
	}
}

// unknowns says what the score could not know.
func unknowns(f *approvals.Facts, o *observation) (fs []approvals.Factor) {
	say := func(when bool, name, words string) {
		if when {
			fs = append(fs, approvals.Factor{Name: name, Words: words})
		}
	}
	say(f.Beneficiary.Manager == "", "unknown.manager", "The directory names no manager for this person.")
	say(f.Beneficiary.Department == "", "unknown.department", "The directory names no department for this person.")
	say(f.Directory.Stale, "unknown.directory", "What the directory says is older than allowed.")
	say(o.all.Decided < experienced, "unknown.experience", fmt.Sprintf("Only %s known so far; below %s, confidence is low.",
		plural(o.all.Decided, "human decision is", "human decisions are"), number(experienced)))
	return fs
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number writes a count with commas between thousands.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// span writes a length in its largest whole unit.
func span(d time.Duration) string {
	switch minutes := int64(d / time.Minute); {
	case minutes >= 24*60 && minutes%(24*60) == 0:
		return plural(minutes/(24*60), "day", "days")
	case minutes >= 60 && minutes%60 == 0:
		return plural(minutes/60, "hour", "hours")
	default:
		return plural(minutes, "minute", "minutes")
	}
}
