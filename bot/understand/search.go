package understand

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// entry is an entitlement as the search sees it.
type entry struct {
	approvals.Entitlement
	env string
	// names are the words of the names of its level: its name, its title, and, from
	// titles on, the aliases that the other levels of its resource do not share.
	names  [][]string
	titles int
	thing  map[string]bool // the words of its resource's names
}

// phrase is a name of a thing: its words, and the level or environment that
// it says besides.
type phrase struct {
	core, narrow []string
	entries      []int32
}

// Index is a catalogue ready for searching. It is made once for each version
// of a catalogue and safe for concurrent use.
type Index struct {
	list       []approvals.Entitlement
	byID       map[approvals.EntitlementID]int32
	entries    []entry
	postings   map[string][]int32 // word to the entries that it names, ascending
	tags       map[string][]int32 // word to the entries that it describes
	phrases    map[string]*phrase // by core and narrow words
	begins     map[string][]*phrase
	sorted     []string            // all words, for what is half typed
	byLength   map[int][]string    // all words, for slips of the finger
	spread     map[string]int      // in how many resources a word occurs
	solid      map[string]bool     // words of a resource's or system's own name
	resources  map[string][]string // names of resources to their words
	vocabulary map[string]bool     // whole names and single words, as written
	custom     map[string]bool     // words of levels that are none of the usual ones
	inLevels   map[string]bool     // all words of levels
	places     map[string]bool     // environments that are none of the usual ones
	compounds  map[string][]string // two words that stand side by side in a name, written as one
}

// NewIndex makes a catalogue searchable.
func NewIndex(catalogue []approvals.Entitlement) *Index {
	x := &Index{list: catalogue, byID: make(map[approvals.EntitlementID]int32, len(catalogue)), postings: map[string][]int32{}, tags: map[string][]int32{}, phrases: map[string]*phrase{}, begins: map[string][]*phrase{},
		byLength: map[int][]string{}, spread: map[string]int{}, solid: map[string]bool{}, resources: map[string][]string{},
		vocabulary: map[string]bool{}, custom: map[string]bool{}, inLevels: map[string]bool{}, places: map[string]bool{}, compounds: map[string][]string{}}
	shared := sharedAliases(catalogue)
	last := map[string]map[string]bool{} // resource to its words
	for i, e := range catalogue {
		en := entry{Entitlement: e, env: strings.Join(parts(e.Environment), ""), thing: map[string]bool{}}
		var ownAliases []string
		for _, a := range e.Aliases {
			if !shared[e.Resource+"\n"+a] {
				ownAliases = append(ownAliases, a)
			}
		}
		en.names = levelNames(e.Level, strings.TrimPrefix(e.Name[len(title(e.Name)):], ", "))
		en.titles = len(en.names)
		en.names = append(en.names, levelNames(ownAliases...)...)
		own := set(parts(e.Level)...)
		if !environments[en.env] && en.env != "" {
			x.places[en.env] = true
		}
		for n, name := range en.names {
			x.compound(name)
			for _, p := range name {
				x.inLevels[p] = true
				if !levels[p] && !links[p] && n < en.titles && (len(name) == 1 || !generic[p] && !filler[p]) {
					x.custom[p] = true
				}
			}
		}
		if last[e.Resource] == nil {
			last[e.Resource] = map[string]bool{}
			x.resources[strings.ToLower(e.Resource)] = parts(e.Resource)
		}
		for n, text := range append([]string{e.Resource, e.System, title(e.Name), e.Name}, e.Aliases...) {
			ps := parts(text)
			x.compound(ps)
			if n != 1 && n != 3 {
				x.phrase(ps, int32(i))
			}
			if n < 3 || n > 3 && shared[e.Resource+"\n"+text] {
				for _, p := range ps {
					en.thing[p] = true
				}
			}
			skip := map[string]bool{}
			for p := range own {
				skip[p] = !en.thing[p] && (n <= 3 || len(ps) > 1) // an alias may be called like the level
			}
			for _, p := range x.words(text, x.postings, skip, n == 0, int32(i)) {
				x.solid[p] = x.solid[p] || n < 2 || len(ps) == 1
				if !last[e.Resource][p] {
					last[e.Resource][p] = true
					x.spread[p]++
				}
			}
		}
		for _, text := range e.Tags {
			x.words(text, x.tags, own, false, int32(i))
		}
		if _, twice := x.byID[e.ID]; !twice {
			x.byID[e.ID] = int32(i)
		}
		x.entries = append(x.entries, en)
	}
	x.sorted = slices.Sorted(maps.Keys(x.postings))
	for _, w := range x.sorted {
		x.byLength[len(w)] = append(x.byLength[len(w)], w)
	}
	return x
}

// sharedAliases are the aliases that all levels of a resource have, as
// "resource, line break, alias": they name the resource. The others name a
// level.
func sharedAliases(catalogue []approvals.Entitlement) map[string]bool {
	levels, has := map[string]int{}, map[string]int{}
	for _, e := range catalogue {
		levels[e.Resource]++
		for _, a := range e.Aliases {
			has[e.Resource+"\n"+a]++
		}
	}
	shared := map[string]bool{}
	for key, n := range has {
		resource, _, _ := strings.Cut(key, "\n")
		shared[key] = n >= levels[resource]
	}
	return shared
}

// title is what an entitlement's resource is called: its name without the
// level at its end.
func title(name string) string {
	if at := strings.LastIndex(name, ", "); at > 0 {
		return name[:at]
	}
	return name
}

