package directory

import (
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// usable keeps who can be used. Where two share an id or an email nobody can
// tell whose it is, and neither is taken; nor is a second entry whose first one
// is not there, since it would count as another person.
func usable(entries []Person) (kept []Person, left approvals.Problems) {
	z := newZones()
	ids, emails := map[approvals.PrincipalID]int{}, map[string]int{}
	for i := range entries {
		if entries[i].Problem == nil {
			entries[i].Problem = At("", 0)
		}
		entries[i].soften(z)
		ids[entries[i].ID]++
		emails[fold(entries[i].Email)]++
	}
	for _, e := range entries {
		ps := e.check(z)
		if len(ps) == 0 && (ids[e.ID] > 1 || emails[fold(e.Email)] > 1) {
			ps = approvals.Problems{e.Problem("id", "give each person an id and an email of their own", "%q shares the id or the email %q with somebody else, so neither is taken", e.ID, e.Email)}
		}
		if len(ps) > 0 {
			left = append(left, ps[0])
			continue
		}
		kept = append(kept, e)
	}
	return firsts(kept, left)
}

// firsts leaves out second entries whose first one is not among the people.
func firsts(kept []Person, left approvals.Problems) ([]Person, approvals.Problems) {
	first := map[string]bool{}
	for _, e := range kept {
		if e.SameAs == "" {
			first[string(e.ID)], first[fold(e.Email)] = true, true
		}
	}
	kept = slices.DeleteFunc(kept, func(e Person) bool {
		if e.SameAs == "" || first[string(e.SameAs)] || first[fold(string(e.SameAs))] {
			return false
		}
		left = append(left, e.Problem("same_as", "name the person's first entry", "%q is a second entry of %q, who is not there", e.ID, e.SameAs))
		return true
	})
	return kept, left
}
