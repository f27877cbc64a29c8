package approvals

import (
	"context"
	"time"
)

// Store keeps requests, grants and everything about them. Apply is the only
// way to change them.
//
// Apply stores a change whole, or not at all: it returns CodeConflict when a
// version is not the stored one, CodeDuplicate when a unique key is taken, and
// CodeUnavailable when the database does not answer. Readers return
// CodeNotFound for what is not there; lists are ordered by creation, oldest
// first, and are never nil errors for "none".
type Store interface {
	Apply(context.Context, Change) error

	Request(context.Context, RequestID) (Request, error)
	RequestByKey(ctx context.Context, key string) (Request, error)
	Grant(context.Context, GrantID) (Grant, error)
	// Decision is the latest decision of a request.
	Decision(context.Context, RequestID) (Decision, error)
	Approvals(context.Context, RequestID) ([]Approval, error)
	Comments(context.Context, RequestID) ([]Comment, error)
	// LiveGrants lists a principal's grants that may mean access now
	// (GrantState.Live); entitlement may be empty for all.
	LiveGrants(context.Context, PrincipalID, EntitlementID) ([]Grant, error)
	// PendingRequests lists a beneficiary's pending requests; entitlement may be empty for all.
	PendingRequests(context.Context, PrincipalID, EntitlementID) ([]Request, error)
	// Binding finds the binding of a door's account; BindingOf that of a principal.
	Binding(ctx context.Context, door, workspace, subject string) (Binding, error)
	BindingOf(ctx context.Context, door string, principal PrincipalID) (Binding, error)
	// BundleRequests lists the requests of a bundle.
	BundleRequests(context.Context, BundleID) ([]Request, error)
	// GrantsOf lists a principal's grants, live or not, newest first, at most limit.
	GrantsOf(ctx context.Context, principal PrincipalID, limit int) ([]Grant, error)
	// HoldingsOf lists what systems said last that a principal holds.
	HoldingsOf(context.Context, PrincipalID) ([]Holding, error)
	// BreakGlassReview finds the review of a break-glass; OpenBreakGlass lists
	// those that nobody has closed, at most limit.
	BreakGlassReview(context.Context, RequestID) (BreakGlassReview, error)
	OpenBreakGlass(ctx context.Context, limit int) ([]BreakGlassReview, error)
	// AutoApprovals counts a beneficiary's requests approved by policy alone since a time.
	AutoApprovals(ctx context.Context, beneficiary PrincipalID, since time.Time) (int, error)

	// LiveGrantsOn lists an entitlement's grants that live by id, those after one;
	// EndedOn those that were revoked since a time.
	LiveGrantsOn(ctx context.Context, e EntitlementID, after GrantID, limit int) ([]Grant, error)
	EndedOn(ctx context.Context, e EntitlementID, since time.Time) ([]Grant, error)
	// Drift finds one difference; Drifts lists them by id, those after one.
	Drift(context.Context, DriftID) (Drift, error)
	Drifts(context.Context, DriftFilter) ([]Drift, error)
	// SawDrift notes that all that is open on an entitlement was there at a time.
	SawDrift(ctx context.Context, e EntitlementID, at time.Time) error
	// Baseline is the first look at an entitlement; CodeNotFound: there was none.
	Baseline(context.Context, EntitlementID) (Baseline, error)
	// GrantsIn lists the grants in some states by id, those after one.
	GrantsIn(ctx context.Context, states []GrantState, after GrantID, limit int) ([]Grant, error)
	// LastRestore is the latest time that the database was found to be older than
	// what was known of it; CodeNotFound: it never was.
	LastRestore(context.Context) (Restore, error)
	// Lapses lists the rules that stopped approving by themselves, also those
	// whose lapse was lifted, by rule and time.
	Lapses(context.Context) ([]Lapse, error)
}

// Groups says who is in a group that the directory does not hold, such as a
// Slack user group. It is asked at each decision and again at each answer, so
// it must never answer from memory, nor in part: who cannot be told is an error.
type Groups interface {
	GroupMembers(ctx context.Context, name string) ([]PrincipalID, error)
}

// Scorer turns facts into advice.
type Scorer interface {
	// Evidence counts what the past and the peers say of a request, on one
	// version of the world. An error forbids automatic approval, nothing more.
	Evidence(context.Context, Facts) (Evidence, error)
	// Assess is pure: equal facts give equal bytes, on every machine.
	Assess(Facts) Assessment
}

// Connector is the hand that gives and takes access in one system. All methods
// are idempotent by grant id and may be called again after any failure. Errors
// are ConnectorErrors.
type Connector interface {
	// Grant gives access and returns what Revoke needs.
	Grant(context.Context, Grant) (Receipt, error)
	// Revoke removes access; absent already is success.
	Revoke(context.Context, Grant, Receipt) (Removal, error)
	// Check reads back from the system itself whether access works now.
	Check(context.Context, Grant, Receipt) (Presence, error)
	// List says who holds an entitlement now. Principal is left empty:
	// accounts are matched with people elsewhere.
	List(context.Context, Entitlement) ([]Holding, error)
}

// Expirer is a Connector whose system has its own end date; SetEnd sets it, so
// that access ends even if Hallpass is dead.
type Expirer interface {
	SetEnd(context.Context, Grant, Receipt, time.Time) error
}

// SessionEnder is a Connector that can end the sessions which outlive a removal.
type SessionEnder interface {
	EndSessions(context.Context, Grant, Receipt) (ended int, err error)
}

// Validator is a Connector that can tell at load whether a catalogue entry is sound.
type Validator interface {
	Validate(context.Context, Entitlement) error
}

// Presence is what a read-back found.
type Presence struct {
	Present  bool   // the entitlement is there for the account
	Sessions int    // open sessions that use it
	Detail   string // in words, for the log and the proof
}

// Removal says how completely access ended.
type Removal struct {
	SessionsEnded int
	ResidualUntil time.Time // zero: nothing lives on
	Reason        string    // why something lives on
}

// FailureKind says what a connector's failure means for the next try.
type FailureKind string

// The kinds of connector failure.
const (
	Retryable     FailureKind = "retryable"     // try again, not before After
	Permanent     FailureKind = "permanent"     // trying again cannot help: granting fails; revoking goes on and people are told
	Ambiguous     FailureKind = "ambiguous"     // the effect may or may not have happened: read back
	Misconfigured FailureKind = "misconfigured" // an operator must mend something
)

// ConnectorError is how a connector says that a call failed.
type ConnectorError struct {
	Kind    FailureKind
	After   time.Duration // the system's own wish, e.g. Retry-After; zero: none
	Message string        // for people, without secrets
	Err     error
}

// Error renders the failure for logs.
func (e *ConnectorError) Error() string {
	s := string(e.Kind) + ": " + e.Message
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *ConnectorError) Unwrap() error { return e.Err }
