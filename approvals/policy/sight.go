package policy

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"github.com/hallpass-dev/hallpass/approvals"
)

// sight is what a set's policies can see of a request, read off their text: two
// requests that look alike to it are decided alike. Replay decides one of them
// and remembers. Whatever the text does with a value beyond the forms known
// here makes the whole value seen.
type sight struct {
	attrs   []string           // of the context whose value is seen, sorted
	limits  map[string][]int64 // of those, the ones that are only held against these numbers
	has     []string           // of the context, asked for by "has", sorted
	person  []string           // attributes of people whose value is seen, sorted
	bears   []string           // attributes of people, asked for by "has", sorted
	groups  []cedar.EntityUID  // groups that people are looked for in
	whole   bool               // who exactly somebody is, is seen
	knows   bool               // the same of requester or beneficiary by that name
	blind   bool               // something is seen that has no projection: nothing may be remembered
	reviews []time.Time        // when permits stop counting, ascending
}

// look reads off the policies what they can see: those about requests, and
// those about approvers that say how many must agree. With an entitlement it
// leaves out what cannot matter for that one.
func (s *Set) look(of *thing) *sight {
	v := &sight{limits: map[string][]int64{}}
	exact := map[string]bool{}
	for _, r := range s.request {
		tree, matters := r.narrowed(actionRequest, of)
		if !matters {
			continue
		}
		v.scope(tree)
		v.conditions(tree, func(n xast.IsNode) bool { return v.node(n, exact) })
		if r.permits() {
			v.reviews = append(v.reviews, r.reviewBy)
		}
	}
	whole := v.whole
	for _, r := range s.approve {
		if tree, matters := r.narrowed(actionApprove, of); matters && s.routes(r) {
			v.conditions(tree, func(n xast.IsNode) bool { return !v.isUnknown(n) && v.node(n, exact) })
		}
	}
	v.whole = whole || v.knows // who will answer is not among the facts: only requester and beneficiary are
	v.settle(exact)
	return v
}

// narrowed is the policy as it stands for one entitlement; matters is false
// when it cannot hold. One that names people outright is left as it is: they
// may be the ones who ask.
func (r *rule) narrowed(action cedar.EntityUID, of *thing) (tree *xast.Policy, matters bool) {
	tree = (*xast.Policy)(r.policy.AST())
	if of == nil {
		return tree, true
	}
	for _, cond := range tree.Conditions {
		named := false
		xast.Inspect(xast.NewNode(cond.Body), func(n xast.IsNode) bool {
			value, ok := n.(xast.NodeValue)
			e, isEntity := value.Value.(cedar.EntityUID)
			named = named || ok && isEntity && e.Type == typeUser
			return true
		})
		if named {
			return tree, true
		}
	}
	return eval.PartialPolicy(eval.Env{
		Principal: eval.Variable("principal"), Action: action, Resource: of.entity.UID,
		Context: eval.Variable("context"), Entities: cedar.EntityMap{of.entity.UID: of.entity},
	}, tree)
}

// settle sorts what was found.
func (v *sight) settle(exact map[string]bool) {
	for name := range exact {
		delete(v.limits, name)
	}
	for name, limits := range v.limits {
		slices.Sort(limits)
		v.limits[name] = slices.Compact(limits)
		exact[name] = true
	}
	for name := range exact {
		v.attrs = append(v.attrs, name)
	}
	for _, list := range []*[]string{&v.attrs, &v.has, &v.person, &v.bears} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	for _, name := range slices.Concat(v.attrs, v.has) {
		v.blind = v.blind || numbers[name] == nil && texts[name] == nil
	}
	slices.SortFunc(v.reviews, time.Time.Compare)
}

func (v *sight) conditions(tree *xast.Policy, node func(xast.IsNode) bool) {
	for _, cond := range tree.Conditions {
		xast.Inspect(xast.NewNode(cond.Body), node)
	}
}

// isUnknown notes what a comparison with the approver sees, who is not known
// yet when it is said how people are asked: that somebody has a manager, not
// whom. It reports whether the node is one and all of it was noted.
func (v *sight) isUnknown(n xast.IsNode) bool {
	equals, ok := n.(xast.NodeTypeEquals)
	if !ok {
		return false
	}
	for _, pair := range [][2]xast.IsNode{{equals.Left, equals.Right}, {equals.Right, equals.Left}} {
		access, ok := pair[1].(xast.NodeTypeAccess)
		if ok && isVariable(pair[0], "principal") && isPerson(access.Arg) && !isVariable(access.Arg, "principal") {
			v.bears = append(v.bears, string(access.Value))
			return true
		}
	}
	return false
}

// scope notes what the head of a policy asks of the principal.
func (v *sight) scope(p *xast.Policy) {
	switch s := p.Principal.(type) {
	case xast.ScopeTypeEq:
		v.whole = true
	case xast.ScopeTypeIn:
		v.membership(s.Entity)
	case xast.ScopeTypeIsIn:
		v.membership(s.Entity)
	}
}

func (v *sight) membership(e cedar.EntityUID) {
	if e.Type != typeGroup {
		v.whole = true
	} else if !slices.Contains(v.groups, e) {
		v.groups = append(v.groups, e)
	}
}

