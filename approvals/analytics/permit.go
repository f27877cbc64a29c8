package analytics

import (
	"encoding/json"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// PermitUse is what became of one permit for requests in the time that the
// report covers.
type PermitUse struct {
	Permit approvals.PolicyRef `json:"permit"`
	Used   int                 `json:"used"`           // decisions that name it
	Last   time.Time           `json:"last,omitzero"`  // the latest
	Since  time.Time           `json:"since,omitzero"` // how long it is known to stand as it does; zero: it is not known
	Unused bool                `json:"unused"`         // known to stand for all that time, and named by no decision
}

// Permits counts which permits decide. It is not safe for concurrent use.
type Permits struct {
	used       map[string]int
	last       map[string]time.Time
	decisions  int
	unreadable int
}

// NewPermits makes an empty count.
func NewPermits() *Permits {
	return &Permits{used: map[string]int{}, last: map[string]time.Time{}}
}

// Decision counts the policies that a decision names, whoever settled it: an
// extension and a second look use a permit as well.
func (p *Permits) Decision(d approvals.PastDecision) {
	var r struct {
		Outcome  approvals.Outcome     `json:"outcome"`
		Policies []approvals.PolicyRef `json:"policies"`
	}
	p.decisions++
	if json.Unmarshal(d.Ruling, &r) != nil || r.Outcome == "" {
		p.unreadable++
		return
	}
	for _, ref := range r.Policies {
		p.used[ref.ID]++
		if d.DecidedAt.After(p.last[ref.ID]) {
			p.last[ref.ID] = d.DecidedAt
		}
	}
}

// Uses says of each permit how often it decided since a time. Known is since
// when the permit is known to stand as it does; without that, or when a stored
// decision can't be read, nothing is called unused.
func (p *Permits) Uses(permits []approvals.PolicyRef, since time.Time, known func(id string) time.Time) []PermitUse {
	var all []PermitUse
	for _, ref := range permits {
		u := PermitUse{Permit: ref, Used: p.used[ref.ID], Last: p.last[ref.ID], Since: known(ref.ID)}
		u.Unused = u.Used == 0 && p.unreadable == 0 && !u.Since.IsZero() && !u.Since.After(since)
		all = append(all, u)
	}
	return all
}
