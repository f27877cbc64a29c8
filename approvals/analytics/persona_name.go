package analytics

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// descriptions are what the directory calls people.
type descriptions map[approvals.PrincipalID]approvals.Principal

func describe(people []approvals.Principal) descriptions {
	d := descriptions{}
	for _, p := range people {
		d[p.ID] = p
	}
	return d
}

// maxName leaves room for a number in the 64 characters of a profile's name.
const maxName = 56

// name calls a persona by the commonest title of its people, or else by their
// commonest department.
func (d descriptions) name(p *Persona) {
	titles, departments := map[string]int{}, map[string]int{}
	for _, id := range p.People {
		if who := d[id]; who.Title != "" {
			titles[who.Title]++
		}
		if who := d[id]; who.Department != "" {
			departments[who.Department]++
		}
	}
	p.Title, p.Called = commonest(titles)
	if dept, n := commonest(departments); n > p.Called {
		p.Title, p.Called = dept, n
	}
	if p.Title == "" {
		p.Title = "Nobody knows"
	}
	p.Name = strings.Trim(slug(p.Title)[:min(len(slug(p.Title)), maxName)], "-")
}

// commonest is the word that comes most often, of equals the first.
func commonest(of map[string]int) (word string, n int) {
	for _, w := range slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(of[b]-of[a], cmp.Compare(a, b)) }) {
		return w, of[w]
	}
	return "", 0
}

// distinct gives each persona a name of its own.
func distinct(all []Persona) []Persona {
	seen := map[string]int{}
	for i := range all {
		name := all[i].Name
		if seen[name]++; seen[name] > 1 {
			all[i].Name = fmt.Sprintf("%s-%d", name, seen[name])
		}
	}
	return all
}

// slug writes words as an identifier: lower-case letters and digits of ASCII,
// with dashes between.
func slug(words string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(words) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := strings.Trim(b.String(), "-")
	if s == "" {
		return "unnamed"
	}
	return s
}