// node notes what one node of a condition sees, and says whether its children
// must be looked at as well.
func (v *sight) node(n xast.IsNode, exact map[string]bool) bool {
	switch n := n.(type) {
	case xast.NodeTypeVariable:
		v.whole = v.whole || n.Name == "principal"
		v.blind = v.blind || n.Name == "context"
	case xast.NodeTypeHas:
		switch {
		case isPerson(n.Arg):
			v.bears = append(v.bears, string(n.Value))
			return false
		case isVariable(n.Arg, "context"):
			v.has = append(v.has, string(n.Value))
			return false
		}
	case xast.NodeTypeAccess:
		switch {
		case isPerson(n.Arg):
			v.person = append(v.person, string(n.Value))
			return false
		case isPerson(n):
			v.whole, v.knows = true, true
			return false
		case isVariable(n.Arg, "context"):
			exact[string(n.Value)] = true
			return false
		}
	case xast.NodeTypeIn:
		if isPerson(n.Left) && v.literals(n.Right) {
			return false
		}
	case xast.NodeTypeLessThan:
		return !v.limit(n.BinaryNode)
	case xast.NodeTypeLessThanOrEqual:
		return !v.limit(n.BinaryNode)
	case xast.NodeTypeGreaterThan:
		return !v.limit(n.BinaryNode)
	case xast.NodeTypeGreaterThanOrEqual:
		return !v.limit(n.BinaryNode)
	case xast.NodeTypeEquals:
		return !v.limit(n.BinaryNode)
	case xast.NodeTypeNotEquals:
		return !v.limit(n.BinaryNode)
	}
	return true
}

// literals notes the groups that a node spells out.
func (v *sight) literals(n xast.IsNode) bool {
	value, ok := n.(xast.NodeValue)
	if !ok {
		return false
	}
	e, ok := value.Value.(cedar.EntityUID)
	if ok {
		v.membership(e)
	}
	return ok
}

// limit notes a comparison of an attribute of the context with a number.
func (v *sight) limit(n xast.BinaryNode) bool {
	for _, pair := range [][2]xast.IsNode{{n.Left, n.Right}, {n.Right, n.Left}} {
		access, ok := pair[0].(xast.NodeTypeAccess)
		value, isValue := pair[1].(xast.NodeValue)
		if !ok || !isValue || !isVariable(access.Arg, "context") {
			continue
		}
		if number, ok := value.Value.(cedar.Long); ok {
			v.limits[string(access.Value)] = append(v.limits[string(access.Value)], int64(number))
			return true
		}
	}
	return false
}

func isVariable(n xast.IsNode, name string) bool {
	variable, ok := n.(xast.NodeTypeVariable)
	return ok && string(variable.Name) == name
}

// isPerson reports whether a node is the principal, the requester or the
// beneficiary.
func isPerson(n xast.IsNode) bool {
	if access, ok := n.(xast.NodeTypeAccess); ok {
		return (access.Value == "requester" || access.Value == "beneficiary") && isVariable(access.Arg, "context")
	}
	return isVariable(n, "principal")
}

// appearance is what the policies see of a request, for people and entitlement
// that are known by number.
func (v *sight) appearance(key []byte, f *approvals.Facts, a *approvals.Assessment, requester, beneficiary, entitlement uint32, doubtful bool) []byte {
	key = binary.LittleEndian.AppendUint32(key, requester)
	key = binary.LittleEndian.AppendUint32(key, beneficiary)
	key = binary.LittleEndian.AppendUint32(key, entitlement)
	key = append(key, byte(bit(doubtful)), byte(bit(f.Requester.ID == f.Beneficiary.ID)))
	passed := 0
	for passed < len(v.reviews) && !f.At.Before(v.reviews[passed]) {
		passed++
	}
	key = binary.AppendUvarint(key, uint64(passed))
	for _, name := range v.has {
		key = append(key, byte(bit(present(name, f, a))))
	}
	for _, name := range v.attrs {
		if read := texts[name]; read != nil {
			value := read(f, a)
			key = binary.AppendUvarint(key, uint64(len(value)))
			key = append(key, value...)
			continue
		}
		value := numbers[name](f, a)
		if limits := v.limits[name]; limits != nil {
			i, exactly := slices.BinarySearch(limits, value)
			value = int64(2*i) + bit(exactly)
		}
		key = binary.AppendVarint(key, value)
		key = append(key, byte(bit(present(name, f, a))))
	}
	return key
}

// face is what the policies see of a person; raw is all there is to know.
func (v *sight) face(u cedar.Entity, raw []byte) string {
	if v.whole {
		return string(raw)
	}
	var key []byte
	for _, g := range v.groups {
		key = append(key, byte(bit(u.Parents.Contains(g))))
	}
	for _, name := range v.bears {
		_, ok := u.Attributes.Get(cedar.String(name))
		key = append(key, byte(bit(ok)))
	}
	for _, name := range v.person {
		value, ok := u.Attributes.Get(cedar.String(name))
		key = append(key, byte(bit(ok)))
		if ok {
			text := value.MarshalCedar()
			key = binary.AppendUvarint(key, uint64(len(text)))
			key = append(key, text...)
		}
	}
	return string(key)
}
