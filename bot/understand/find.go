package understand

import (
	"math"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// finder searches an index for the words of one text.
type finder struct {
	*Index
	meant   map[string][]string // what a word of the text stands for in the catalogue
	slipped map[string]string   // the word of a level that a word of the text is a slip of
}

func (x *Index) finder() *finder { return &finder{x, map[string][]string{}, map[string]string{}} }

// hit is what one entitlement has in common with the words sought.
type hit struct {
	*entry
	place  int32   // in the index
	tokens uint64  // which of the tokens it matches, the first 64
	whole  int     // how many words its longest name has that was said as a whole
	by     *phrase // that name
	strong bool    // one of them is distinctive, or a whole name was said
	score  float64
}

// found is what words have in common with the catalogue.
type found struct {
	hits   []hit
	strong bool     // one of them is distinctive
	at     []int32  // of each entry, one more than its place in hits; zero: none
	as     []string // the tokens
	needed uint64   // the tokens that the thing that is meant must have
}

// of is the hit of an entry.
func (m *found) of(x *Index, i int32) *hit {
	if m.at[i] == 0 {
		m.hits = append(m.hits, hit{entry: &x.entries[i], place: i})
		m.at[i] = int32(len(m.hits))
	}
	return &m.hits[m.at[i]-1]
}

// result is what a search found.
type result struct {
	one        approvals.EntitlementID
	candidates []approvals.EntitlementID
	strong     bool                      // something distinctive was named
	whole      bool                      // by its whole name
	together   []approvals.EntitlementID // two wishes and more, each of them clear
}

// find ranks the catalogue against words and says whether one entitlement is
// meant and no other could be.
func (f *finder) find(ws []word) (res result) {
	m := f.match(ws)
	strong := slices.DeleteFunc(slices.Clone(m.hits), func(h hit) bool { return !h.strong })
	sp := f.said(ws)
	if len(strong) == 0 {
		for i, h := range m.hits {
			m.hits[i].score += h.told(sp)
		}
		res.candidates = top(m.hits)
		return res
	}
	res.strong = true
	fit := slices.DeleteFunc(slices.Clone(strong), func(h hit) bool { return !h.placed(sp) })
	if len(fit) == 0 { // the environment that was named has nothing like it
		for i, h := range strong {
			strong[i].score += h.told(sp)
		}
		res.candidates = top(strong)
		return res
	}
	best := longest(byName(fullest(fit), ws), sp)
	pool := levelled(best, sp)
	alike := !slices.ContainsFunc(best, func(h hit) bool { return h.tokens != best[0].tokens }) // else two things were named
	if len(pool) == 1 && alike && m.needed&^m.explains(pool[0]) == 0 {
		res.one, res.whole = pool[0].ID, pool[0].whole > 0
		return res
	}
	if len(pool) == 0 {
		pool = best
	}
	for i, h := range pool {
		pool[i].score += h.told(sp)
	}
	res.candidates = top(pool)
	return res
}

// explains are the tokens that an entry has in common with the words sought, or
// that its level's names have.
func (m *found) explains(h hit) uint64 {
	tokens := h.tokens
	for n, as := range m.as {
		if slices.ContainsFunc(h.names[:h.titles], func(name []string) bool { return slices.Contains(name, as) }) {
			tokens |= 1 << n
		}
	}
	return tokens
}

// told is what it adds to an entry's rank that its level, or its place, was
// said.
func (h *entry) told(sp spoken) (score float64) {
	if len(sp.levels) > 0 && slices.ContainsFunc(h.names, func(name []string) bool {
		return slices.ContainsFunc(name, func(p string) bool { return sp.all[p] })
	}) {
		score += 0.5
		if f, _ := h.fits(sp, nil); f == exact {
			score += 0.25
		}
	}
	for p := range sp.places {
		if p == h.env || h.thing[p] {
			return score + 0.75
		}
	}
	return score
}

// byName keeps only the hits whose resource is written out, if there are any:
// "billing-db" is not "billing-db-staging".
func byName(hits []hit, ws []word) []hit {
	written := map[string]bool{}
	for _, w := range ws {
		written[w.norm] = len(parts(w.norm)) > 1
	}
	if exact := slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return !written[strings.ToLower(h.Resource)] }); len(exact) > 0 {
		return exact
	}
	return hits
}

