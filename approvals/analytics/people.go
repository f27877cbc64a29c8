package analytics

import (
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// humans tells people apart: entries of the directory that are one human being
// count once, as approvals.Principal.SamePerson has it, in whichever order they
// become known. Ids and emails are joined (union-find).
type humans struct {
	up    map[string]string
	known map[approvals.PrincipalID]bool // who is in the directory now
}

func newHumans(people []approvals.Principal) humans {
	h := humans{map[string]string{}, map[approvals.PrincipalID]bool{}}
	for _, p := range people {
		h.meet(p)
		h.known[p.ID] = true
	}
	return h
}

// Ids and emails are different things, also where they read the same.
func byID(id approvals.PrincipalID) string { return "id:" + string(id) }

// meet learns what an entry says of who somebody is.
func (h humans) meet(p approvals.Principal) {
	if p.SameAs != "" {
		h.join(byID(p.ID), byID(p.SameAs))
	}
	if p.Email != "" {
		h.join(byID(p.ID), "email:"+strings.ToLower(p.Email))
	}
}

func (h humans) join(a, b string) {
	if a, b = h.root(a), h.root(b); a != b {
		h.up[a] = b
	}
}

func (h humans) root(of string) string {
	for up, ok := h.up[of]; ok; up, ok = h.up[of] {
		if further, ok := h.up[up]; ok {
			h.up[of] = further // the way is shorter the next time
		}
		of = up
	}
	return of
}

// count is how many human beings some entries are.
func (h humans) count(ids map[approvals.PrincipalID]bool) int {
	roots := map[string]bool{}
	for id := range ids {
		roots[h.root(byID(id))] = true
	}
	return len(roots)
}
