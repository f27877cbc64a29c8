package understand

import (
	"regexp"
	"strings"
	"time"
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
	wish.Ticket = r.ticket()
	wish.Beneficiary, wish.Unknown = r.forWhom(w)
	r.manners()
	r.command(wish.Intent)
	r.segment(wish.Intent == Other)
	res := r.seek()
	wish.Entitlement, wish.Candidates = res.one, res.candidates
	wish.Sought = r.sought()
	if wish.Intent == Other {
		wish.Intent, wish.Amends = r.wants(wish, res)
	}
	switch wish.Intent {
	case Request, Extend:
		wish.Reason = r.reason()
	case Other:
		wish.Entitlement, wish.Candidates = "", nil // a thing was mentioned, not asked for
		if wish.Ticket != "" || wish.Duration > 0 || r.announced {
			r.unclaim()
			wish.Reason = r.reason()
		}
		if !wish.Amends && tells.MatchString(text) { // what is told takes no time
			wish.Duration, wish.Until = 0, time.Time{}
		}
	}
	return wish
}

// wants decides whether words that command nothing ask for access, or correct
// what was asked before.
func (r *reading) wants(wish Wish, res result) (intent Intent, amends bool) {
	content, narrow, level, known := 0, false, false, false
	for i, w := range r.words {
		if w.used {
			continue
		}
		n := r.finder.narrows(w)
		narrow, level = narrow || n, level || r.finder.levels(w)
		known = known || (r.knows(i) && !filler[w.norm])
		if !n && !filler[w.norm] {
			content++
		}
	}
	timed := wish.Duration > 0
	asks := asks.MatchString(r.text)
	switch {
	case corrects.MatchString(r.text) && !res.strong && content <= 1 && (timed || narrow):
		return Other, true
	case (timed || narrow) && content == 0 && !asks && wish.Beneficiary == "" && wish.Unknown == "":
		return Other, true
	case asks && (known || narrow || timed || content == 0):
		return Request, false
	case tells.MatchString(r.text) && !r.pure && !level && !timed:
		return Other, false
	case res.strong && (r.pure || timed || r.levelled || content <= 2):
		return Request, false
	case r.named(res) && (r.pure || level || timed):
		return Request, false
	case (timed || level) && content <= 4 && !r.announced:
		return Request, false
	}
	return Other, false
}

// named reports whether the words have something in common with the catalogue.
func (r *reading) named(res result) bool { return len(res.candidates) > 0 || res.one != "" }

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
