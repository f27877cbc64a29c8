package understand

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// reading is one text while it is read: its words, which of them the slots
// took, and the segments into which slots and punctuation cut it.
type reading struct {
	text      string
	words     []word
	finder    *finder
	spans     [][]int // bytes that slots took
	segments  []segment
	announced bool // a segment was announced as the reason
	pure      bool // the access was named in a segment that says nothing else
	levelled  bool // the segment that named the access names a level too
}

// segment is a run of words between slots and punctuation.
type segment struct {
	from, to int  // words
	story    bool // announced as the reason
	pure     bool // names access and says nothing else
	taken    []bool
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
		number := counted.MatchString(p)
		if !number && !levels[p] && !environments[p] && !f.custom[p] && !generic[p] && !filler[p] && len(f.means(p, w.norm)) == 0 {
			return false
		}
	}
	return true
}

func (r *reading) knows(i int) bool { return r.finder.known(r.words[i]) }

// segment cuts the words where punctuation, a slot, or what announces a
// reason stands between them, and finds what is negated.
func (r *reading) segment(negations bool) {
	announcedAt := r.announcements()
	story := false
	for i, w := range r.words {
		gap := ""
		if i > 0 {
			gap = r.text[r.words[i-1].end:w.start]
			if negations && (negates[r.words[i-1].norm] || (i > 1 && negates[r.words[i-2].norm] && set("need", "want")[r.words[i-1].norm])) {
				r.words[i].negated = r.finder.narrows(w) || r.finder.known(w) && !filler[w.norm]
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
		s.pure = !s.story
		for i := s.from; i < s.to; i++ {
			s.pure = s.pure && r.knows(i)
		}
	}
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
		if before != "" && (taken || !beforeTo[before]) && !afterTo[verb] && !r.finder.narrows(v) && !r.finder.nounly(v) {
			mark(m[0])
			break
		}
	}
	return at
}

// seek finds the access: first in what says nothing else, then in the rest.
func (r *reading) seek() result {
	var plain []word
	for _, s := range r.segments {
		if s.pure {
			plain = append(plain, r.words[s.from:s.to]...)
		}
	}
	if res := r.finder.find(plain); res.strong {
		r.pure = true
		for n, s := range r.segments {
			r.claim(n, s.from, s.to, s.pure)
		}
		for _, s := range r.segments {
			if ws := r.words[s.from:s.to]; !s.pure && !s.story && (joins[ws[0].norm] || asks.MatchString(r.text[ws[0].start:ws[len(ws)-1].end])) &&
				slices.ContainsFunc(ws, r.finder.levels) && r.finder.find(ws).strong { // a second wish, in more words
				plain = slices.Concat(plain, ws)
			}
		}
		return r.several(plain, res)
	}
	for _, stories := range []bool{false, true} {
		for n, s := range r.segments {
			if s.pure || s.story != stories {
				continue
			}
			if res, ok := r.mixed(n, plain); ok {
				return res
			}
		}
	}
	r.foreigners()
	res := r.finder.find(r.words)
	if len(res.candidates) == 0 && res.one == "" {
		res = r.finder.find(r.apart())
	}
	if res.one != "" {
		res.candidates = []approvals.EntitlementID{res.one}
	}
	res.one, res.strong = "", false
	return res
}

// apart are the words with compound names taken apart: for what to offer when
// the catalogue has no such name, never for what to fill in.
func (r *reading) apart() (ws []word) {
	for _, w := range r.words {
		for _, p := range parts(w.norm) {
			ws = append(ws, word{norm: p, start: w.start, end: w.end, used: w.used, negated: w.negated})
		}
	}
	return ws
}

// claim takes words for names of the access: no part of the reason.
func (r *reading) claim(n, from, to int, yes bool) {
	for i := from; i < to && yes; i++ {
		r.segments[n].taken[i] = true
	}
}

// unclaim gives back the words that were taken for names.
func (r *reading) unclaim() {
	for n := range r.segments {
		clear(r.segments[n].taken)
	}
}

// mixed finds the access among other words: a run of words that name it.
// plain are further words that name a level or a place.
func (r *reading) mixed(n int, plain []word) (best result, ok bool) {
	s := r.segments[n]
	narrow := slices.DeleteFunc(slices.Clone(plain), func(w word) bool { return !r.finder.narrows(w) })
	type run struct{ from, to int }
	var chosen run
	strong := 0
	for i := s.from; i < s.to; {
		if !r.knows(i) {
			i++
			continue
		}
		at := run{from: i}
		for i < s.to && r.knows(i) {
			i++
		}
		at.to = i
		res := r.finder.find(slices.Concat(r.words[at.from:at.to], narrow))
		if !res.strong {
			continue
		}
		levelled := slices.ContainsFunc(r.words[at.from:at.to], r.finder.levels)
		if strong++; strong == 1 || (levelled && !r.levelled) {
			best, chosen, r.levelled = res, at, levelled
		}
	}
	if strong == 0 {
		return best, false
	}
	all := r.finder.find(slices.Concat(r.words[chosen.from:chosen.to], plain))
	if best.one != "" && (all.one != best.one || strong > 1 && !r.levelled || r.continued(s, chosen.to) || !best.whole && r.crowded(s, chosen.from, chosen.to)) {
		best.candidates, best.one = []approvals.EntitlementID{best.one}, ""
	}
	first, last := chosen.to, chosen.from
	for i := chosen.from; i < chosen.to; i++ {
		if !filler[r.words[i].norm] || r.finder.nounly(r.words[i]) {
			first, last = min(first, i), max(last, i+1)
		}
	}
	if !s.story && (best.one != "" || len(r.finder.find(plain).candidates) == 0) { // else it tells why something else is asked for
		r.claim(n, first, last, true)
	}
	for k, other := range r.segments {
		r.claim(k, other.from, other.to, other.pure)
	}
	return r.several(slices.Concat(r.words[chosen.from:chosen.to], plain), best), true
}

// crowded reports whether an unknown word stands right beside a run that names
// the access only in part: it may name another thing.
func (r *reading) crowded(s segment, from, to int) bool {
	return to < s.to && !filler[r.words[to-1].norm] || from > s.from && !filler[r.words[from].norm]
}

// continued reports whether a single unknown word goes on where a name ends,
// before a slot or the end: "the billing db replica" is another thing.
func (r *reading) continued(s segment, to int) bool {
	return to+1 == s.to && !filler[r.words[to-1].norm] && !r.finder.narrows(r.words[to-1]) && !breaks.MatchString(r.text[r.words[to-1].end:r.words[to].start])
}

// foreigners takes unknown words beside a level, a place or a length for the
// name of something that the catalogue lacks: no reason.
func (r *reading) foreigners() {
	for n, s := range r.segments {
		if s.story {
			continue
		}
		narrow := slices.ContainsFunc(r.words[s.from:s.to], func(w word) bool {
			return r.finder.narrows(w) || generic[normal(w.norm)] || set("access", "need")[w.norm]
		})
		timed := s.to < len(r.words) && r.words[s.to].used || s.from > 0 && r.words[s.from-1].used
		if narrow || timed || s.pure {
			r.claim(n, s.from, s.to, true)
			if !s.pure || narrow {
				return
			}
		}
	}
}

// several looks for two wishes in words that name access: joined by "and", or
// in segments of their own. It offers them all and fills in none.
func (r *reading) several(ws []word, whole result) result {
	var pieces [][]word
	start := 0
	for i := range ws {
		if joins[ws[i].norm] || i > 0 && breaks.MatchString(r.text[min(ws[i-1].end, ws[i].start):ws[i].start]) ||
			i > 0 && strings.ContainsAny(r.text[min(ws[i-1].end, ws[i].start):ws[i].start], "+&/") {
			pieces = append(pieces, ws[start:i])
			start = i
		}
	}
	pieces = append(pieces, ws[start:])
	levelsSaid := slices.DeleteFunc(slices.Clone(ws), func(w word) bool {
		return !r.finder.levels(w)
	})
	var offers []approvals.EntitlementID
	var rest []approvals.EntitlementID
	things := map[string]bool{}
	for _, p := range pieces {
		res := r.finder.find(p)
		if said, _ := r.finder.said(p); res.strong && len(said) == 0 {
			if with := r.finder.find(slices.Concat(p, levelsSaid)); with.one != "" {
				res = with
			}
		}
		if !res.strong {
			continue
		}
		found := res.candidates
		if res.one != "" {
			found = []approvals.EntitlementID{res.one}
		}
		if len(found) == 0 {
			continue
		}
		for _, e := range r.finder.Find(found[:1]) {
			things[e.Resource] = true
		}
		offers = append(offers, found[0])
		rest = append(rest, found[1:]...)
	}
	if len(things) < 2 {
		return whole
	}
	return result{candidates: closest(append(offers, rest...)), strong: true}
}

// closest are the first three of a list without what comes twice.
func closest(ids []approvals.EntitlementID) []approvals.EntitlementID {
	var out []approvals.EntitlementID
	for _, id := range ids {
		if !slices.Contains(out, id) && len(out) < 3 {
			out = append(out, id)
		}
	}
	return out
}

// sought is what names the access, for searching again.
func (r *reading) sought() string {
	var out []string
	for _, named := range []bool{true, false} {
		for _, s := range r.segments {
			for i := s.from; i < s.to && len(out) < 12; i++ {
				w := r.words[i]
				if s.taken[i] == named && !w.negated && (!filler[w.norm] || r.finder.nounly(w)) {
					out = append(out, w.norm)
				}
			}
		}
		if len(out) > 0 {
			break
		}
	}
	s := strings.Join(out, " ")
	return s[:min(len(s), 150)]
}
