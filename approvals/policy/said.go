package policy

import (
	"slices"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// startsIn is how far ahead access is to begin; zero: at once.
func startsIn(f approvals.Facts) time.Duration {
	if f.StartsAt.IsZero() {
		return 0
	}
	return max(0, f.StartsAt.Sub(f.At))
}

// fieldsOf are the answers to what the catalogue asks, as "name=value", of
// those whose values it lists.
func fieldsOf(f approvals.Facts) cedar.Set {
	var said []string
	for _, field := range f.Entitlement.Fields {
		if v, ok := f.Fields[field.Name]; ok && slices.Contains(values(field), v) {
			said = append(said, field.Name+"="+v)
		}
	}
	return stringSet(said)
}

// values are what a field can be, where the catalogue says so.
func values(f approvals.Field) []string {
	switch f.Type {
	case approvals.FieldChoice:
		return f.Choices
	case approvals.FieldBool:
		return []string{"true", "false"}
	default:
		return nil
	}
}

func conflictsOf(f approvals.Facts) cedar.Set {
	var rules []string
	for _, c := range f.Conflicts {
		rules = append(rules, c.Rule)
	}
	return stringSet(rules)
}

func usersOf(ids []approvals.PrincipalID) cedar.Set {
	users := make([]cedar.Value, len(ids))
	for i, id := range ids {
		users[i] = user(id)
	}
	return cedar.NewSet(users...)
}
