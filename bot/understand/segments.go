package understand

import (
	"regexp"
	"slices"
	"strings"
)

// segment is a run of words between slots and punctuation.
type segment struct {
	from, to int  // words
	story    bool // announced as the reason
	pure     bool // names access and says nothing else
	piece    bool // counts a piece of work
	taken    []bool
}

// segment cuts the words where punctuation, a slot, or what announces a
// reason stands between them, and finds what is negated.
func (r *reading) segment(negations bool) {
	announcedAt := r.announcements()
	for i := 1; i < len(r.words); i++ {
		if r.said(i, 1) == "us" && beforeUs[r.words[i-1].norm] { // and no region
			r.words[i].norm = "we"
		}
	}
	story := false
	for i, w := range r.words {
		gap := ""
		if i > 0 {
			gap = r.text[r.words[i-1].end:w.start]
			if negations {
				r.words[i].negated = r.unwanted(i)
			}
		}
		broken := i == 0 || breaks.MatchString(gap)
		if broken || w.used {
			story = false
		}
		if announcedAt[i] && !w.used {
			story, broken = true, true
			r.announced = true
		}
		if broken || w.used != r.words[i-1].used {
			r.segments = append(r.segments, segment{from: i, story: story})
		}
		r.segments[len(r.segments)-1].to = i + 1
	}
	r.segments = slices.DeleteFunc(r.segments, func(s segment) bool { return r.words[s.from].used })
	for n := range r.segments {
		s := &r.segments[n]
		s.taken = make([]bool, len(r.words))
		s.piece = s.from > 0 && r.piece(s.from, s.to)
		s.pure = !s.story && !s.piece
		for i := s.from; i < s.to; i++ {
			s.pure = s.pure && r.knows(i)
		}
	}
	r.behind()
}

// counting is how a piece of work is counted.
var counting = regexp.MustCompile(`(?i)^(?:just |only |yet )*(?:` + numberOf + `|\d+|some|several|the last|the next)(?: more| other| further| last)? \pL`)

// piece reports whether words behind a name count a piece of work, as "one more
// refund" does: they may all be the catalogue's and name nothing here.
func (r *reading) piece(from, to int) bool {
	return counting.MatchString(r.text[r.words[from].start:r.words[to-1].end]) &&
		!slices.ContainsFunc(r.words[from:to], func(w word) bool { return r.finder.narrows(w) || lengthWords[w.norm] })
}

// unwanted reports whether a word is what a negation before it refuses: the
// word right after it, and levels up to a preposition or the end of the clause:
// "don't give me admin on the prod cluster".
func (r *reading) unwanted(i int) bool {
	for k := i - 1; k >= 0 && k >= i-6; k-- {
		w := r.words[k]
		if breaks.MatchString(r.text[w.end:r.words[k+1].start]) {
			return false
		}
		negates := negates[w.norm] && (k == 0 || r.words[k-1].norm != "if") || w.norm == "do" && r.words[k+1].norm == "not"
		switch {
		case negates && k == i-1:
			return r.finder.narrows(r.words[i]) || r.finder.known(r.words[i]) && !filler[r.words[i].norm]
		case negates:
			return r.finder.levels(r.words[i])
		case turns[w.norm] || w.used || k < i-1 && !filler[w.norm] && !r.finder.narrows(w):
			return false
		}
	}
	return false
}

// turns end what a negation refuses.
var turns = set("on", "in", "to", "for", "into", "of", "from", "with", "but", "just", "only", "and", "because")

// beforeUs are words after which "us" is the speaker.
var beforeUs = set("give", "get", "let", "grant", "for", "to", "with", "of", "allow", "add", "lend", "help")

// until are the words that begin before a byte.
func (r *reading) until(at int) []word {
	n, _ := slices.BinarySearchFunc(r.words, at, func(w word, at int) int { return w.start - at })
	return r.words[:n]
}

// announcements are the words at which a reason begins: "because", or a "to"
// that leads to a purpose.
func (r *reading) announcements() map[int]bool {
	at := map[int]bool{}
	mark := func(byteAt int) {
		for i, w := range r.words {
			if w.start >= byteAt {
				at[i] = true
				return
			}
		}
	}
	for _, m := range because.FindAllStringIndex(r.text, -1) {
		switch said := strings.TrimSpace(r.text[m[0]:m[1]]); {
		case strings.EqualFold(said, "since") && timed.MatchString(r.text[m[1]:]):
		case strings.HasSuffix(said, ":"): // a field of a form
			r.take(m)
			mark(m[1])
		default:
			mark(m[0])
		}
	}
	for _, m := range purpose.FindAllStringSubmatchIndex(r.text, -1) {
		verb := strings.ToLower(r.text[m[2]:m[3]])
		before := ""
		taken := false
		for _, w := range r.words {
			if w.end <= m[0] {
				before, taken = w.norm, w.used
			}
		}
		v := word{norm: verb}
		names := func() bool { return r.finder.narrows(v) || r.finder.nounly(v) }
		if before != "" && (taken || !beforeTo[before]) && !afterTo[verb] && (!names() || taken && r.finder.find(r.until(m[0])).one != "") {
			mark(m[0])
			break
		}
	}
	return at
}
