package approvals

import (
	"maps"
	"time"
)

// GrantID names a grant.
type GrantID string

// GrantState is where a grant stands. "Expired" is no state: it follows from
// EndsAt and the clock.
type GrantState string

// The states of a grant:
//
//	scheduled → provisioning → active → revoking → revoked
//	                        ↘ failed           ↘ residual → revoked
//
// A scheduled or provisioning grant may also go to revoking (ended early) and
// a scheduled one to failed (it no longer holds).
const (
	GrantScheduled    GrantState = "scheduled"
	GrantProvisioning GrantState = "provisioning"
	GrantActive       GrantState = "active"
	GrantRevoking     GrantState = "revoking"
	GrantRevoked      GrantState = "revoked"
	GrantResidual     GrantState = "residual" // removed, but something lives on until ResidualUntil
	GrantFailed       GrantState = "failed"
)

// Live reports whether access may exist in the system because of a grant in
// this state, or may come to exist.
func (s GrantState) Live() bool { return s != GrantRevoked && s != GrantFailed }

var grantArrows = map[GrantState][]GrantState{
	GrantScheduled:    {GrantProvisioning, GrantFailed, GrantRevoking},
	GrantProvisioning: {GrantActive, GrantFailed, GrantRevoking},
	GrantActive:       {GrantRevoking},
	GrantRevoking:     {GrantRevoked, GrantResidual},
	GrantResidual:     {GrantRevoked},
}

// EndReason says why access ended or is ending.
type EndReason string

// The reasons for an end.
const (
	EndExpired     EndReason = "expired"
	EndReleased    EndReason = "released"    // the person was done
	EndRevoked     EndReason = "revoked"     // somebody took it back, with a reason
	EndDeactivated EndReason = "deactivated" // the person left
	EndFailed      EndReason = "failed"      // provisioning failed half-way: what it did is being undone
	EndNoLonger    EndReason = "no_longer"   // the directory or the policy changed, and what allowed it no longer holds
)

// Grant is access that one request gave to one principal. The row is the
// truth: systems are made to agree with it.
type Grant struct {
	ID            GrantID           `json:"id"`
	Version       int64             `json:"version"` // 0: not stored yet
	Request       RequestID         `json:"request"`
	Entitlement   EntitlementID     `json:"entitlement"`
	Principal     PrincipalID       `json:"principal"`
	State         GrantState        `json:"state"`
	Connector     string            `json:"connector"` // frozen from the catalogue, so that the end survives its changes
	Account       string            `json:"account"`   // the principal's account in the system
	Target        map[string]string `json:"target,omitempty"`
	Duration      time.Duration     `json:"duration"` // granted in all, extensions included
	CreatedAt     time.Time         `json:"created_at"`
	StartsAt      time.Time         `json:"starts_at,omitzero"`   // not provisioned before; zero: at once
	Prechecked    bool              `json:"prechecked,omitempty"` // the system was read before the first effect, so Standing is known
	Standing      bool              `json:"standing,omitempty"`   // access was there before and stays after
	Receipt       Receipt           `json:"receipt,omitempty"`
	CallUntil     time.Time         `json:"call_until,omitzero"` // a call that gives access may be under way until then: the end is not proved before
	ActiveAt      time.Time         `json:"active_at,omitzero"`  // when access was read back as working
	EndsAt        time.Time         `json:"ends_at,omitzero"`    // ActiveAt + Duration; absolute
	EndReason     EndReason         `json:"end_reason,omitempty"`
	EndedBy       PrincipalID       `json:"ended_by,omitempty"` // empty: the clock
	EndNote       string            `json:"end_note,omitempty"`
	RevokingAt    time.Time         `json:"revoking_at,omitzero"`
	RevokedAt     time.Time         `json:"revoked_at,omitzero"` // after the read-back said that nothing remains
	ResidualUntil time.Time         `json:"residual_until,omitzero"`
	Attempts      int               `json:"attempts,omitempty"`   // failed tries of the current step
	LastError     string            `json:"last_error,omitempty"` // of the last failed try, for people, without secrets
	Ground        Ground            `json:"ground,omitzero"`      // why it was given, or last extended
}

// SameHolding reports whether two grants give the same thing in the same
// system, be it through different entitlements: the access is there while
// either lasts.
func (g Grant) SameHolding(o Grant) bool {
	return g.Connector == o.Connector && g.Account == o.Account && maps.Equal(g.Target, o.Target)
}

// Move returns the grant in another state. It fails with
// CodeIllegalTransition where the machine has no such arrow.
func (g Grant) Move(to GrantState) (Grant, error) {
	for _, s := range grantArrows[g.State] {
		if s == to {
			g.State = to
			g.Attempts, g.LastError = 0, ""
			return g, nil
		}
	}
	return g, Errorf(CodeIllegalTransition, "This access is %s; it can't become %s.", g.State, to)
}

// Expired reports whether the grant's time is up.
func (g Grant) Expired(now time.Time) bool { return !g.EndsAt.IsZero() && !now.Before(g.EndsAt) }

// Overdue is for how long access has outlived its end: zero unless the grant's
// time is up, or its end was ordered, and it is not yet revoked.
func (g Grant) Overdue(now time.Time) time.Duration {
	due := g.EndsAt
	if !g.RevokingAt.IsZero() && (due.IsZero() || g.RevokingAt.Before(due)) {
		due = g.RevokingAt
	}
	switch g.State {
	case GrantActive, GrantRevoking, GrantProvisioning:
		if !due.IsZero() && now.After(due) {
			return now.Sub(due)
		}
	}
	return 0
}

// NudgeAt is when the person is told that the end is near: at 80% of the
// grant's life and never later than ten minutes before its end, unless the
// whole grant is shorter than that.
func (g Grant) NudgeAt() time.Time {
	life := g.EndsAt.Sub(g.ActiveAt)
	at := g.ActiveAt.Add(life * 8 / 10)
	if latest := g.EndsAt.Add(-10 * time.Minute); at.After(latest) && latest.After(g.ActiveAt.Add(life/2)) {
		at = latest
	}
	return at
}

// Receipt is what a connector must remember of a grant to revoke it. It holds
// names and identifiers, never a secret.
type Receipt map[string]string
