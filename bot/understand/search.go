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
	words map[string]bool // what names it, without level and environment
	level string
	env   string
}

// index holds the catalogue ready for searching.
type index struct {
	entries    []entry
	spread     map[string]int // in how many resources a word occurs
	resources  int
	vocabulary map[string]bool
	custom     map[string]bool // words of levels that are none of the three usual ones
}

func newIndex(catalogue []approvals.Entitlement) *index {
	x := &index{spread: map[string]int{}, vocabulary: map[string]bool{}, custom: map[string]bool{}}
	seen := map[string]map[string]bool{}
	for _, e := range catalogue {
		en := entry{Entitlement: e, words: map[string]bool{}, level: levelOf(e.Level), env: normal(strings.ToLower(e.Environment))}
		own := set(parts(e.Level)...)
		if !levels[en.level] {
			maps.Copy(x.custom, own)
		}
		for _, text := range append(append([]string{e.Resource, e.Name, e.System}, e.Aliases...), e.Tags...) {
			x.vocabulary[strings.ToLower(text)] = true
			for _, p := range parts(text) {
				x.vocabulary[p] = true
				if !levels[p] && !environments[p] && !filler[p] && !own[p] && len(p) > 1 {
					en.words[p] = true
				}
			}
		}
		if seen[e.Resource] == nil {
			seen[e.Resource] = map[string]bool{}
		}
		for p := range en.words {
			seen[e.Resource][p] = true
		}
		x.entries = append(x.entries, en)
	}
	x.resources = len(seen)
	for _, words := range seen {
		for p := range words {
			x.spread[p]++
		}
	}
	return x
}

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
func (x *index) distinctive(w string) bool {
	n := x.spread[w]
	return n > 0 && !generic[w] && (n <= 3 || n*6 <= x.resources)
}

// hit is what one entitlement has in common with the words sought.
type hit struct {
	entry
	words  map[int]bool // the tokens that it matches: 16 times the word's position, and the token's in the word
	strong bool         // one of them is distinctive
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
func (x *index) find(ws []word) result {
	hits, named := x.hits(ws)
	res := result{words: named, narrowed: x.narrowing(ws)}
	strong := slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return !h.strong })
	if len(strong) == 0 {
		res.candidates = top(hits)
		return res
	}
	res.strong = true
	said, places := x.said(ws)
	fit := strong
	if len(places) > 0 {
		fit = slices.DeleteFunc(slices.Clone(strong), func(h hit) bool { return !places[h.env] })
		if len(fit) == 0 { // the environment that was named has nothing like it
			res.candidates = top(strong)
			return res
		}
	}
	best := slices.DeleteFunc(slices.Clone(fit), func(h hit) bool {
		return slices.ContainsFunc(fit, func(o hit) bool { return within(h.words, o.words) })
	})
	pool := best
	if len(said) > 0 {
		pool = slices.DeleteFunc(slices.Clone(best), func(h hit) bool { return !said[h.level] })
	}
	if len(pool) == 1 && alike(best) {
		res.one = pool[0].ID
		return res
	}
	if len(pool) == 0 {
		pool = best
	}
	res.candidates = top(pool)
	return res
}

// alike reports whether all hits match the same words: else two things were named.
func alike(hits []hit) bool {
	for _, h := range hits[1:] {
		if len(h.words) != len(hits[0].words) || within(h.words, hits[0].words) || within(hits[0].words, h.words) {
			return false
		}
		for i := range h.words {
			if !hits[0].words[i] {
				return false
			}
		}
	}
	return true
}

// within reports whether a is a proper subset of b.
func within(a, b map[int]bool) bool {
	if len(a) >= len(b) {
		return false
	}
	for i := range a {
		if !b[i] {
			return false
		}
	}
	return true
}

// hits matches each entitlement against the words. A word that some entitlement
// has exactly is not taken for a slip in another.
func (x *index) hits(ws []word) ([]hit, map[int]bool) {
	named := map[int]bool{}
	hits := make([]hit, len(x.entries))
	for i, e := range x.entries {
		hits[i] = hit{entry: e, words: map[int]bool{}}
	}
	for pos, w := range ws {
		if w.used || filler[w.norm] {
			continue
		}
		for n, p := range parts(w.norm) {
			if levels[p] || environments[p] || len(p) < 2 {
				continue
			}
			exact := x.spread[p] > 0
			for i := range hits {
				m, ok := hits[i].match(p, exact)
				if !ok {
					continue
				}
				hits[i].words[16*pos+min(n, 15)] = true
				hits[i].strong = hits[i].strong || x.distinctive(m)
				hits[i].score += math.Log(1 + float64(x.resources)/float64(x.spread[m]))
				named[pos] = true
			}
		}
	}
	hits = slices.DeleteFunc(hits, func(h hit) bool { return h.score == 0 })
	return hits, named
}

// narrowing finds the words that name a level or an environment.
func (x *index) narrowing(ws []word) map[int]bool {
	found := map[int]bool{}
	for pos, w := range ws {
		for _, p := range parts(w.norm) {
			found[pos] = found[pos] || levels[p] || environments[p] || x.custom[p]
		}
	}
	return found
}

// match finds the word of the entry that p means.
func (e entry) match(p string, exact bool) (string, bool) {
	if e.words[p] {
		return p, true
	}
	if exact || generic[p] {
		return "", false
	}
	best := ""
	for w := range e.words {
		if near(p, w) && (best == "" || w < best) {
			best = w
		}
	}
	return best, best != ""
}

// said collects the levels and environments that the words name.
func (x *index) said(ws []word) (said, places map[string]bool) {
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
	for _, e := range x.entries {
		if e.level == "" || levels[e.level] {
			continue
		}
		spoken := true
		for _, p := range strings.Fields(e.level) {
			spoken = spoken && all[p]
		}
		if spoken {
			said[e.level] = true
		}
	}
	return said, places
}

// top is the three closest, equal ones with the least power first.
func top(hits []hit) []approvals.EntitlementID {
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.Sensitivity.Rank(), b.Sensitivity.Rank()), cmp.Compare(a.ID, b.ID))
	})
	var ids []approvals.EntitlementID
	for _, h := range hits[:min(3, len(hits))] {
		ids = append(ids, h.ID)
	}
	return ids
}

// Search ranks the catalogue against a few words, closest first, for a select
// that is typed into. Without words it is the catalogue in its own order.
func Search(catalogue []approvals.Entitlement, words string, limit int) []approvals.Entitlement {
	if strings.TrimSpace(words) == "" {
		return catalogue[:min(limit, len(catalogue))]
	}
	x := newIndex(catalogue)
	ws := split(words)
	said, places := x.said(ws)
	type ranked struct {
		approvals.Entitlement
		score float64
	}
	var found []ranked
	hits, _ := x.hits(ws)
	score := map[approvals.EntitlementID]float64{}
	for _, h := range hits {
		score[h.ID] = h.score
	}
	for _, e := range x.entries {
		s := score[e.ID]
		for _, p := range parts(words) { // what is half typed
			for w := range e.words {
				if len(p) > 1 && strings.HasPrefix(w, p) {
					s += 0.5
				}
			}
		}
		if said[e.level] {
			s += 0.75
		}
		if places[e.env] {
			s += 0.75
		}
		if s > 0 {
			found = append(found, ranked{e.Entitlement, s})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.ID, b.ID)) })
	var out []approvals.Entitlement
	for _, r := range found[:min(limit, len(found))] {
		out = append(out, r.Entitlement)
	}
	return out
}
