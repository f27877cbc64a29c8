package analytics

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Persona is a group of people who use the same access: any two of them share
// at least MinAlike percent of what either uses. (The field calls finding them
// role mining.) It permits nothing.
type Persona struct {
	Name         string                    `json:"name"`
	Title        string                    `json:"title"` // what most of them are called
	Called       int                       `json:"called"`
	People       []approvals.PrincipalID   `json:"people"`       // ordered
	Entitlements []approvals.EntitlementID `json:"entitlements"` // that every one of them used, ordered
	Others       int                       `json:"others"`       // entitlements that only some of them used
	Alike        int                       `json:"alike"`        // the least Jaccard index of two of them, in percent, rounded down
	Profile      string                    `json:"profile,omitempty"`
}

// set is people who used exactly the same.
type set struct {
	has    []int // entitlements by rarity, rarest first
	people []approvals.PrincipalID
}

// Personas groups people by what they used, by person. The largest group comes
// first. A profile that has exactly a persona's entitlements is named.
//
// Sets are joined greedily, each with the first group of which it is alike to
// every member, so that groups depend on what is used alone. Which sets can be
// alike at all is found by their rarest entitlements (prefix filtering: Bayardo,
// Ma and Srikant, "Scaling up all pairs similarity search", 2007).
func Personas(used map[approvals.PrincipalID][]approvals.EntitlementID, people []approvals.Principal, profiles []approvals.Profile) []Persona {
	sets, names := setsOf(used)
	var groups [][]int // indexes of sets
	byPrefix := map[int][]int{}
	for i, s := range sets {
		placed := -1
		tried := map[int]bool{}
		for _, e := range s.has[:prefix(len(s.has))] {
			for _, g := range byPrefix[e] {
				if !tried[g] && (placed < 0 || g < placed) && fitsAll(sets, groups[g], s) {
					placed = g
				}
				tried[g] = true
			}
		}
		if placed < 0 {
			placed = len(groups)
			groups = append(groups, nil)
		}
		groups[placed] = append(groups[placed], i)
		for _, e := range s.has[:prefix(len(s.has))] {
			if at := byPrefix[e]; len(at) == 0 || at[len(at)-1] != placed {
				byPrefix[e] = append(at, placed)
			}
		}
	}
	described := describe(people)
	var all []Persona
	for _, g := range groups {
		if p, ok := personaOf(sets, g, names); ok {
			described.name(&p)
			p.Profile = profileOf(p, profiles)
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Persona) int {
		return cmp.Or(len(b.People)-len(a.People), slices.Compare(a.Entitlements, b.Entitlements), slices.Compare(a.People, b.People))
	})
	return distinct(all)
}

// setsOf puts people with exactly the same access together: the largest number
// of people first, and of those the largest set.
func setsOf(used map[approvals.PrincipalID][]approvals.EntitlementID) ([]set, []approvals.EntitlementID) {
	count := map[approvals.EntitlementID]int{}
	for _, of := range used {
		for _, e := range of {
			count[e]++
		}
	}
	names := make([]approvals.EntitlementID, 0, len(count))
	for e := range count {
		names = append(names, e)
	}
	slices.SortFunc(names, func(a, b approvals.EntitlementID) int { return cmp.Or(count[a]-count[b], cmp.Compare(a, b)) })
	number := make(map[approvals.EntitlementID]int, len(names))
	for i, e := range names {
		number[e] = i
	}
	byKey := map[string]*set{}
	var keys []string
	var b strings.Builder
	for who, of := range used {
		has := make([]int, len(of))
		for i, e := range of {
			has[i] = number[e]
		}
		slices.Sort(has)
		has = slices.Compact(has)
		if len(has) == 0 {
			continue
		}
		b.Reset()
		for _, n := range has {
			b.WriteString(string(names[n]) + "\n")
		}
		k := b.String()
		if byKey[k] == nil {
			byKey[k] = &set{has: has}
			keys = append(keys, k)
		}
		byKey[k].people = append(byKey[k].people, who)
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, y := byKey[a], byKey[b]
		return cmp.Or(len(y.people)-len(x.people), len(y.has)-len(x.has), cmp.Compare(a, b))
	})
	sets := make([]set, len(keys))
	for i, k := range keys {
		sets[i] = *byKey[k]
	}
	return sets, names
}

// prefix is how many of a set's n rarest members it must share at least one of
// with any set that is alike.
func prefix(n int) int { return n - (n*MinAlike+99)/100 + 1 }

// jaccard is the index of two ordered sets in percent, rounded down.
func jaccard(a, b []int) int {
	shared := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			shared, i, j = shared+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return 100 * shared / (len(a) + len(b) - shared)
}

func fitsAll(sets []set, group []int, s set) bool {
	return !slices.ContainsFunc(group, func(i int) bool { return jaccard(sets[i].has, s.has) < MinAlike })
}

// personaOf is the persona that a group of sets makes, if it does.
func personaOf(sets []set, group []int, names []approvals.EntitlementID) (p Persona, ok bool) {
	p.Alike = 100
	shared := slices.Clone(sets[group[0]].has)
	var all []int
	for k, i := range group {
		p.People = append(p.People, sets[i].people...)
		all = append(all, sets[i].has...)
		shared = slices.DeleteFunc(shared, func(e int) bool { _, in := slices.BinarySearch(sets[i].has, e); return !in })
		for _, j := range group[:k] {
			p.Alike = min(p.Alike, jaccard(sets[i].has, sets[j].has))
		}
	}
	if len(p.People) < MinPeople || len(shared) < MinShared {
		return p, false
	}
	slices.Sort(p.People)
	for _, e := range shared {
		p.Entitlements = append(p.Entitlements, names[e])
	}
	slices.Sort(p.Entitlements)
	slices.Sort(all)
	p.Others = len(slices.Compact(all)) - len(shared)
	return p, true
}

func profileOf(p Persona, profiles []approvals.Profile) string {
	for _, known := range profiles {
		has := slices.Clone(known.Entitlements)
		slices.Sort(has)
		if slices.Equal(slices.Compact(has), p.Entitlements) {
			return known.Name
		}
	}
	return ""
}
