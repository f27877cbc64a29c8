package understand

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hallpass-dev/hallpass/approvals"
)

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
	if len(res.candidates) == 0 {
		res.candidates = r.finder.few(r.finder.said(r.words))
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

// runs is how many runs of words are looked up in one text: a wish names its
// thing early, and what is pasted behind it has no end.
const runs = 40

// mixed finds the access among other words: a run of words that name it.
// plain are further words that name a level or a place.
func (r *reading) mixed(n int, plain []word) (best result, ok bool) {
	s := r.segments[n]
	narrow := slices.DeleteFunc(slices.Clone(plain), func(w word) bool { return !r.finder.narrows(w) })
	type run struct{ from, to int }
	var chosen run
	strong := 0
	var beside []result // what unknown words stand beside
	for i := s.from; i < s.to && r.tried < runs; {
		if !r.knows(i) {
			i++
			continue
		}
		at := run{from: i}
		for i < s.to && r.knows(i) {
			i++
		}
		at.to = i
		if !slices.ContainsFunc(r.words[at.from:at.to], func(w word) bool { return !filler[w.norm] || r.finder.nounly(w) }) {
			continue
		}
		r.tried++
		res := r.finder.find(slices.Concat(r.words[at.from:at.to], narrow))
		if !res.strong {
			continue
		}
		if r.crowded(s, at.from, at.to, res.whole) {
			beside = append(beside, res)
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
	if best.one != "" && (all.one != best.one || strong > 1 && !r.levelled || slices.ContainsFunc(beside, r.sameThing(best))) {
		best.candidates, best.one = []approvals.EntitlementID{best.one}, ""
	}
	if best.one != "" && r.contradicted(s, chosen.from, chosen.to, best.one) {
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

// contradicted reports whether a level that is said elsewhere in the segment is
// not the level of what would be filled in: "read the docs for terraform".
func (r *reading) contradicted(s segment, from, to int, one approvals.EntitlementID) bool {
	said := slices.DeleteFunc(slices.Concat(r.words[s.from:from], r.words[to:s.to]), func(w word) bool { return !r.finder.levels(w) })
	if len(said) == 0 {
		return false
	}
	return r.finder.find(slices.Concat(r.words[from:to], said)).one != one
}

// crowded reports whether an unknown word stands right beside a run that names
// the access: "the billing db replica" and "dr billing db" are other things.
// After a whole name three words and more are a story of their own.
func (r *reading) crowded(s segment, from, to int, whole bool) bool {
	if from > s.from && r.strange(from-1) && r.finder.foreign(r.words[from-1]) || to < s.to && r.strange(to) && r.finder.foreign(r.words[to]) {
		return true
	}
	if first := r.words[from]; from > s.from && (!filler[first.norm] || r.finder.nounly(first)) && (!r.finder.levels(first) || r.finder.nounly(first)) && (!whole || r.strange(from-1) && !reaching[r.words[from-1].norm] && r.gap(from) == " ") {
		return true
	}
	last := r.words[to-1]
	if to == s.to || filler[last.norm] || r.finder.levels(last) {
		return false
	}
	unknown := 0
	for i := to; i < s.to && (!r.knows(i) || filler[r.words[i].norm]); i++ {
		if r.strange(i) {
			unknown++
		}
	}
	return !whole || unknown > 0 && unknown <= 2 && r.strange(to)
}

// sameThing reports whether a result has to do with the resource of another.
func (r *reading) sameThing(best result) func(result) bool {
	things := map[string]bool{}
	for _, e := range r.finder.Find(append(slices.Clip(best.candidates), best.one)) {
		things[e.Resource] = true
	}
	return func(res result) bool {
		return slices.ContainsFunc(r.finder.Find(append(slices.Clip(res.candidates), res.one)), func(e approvals.Entitlement) bool { return things[e.Resource] })
	}
}

// strange reports whether a word of letters is none of the catalogue's.
func (r *reading) strange(i int) bool {
	w := r.words[i]
	return !r.knows(i) && len(w.norm) > 1 && !unicode.IsDigit(rune(w.norm[0]))
}

// gap is what stands before a word.
func (r *reading) gap(i int) string { return r.text[r.words[i-1].end:r.words[i].start] }

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
// in segments of their own. It offers them all and fills in none; what is clear
// can be asked for together.
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
	pieces = pieces[:min(len(pieces), runs)]
	levelsSaid := slices.DeleteFunc(slices.Clone(ws), func(w word) bool {
		return !r.finder.levels(w)
	})
	var offers []approvals.EntitlementID
	var rest, together []approvals.EntitlementID
	things := map[string]bool{}
	clear := true // every piece names one thing, and none is an alternative
	for _, p := range pieces {
		res := r.finder.find(p)
		if res.strong && len(r.finder.said(p).levels) == 0 {
			if with := r.finder.find(slices.Concat(p, levelsSaid)); with.one != "" {
				res = with
			}
		}
		clear = clear && !slices.ContainsFunc(p, func(w word) bool { return w.norm == "or" })
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
		clear = clear && res.one != ""
		if !slices.Contains(together, res.one) {
			together = append(together, res.one)
		}
		offers = append(offers, found[0])
		rest = append(rest, found[1:]...)
	}
	if len(things) < 2 {
		return whole
	}
	if !clear {
		together = nil
	}
	return result{candidates: closest(append(offers, rest...)), strong: true, together: together}
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
