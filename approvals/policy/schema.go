package policy

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

//go:embed schema.cedarschema
var schemaText []byte

// The entity types and actions of the schema.
const (
	typeUser        cedar.EntityType = "User"
	typeGroup       cedar.EntityType = "Group"
	typeSystem      cedar.EntityType = "System"
	typeResource    cedar.EntityType = "Resource"
	typeEntitlement cedar.EntityType = "Entitlement"
)

var (
	actionRequest    = cedar.NewEntityUID("Action", "request")
	actionApprove    = cedar.NewEntityUID("Action", "approve")
	actionBreakGlass = cedar.NewEntityUID("Action", "break_glass")
	actions          = []cedar.EntityUID{actionRequest, actionApprove, actionBreakGlass}
)

// law is the schema, resolved once.
var law = sync.OnceValue(func() *resolved.Schema {
	var s schema.Schema
	s.SetFilename("schema.cedarschema")
	embedded("the schema", s.UnmarshalCedar(schemaText))
	r, err := s.Resolve()
	embedded("the resolved schema", err)
	return r
})

// embedded stops the program when what it carries itself cannot be read: it
// was built wrongly, and nothing may be decided by it.
func embedded(what string, err error) {
	if err != nil {
		panic(fmt.Sprintf("policy: %s does not load: %v", what, err))
	}
}

var validator = sync.OnceValue(func() *validate.Validator {
	return validate.New(law(), validate.WithStrict())
})

// attributes names what an entity type has, sorted; nil for an unknown type.
func attributes(t cedar.EntityType) []string { return names(law().Entities[t].Shape) }

// contextAttributes names what the context of every action has, sorted.
func contextAttributes() []string { return names(law().Actions[actionRequest].AppliesTo.Context) }

func names(r resolved.RecordType) []string {
	var out []string
	for name := range r {
		out = append(out, string(name))
	}
	slices.Sort(out)
	return out
}
