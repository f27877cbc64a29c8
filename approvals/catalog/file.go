package catalog

import (
	"slices"
	"time"
)

// catalogFile is one file of the catalogue.
type catalogFile struct {
	Systems     []system      `yaml:"systems"`
	Segregation []segregation `yaml:"segregation"`
	Profiles    []profile     `yaml:"profiles"`
}

// common is what may be said at any depth; the deepest word counts, and tags,
// targets and standing accounts add up. It is not embedded in the levels' structs because the
// reader takes flat fields only.
type common struct {
	connector   string
	environment string
	owners      []string
	approvers   []string
	sensitivity string
	fallback    time.Duration
	longest     time.Duration
	ticket      *bool
	tags        []string
	checks      []string
	target      map[string]string
	drift       string
	standing    []string
}

type system struct {
	Name            string            `yaml:"name"`
	Title           string            `yaml:"title"`
	Connector       string            `yaml:"connector"`
	Environment     string            `yaml:"environment"`
	Owners          []string          `yaml:"owners"`
	Approvers       []string          `yaml:"approvers"`
	Sensitivity     string            `yaml:"sensitivity"`
	DefaultDuration time.Duration     `yaml:"default_duration"`
	MaxDuration     time.Duration     `yaml:"max_duration"`
	TicketRequired  *bool             `yaml:"ticket_required"`
	Tags            []string          `yaml:"tags"`
	Checks          []string          `yaml:"checks"`
	Fields          []field           `yaml:"fields"`
	Target          map[string]string `yaml:"target"`
	Drift           string            `yaml:"drift"`    // report (default), remove or restore
	Standing        []string          `yaml:"standing"` // accounts whose access stays
	Resources       []resource        `yaml:"resources"`
}

type resource struct {
	Name            string            `yaml:"name"`
	Title           string            `yaml:"title"`
	Description     string            `yaml:"description"`
	Environment     string            `yaml:"environment"`
	Owners          []string          `yaml:"owners"`
	Approvers       []string          `yaml:"approvers"`
	Sensitivity     string            `yaml:"sensitivity"`
	DefaultDuration time.Duration     `yaml:"default_duration"`
	MaxDuration     time.Duration     `yaml:"max_duration"`
	TicketRequired  *bool             `yaml:"ticket_required"`
	Aliases         []string          `yaml:"aliases"`
	Tags            []string          `yaml:"tags"`
	Checks          []string          `yaml:"checks"`
	Fields          []field           `yaml:"fields"`
	Target          map[string]string `yaml:"target"`
	Drift           string            `yaml:"drift"`    // report (default), remove or restore
	Standing        []string          `yaml:"standing"` // accounts whose access stays
	Levels          []level           `yaml:"levels"`
}

type level struct {
	Name            string            `yaml:"name"`
	Title           string            `yaml:"title"`
	Description     string            `yaml:"description"`
	Owners          []string          `yaml:"owners"`
	Approvers       []string          `yaml:"approvers"`
	Sensitivity     string            `yaml:"sensitivity"`
	DefaultDuration time.Duration     `yaml:"default_duration"`
	MaxDuration     time.Duration     `yaml:"max_duration"`
	TicketRequired  *bool             `yaml:"ticket_required"`
	Aliases         []string          `yaml:"aliases"`
	Tags            []string          `yaml:"tags"`
	Checks          []string          `yaml:"checks"`
	Fields          []field           `yaml:"fields"`
	Target          map[string]string `yaml:"target"`
	Drift           string            `yaml:"drift"`    // report (default), remove or restore
	Standing        []string          `yaml:"standing"` // accounts whose access stays
}

func (s system) common() common {
	return common{s.Connector, s.Environment, s.Owners, s.Approvers, s.Sensitivity, s.DefaultDuration, s.MaxDuration, s.TicketRequired, s.Tags, s.Checks, s.Target, s.Drift, s.Standing}
}

func (r resource) common() common {
	return common{"", r.Environment, r.Owners, r.Approvers, r.Sensitivity, r.DefaultDuration, r.MaxDuration, r.TicketRequired, r.Tags, r.Checks, r.Target, r.Drift, r.Standing}
}

func (l level) common() common {
	return common{"", "", l.Owners, l.Approvers, l.Sensitivity, l.DefaultDuration, l.MaxDuration, l.TicketRequired, l.Tags, l.Checks, l.Target, l.Drift, l.Standing}
}

// below is what holds for something that says c under something that says up.
func (c common) below(up common) common {
	c.connector = either(c.connector, up.connector)
	c.environment = either(c.environment, up.environment)
	c.sensitivity = either(c.sensitivity, up.sensitivity)
	if c.owners == nil {
		c.owners = up.owners
	}
	if c.checks == nil {
		c.checks = up.checks
	}
	if c.approvers == nil {
		c.approvers = up.approvers
	}
	if c.fallback == 0 {
		c.fallback = up.fallback
	}
	if c.longest == 0 {
		c.longest = up.longest
	}
	if c.ticket == nil {
		c.ticket = up.ticket
	}
	c.drift = either(c.drift, up.drift)
	c.standing = slices.Concat(up.standing, c.standing)
	c.tags = append(append([]string(nil), up.tags...), c.tags...)
	target := make(map[string]string, len(up.target)+len(c.target))
	for k, v := range up.target {
		target[k] = v
	}
	for k, v := range c.target {
		target[k] = v
	}
	c.target = target
	return c
}

func either(s, fallback string) string {
	if s != "" {
		return s
	}
	return fallback
}
