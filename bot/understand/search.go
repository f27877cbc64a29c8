package understand

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// generic words name a kind of thing, never the thing: alone they fill nothing.
var generic = set("database", "cluster", "server", "service", "app", "application", "console", "account", "system", "host", "machine",
	"bucket", "queue", "repository", "project", "dashboard", "tool", "team", "data", "api", "web", "production", "staging", "development",
	"table", "environment", "env", "role", "portal", "site", "platform", "log", "cloud", "vpn", "secret", "user", "customer")

// levels are the words for how much one may do, after normal.
var levels = set("readonly", "readwrite", "admin", "only")

// environments are the words for where.
var environments = set("production", "staging", "development", "test", "sandbox", "qa")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// entry is an entitlement as the search sees it.
type entry struct {
	approvals.Entitlement
	level, env string
}

// Index is a catalogue ready for searching. It is made once for each version
// of a catalogue and safe for concurrent use.
type Index struct {
	list       []approvals.Entitlement
	entries    []entry
	postings   map[string][]int32 // word to the entries that it names, ascending
	phrases    map[string][]int32 // names of two to four words, to the entries that have them
	sorted     []string           // all words, for what is half typed
	byLength   map[int][]string   // all words, for slips of the finger
	spread     map[string]int     // in how many resources a word occurs
	resources  int
	vocabulary map[string]bool // whole names and single words, as written
	custom     map[string]bool // words of levels that are none of the three usual ones
	own        map[string]bool // those levels
}

// NewIndex makes a catalogue searchable.
func NewIndex(catalogue []approvals.Entitlement) *Index {
	x := &Index{list: catalogue, postings: map[string][]int32{}, phrases: map[string][]int32{}, byLength: map[int][]string{}, spread: map[string]int{},
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
		}
		for _, text := range append(append([]string{e.Resource, e.Name, e.System}, e.Aliases...), e.Tags...) {
			x.vocabulary[strings.ToLower(text)] = true
			ps := parts(text)
			if n := len(ps); n > 1 && n <= longestPhrase && text != e.System {
				phrase := strings.Join(ps, " ")
				x.phrases[phrase] = append(x.phrases[phrase], int32(i))
			}
			for _, p := range ps {
				x.vocabulary[p] = true
				if levels[p] || environments[p] || filler[p] || own[p] || len(p) < 2 {
					continue
				}
				if list := x.postings[p]; len(list) == 0 || list[len(list)-1] != int32(i) {
					x.postings[p] = append(list, int32(i))
				}
				if !last[e.Resource][p] {
					last[e.Resource][p] = true
					x.spread[p]++
				}
			}
		}
		x.entries = append(x.entries, en)
	}
	x.resources = len(last)
	x.sorted = slices.Sorted(maps.Keys(x.postings))
	for _, w := range x.sorted {
		x.byLength[len(w)] = append(x.byLength[len(w)], w)
	}
	return x
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
	return n > 0 && !generic[w] && (n <= 3 || n*6 <= x.resources)
}

// finder searches an index for the words of one text.
type finder struct {
	*Index
	meant map[string][]string // what a word of the text stands for in the catalogue
}

func (x *Index) finder() *finder { return &finder{x, map[string][]string{}} }

// hit is what one entitlement has in common with the words sought.
type hit struct {
	*entry
	tokens uint64 // which of the tokens it matches, the first 64
	strong bool   // one of them is distinctive
	score  float64
}

// result is what a search found.
type result struct {
	one        approvals.EntitlementID
	candidates []approvals.EntitlementID
	strong     bool         // something distinctive was named
	words      map[int]bool // positions of the words that named it
	narrowed   map[int]bool // positions of the words that named a level or an environment
}

// find ranks the catalogue against words and says whether one entitlement is
// meant and no other could be.
func (f *finder) find(ws []word) result {
	hits, named := f.hits(ws)
	res := result{words: named, narrowed: f.narrowing(ws)}
	strong := slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return !h.strong })
	if len(strong) == 0 {
		res.candidates = top(hits)
		return res
	}
	res.strong = true
	said, places := f.said(ws)
	fit := strong
	if len(places) > 0 {
		fit = slices.DeleteFunc(slices.Clone(strong), func(h hit) bool { return !places[h.env] })
		if len(fit) == 0 { // the environment that was named has nothing like it
			res.candidates = top(strong)
			return res
		}
	}
	best := byName(fullest(fit), ws)
	pool := best
	if len(said) > 0 {
		pool = slices.DeleteFunc(slices.Clone(best), func(h hit) bool { return !said[h.level] })
	}
	alike := !slices.ContainsFunc(best, func(h hit) bool { return h.tokens != best[0].tokens }) // else two things were named
	if len(pool) == 1 && alike {
		res.one = pool[0].ID
		return res
	}
	if len(pool) == 0 {
		pool = best
	}
	res.candidates = top(pool)
	return res
}

