package scoring

import (
	"fmt"
	"strconv"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// describe names a part of the score and says it in words, from counts alone:
// no name of a person, entitlement or place is repeated, since those can carry
// anything.
func describe(part int, f *approvals.Facts, o *observation) (name, words string) {
	switch {
	case part == partBase:
		return "base", baseWords(o)
	case part < partFirstCell+singles:
		i := part - partFirstCell
		return "decided." + layout.Attributes[i], fmt.Sprintf(singleWords[i], outcome(o.now.single[i]))
	case part < partMoved:
		i := part - partFirstCell - singles
		return "decided." + layout.PairName(i), fmt.Sprintf(pairWords[i], pairOutcome(i, o))
	case part == partMoved:
		return "moved", fmt.Sprintf("Manager, department, title or location changed lately; for %s the worse of old and new counts.", plural(o.moved.n, "more day", "more days"))
	case part == partOneApprover:
		return "approver", "It looks safer because of one approver's past answers; one approver's answers alone can't lower the score by more than 10 points, so the rest is added back."
	default:
		return judgedWords(part-partFirstJudged, f, o)
	}
}

var singleWords = [singles]string{
	"Requests for this entitlement: %s.",
	"Requests from this manager's team: %s.",
	"Requests from this department: %s.",
	"Requests by people with this title: %s.",
	"Requests from this location: %s.",
}

var pairWords = [pairs]string{
	"Requests from this team for this entitlement: %s.",
	"Requests from this department for this entitlement: %s.",
	"Requests by people with this title for this entitlement: %s.",
	"Requests from this location for this entitlement: %s.",
	"Requests from this team in this department: %s.",
	"Requests from this team by people with this title: %s.",
	"Requests from this department by people with this title: %s.",
}

// halfWords name what the two halves of a pair have in common.
var halfWords = [singles]string{"entitlement", "team", "department", "title", "location"}

func baseWords(o *observation) string {
	if o.all.Decided == 0 {
		return "Where any request starts; no decisions are known yet."
	}
	return fmt.Sprintf("Where any request starts: people refused %s of %s.", number(o.all.Denied), plural(o.all.Decided, "request", "requests"))
}

// outcome says what people decided.
func outcome(c scorecard.Cell) string {
	if c.Decided == 0 {
		return "none decided so far"
	}
	return fmt.Sprintf("%s of %s approved", number(c.Decided-c.Denied), number(c.Decided))
}

// pairOutcome says what people decided of a pair, and where its points come from
// when that is not plain: from its halves when nothing was decided, from being
// rare when both halves are common.
func pairOutcome(i int, o *observation) string {
	c := o.now.pair[i]
	h := layout.Pairs[i]
	if c.Decided == 0 {
		return fmt.Sprintf("none decided so far; estimated from past requests that share the %s or the %s", halfWords[h[0]], halfWords[h[1]])
	}
	said := outcome(c)
	expected := o.now.single[h[0]].Decided * o.now.single[h[1]].Decided / max(o.all.Decided, 1)
	if expected >= 2 && expected >= 2*c.Decided {
		said += fmt.Sprintf(", where chance alone would bring about %s", number(expected))
	}
	return said
}

var ringWords = [rings]string{
	"%s of %s hold it.", "%s of %s under the same manager's manager hold it.",
	"%s of %s in the same role hold it.", "%s of %s with the same title hold it.",
	"%s of %s in the department hold it.", "%s of %s at the location hold it.",
}

func judgedWords(i int, f *approvals.Facts, o *observation) (name, words string) {
	switch i {
	case judgedNear:
		if o.near.n <= 1 {
			return "near", "Somebody in the same team holds it."
		}
		return "near", fmt.Sprintf("The nearest holder shares a manager %d levels up.", o.near.n)
	case judgedAlike:
		return "alike", fmt.Sprintf("The most similar holders share %d%% of their access.", o.alike.n/10)
	case judgedOwn:
		return "own.entitlement", fmt.Sprintf("This person's own requests for it: %s.", outcome(o.own.entitlement))
	case judgedSiblings:
		return "own.siblings", fmt.Sprintf("This person's own requests for other access to the same system: %s.", outcome(o.own.siblings))
	case judgedOwnAll:
		return "own.all", fmt.Sprintf("This person's own requests: %s.", outcome(o.own.all))
	case judgedLast:
		return "last.entitlement", "It was last approved for this person " + daysAgo(o.own.last) + "."
	case judgedLastSibling:
		return "last.siblings", "Other access to the same system was last approved for this person " + daysAgo(o.own.lastSibling) + "."
	case judgedRenewed:
		return "renewed", fmt.Sprintf("Of this person's %s for it, %s renewed an earlier one.", plural(o.own.renewed.of, "approval", "approvals"), number(o.own.renewed.n))
	case judgedTime:
		return "unusual.time", fmt.Sprintf("%s of %s at this location came at this time of the week.", number(o.hour.n), plural(o.hour.of, "request", "requests"))
	case judgedDuration:
		return "unusual.duration", fmt.Sprintf("Asked for %s; %s of %s for it were as long.", span(f.Duration), number(o.longer.n), plural(o.longer.of, "approved request", "approved requests"))
	}
	p := o.peers[i]
	people := plural(p.of, "person", "people")
	if i == int(ringTeam) {
		people = plural(p.of, "teammate", "teammates")
	}
	return "peers." + ringNames[i], fmt.Sprintf(ringWords[i], number(p.n), people)
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
		return "It can do little harm: low sensitivity."
	case approvals.High:
		return "It can do much harm: high sensitivity."
	case approvals.Critical:
		return "It can do grave harm: critical sensitivity."
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
	say(f.Beneficiary.Manager == "", "unknown.manager", "The directory names no manager.")
	say(f.Beneficiary.Department == "", "unknown.department", "The directory names no department.")
	say(f.Directory.Stale, "unknown.directory", "The directory's facts are older than allowed.")
	say(o.all.Decided < experienced, "unknown.experience", fmt.Sprintf("Only %s known here; %s are needed for more than low confidence.",
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
