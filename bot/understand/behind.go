package understand

import (
	"regexp"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// behind finds the segments behind a wish that leaves nothing open. There, words
// of the catalogue are most often about the work: "read only on billing-db for
// an hour, refunds again", "…, logs of the payments service". What names
// something else as clearly as the first, with a level or with a place is still
// a second wish, or a correction.
func (r *reading) behind() {
	var ws []word
	var head approvals.EntitlementID
	for n := range r.segments[:min(len(r.segments), runs)] {
		s := &r.segments[n]
		switch {
		case !s.pure:
		case head == "":
			ws = append(ws, r.words[s.from:s.to]...)
			head = r.finder.find(ws).one
		case r.works(s, head, ws):
			s.pure, s.piece = false, true
		}
	}
}

// states are the verbs by which a segment is a sentence, whatever it names.
var states = regexp.MustCompile(`(?i)\pL\s+(?:is|are|was|were|has|had)\s+\pL`)

// works reports whether a segment behind the words that named the head is about
// the work.
func (r *reading) works(s *segment, head approvals.EntitlementID, named []word) bool {
	ws := r.words[s.from:s.to]
	if !slices.ContainsFunc(ws, func(w word) bool { return !filler[w.norm] || r.finder.nounly(w) }) ||
		slices.ContainsFunc(ws, func(w word) bool { return w.negated || joins[w.norm] || corrections[w.norm] }) {
		return false
	}
	text := r.text[ws[0].start:ws[len(ws)-1].end]
	switch {
	case asks.MatchString(text):
		return false
	case states.MatchString(text):
		return true
	case slices.ContainsFunc(ws, r.finder.narrows):
		return false
	}
	levels := slices.DeleteFunc(slices.Clone(named), func(w word) bool { return !r.finder.levels(w) })
	res := r.finder.find(slices.Concat(ws, levels))
	switch {
	case res.one == head && res.whole: // unless the name can be of nothing else: "…, payments repo"
		return !slices.ContainsFunc(ws, func(w word) bool {
			return slices.ContainsFunc(r.finder.tokens(w), func(p string) bool { return generic[p] })
		})
	case slices.ContainsFunc(ws, func(w word) bool { return lengthWords[w.norm] }):
		return false
	case !res.strong || res.one == head:
		return true
	}
	return !slices.ContainsFunc(append(slices.Clip(res.candidates), res.one), func(id approvals.EntitlementID) bool { return r.finder.calls(id, ws) })
}

// calls reports whether all words are of an entitlement's names: they call it,
// and say nothing besides.
func (f *finder) calls(id approvals.EntitlementID, ws []word) bool {
	i, ok := f.byID[id]
	return ok && !slices.ContainsFunc(ws, func(w word) bool {
		return (!filler[w.norm] || f.nounly(w)) && slices.ContainsFunc(f.tokens(w), func(p string) bool { return !f.entries[i].thing[p] })
	})
}