// byName keeps only the hits whose resource is written out, if there are any:
// "billing-db" is not "billing-db-staging".
func byName(hits []hit, ws []word) []hit {
	written := map[string]bool{}
	for _, w := range ws {
		written[w.norm] = true
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

// hits matches the catalogue against the words, and says which words named
// something.
func (f *finder) hits(ws []word) ([]hit, map[int]bool) {
	named, at := map[int]bool{}, map[int32]int{}
	var hits []hit
	token := -1
	defer func() { f.markPhrases(ws, hits, at) }()
	for pos, w := range ws {
		if w.used || filler[w.norm] {
			continue
		}
		for _, p := range parts(w.norm) {
			if levels[p] || environments[p] || len(p) < 2 {
				continue
			}
			if token++; token > 63 {
				return hits, named
			}
			for _, m := range f.means(p) {
				named[pos] = true
				strong, worth := f.distinctive(m), math.Log(1+float64(f.resources)/float64(f.spread[m]))
				for _, i := range f.postings[m] {
					n, seen := at[i]
					if !seen {
						n = len(hits)
						at[i] = n
						hits = append(hits, hit{entry: &f.entries[i]})
					}
					if h := &hits[n]; h.tokens&(1<<token) == 0 {
						h.tokens |= 1 << token
						h.strong = h.strong || strong
						h.score += worth
					}
				}
			}
		}
	}
	return hits, named
}

// markPhrases takes a name of several words, said as a whole, for distinctive
// even if each of its words is not.
func (f *finder) markPhrases(ws []word, hits []hit, at map[int32]int) {
	var said []string
	for _, w := range ws {
		if !w.used {
			said = append(said, parts(w.norm)...)
		}
	}
	for from := range said {
		for n := 2; n <= longestPhrase && from+n <= len(said); n++ {
			for _, i := range f.phrases[strings.Join(said[from:from+n], " ")] {
				if n, ok := at[i]; ok {
					hits[n].strong = true
				}
			}
		}
	}
}

// means is what a token stands for in the catalogue: itself, or, when no
// entitlement has it, the words that it is a slip of.
func (f *finder) means(p string) []string {
	if f.spread[p] > 0 {
		return []string{p}
	}
	if generic[p] {
		return nil
	}
	if m, ok := f.meant[p]; ok {
		return m
	}
	var found []string
	for n := len(p) - 2; n <= len(p)+2; n++ {
		for _, w := range f.byLength[n] {
			if near(p, w) {
				found = append(found, w)
			}
		}
	}
	f.meant[p] = found
	return found
}

// narrowing finds the words that name a level or an environment.
func (x *Index) narrowing(ws []word) map[int]bool {
	found := map[int]bool{}
	for pos, w := range ws {
		for _, p := range parts(w.norm) {
			found[pos] = found[pos] || levels[p] || environments[p] || x.custom[p]
		}
	}
	return found
}

// said collects the levels and environments that the words name.
func (x *Index) said(ws []word) (said, places map[string]bool) {
	said, places = map[string]bool{}, map[string]bool{}
	all := map[string]bool{}
	for _, w := range ws {
		if w.used {
			continue
		}
		for _, p := range parts(w.norm) {
			all[p] = true
			if environments[p] {
				places[p] = true
			}
			if levels[p] && p != "only" {
				said[p] = true
			}
		}
	}
	if said["readwrite"] {
		delete(said, "readonly") // "read and write" is one level
	}
	for level, spoken := range x.own {
		for _, p := range strings.Fields(level) {
			spoken = spoken && all[p]
		}
		if spoken {
			said[level] = true
		}
	}
	return said, places
}

// Search ranks the catalogue against a few words, closest first, for a select
// that is typed into. Without words it is the catalogue in its own order.
func (x *Index) Search(words string, limit int) []approvals.Entitlement {
	if strings.TrimSpace(words) == "" {
		return x.list[:min(limit, len(x.list))]
	}
	ws := split(words)
	said, places := x.said(ws)
	hits, _ := x.finder().hits(ws)
	at := make(map[*entry]int, len(hits))
	for i, h := range hits {
		at[h.entry] = i
	}
	for _, p := range parts(words) { // what is half typed
		from, _ := slices.BinarySearch(x.sorted, p)
		for _, w := range x.sorted[from:] {
			if len(p) < 2 || !strings.HasPrefix(w, p) {
				break
			}
			for _, i := range x.postings[w] {
				n, seen := at[&x.entries[i]]
				if !seen {
					n = len(hits)
					at[&x.entries[i]] = n
					hits = append(hits, hit{entry: &x.entries[i]})
				}
				hits[n].score += 0.5
			}
		}
	}
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
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.Sensitivity.Rank(), b.Sensitivity.Rank()), cmp.Compare(a.ID, b.ID))
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
