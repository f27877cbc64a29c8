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
	level, env string
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
	custom     map[string]bool     // words of levels that are none of the three usual ones
	own        map[string]bool     // those levels
}

// NewIndex makes a catalogue searchable.
func NewIndex(catalogue []approvals.Entitlement) *Index {
	x := &Index{list: catalogue, postings: map[string][]int32{}, tags: map[string][]int32{}, phrases: map[string]*phrase{}, begins: map[string][]*phrase{},
		byLength: map[int][]string{}, spread: map[string]int{}, solid: map[string]bool{}, resources: map[string][]string{},
		vocabulary: map[string]bool{}, custom: map[string]bool{}, own: map[string]bool{}}
	last := map[string]map[string]bool{} // resource to its words
	for i, e := range catalogue {
		en := entry{Entitlement: e, level: levelOf(e.Level), env: normal(strings.ToLower(e.Environment))}
		own := set(parts(e.Level)...)
		if !levels[en.level] {
			maps.Copy(x.custom, own)
			x.own[en.level] = en.level != ""
		}
		if last[e.Resource] == nil {
			last[e.Resource] = map[string]bool{}
			x.resources[strings.ToLower(e.Resource)] = parts(e.Resource)
		}
		x.entries = append(x.entries, en)
		for n, text := range append([]string{e.Resource, e.System, title(e.Name), e.Name}, e.Aliases...) {
			ps := parts(text)
			if n != 1 && n != 3 {
				x.phrase(ps, int32(i))
			}
			skip := own
			if n > 3 && len(ps) == 1 {
				skip = nil // an alias may be called like the level
			}
			for _, p := range x.words(text, x.postings, skip, int32(i)) {
				x.solid[p] = x.solid[p] || n < 2 || len(ps) == 1
				if !last[e.Resource][p] {
					last[e.Resource][p] = true
					x.spread[p]++
				}
			}
		}
		for _, text := range e.Tags {
			x.words(text, x.tags, own, int32(i))
		}
	}
	x.sorted = slices.Sorted(maps.Keys(x.postings))
	for _, w := range x.sorted {
		x.byLength[len(w)] = append(x.byLength[len(w)], w)
	}
	return x
}

// title is what an entitlement's resource is called: its name without the
// level at its end.
func title(name string) string {
	if at := strings.LastIndex(name, ", "); at > 0 {
		return name[:at]
	}
	return name
}

// words enters the words of a text, and returns them.
func (x *Index) words(text string, into map[string][]int32, own map[string]bool, i int32) (entered []string) {
	x.vocabulary[strings.ToLower(text)] = true
	for _, p := range parts(text) {
		x.vocabulary[p] = true
		if levels[p] || environments[p] || own[p] || len(p) < 2 || (filler[p] && !generic[p]) {
			continue
		}
		if list := into[p]; len(list) == 0 || list[len(list)-1] != i {
			into[p] = append(list, i)
		}
		entered = append(entered, p)
	}
	return entered
}

// phrase enters a name that is recognised when it is said as a whole.
func (x *Index) phrase(ps []string, i int32) {
	ph := phrase{}
	for _, p := range ps {
		switch {
		case levels[p] || environments[p]:
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

// levelOf reduces a level's name to read only, read and write, or admin; any
// other level is its own words.
func levelOf(level string) string {
	ps := parts(level)
	for _, class := range []string{"admin", "readwrite", "readonly"} {
		if slices.Contains(ps, class) {
			return class
		}
	}
	return strings.Join(ps, " ")
}

// distinctive reports whether a word points at a thing rather than at a kind.
func (x *Index) distinctive(w string) bool {
	n := x.spread[w]
	return n > 0 && x.solid[w] && !generic[w] && (n <= 3 || n*6 <= len(x.resources))
}

// Search ranks the catalogue against a few words, closest first, for a select
// that is typed into. Without words it is the catalogue in its own order.
func (x *Index) Search(words string, limit int) []approvals.Entitlement {
	if strings.TrimSpace(words) == "" {
		return x.list[:min(limit, len(x.list))]
	}
	ws := split(words)
	f := x.finder()
	said, places := f.said(ws)
	m := f.match(ws)
	for _, p := range parts(words) { // what is half typed
		from, _ := slices.BinarySearch(x.sorted, p)
		for _, w := range x.sorted[from:] {
			if len(p) < 2 || !strings.HasPrefix(w, p) {
				break
			}
			for _, i := range append(slices.Clip(x.postings[w]), x.tags[w]...) {
				m.of(x, i).score += 0.5
			}
		}
	}
	hits := m.hits
	for i, h := range hits {
		if said[h.level] {
			hits[i].score += 0.75
		}
		if places[h.env] {
			hits[i].score += 0.75
		}
	}
	rank(hits)
	var out []approvals.Entitlement
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, h.Entitlement)
	}
	return out
}

// rank orders hits: closest first, equal ones with the least power first.
func rank(hits []hit) {
	slices.SortFunc(hits, func(a, b hit) int {
		if a.score != b.score {
			return cmp.Compare(b.score, a.score)
		}
		if a, b := a.Sensitivity.Rank(), b.Sensitivity.Rank(); a != b {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(a.ID, b.ID)
	})
}

// top is the three closest.
func top(hits []hit) []approvals.EntitlementID {
	rank(hits)
	var ids []approvals.EntitlementID
	for _, h := range hits[:min(3, len(hits))] {
		ids = append(ids, h.ID)
	}
	return ids
}

// Find returns the entitlements named by ids, in that order, leaving out those
// that the catalogue does not have.
func (x *Index) Find(ids []approvals.EntitlementID) []approvals.Entitlement {
	var out []approvals.Entitlement
	for _, id := range ids {
		if i := slices.IndexFunc(x.list, func(e approvals.Entitlement) bool { return e.ID == id }); i >= 0 {
			out = append(out, x.list[i])
		}
	}
	return out
}

// All is the catalogue in its own order. It must not be changed.
func (x *Index) All() []approvals.Entitlement { return x.list }
