package approvals

import (
	"context"
	"time"
)

// Checks answers what only systems outside can: is the training complete, is
// the device healthy, is the change window open, is the ticket open. The names
// are those that the catalogue gives an entitlement. What cannot be learned is
// left out of the answer, and so is absent from the facts; it is never a guess.
type Checks interface {
	Check(ctx context.Context, names []string, f Facts) []CheckResult
}

// CheckResult is the answer of one external check.
type CheckResult struct {
	Name   string    `json:"name"` // e.g. "training"
	Passed bool      `json:"passed"`
	At     time.Time `json:"at"`               // when the system was asked
	Detail string    `json:"detail,omitempty"` // for people; no decision reads it
}
