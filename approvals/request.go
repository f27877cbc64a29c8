package approvals

import (
	"maps"
	"reflect"
	"time"
)

// RequestID names a request.
type RequestID string

// BundleID names requests that were asked together.
type BundleID string

// RequestKind tells a first request from the renewal of running access, and
// both from an emergency.
type RequestKind string

// The kinds of request.
const (
	KindAccess    RequestKind = "access"
	KindExtension RequestKind = "extension"
	// KindBreakGlass is access that was opened before anybody answered, and is reviewed afterwards.
	KindBreakGlass RequestKind = "break_glass"
	// KindAdoption is standing access that somebody gave an end; nobody asked for it.
	KindAdoption RequestKind = "adoption"
)

// RequestState is where a request stands.
type RequestState string

// The states of a request:
//
//	draft → pending → approved | denied | cancelled | lapsed
//
// A draft may also be cancelled.
const (
	RequestDraft     RequestState = "draft"
	RequestPending   RequestState = "pending"
	RequestApproved  RequestState = "approved"
	RequestDenied    RequestState = "denied"
	RequestCancelled RequestState = "cancelled"
	RequestLapsed    RequestState = "lapsed"
)

// Final reports whether no further change is possible.
func (s RequestState) Final() bool { return s != RequestDraft && s != RequestPending }

var requestArrows = map[RequestState][]RequestState{
	RequestDraft:   {RequestPending, RequestCancelled},
	RequestPending: {RequestApproved, RequestDenied, RequestCancelled, RequestLapsed},
}

// Request is a wish for access, by one person for one beneficiary.
type Request struct {
	ID          RequestID     `json:"id"`
	Version     int64         `json:"version"` // 0: not stored yet; the store adds one with each change
	Kind        RequestKind   `json:"kind"`
	State       RequestState  `json:"state"`
	Requester   PrincipalID   `json:"requester"`
	Beneficiary PrincipalID   `json:"beneficiary"`
	Entitlement EntitlementID `json:"entitlement"` // may be empty in a draft
	Duration    time.Duration `json:"duration"`    // whole minutes; may be zero in a draft
	Reason      string        `json:"reason"`      // people's words: shown as theirs, never interpreted, never scored
	Ticket      string        `json:"ticket,omitempty"`
	// Fields are answers to what the catalogue asks besides, by the field's name.
	Fields      map[string]string `json:"fields,omitempty"`
	StartsAt    time.Time         `json:"starts_at,omitzero"` // when access is to begin; zero: at once
	Bundle      BundleID          `json:"bundle,omitempty"`   // what was asked together has one
	Profile     string            `json:"profile,omitempty"`  // the catalogue's profile that it was asked by
	Grant       GrantID           `json:"grant,omitempty"`    // for an extension: the running grant; else the grant that came of it
	Key         string            `json:"key"`                // idempotency key of the door it came through; unique
	Origin      string            `json:"origin,omitempty"`   // the door's reference to the conversation, opaque here
	CreatedAt   time.Time         `json:"created_at"`
	SubmittedAt time.Time         `json:"submitted_at,omitzero"`
	LapsesAt    time.Time         `json:"lapses_at,omitzero"` // when nobody has answered until then
	DecidedAt   time.Time         `json:"decided_at,omitzero"`
	DecidedBy   PrincipalID       `json:"decided_by,omitempty"` // the person whose answer settled it; empty: a policy
	Note        string            `json:"note,omitempty"`       // that person's or policy's words
}

// Move returns the request in another state. It fails with
// CodeIllegalTransition where the machine has no such arrow.
func (r Request) Move(to RequestState) (Request, error) {
	for _, s := range requestArrows[r.State] {
		if s == to {
			r.State = to
			return r, nil
		}
	}
	return r, Errorf(CodeIllegalTransition, "This request is %s; it can't become %s.", r.State, to)
}

// Ask is what a request says, for Amend to change in part.
func (r Request) Ask() Ask {
	return Ask{Requester: r.Requester, Beneficiary: r.Beneficiary, Entitlement: r.Entitlement, Duration: r.Duration,
		Reason: r.Reason, Ticket: r.Ticket, Fields: maps.Clone(r.Fields), StartsAt: r.StartsAt, Key: r.Key, Origin: r.Origin}
}

// Equal reports whether two wishes say the same.
func (a Ask) Equal(b Ask) bool {
	same := maps.Equal(a.Fields, b.Fields) && a.StartsAt.Equal(b.StartsAt)
	a.Fields, b.Fields, a.StartsAt, b.StartsAt = nil, nil, time.Time{}, time.Time{}
	return same && reflect.DeepEqual(a, b)
}

// Ask is what somebody wishes for, in the catalogue's terms.
type Ask struct {
	Requester   PrincipalID
	Beneficiary PrincipalID // empty: the requester
	Entitlement EntitlementID
	Duration    time.Duration // zero: the entitlement's default
	Reason      string
	Ticket      string
	Fields      map[string]string // what the catalogue asks besides, by the field's name
	StartsAt    time.Time         // zero: at once
	Key         string            // idempotency key: the same key gives the same request
	Origin      string
}
