package sandbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The keys of a catalogue entry's target.
const (
	targetResource = "resource"
	targetLevel    = "level"
)

func (c Config) validate() error {
	seen := map[string]bool{}
	for i, r := range c.Resources {
		switch {
		case r.Name == "":
			return fmt.Errorf("sandbox: resource %d has no name; give it one", i+1)
		case seen[r.Name]:
			return fmt.Errorf("sandbox: resource %q is there twice; names are unique", r.Name)
		case len(r.Levels) == 0:
			return fmt.Errorf("sandbox: resource %q has no levels; give it at least one", r.Name)
		}
		seen[r.Name] = true
		for _, seat := range r.Standing {
			if seat.Account == "" || !slices.Contains(r.Levels, seat.Level) {
				return fmt.Errorf("sandbox: resource %q has a standing member %q at level %q; name an account and one of its levels %q",
					r.Name, seat.Account, seat.Level, r.Levels)
			}
		}
	}
	return nil
}

// locate turns a grant into the holding that it is about.
func (s *Sandbox) locate(account string, target map[string]string) (key, error) {
	k := key{target[targetResource], target[targetLevel], account}
	for name := range target {
		if name != targetResource && name != targetLevel {
			return key{}, fail(approvals.Misconfigured, "The sandbox target has an unknown key %q; it takes resource and level.", name)
		}
	}
	r, ok := s.resource(k.resource)
	if !ok {
		return key{}, fail(approvals.Permanent, "The sandbox has no resource %q.", k.resource)
	}
	if !slices.Contains(r.Levels, k.level) {
		return key{}, fail(approvals.Permanent, "The sandbox resource %q has no level %q; it has %q.", k.resource, k.level, r.Levels)
	}
	return k, nil
}

// Validate reports whether a catalogue entry names a resource and a level that
// exist.
func (s *Sandbox) Validate(_ context.Context, e approvals.Entitlement) error {
	_, err := s.locate("", e.Target)
	return err
}

func fail(kind approvals.FailureKind, format string, args ...any) *approvals.ConnectorError {
	return &approvals.ConnectorError{Kind: kind, Message: fmt.Sprintf(format, args...)}
}
