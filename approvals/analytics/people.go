package analytics

import (
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// humans tells people apart: entries of the directory that are one human being
// count once, as approvals.Principal.SamePerson has it.
type humans struct {
	byID    map[approvals.PrincipalID]approvals.PrincipalID // who is known, by any entry
	byEmail map[string]approvals.PrincipalID
}

func newHumans(people []approvals.Principal) humans {
	h := humans{map[approvals.PrincipalID]approvals.PrincipalID{}, map[string]approvals.PrincipalID{}}
	for _, p := range people {
		if p.SameAs == "" {
			h.of(p)
		}
	}
	for _, p := range people {
		h.of(p)
	}
	return h
}

// of names the human being behind an entry, who is known from then on.
func (h humans) of(p approvals.Principal) approvals.PrincipalID {
	who := p.ID
	if p.SameAs != "" {
		who = p.SameAs
	}
	if known, ok := h.byID[who]; ok {
		who = known
	}
	if email := strings.ToLower(p.Email); email != "" {
		if known, ok := h.byEmail[email]; ok {
			who = known
		}
		h.byEmail[email] = who
	}
	h.byID[p.ID] = who
	return who
}
