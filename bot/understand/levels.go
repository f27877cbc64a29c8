package understand

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/hallpass-dev/hallpass/approvals"
)

// place reports whether a word says where: production, staging, or what the
// catalogue itself calls an environment.
func (x *Index) place(p string) bool { return environments[p] || x.places[p] }

// levelNames are the words of the names that a level goes by.
func levelNames(said ...string) (names [][]string) {
	for _, n := range said {
		if ps := parts(humps(n)); len(ps) > 0 && !slices.ContainsFunc(names, func(known []string) bool { return slices.Equal(known, ps) }) {
			names = append(names, ps)
		}
	}
	return names
}

// humps parts what is written as ReadOnlyAccess.
func humps(s string) string {
	var b strings.Builder
	before := ' '
	for _, r := range s {
		if unicode.IsLower(before) && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// spoken is what words say of levels and places.
type spoken struct {
	all    map[string]bool // every word
	raw    map[string]bool // as written
	levels map[string]bool // those that name a level, which the level that is meant must explain
	places map[string]bool
	two    bool // two levels that are never one: "read only and write"
}

// said collects the levels and places that the words name. "Read and write" is
// one level; "read only and write" are two.
func (f *finder) said(ws []word) spoken {
	sp := spoken{all: map[string]bool{}, raw: map[string]bool{}, levels: map[string]bool{}, places: map[string]bool{}}
	var order []string
	for _, w := range ws {
		if w.used || w.negated || f.foreign(w) {
			continue
		}
		sp.raw[w.norm] = true
		named := f.resources[w.norm] != nil
		for _, p := range f.parts(w.norm) {
			if level := f.level(p); level != "" && !named {
				p = level
				order = append(order, p)
				sp.levels[p] = p != "only" || sp.levels[p]
			}
			sp.all[p] = true
			if f.place(p) {
				sp.places[p] = true
			}
		}
		if set("ro", "readonly")[w.norm] {
			order = append(order, "only")
		}
	}
	delete(sp.levels, "only")
	for i, p := range order {
		if p == "readonly" && i+1 < len(order) && order[i+1] == "readwrite" {
			delete(sp.levels, "readonly") // who writes reads
		}
		sp.two = sp.two || p == "only" && slices.Contains(order, "readwrite")
	}
	return sp
}

// level is the word of a level that a token is, or is a slip of; empty if it is
// none.
func (f *finder) level(p string) string {
	switch {
	case levels[p] || f.custom[p]:
		return p
	case f.spread[p] > 0 || len(p) < 5 || filler[p] || generic[p] || f.place(p):
		return ""
	}
	if l, ok := f.slipped[p]; ok {
		return l
	}
	var meant []string
	for _, l := range slices.Sorted(maps.Keys(f.custom)) {
		if l[0] == p[0] && near(p, l) {
			meant = append(meant, l)
		}
	}
	if len(meant) != 1 {
		meant = []string{""}
	}
	f.slipped[p] = meant[0]
	return meant[0]
}

// fit says how far the levels that were said are an entry's own.
type fit int

const (
	another fit = iota // another level was said
	open               // none was said
	exact              // its own was said, and no other
)

// fits compares what was said with an entry's level, when its resource was
// called by a name. A name is said when each
// of its words is, but for those that name a kind of thing. worth is how much of
// it was said in so many words.
func (h *entry) fits(sp spoken, by *phrase) (f fit, worth int) {
	var whole [][]string // the names that were said
	for n, name := range h.names {
		if literal := h.saidAs(name, n < h.titles, sp, by); literal > 0 {
			worth, whole = max(worth, literal), append(whole, name)
		}
	}
	rest, said := 0, 0
	for p := range sp.levels {
		if h.thing[p] {
			continue
		}
		said++
		if !slices.ContainsFunc(whole, func(name []string) bool { return slices.Contains(name, p) }) {
			rest++
		}
	}
	switch {
	case worth > 0 && rest == 0 && !sp.two:
		if sp.raw[strings.ToLower(h.Level)] {
			worth += 10
		}
		return exact, worth
	case said == 0 && worth == 0:
		return open, 0
	}
	return another, 0
}

// saidAs is how many words of a level's name were said, zero if it was not said
// as a whole. An alias counts when it is said as it is.
func (h *entry) saidAs(name []string, lenient bool, sp spoken, by *phrase) (literal int) {
	own := false
	for _, p := range name {
		switch {
		case sp.all[p]:
			literal++
			own = own || !h.has(p, by) && (!generic[p] || len(name) == 1)
		case links[p]:
		case !lenient:
			return 0
		case p == "only" || filler[p] || generic[p]:
		case p == "readonly" && slices.Contains(name, "readwrite"):
		default:
			return 0
		}
	}
	if !own {
		return 0
	}
	return literal
}

// has reports whether a word is one of the name by which the resource was
// called; without such a name, of any of its names.
func (h *entry) has(p string, by *phrase) bool {
	if by == nil {
		return h.thing[p]
	}
	words := slices.Concat(by.core, by.narrow)
	if slices.ContainsFunc(words, func(p string) bool { return !h.thing[p] }) {
		return false // the name says the level too
	}
	return slices.Contains(words, p)
}

// placed reports whether an entry is where the words say: its environment, or a
// place that is in its names.
func (h *entry) placed(sp spoken) bool {
	for p := range sp.places {
		if p != h.env && !h.thing[p] {
			return false
		}
	}
	return true
}

// levelled are the hits whose level was said; all of them if none was. The
// name that was said in most words counts.
func levelled(hits []hit, sp spoken) (out []hit) {
	most, anyOther := 0, false
	for _, h := range hits {
		f, worth := h.fits(sp, h.by)
		anyOther = anyOther || f == another
		if f == exact && worth > most {
			out, most = nil, worth
		}
		if f == exact && worth == most {
			out = append(out, h)
		}
	}
	if len(out) == 0 && !anyOther && !sp.two {
		return hits
	}
	return out
}

// few are the entitlements whose level was said, where it was said, if they are
// no more than fit on a card: for "operator on prod".
func (f *finder) few(sp spoken) (ids []approvals.EntitlementID) {
	if len(sp.levels) == 0 {
		return nil
	}
	for i := range f.entries {
		e := &f.entries[i]
		if level, _ := e.fits(sp, nil); level != exact || !e.placed(sp) {
			continue
		}
		if ids = append(ids, e.ID); len(ids) > 3 {
			return nil
		}
	}
	return ids
}
