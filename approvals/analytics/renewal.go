package analytics

import (
	"cmp"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Renewal is what became of the people who had one entitlement in the time that
// the report covers. Each is counted once besides Holders. Emergencies are not
// in it.
type Renewal struct {
	Entitlement approvals.EntitlementID `json:"entitlement"`
	Holders     int                     `json:"holders"`
	Running     int                     `json:"running"`          // have it now
	Resting     int                     `json:"resting"`          // it ended less than RestDays ago
	Once        int                     `json:"once"`             // had it once, for as long as they asked
	Stopped     int                     `json:"stopped"`          // renewed it or held it always, and have not had it for RestDays
	Latest      time.Time               `json:"latest,omitzero"`  // when it ended for the last of those who stopped
	People      []approvals.PrincipalID `json:"people,omitempty"` // who stopped, ordered
}

// Access counts who had what. Grants come one person's after the other's. It is
// not safe for concurrent use.
type Access struct {
	now, since time.Time
	usual      map[approvals.EntitlementID]bool // known, and below high sensitivity
	person     approvals.PrincipalID
	had        map[approvals.EntitlementID]*tenure
	used       map[approvals.PrincipalID][]approvals.EntitlementID
	renewals   map[approvals.EntitlementID]*Renewal
}

// tenure is one person's grants of one entitlement.
type tenure struct {
	grants  int
	renewed bool // extended, or held without end before
	asked   bool // by themselves, in the time that counts
	running bool
	ended   time.Time // the last time
}

// NewAccess makes an empty count of what was had between since and now.
func NewAccess(now, since time.Time, catalogue []approvals.Entitlement) *Access {
	a := &Access{now: now, since: since, usual: map[approvals.EntitlementID]bool{}, had: map[approvals.EntitlementID]*tenure{},
		used: map[approvals.PrincipalID][]approvals.EntitlementID{}, renewals: map[approvals.EntitlementID]*Renewal{}}
	for _, e := range catalogue {
		a.usual[e.ID] = !sensitive(e.Sensitivity)
	}
	return a
}

// Grant counts one that worked and was given in the ordinary way; others it
// passes over.
func (a *Access) Grant(g approvals.PastGrant) {
	if g.Principal != a.person {
		a.settle()
		a.person = g.Principal
	}
	if g.ActiveAt.IsZero() || g.Kind == approvals.KindBreakGlass {
		return
	}
	t := a.had[g.Entitlement]
	if t == nil {
		t = &tenure{}
		a.had[g.Entitlement] = t
	}
	over := g.Over(a.now)
	t.grants++
	t.renewed = t.renewed || g.Extended || g.Kind == approvals.KindAdoption
	t.running = t.running || over.IsZero()
	if over.After(t.ended) {
		t.ended = over
	}
	lately := over.IsZero() || !over.Before(a.since)
	t.asked = t.asked || lately && (g.Kind == approvals.KindAccess || g.Extended)
}

// settle sums up what the person had whose grants have come.
func (a *Access) settle() {
	for e, t := range a.had {
		if !t.running && t.ended.Before(a.since) {
			continue
		}
		if t.asked && a.usual[e] {
			a.used[a.person] = append(a.used[a.person], e)
		}
		r := a.renewals[e]
		if r == nil {
			r = &Renewal{Entitlement: e}
			a.renewals[e] = r
		}
		r.Holders++
		switch {
		case t.running:
			r.Running++
		case a.now.Sub(t.ended) < RestDays*day:
			r.Resting++
		case t.renewed || t.grants > 1:
			r.Stopped++
			r.People = append(r.People, a.person)
			if t.ended.After(r.Latest) {
				r.Latest = t.ended
			}
		default:
			r.Once++
		}
	}
	clear(a.had)
}

// Used is what each person asked for and had, of what the catalogue has and
// does not call highly sensitive. It ends the count.
func (a *Access) Used() map[approvals.PrincipalID][]approvals.EntitlementID {
	a.settle()
	return a.used
}

// Renewals lists what became of holders, where most stopped first. It ends the
// count.
func (a *Access) Renewals() []Renewal {
	a.settle()
	all := make([]Renewal, 0, len(a.renewals))
	for _, r := range a.renewals {
		slices.Sort(r.People)
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b Renewal) int { return cmp.Or(b.Stopped-a.Stopped, cmp.Compare(a.Entitlement, b.Entitlement)) })
	return all
}
