package scoring

import (
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

// build fills a world with an organisation.
func build(o *synthetic.Organisation) *World {
	w := NewWorld(Options{People: len(o.People), Entitlements: len(o.Entitlements), Decisions: len(o.Decisions)})
	w.SetPeople(o.People, o.State)
	held := make([][]approvals.PrincipalID, len(o.Entitlements))
	for i, p := range o.People {
		for _, e := range o.Held[i] {
			held[e] = append(held[e], p.ID)
		}
	}
	for e, people := range held {
		w.SetHoldings(o.Entitlements[e], people)
	}
	for _, l := range o.Decisions {
		w.Learn(l)
	}
	return w
}
