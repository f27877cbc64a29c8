package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// owner is the record whose attribute is read from a node, and how a person
// writes it; nil for what has no attributes or is built by the policy itself.
func owner(n xast.IsNode) (resolved.RecordType, string) {
	switch n := n.(type) {
	case xast.NodeTypeVariable:
		switch n.Name {
		case "principal":
			return law().Entities[typeUser].Shape, "principal"
		case "resource":
			return law().Entities[typeEntitlement].Shape, "resource"
		case "context":
			return law().Actions[actionRequest].AppliesTo.Context, "context"
		}
	case xast.NodeTypeAccess:
		record, path := owner(n.Arg)
		attr, ok := record[n.Value]
		if !ok {
			return nil, ""
		}
		if t, ok := attr.Type.(resolved.EntityType); ok {
			return law().Entities[cedar.EntityType(t)].Shape, path + "." + string(n.Value)
		}
	}
	return nil, ""
}

// stringsIn lists the texts that a node spells out: one, or those of a set.
func stringsIn(n xast.IsNode) []string {
	var out []string
	switch n := n.(type) {
	case xast.NodeValue:
		switch v := n.Value.(type) {
		case cedar.String:
			out = append(out, string(v))
		case cedar.Set:
			for e := range v.All() {
				if s, ok := e.(cedar.String); ok {
					out = append(out, string(s))
				}
			}
		}
	case xast.NodeTypeSet:
		for _, e := range n.Elements {
			out = append(out, stringsIn(e)...)
		}
	}
	return out
}

// culprit is a word near the mistake that makes a policy fail its validation,
// so that a person is sent to a line: the first attribute in the first of the
// conditions joined by && with which the policy no longer validates.
func culprit(p *xast.Policy) string {
	trial := *p
	trial.Conditions = nil
	for _, cond := range p.Conditions {
		var body xast.IsNode
		for _, part := range conjuncts(cond.Body) {
			if body == nil {
				body = part
			} else {
				body = xast.NodeTypeAnd{BinaryNode: xast.BinaryNode{Left: body, Right: part}}
			}
			trial.Conditions = []xast.ConditionType{{Condition: cond.Condition, Body: body}}
			if validator().Policy("", &trial) != nil {
				return firstAttribute(part)
			}
		}
	}
	return ""
}

func conjuncts(n xast.IsNode) []xast.IsNode {
	if and, ok := n.(xast.NodeTypeAnd); ok {
		return append(conjuncts(and.Left), conjuncts(and.Right)...)
	}
	return []xast.IsNode{n}
}

func firstAttribute(n xast.IsNode) (name string) {
	xast.Inspect(xast.NewNode(n), func(n xast.IsNode) bool {
		if a, ok := n.(xast.NodeTypeAccess); ok && name == "" {
			name = string(a.Value)
		}
		return true
	})
	return name
}

// groups names the groups that a rule speaks of, each once.
func (r *rule) groups() (out []string) {
	tree := (*xast.Policy)(r.policy.AST())
	add := func(e cedar.EntityUID) {
		if e.Type == typeGroup && !slices.Contains(out, string(e.ID)) {
			out = append(out, string(e.ID))
		}
	}
	switch scope := tree.Principal.(type) {
	case xast.ScopeTypeIn:
		add(scope.Entity)
	case xast.ScopeTypeIsIn:
		add(scope.Entity)
	}
	for _, cond := range tree.Conditions {
		xast.Inspect(xast.NewNode(cond.Body), func(n xast.IsNode) bool {
			if v, ok := n.(xast.NodeValue); ok {
				if e, ok := v.Value.(cedar.EntityUID); ok {
					add(e)
				}
			}
			return true
		})
	}
	return out
}
