package approvals

import (
	"context"
	"strings"
	"time"
)

// EntitlementID names one thing that can be asked for, e.g.
// "billing-db:read-only". It is stable: grants and history refer to it.
type EntitlementID string

// Sensitivity is how much harm the entitlement can do in the wrong hands.
type Sensitivity string

// The levels of sensitivity, least first.
const (
	Low      Sensitivity = "low"
	Medium   Sensitivity = "medium"
	High     Sensitivity = "high"
	Critical Sensitivity = "critical"
)

// Rank orders sensitivities: 1 low … 4 critical; 4 for an unknown word, since
// what is not known is treated as the worst.
func (s Sensitivity) Rank() int {
	switch s {
	case Low:
		return 1
	case Medium:
		return 2
	case High:
		return 3
	default:
		return 4
	}
}

// Entitlement is a level of access to a resource in a system, as the catalogue
// describes it.
type Entitlement struct {
	ID              EntitlementID     `json:"id"`
	System          string            `json:"system"`    // e.g. "postgres-prod"
	Connector       string            `json:"connector"` // which configured connector provisions it
	Resource        string            `json:"resource"`  // e.g. "billing-db"
	Level           string            `json:"level"`     // e.g. "read-only"
	Environment     string            `json:"environment,omitempty"`
	Name            string            `json:"name"` // for people, e.g. "Billing database, read only"
	Description     string            `json:"description,omitempty"`
	Aliases         []string          `json:"aliases,omitempty"`
	Tags            []string          `json:"tags,omitempty"`
	Sensitivity     Sensitivity       `json:"sensitivity"`
	Owners          []PrincipalID     `json:"owners"`
	Approvers       []ApproverRef     `json:"approvers"` // who is asked, in this order
	DefaultDuration time.Duration     `json:"default_duration"`
	MaxDuration     time.Duration     `json:"max_duration"`
	TicketRequired  bool              `json:"ticket_required,omitempty"`
	Target          map[string]string `json:"target,omitempty"` // what the connector needs, e.g. role: billing_ro
	Fields          []Field           `json:"fields,omitempty"` // what a request must say besides
	Segregation     []Segregation     `json:"segregation,omitempty"`
	Checks          []string          `json:"checks,omitempty"`   // external checks that a decision about it asks
	Drift           DriftRepair       `json:"drift,omitempty"`    // what is done about drift; no decision reads it. Empty: it is reported
	Standing        []string          `json:"standing,omitempty"` // accounts whose standing access is no drift; no decision reads it
}

// ApproverRef says whom to ask: "manager" (the beneficiary's),
// "skip-level-manager" (the manager's manager), "owner" (the entitlement's),
// "group:NAME", "person:ID", or a group that lives elsewhere, such as
// "slack-group:HANDLE" or "on-call:SCHEDULE".
type ApproverRef string

// The references that carry no name.
const (
	ApproverManager   ApproverRef = "manager"
	ApproverSkipLevel ApproverRef = "skip-level-manager"
	ApproverOwner     ApproverRef = "owner"
)

// Catalogue is what can be asked for. Entitlement returns CodeNotFound for an
// id that it does not have. All is ordered by id.
type Catalogue interface {
	Entitlement(ctx context.Context, id EntitlementID) (Entitlement, error)
	All(ctx context.Context) ([]Entitlement, error)
}

// Profiles is what people of one role start with. Profile returns CodeNotFound
// for a name that there is not; AllProfiles is ordered by name.
type Profiles interface {
	Profile(ctx context.Context, name string) (Profile, error)
	AllProfiles(ctx context.Context) ([]Profile, error)
}

// Profile is a named list of entitlements that are asked for together, for
// somebody who is new in a role. It permits nothing: each is decided by itself.
type Profile struct {
	Name         string // e.g. "support-agent"
	Title        string // for people
	Description  string
	Entitlements []EntitlementID
}

// FieldType is what a field takes.
type FieldType string

// The types of field.
const (
	FieldText   FieldType = "text"   // free text, by Pattern if there is one; no decision reads it
	FieldChoice FieldType = "choice" // one of Choices
	FieldBool   FieldType = "bool"   // "true" or "false"
	FieldNumber FieldType = "number" // a whole number, 0 to 999,999,999
)

// Field is something that the catalogue asks with a request.
type Field struct {
	Name     string    `json:"name"`  // e.g. "change"; stable
	Label    string    `json:"label"` // for people
	Type     FieldType `json:"type"`
	Required bool      `json:"required,omitempty"`
	Choices  []string  `json:"choices,omitempty"`
	Pattern  string    `json:"pattern,omitempty"` // RE2, for the whole of a text
	Hint     string    `json:"hint,omitempty"`
}

// Segregation is a rule of segregation of duties that an entitlement takes
// part in: nobody holds it together with any of With.
type Segregation struct {
	Rule   string          `json:"rule"` // its name in the catalogue
	Reason string          `json:"reason"`
	Ask    bool            `json:"ask,omitempty"` // people are asked; else it is refused
	With   []EntitlementID `json:"with"`
}

// Split parts a reference into its kind and its name: "group:security" into
// "group" and "security", "manager" into "manager" and "".
func (r ApproverRef) Split() (kind, name string) {
	kind, name, _ = strings.Cut(string(r), ":")
	return kind, name
}