// fullest leaves out the hits that match only a part of what another matches.
func fullest(hits []hit) []hit {
	kinds := map[uint64]bool{}
	for _, h := range hits {
		kinds[h.tokens] = true
	}
	return slices.DeleteFunc(slices.Clone(hits), func(h hit) bool {
		for k := range kinds {
			if k != h.tokens && k&h.tokens == h.tokens {
				return true
			}
		}
		return false
	})
}

// longest keeps, of the hits that match the same words in one environment,
// those with the longest name that was said as a whole, and its level besides:
// "fix a refund" is one level of a database. A single word is no such name.
func longest(hits []hit, sp spoken) []hit {
	type place struct {
		tokens uint64
		env    string
	}
	said := func(h hit) int {
		if f, worth := h.fits(sp, h.by); f == exact && h.whole == 1 {
			return 1 + min(worth, len(sp.levels))
		}
		return h.whole
	}
	most := map[place]int{}
	for _, h := range hits {
		at := place{h.tokens, h.env}
		most[at] = max(most[at], said(h))
	}
	return slices.DeleteFunc(slices.Clone(hits), func(h hit) bool {
		n := most[place{h.tokens, h.env}]
		return n > 1 && h.whole < n && said(h) < n
	})
}

// match finds what words have in common with the catalogue.
func (f *finder) match(ws []word) (m found) {
	m.at = make([]int32, len(f.entries))
	var core []string
	narrow := map[string]bool{}
	var sought []token
	for _, w := range ws {
		if w.used || w.negated || f.foreign(w) {
			continue
		}
		for _, p := range f.parts(w.norm) {
			if levels[p] || f.place(p) {
				narrow[p] = true
				continue
			}
			meant := f.means(p, w.norm)
			switch {
			case links[p]:
				continue
			case len(meant) == 1:
				core = append(core, meant[0])
			default:
				core = append(core, p)
			}
			if len(p) < 2 || len(sought) > 63 || (filler[w.norm] && !f.nounly(w)) {
				continue
			}
			if generic[p] && !loose[p] || slices.ContainsFunc(meant, f.distinctive) {
				m.needed |= 1 << len(sought)
			}
			m.as = append(m.as, p)
			sought = append(sought, token{bit: 1 << len(sought), meant: meant, as: p, short: len(w.norm) < 6})
		}
	}
	slices.SortStableFunc(sought, func(a, b token) int { return f.often(a) - f.often(b) })
	for _, t := range sought {
		for _, to := range t.meant {
			worth := math.Log(1 + float64(len(f.resources))/float64(f.spread[to]))
			m.add(f.Index, f.postings[to], t.bit, worth, f.distinctive(to) && (to == t.as || !t.short))
		}
	}
	f.wholes(core, narrow, &m)
	return m
}

// token is a word that is looked up: its bit among the words sought, and what
// it stands for in the catalogue.
type token struct {
	bit   uint64
	meant []string
	as    string
	short bool // too short for a slip to point at a thing
}

// often is in how many entries a token occurs.
func (f *finder) often(t token) (n int) {
	for _, to := range t.meant {
		n += len(f.postings[to])
	}
	return n
}

// common is how many entries share a word that is not looked through once
// something distinctive was found: it could only add what ranks below.
const common = 1000

// add counts a word for the entries that have it. The bit zero is a word that
// only ranks.
func (m *found) add(x *Index, list []int32, bit uint64, worth float64, strong bool) {
	count := func(h *hit) {
		h.strong = h.strong || strong
		if bit == 0 || h.tokens&bit == 0 {
			h.tokens |= bit
			h.score += worth
		}
	}
	if len(list) > common && m.strong {
		for n := range m.hits {
			if _, has := slices.BinarySearch(list, m.hits[n].place); has {
				count(&m.hits[n])
			}
		}
		return
	}
	m.strong = m.strong || strong && len(list) > 0
	m.hits = slices.Grow(m.hits, min(len(list), len(x.entries)-len(m.hits)))
	for _, i := range list {
		count(m.of(x, i))
	}
}