// words enters the words of a text, and returns them. In the name of a resource
// words count that say nothing elsewhere, such as "us".
func (x *Index) words(text string, into map[string][]int32, own map[string]bool, name bool, i int32) (entered []string) {
	x.vocabulary[strings.ToLower(text)] = true
	for _, p := range parts(text) {
		x.vocabulary[p] = true
		if levels[p] || x.place(p) || own[p] || len(p) < 2 || links[p] || filler[p] && !generic[p] && !name {
			continue
		}
		if list := into[p]; len(list) == 0 || list[len(list)-1] != i {
			into[p] = append(list, i)
		}
		entered = append(entered, p)
	}
	return entered
}

// compound enters the pairs of words of a name.
func (x *Index) compound(ps []string) {
	for i := 1; i < len(ps); i++ {
		if one := ps[i-1] + ps[i]; len(one) > 5 {
			x.compounds[one] = ps[i-1 : i+1]
		}
	}
}

// phrase enters a name that is recognised when it is said as a whole.
func (x *Index) phrase(ps []string, i int32) {
	ph := phrase{}
	for _, p := range ps {
		switch {
		case levels[p] || x.place(p):
			ph.narrow = append(ph.narrow, p)
		case !links[p]:
			ph.core = append(ph.core, p)
		}
	}
	if len(ph.core) == 0 || len(ph.core) > longestPhrase {
		return
	}
	key := strings.Join(ph.core, " ") + "|" + strings.Join(ph.narrow, " ")
	known := x.phrases[key]
	if known == nil {
		known = &ph
		x.phrases[key] = known
		x.begins[ph.core[0]] = append(x.begins[ph.core[0]], known)
	}
	if n := len(known.entries); n == 0 || known.entries[n-1] != i {
		known.entries = append(known.entries, i)
	}
}

// longestPhrase is how many words of a name are looked for together.
const longestPhrase = 4

// distinctive reports whether a word points at a thing rather than at a kind.
func (x *Index) distinctive(w string) bool {
	n := x.spread[w]
	return n > 0 && x.solid[w] && !generic[w] && (n <= 3 || n*6 <= len(x.resources))
}

// Search ranks the catalogue against a few words, closest first, for a select
// that is typed into. Without words it is the catalogue in its own order.
func (x *Index) Search(words string, limit int) []approvals.Entitlement {
	return x.SearchFor(func(approvals.EntitlementID) float64 { return 0 }, words, limit)
}

// SearchFor is Search for one person: lean says, from 0 to below 1, how likely
// they want an entitlement. Of what matches the words alike, and of everything
// without words, that comes first.
func (x *Index) SearchFor(lean func(approvals.EntitlementID) float64, words string, limit int) []approvals.Entitlement {
	if strings.TrimSpace(words) == "" {
		return x.leaningTo(lean, limit)
	}
	ws := split(words)
	f := x.finder()
	sp := f.said(ws)
	m := f.match(ws)
	for _, p := range parts(words) { // what is half typed
		from, _ := slices.BinarySearch(x.sorted, p)
		for _, w := range x.sorted[from:] {
			if len(p) < 2 || !strings.HasPrefix(w, p) {
				break
			}
			m.add(x, x.postings[w], 0, 0.5, false)
			m.add(x, x.tags[w], 0, 0.5, false)
		}
	}
	hits := m.hits
	for i, h := range hits {
		hits[i].score += h.told(sp) + lean(h.ID)
	}
	var out []approvals.Entitlement
	for _, h := range first(hits, limit) {
		out = append(out, h.Entitlement)
	}
	return out
}

// leaningTo is the catalogue, what is likely wanted first.
func (x *Index) leaningTo(lean func(approvals.EntitlementID) float64, limit int) []approvals.Entitlement {
	var likely, rest []approvals.Entitlement
	for _, e := range x.list {
		if lean(e.ID) > 0 {
			likely = append(likely, e)
		} else if len(rest) < limit {
			rest = append(rest, e)
		}
	}
	slices.SortStableFunc(likely, func(a, b approvals.Entitlement) int { return cmp.Compare(lean(b.ID), lean(a.ID)) })
	all := append(likely, rest...)
	return all[:min(limit, len(all))]
}

// first are the closest hits, in order: those with the higher score, then those
// with the least power. It keeps only as many as are wanted while it goes
// through them.
func first(hits []hit, limit int) []hit {
	kept := make([]hit, 0, min(limit, len(hits))+1)
	for _, h := range hits {
		if len(kept) == limit && (limit == 0 || closer(kept[limit-1], h) <= 0) {
			continue
		}
		at, _ := slices.BinarySearchFunc(kept, h, closer)
		kept = slices.Insert(kept, at, h)
		kept = kept[:min(len(kept), limit)]
	}
	return kept
}

// closer orders two hits: closest first, equal ones with the least power first.
func closer(a, b hit) int {
	if a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	if a, b := a.Sensitivity.Rank(), b.Sensitivity.Rank(); a != b {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(a.ID, b.ID)
}

// top is the three closest.
func top(hits []hit) (ids []approvals.EntitlementID) {
	for _, h := range first(hits, 3) {
		ids = append(ids, h.ID)
	}
	return ids
}

// Find returns the entitlements named by ids, in that order, leaving out those
// that the catalogue does not have.
func (x *Index) Find(ids []approvals.EntitlementID) []approvals.Entitlement {
	var out []approvals.Entitlement
	for _, id := range ids {
		if i, ok := x.byID[id]; ok {
			out = append(out, x.list[i])
		}
	}
	return out
}

// All is the catalogue in its own order. It must not be changed.
func (x *Index) All() []approvals.Entitlement { return x.list }
