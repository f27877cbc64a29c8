package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// validate holds a policy to the schema and to the vocabulary. What it checks
// besides the engine's own validator is what that one lets pass, each of which
// makes a forbid silently never match: "has" on an attribute that does not
// exist, a comparison with a word that never occurs, a name that the catalogue
// does not have, attributes of people who are not among the facts.
func (r *rule) validate(words *vocabulary) (problems approvals.Problems) {
	tree := (*xast.Policy)(r.policy.AST())
	c := checker{rule: r, words: words, has: map[string]bool{}}
	defer func() {
		// The validator walks outside input; a defect in it must not let a policy pass.
		if v := recover(); v != nil {
			c.wrong("", "write it more simply", "the engine cannot validate %s", r.title())
			problems = c.problems
		}
	}()
	if _, all := tree.Action.(xast.ScopeTypeAll); all && r.permits() {
		c.wrong("permit", `write action == Action::"request" or Action::"approve"`, "%s permits every action there is", r.title())
	}
	c.scope(tree)
	for _, cond := range tree.Conditions {
		xast.Inspect(xast.NewNode(cond.Body), c.collectHas)
	}
	for _, cond := range tree.Conditions {
		xast.Inspect(xast.NewNode(cond.Body), c.node)
	}
	if len(c.problems) > 0 {
		return c.problems
	}
	if err := validator().Policy("", tree); err != nil {
		for _, line := range distinctLines(err) {
			c.wrong(culprit(tree), "compare only values of one type, and only attributes that the schema has", "%s does not fit the schema: %s", r.title(), line)
		}
	}
	return c.problems
}

func distinctLines(err error) []string {
	lines := strings.Split(err.Error(), "\n")
	slices.Sort(lines)
	return slices.Compact(lines)
}

// checker walks one policy.
type checker struct {
	rule     *rule
	words    *vocabulary
	has      map[string]bool // "context.ticket" where the policy asks for it
	problems approvals.Problems
}

func (c *checker) wrong(word, mend, format string, args ...any) {
	p := approvals.Problem{File: c.rule.file, Line: c.rule.lineOf(word), What: fmt.Sprintf(format, args...), Mend: mend}
	if !slices.Contains(c.problems, p) {
		c.problems = append(c.problems, p)
	}
}

// scope checks the names in a policy's head.
func (c *checker) scope(p *xast.Policy) {
	for _, s := range []any{p.Principal, p.Action, p.Resource} {
		switch s := s.(type) {
		case xast.ScopeTypeEq:
			c.literal(s.Entity)
		case xast.ScopeTypeIn:
			c.literal(s.Entity)
		case xast.ScopeTypeIsIn:
			c.literal(s.Entity)
		case xast.ScopeTypeInSet:
			for _, e := range s.Entities {
				c.literal(e)
			}
		}
	}
}

// literal checks a name such as Entitlement::"billing-db:read-only".
func (c *checker) literal(e cedar.EntityUID) {
	if e.Type == "Action" {
		if !slices.Contains(actions, e) {
			var known []string
			for _, a := range actions {
				known = append(known, string(a.ID))
			}
			c.wrong(string(e.ID), source.Suggest(string(e.ID), known), "there is no action %q", string(e.ID))
		}
		return
	}
	known, closed := c.words.literals[e.Type]
	if closed && !slices.Contains(known, string(e.ID)) {
		c.wrong(string(e.ID), source.Suggest(string(e.ID), known), "the catalogue has no %s %q", strings.ToLower(string(e.Type)), string(e.ID))
	}
	if _, ok := law().Entities[e.Type]; !ok {
		var types []string
		for t := range law().Entities {
			types = append(types, string(t))
		}
		slices.Sort(types)
		c.wrong(string(e.Type), source.Suggest(string(e.Type), types), "there is no entity type %q", string(e.Type))
	}
}

func (c *checker) collectHas(n xast.IsNode) bool {
	if h, ok := n.(xast.NodeTypeHas); ok {
		if _, name := owner(h.Arg); name != "" {
			c.has[name+"."+string(h.Value)] = true
		}
	}
	return true
}

// node checks one node of a condition.
func (c *checker) node(n xast.IsNode) bool {
	switch n := n.(type) {
	case xast.NodeTypeAccess:
		c.attribute(n.StrOpNode, false)
	case xast.NodeTypeHas:
		c.attribute(n.StrOpNode, true)
	case xast.NodeTypeIn:
		c.reach(n.Left)
	case xast.NodeTypeIsIn:
		c.reach(n.Left)
	case xast.NodeValue:
		if e, ok := n.Value.(cedar.EntityUID); ok {
			c.literal(e)
		}
	case xast.NodeTypeEquals:
		c.compare(n.Left, n.Right)
	case xast.NodeTypeNotEquals:
		c.compare(n.Left, n.Right)
	case xast.NodeTypeContains:
		c.compare(n.Left, n.Right)
	case xast.NodeTypeContainsAny:
		c.compare(n.Left, n.Right)
	case xast.NodeTypeContainsAll:
		c.compare(n.Left, n.Right)
	}
	return true
}

// attribute checks the name in "x.name" and "x has name".
func (c *checker) attribute(n xast.StrOpNode, has bool) {
	name := string(n.Value)
	c.reach(n.Arg)
	record, path := owner(n.Arg)
	if record == nil {
		return
	}
	attr, ok := record[n.Value]
	switch {
	case !ok:
		c.wrong(name, source.Suggest(name, names(record)), "%s has no attribute %q", path, name)
	case !has && attr.Optional && !c.has[path+"."+name]:
		c.wrong(name, fmt.Sprintf("write %s has %s && … before it", path, name), "%s.%s can be absent, and %s does not ask for it first", path, name, c.rule.title())
	}
}

// reach refuses looking into somebody's manager: only the manager's id is
// among the facts, so the engine would find nothing there.
func (c *checker) reach(n xast.IsNode) {
	a, ok := n.(xast.NodeTypeAccess)
	if !ok || a.Value != "manager" {
		return
	}
	if _, path := owner(a.Arg); path != "" {
		c.wrong("manager", "compare the manager with ==, or look at the approver in a policy for Action::\"approve\"", "%s looks into the manager, whose attributes and groups are not among the facts", c.rule.title())
	}
}

// compare checks the words that an attribute with known values is held
// against, on either side.
func (c *checker) compare(left, right xast.IsNode) {
	for _, pair := range [][2]xast.IsNode{{left, right}, {right, left}} {
		a, ok := pair[0].(xast.NodeTypeAccess)
		if !ok {
			continue
		}
		_, path := owner(a.Arg)
		var known []string
		switch path {
		case "resource":
			known = c.words.resource[string(a.Value)]
		case "context":
			known = c.words.context[string(a.Value)]
		}
		if known == nil {
			continue
		}
		for _, word := range stringsIn(pair[1]) {
			if !slices.Contains(known, word) {
				c.wrong(word, source.Suggest(word, known), "%s.%s is never %q", path, a.Value, word)
			}
		}
	}
}
