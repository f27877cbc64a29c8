package approvals

import "time"

// Budgets are how many automatic approvals there may be on one day (UTC), for
// each person, each permit and each entitlement. Zero: no limit. Over budget,
// people are asked.
type Budgets struct {
	Person      int
	Rule        int // a permit's own @budget goes before it
	Entitlement int
}

// spending is what an automatic approval takes from which budgets.
func (b Budgets) spending(d Decision) []Spending {
	var all []Spending
	take := func(budget string, limit int) {
		if limit > 0 {
			all = append(all, Spending{Budget: budget, Day: d.At.UTC().Format(time.DateOnly), Limit: limit})
		}
	}
	take("entitlement/"+string(d.Facts.Entitlement.ID), b.Entitlement)
	take("person/"+string(d.Facts.Beneficiary.ID), b.Person)
	for _, p := range d.Ruling.Policies {
		if p.Effect != "permit" {
			continue
		}
		limit := b.Rule
		if p.Budget > 0 {
			limit = p.Budget
		}
		take("rule/"+p.ID, limit)
	}
	return all
}
