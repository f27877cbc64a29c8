package policy

import (
	"context"
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// vocabulary is every word that a policy can compare an attribute with, so
// that a misspelt one, which would silently never match, is found.
type vocabulary struct {
	entitlements map[string]approvals.Entitlement
	literals     map[cedar.EntityType][]string // ids that a policy may name
	resource     map[string][]string           // attribute of a resource → its values
	context      map[string][]string           // attribute of the context → its values
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func vocabularyOf(ctx context.Context, c approvals.Catalogue) (*vocabulary, error) {
	if c == nil {
		return nil, approvals.Errorf(approvals.CodeInvalid, "Policies can't be read without the catalogue that they speak of.")
	}
	all, err := c.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load policies: %w", err)
	}
	w := &vocabulary{
		entitlements: make(map[string]approvals.Entitlement, len(all)),
		context: map[string][]string{
			"kind":             {string(approvals.KindAccess), string(approvals.KindExtension)},
			"score_confidence": {string(approvals.ConfidenceLow), string(approvals.ConfidenceMedium), string(approvals.ConfidenceHigh)},
			"weekday":          weekdays,
		},
	}
	var fields, rules []string
	var ids, systems, resources, levels, environments, tags []string
	for _, e := range all {
		w.entitlements[string(e.ID)] = e
		ids = append(ids, string(e.ID))
		systems = append(systems, e.System)
		resources = append(resources, e.Resource)
		levels = append(levels, e.Level)
		if e.Environment != "" {
			environments = append(environments, e.Environment)
		}
		tags = append(tags, e.Tags...)
		for _, f := range e.Fields {
			for _, v := range values(f) {
				fields = append(fields, f.Name+"="+v)
			}
		}
		for _, rule := range e.Segregation {
			rules = append(rules, rule.Rule)
		}
	}
	for _, list := range []*[]string{&ids, &systems, &resources, &levels, &environments, &tags, &fields, &rules} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	w.context["fields"], w.context["conflicts"] = append([]string{}, fields...), append([]string{}, rules...)
	w.literals = map[cedar.EntityType][]string{typeEntitlement: ids, typeSystem: systems, typeResource: resources}
	w.resource = map[string][]string{
		"system": systems, "resource": resources, "level": levels, "environment": environments, "tags": tags,
		"sensitivity": {string(approvals.Low), string(approvals.Medium), string(approvals.High), string(approvals.Critical)},
	}
	return w, nil
}
