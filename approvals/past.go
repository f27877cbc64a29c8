package approvals

import "time"

// PastDecision is one stored decision with what became of its request, for
// whoever counts the past. Facts, Assessment and Ruling are the stored JSON of
// the types of those names; they hold until the next one is read.
type PastDecision struct {
	Request     RequestID
	Sequence    int // 1 for the first; second looks follow
	Kind        RequestKind
	State       RequestState
	DecidedBy   PrincipalID // empty: a policy, or nobody yet
	DecidedAt   time.Time
	Entitlement EntitlementID
	Shortened   bool // it was approved for less time than was asked
	Facts       []byte
	Assessment  []byte
	Ruling      []byte
}

// ByPerson reports whether a person's answer settled the request, in the
// ordinary way: neither a policy, nor nobody, as in an emergency or when
// standing access is adopted.
func (d PastDecision) ByPerson() bool {
	return d.DecidedBy != "" && (d.Kind == KindAccess || d.Kind == KindExtension) &&
		(d.State == RequestApproved || d.State == RequestDenied)
}

// PastGrant is one grant as somebody counts it.
type PastGrant struct {
	Principal   PrincipalID
	Entitlement EntitlementID
	Kind        RequestKind // of the request that it came of
	State       GrantState
	ActiveAt    time.Time // zero: access never worked
	EndsAt      time.Time
	RevokingAt  time.Time // zero: its end was not ordered yet
	EndReason   EndReason
	Extended    bool // it was extended at least once
}

// Over is when the grant's access ended or was to end; zero for one that runs.
func (g PastGrant) Over(now time.Time) time.Time {
	switch {
	case !g.RevokingAt.IsZero():
		return g.RevokingAt
	case !g.EndsAt.IsZero() && !g.EndsAt.After(now):
		return g.EndsAt
	}
	return time.Time{}
}

// KeptLaw names a policy set that the database keeps, and when it began to.
type KeptLaw struct {
	Name  string // the set's digest
	Since time.Time
}
