package understand

import (
	"regexp"
)

// reading is one text while it is read: its words, which of them the slots
// took, and the segments into which slots and punctuation cut it.
type reading struct {
	text      string
	words     []word
	finder    *finder
	looked    int     // names looked up
	tried     int     // runs of words looked up
	spans     [][]int // bytes that slots took
	segments  []segment
	announced bool // a segment was announced as the reason
	pure      bool // the access was named in a segment that says nothing else
	open      bool // no access is filled in
	unread    bool // an end was said that is over, too far away or no end
	levelled  bool // the segment that named the access names a level too
}

// take marks the words that a slot took.
func (r *reading) take(span []int) {
	if span == nil {
		return
	}
	r.spans = append(r.spans, span)
	for i, w := range r.words {
		if w.start < span[1] && w.end > span[0] {
			r.words[i].used = true
		}
	}
}

// manners takes a greeting and a thank-you off the ends.
func (r *reading) manners() {
	if m := opening.FindStringIndex(r.text); m != nil && m[1] < len(r.text) {
		r.take(m)
	}
	if m := closing.FindStringIndex(r.text); m != nil && m[0] > 0 {
		said := split(r.text[m[0]:m[1]])
		if last := said[len(said)-1]; len(said) == 1 || !r.finder.known(last) || filler[last.norm] {
			r.take(m)
		}
	}
}

// counted is a number, or a length that was not taken.
var counted = regexp.MustCompile(`^\d+(?:h|m|mins?|hrs?|d|w)?$`)

// command takes the word that commands something: what is released is no level
// called "release".
func (r *reading) command(intent Intent) {
	if intent == Other {
		return
	}
	for _, w := range r.words {
		if commands[w.norm] {
			r.take([]int{w.start, w.end})
			return
		}
	}
}

var commands = set("release", "cancel", "extend", "withdraw", "renew", "prolong", "revoke", "end", "drop", "return")

// lengthWords are units of a length that was not taken, after normal.
var lengthWords = set("minute", "min", "mins", "hour", "hr", "hrs", "day", "days", "week", "month", "forever")

// known reports whether a word is one of the catalogue, or says nothing.
func (f *finder) known(w word) bool {
	if filler[w.norm] {
		return true
	}
	if f.foreign(w) {
		return false
	}
	ps := f.tokens(w)
	for _, p := range ps {
		number := counted.MatchString(p) || lengthWords[p]
		if !number && !levels[p] && !environments[p] && !f.places[p] && f.level(p) == "" && !generic[p] && !filler[p] && len(f.means(p, w.norm)) == 0 {
			return false
		}
	}
	return true
}

func (r *reading) knows(i int) bool { return r.finder.known(r.words[i]) }