// nounly reports whether a word that is usually filler is a word of the
// catalogue too, such as "issue" and "log".
func (f *finder) nounly(w word) bool {
	return slices.ContainsFunc(f.parts(w.norm), func(p string) bool { return generic[p] || f.solid[p] })
}

// wholes marks the entitlements one of whose names was said as a whole. That
// is distinctive even if each of its words is not.
func (f *finder) wholes(core []string, narrow map[string]bool, m *found) {
	for from, first := range core {
		for _, ph := range f.begins[first] {
			n := len(ph.core)
			if from+n > len(core) || !slices.Equal(ph.core, core[from:from+n]) ||
				slices.ContainsFunc(ph.narrow, func(p string) bool { return !narrow[p] }) ||
				(n == 1 && len(ph.narrow) == 0 && generic[first] && (loose[first] || !f.onlyOne(ph))) {
				continue
			}
			for _, i := range ph.entries {
				h := m.of(f.Index, i)
				h.strong = true
				if said := n + len(ph.narrow); said > h.whole {
					h.whole, h.by = said, ph
				}
				h.score++
			}
		}
	}
}

// onlyOne reports whether a name is that of one resource.
func (f *finder) onlyOne(ph *phrase) bool {
	return !slices.ContainsFunc(ph.entries, func(i int32) bool { return f.entries[i].Resource != f.entries[ph.entries[0]].Resource })
}

// parts are the tokens of a word, also of two of the catalogue's that are
// written as one: "helpdesk", "poweruser".
func (f *finder) parts(s string) []string {
	ps := parts(s)
	if len(ps) == 1 && f.spread[ps[0]] == 0 && f.compounds[ps[0]] != nil {
		return f.compounds[ps[0]]
	}
	return ps
}

// tokens are the parts of a word; the name of a resource is not taken for a
// level that it has in it.
func (f *finder) tokens(w word) []string {
	ps := f.parts(w.norm)
	if f.resources[w.norm] == nil {
		return ps
	}
	return slices.DeleteFunc(ps, func(p string) bool { return f.level(p) != "" })
}

// foreign reports whether a word is a name of its own that no entitlement has:
// "billing-cache" is not the billing database.
func (f *finder) foreign(w word) bool {
	ps := f.parts(w.norm)
	if len(ps) < 2 || f.resources[w.norm] != nil || strings.Contains(w.norm, "'") {
		return false
	}
	var common []int32
	counted := 0
	for _, p := range ps {
		if levels[p] || f.place(p) || f.inLevels[p] || filler[p] {
			continue
		}
		var list []int32
		for _, m := range f.means(p, p) {
			list = append(list, f.postings[m]...)
		}
		if counted++; counted > 1 {
			has := make(map[int32]bool, len(list))
			for _, i := range list {
				has[i] = true
			}
			list = slices.DeleteFunc(common, func(i int32) bool { return !has[i] })
		}
		if common = list; len(common) == 0 {
			return true
		}
	}
	return false
}

// means is what a token of a word stands for in the catalogue: itself, or,
// when no entitlement has it, the words that it is a slip of. Nobody slips at
// the first letter.
func (f *finder) means(p, as string) []string {
	if f.spread[p] > 0 {
		return []string{p}
	}
	if generic[p] || filler[as] || levels[p] || f.place(p) || f.custom[p] {
		return nil
	}
	if m, ok := f.meant[as+" "+p]; ok {
		return m
	}
	var meant []string
	long := p
	if strings.HasSuffix(as, "s") && !strings.HasSuffix(p, "s") {
		long = p + "s"
	}
	for n := len(p) - 2; n <= len(p)+2; n++ {
		for _, w := range f.byLength[n] {
			if w[0] == p[0] && (near(p, w) || long != p && near(long, w+"s")) {
				meant = append(meant, w)
			}
		}
	}
	f.meant[as+" "+p] = meant
	return meant
}

// narrows reports whether a word names a level or an environment.
func (f *finder) narrows(w word) bool {
	return slices.ContainsFunc(f.tokens(w), func(p string) bool { return f.place(p) || f.level(p) != "" })
}

// levels reports whether a word names a level.
func (f *finder) levels(w word) bool {
	return slices.ContainsFunc(f.tokens(w), func(p string) bool { return f.level(p) != "" })
}
