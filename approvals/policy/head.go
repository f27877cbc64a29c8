package policy

import (
	"iter"

	"github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
)

// head is what a policy asks of principal and resource before it looks at
// anything else, read off its text once.
type head struct{ principal, resource end }

// end is one side of a head.
type end struct {
	form   form
	entity cedar.EntityUID
}

// form is how an end names whom or what it means.
type form byte

const (
	anything form = iota // or what only the engine can tell
	exactly              // ==
	within               // in
)

func headOf(p *cedar.Policy) head {
	tree := (*xast.Policy)(p.AST())
	return head{principal: endOf(tree.Principal), resource: endOf(tree.Resource)}
}

// endOf reads one side. That an entity is of a type ("is") is left to the
// engine; every principal is a User and every resource an Entitlement anyway.
func endOf(scope any) end {
	switch s := scope.(type) {
	case xast.ScopeTypeEq:
		return end{exactly, s.Entity}
	case xast.ScopeTypeIn:
		return end{within, s.Entity}
	case xast.ScopeTypeIsIn:
		return end{within, s.Entity}
	default:
		return end{form: anything}
	}
}

// whereabouts are who an entity is and what it is in.
type whereabouts struct {
	uid     cedar.EntityUID
	parents cedar.EntityUIDSet
	far     bool // its parents have parents of their own, which only the engine follows
}

func (q question) whereIs(uid cedar.EntityUID) whereabouts {
	e, _ := q.entities.Get(uid) // who is not among them is in nothing
	at := whereabouts{uid: uid, parents: e.Parents}
	for parent := range e.Parents.All() {
		_, known := q.entities.Get(parent)
		at.far = at.far || known
	}
	return at
}

// fits reports whether an entity can be meant.
func (e end) fits(p whereabouts) bool {
	switch {
	case p.far || e.form == anything:
		return true
	case e.form == exactly:
		return e.entity == p.uid
	default:
		return e.entity == p.uid || p.parents.Contains(e.entity)
	}
}

// meant are the rules whose heads fit principal and resource of a question.
// The others do not hold, and the engine says so before it looks at any of
// their conditions: leaving them out loses no forbid and no error, only time.
type meant struct {
	rules               rules
	principal, resource whereabouts
}

func (q question) meant(rs rules, principal cedar.EntityUID) meant {
	return meant{rules: rs, principal: q.whereIs(principal), resource: q.whereIs(q.resource)}
}

// All lists the policies under their ids, in order.
func (m meant) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, r := range m.rules {
			fits := r.head.resource.fits(m.resource) && r.head.principal.fits(m.principal)
			if fits && !yield(cedar.PolicyID(r.ref.ID), r.policy) {
				return
			}
		}
	}
}
