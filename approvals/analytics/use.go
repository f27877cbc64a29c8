package analytics

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Use is what is known of whether access to one entitlement was used before it
// ended. Each end is counted once besides Ended.
type Use struct {
	Entitlement approvals.EntitlementID `json:"entitlement"`
	Connector   string                  `json:"connector"`
	Ended       int                     `json:"ended"`
	InUse       int                     `json:"in_use"`  // a session was open when access was taken away
	Unknown     int                     `json:"unknown"` // the system does not report use: neither used nor unused
}

// Uses counts ends of access. It is not safe for concurrent use.
type Uses struct {
	of     map[approvals.EntitlementID]*Use
	before map[approvals.GrantID]bool // a session was open when access was taken away, and something outlived that
}

// NewUses makes an empty count.
func NewUses() *Uses {
	return &Uses{of: map[approvals.EntitlementID]*Use{}, before: map[approvals.GrantID]bool{}}
}

// End counts what was recorded when access ended. That no session was open says
// nothing: it may have ended before.
func (u *Uses) End(e approvals.Event) {
	sessions, err := strconv.Atoi(e.Detail["sessions_ended"])
	open := err == nil && sessions > 0
	if e.Kind == approvals.EventGrantResidual {
		if open {
			u.before[e.Grant] = true
		}
		return
	}
	if e.Kind != approvals.EventGrantRevoked {
		return
	}
	use := u.of[e.Entitlement]
	if use == nil {
		use = &Use{Entitlement: e.Entitlement}
		u.of[e.Entitlement] = use
	}
	if e.Connector != "" {
		use.Connector = e.Connector
	}
	use.Ended++
	if open || u.before[e.Grant] {
		use.InUse++
	} else {
		use.Unknown++
	}
	delete(u.before, e.Grant)
}

// List is what was counted, by entitlement.
func (u *Uses) List() []Use {
	all := make([]Use, 0, len(u.of))
	for _, use := range u.of {
		all = append(all, *use)
	}
	slices.SortFunc(all, func(a, b Use) int { return cmp.Compare(a.Entitlement, b.Entitlement) })
	return all
}
