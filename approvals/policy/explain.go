package policy

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Explanation says how a set comes to its answer on one request.
type Explanation struct {
	Ruling   approvals.Ruling `json:"ruling"`
	Policies []Part           `json:"policies"` // every policy about requests, those that decide first
	Facts    []Seen           `json:"facts"`    // what policies could look at, by name
}

// Standing is what a policy says of a request.
type Standing string

// The ways in which a policy can stand to a request.
const (
	Decides   Standing = "decides"        // the answer names it
	Permits   Standing = "would permit"   // but a forbid or a doubt wins
	Forbids   Standing = "forbids"        // but the answer rests on something else
	Overdue   Standing = "is overdue"     // would permit, but its review date has passed
	Lapsed    Standing = "has lapsed"     // would permit, but a review of its decisions ended that
	Failed    Standing = "failed"         // could not be evaluated
	Indiffers Standing = "does not apply" // its conditions do not hold
)

// Part is one policy's part in an answer.
type Part struct {
	approvals.PolicyRef
	Place    string                  `json:"place"` // file:line
	Standing Standing                `json:"standing"`
	For      []approvals.PrincipalID `json:"for,omitempty"`     // for whom its conditions hold, of beneficiary and requester
	Message  string                  `json:"message,omitempty"` // why it failed
}

// Seen is one fact in the policies' terms.
type Seen struct {
	Name  string `json:"name"`  // as a policy writes it, e.g. context.score
	Value string `json:"value"` // as a policy writes it
}

// Explain decides a request as Decide does and lays open what every policy
// said. It is pure.
func (s *Set) Explain(f approvals.Facts, a approvals.Assessment) Explanation {
	q := ask(f, a, nil)
	x := Explanation{Ruling: approvals.Restrain(f, a, s.Decide(f, a)), Facts: q.seen(f)}
	named := ids(x.Ruling.Policies)
	for _, r := range s.request {
		p := Part{PolicyRef: r.ref, Place: r.place(), Standing: Indiffers}
		for i, who := range parties(f) {
			if q.check(who, actionRequest) != nil {
				continue
			}
			_, diagnostic := cedar.Authorize(rules{r}, q.entities, q.request(who, actionRequest))
			if len(diagnostic.Errors) > 0 {
				p.Standing, p.Message = Failed, diagnostic.Errors[0].Message
			}
			if len(diagnostic.Reasons) > 0 {
				p.For = append(p.For, []approvals.PrincipalID{f.Beneficiary.ID, f.Requester.ID}[i])
			}
		}
		if p.Standing != Failed && len(p.For) > 0 {
			p.Standing = r.standing(slices.Contains(named, r.ref.ID), f)
		}
		x.Policies = append(x.Policies, p)
	}
	order := []Standing{Decides, Failed, Overdue, Lapsed, Permits, Forbids, Indiffers}
	slices.SortStableFunc(x.Policies, func(a, b Part) int {
		return slices.Index(order, a.Standing) - slices.Index(order, b.Standing)
	})
	return x
}

// standing is how a policy stands whose conditions hold.
func (r *rule) standing(named bool, f approvals.Facts) Standing {
	switch {
	case named:
		return Decides
	case !r.permits():
		return Forbids
	case r.overdue(f.At):
		return Overdue
	case r.lapsed(f.Lapsed) != nil:
		return Lapsed
	default:
		return Permits
	}
}

// seen lists the facts as policies see them.
func (q question) seen(f approvals.Facts) (all []Seen) {
	record := func(prefix string, r cedar.Record) {
		var part []Seen
		for name, value := range r.All() {
			part = append(part, Seen{Name: prefix + string(name), Value: asWritten(value)})
		}
		slices.SortFunc(part, func(a, b Seen) int { return strings.Compare(a.Name, b.Name) })
		all = append(all, part...)
	}
	record("context.", q.context)
	record("context.beneficiary.", q.entities.attributes(user(f.Beneficiary.ID)))
	if f.Requester.ID != f.Beneficiary.ID {
		record("context.requester.", q.entities.attributes(user(f.Requester.ID)))
	}
	record("resource.", q.entities.attributes(q.resource))
	return all
}

// asWritten is a value as a policy would write it. Sets, which have no order,
// are written in one.
func asWritten(v cedar.Value) string {
	set, ok := v.(cedar.Set)
	if !ok {
		return string(v.MarshalCedar())
	}
	var parts []string
	for e := range set.All() {
		parts = append(parts, string(e.MarshalCedar()))
	}
	slices.Sort(parts)
	return "[" + strings.Join(parts, ", ") + "]"
}
