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
}

// ApproverRef says whom to ask: "manager" (the beneficiary's), "owner" (the
// entitlement's), "group:NAME", "person:ID", or a group that lives elsewhere,
// such as "slack-group:HANDLE".
type ApproverRef string

// The references that carry no name.
const (
	ApproverManager ApproverRef = "manager"
	ApproverOwner   ApproverRef = "owner"
)

// Catalogue is what can be asked for. Entitlement returns CodeNotFound for an
// id that it does not have. All is ordered by id.
type Catalogue interface {
	Entitlement(ctx context.Context, id EntitlementID) (Entitlement, error)
	All(ctx context.Context) ([]Entitlement, error)
}

// Split parts a reference into its kind and its name: "group:security" into
// "group" and "security", "manager" into "manager" and "".
func (r ApproverRef) Split() (kind, name string) {
	kind, name, _ = strings.Cut(string(r), ":")
	return kind, name
}
