package understand

import (
	"regexp"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// readAtMost is how much of a text is read, in bytes. A wish is a sentence or
// two; the rest of a pasted log says nothing more.
const readAtMost = 4000

// Parse reads one text. It never fails: what it does not understand stays
// empty.
func Parse(text string, w World) Wish {
	text = clean(text)
	wish := Wish{Intent: intentOf(text)}
	if wish.Intent == Help || wish.Intent == List {
		return wish
	}
	if wish.Intent == Release && gives.MatchString(text) {
		wish.Intent = Other
	}
	r := reading{text: text, words: split(text), finder: w.Index.finder()}
	wish.Duration, wish.Until = r.length(w)
	wish.Unread = r.unread
	wish.Ticket = r.ticket()
	id, unknown, stranger := r.forWhom(w)
	wish.Beneficiary, wish.Unknown = id, unknown
	r.manners()
	r.command(wish.Intent)
	r.segment(wish.Intent == Other)
	res := r.seek()
	if stranger && !res.strong { // "admin for Jenkins" names what the catalogue lacks
		wish.Unknown = ""
	}
	if res.one != "" && topical.MatchString(text) {
		res.one, res.candidates = "", []approvals.EntitlementID{res.one}
	}
	wish.Entitlement, wish.Candidates, wish.Together = res.one, res.candidates, res.together
	wish.Sought, r.open = r.sought(), res.one == ""
	if wish.Intent == Other {
		wish.Intent, wish.Amends = r.wants(wish, res)
	}
	if wish.Intent != Request {
		wish.Together = nil
	}
	switch wish.Intent {
	case Request, Extend:
		wish.Reason = r.reason()
	case Other:
		wish.Entitlement = ""
		if !wish.Amends { // a thing was mentioned, not asked for
			wish.Candidates = nil
		}
		if (wish.Ticket != "" || wish.Duration > 0 || r.announced) && !didSomething(text) {
			if !wish.Amends {
				r.unclaim()
			}
			wish.Reason = r.reason()
		}
		if !wish.Amends && (tells.MatchString(text) || didSomething(text)) { // what is told takes no time
			wish.Duration, wish.Until = 0, time.Time{}
		}
	}
	return wish
}

// wants decides whether words that command nothing ask for access, or correct
// what was asked before.
func (r *reading) wants(wish Wish, res result) (intent Intent, amends bool) {
	content, narrow, level, known, strange := 0, false, false, false, false
	for i, w := range r.words {
		if w.used {
			continue
		}
		n := r.finder.narrows(w)
		narrow, level = narrow || n, level || r.finder.levels(w)
		known = known || (r.knows(i) && !filler[w.norm])
		strange = strange || i > 0 && r.strange(i) && r.knows(i-1) && !filler[r.words[i-1].norm] // of a thing it is said what it does
		if !n && !filler[w.norm] {
			content++
		}
	}
	timed := wish.Duration > 0
	m := moodOf(r.text)
	switch {
	case m.refuse, m.wonder, (didSomething(r.text) || !m.asks && r.subject()) && !r.pure:
		return Other, false
	case corrects.MatchString(r.text) && !res.strong && content <= 1 && (timed || narrow):
		return Other, true
	case (timed || narrow) && content == 0 && !res.strong && !m.asks && wish.Beneficiary == "" && wish.Unknown == "":
		return Other, true
	case m.asks && (known || narrow || timed || content == 0):
		return Request, false
	case res.strong && till.MatchString(r.text) && !tells.MatchString(till.Split(r.text, 2)[0]): // an end that could not be read
		return Request, false
	case m.told && !r.pure && !level && !timed:
		return Other, false
	case res.strong && (r.pure || timed || r.levelled || content <= 2 && (!strange || civil.MatchString(r.text)) || openEnd.MatchString(r.text)):
		return Request, false
	case r.touches(res) && (r.pure || level || timed):
		return Request, false
	case (timed || level) && content <= 4 && !r.announced:
		return Request, false
	}
	return Other, false
}

// subject reports whether a text begins with a thing that something is said of:
// "the staging account costs 900 a month".
func (r *reading) subject() bool {
	if len(r.words) == 0 || !set("the", "our", "this", "that", "these", "those", "all", "every")[r.words[0].norm] {
		return false
	}
	for i := 1; i < len(r.words) && !r.ends(i); i++ {
		if !r.knows(i) {
			return i > 1
		}
	}
	return false
}

// civil is what people say who ask for something.
var civil = regexp.MustCompile(`(?i)\b(?:please|pls|plz|thanks|thx|ta)\b`)

var till = regexp.MustCompile(`(?i)\b(?:until|till|til)\b`)

// openEnd is a length that could not be read: it is asked for.
var openEnd = regexp.MustCompile(`(?i)\b(?:for the|rest of|\d+\s?(?:m|min|minutes?|h|hours?|days?))\b`)

// touches reports whether the words have something in common with the catalogue.
func (r *reading) touches(res result) bool { return len(res.candidates) > 0 || res.one != "" }

// emphasis is Slack's marks around a word.
var emphasis = regexp.MustCompile("(^|[\\s(])[_*`]+|[_*`]+($|[\\s,.;:)])")

// clean drops what cannot be seen and bounds the length.
func clean(text string) string {
	if len(text) > readAtMost {
		text = strings.ToValidUTF8(text[:readAtMost], "")
	}
	text = strings.ToValidUTF8(text, "")
	text = emphasis.ReplaceAllString(text, "$1$2")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r == '\u2010' || r == '\u2011': // hyphens that look like one
			return '-'
		case r < ' ' || r == 0x7f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff:
			return -1
		}
		return r
	}, text))
}
