package approvals

import (
	"maps"
	"time"
)

// DriftID names one difference between a system and the grants.
type DriftID string

// DriftKind says how a system and the grants differ.
type DriftKind string

// The kinds of drift. Standing access is no exception: it is what nobody
// granted and everybody knows of.
const (
	DriftOutside  DriftKind = "outside"  // access that nobody granted
	DriftChanged  DriftKind = "changed"  // the same, by somebody whose granted access to the resource went away with it
	DriftVanished DriftKind = "vanished" // a grant is active, but its access is gone
	DriftShrunk   DriftKind = "shrunk"   // a system lists so few that it is not believed; nothing was compared
	DriftStanding DriftKind = "standing" // it was there at the first look, or the catalogue or a person says that it stays
)

// DriftRepair is what is done about drift, as the catalogue says.
type DriftRepair string

// The repairs. Standing access is never repaired.
const (
	DriftReport  DriftRepair = "report"  // people are told, nothing else; the default
	DriftRemove  DriftRepair = "remove"  // access that nobody granted is taken away
	DriftRestore DriftRepair = "restore" // access that is granted is given again
)

// DriftRepairs are all of them, as the catalogue may say them.
var DriftRepairs = []DriftRepair{DriftReport, DriftRemove, DriftRestore}

// DriftResolution says how a drift ended.
type DriftResolution string

// The resolutions.
const (
	DriftGone      DriftResolution = "gone"      // the next look did not find it any more
	DriftRemoved   DriftResolution = "removed"   // Hallpass took the access away, and read back that it is gone
	DriftRestored  DriftResolution = "restored"  // Hallpass gave the access again, and read back that it is there
	DriftGranted   DriftResolution = "granted"   // a grant gives the access now
	DriftEnded     DriftResolution = "ended"     // the grant that lacked its access has ended
	DriftAccepted  DriftResolution = "accepted"  // a person or the catalogue says that it is right
	DriftAdopted   DriftResolution = "adopted"   // it was standing access, and is a grant with an end now
	DriftRedefined DriftResolution = "redefined" // the catalogue means something else by this entitlement now
)

// Drift is one difference, from the first look that found it to its end.
type Drift struct {
	ID          DriftID           `json:"id"`
	Version     int64             `json:"version"` // 0: not stored yet
	Kind        DriftKind         `json:"kind"`
	Entitlement EntitlementID     `json:"entitlement"`
	Connector   string            `json:"connector"`
	Target      map[string]string `json:"target,omitempty"`
	Account     string            `json:"account,omitempty"`
	Principal   PrincipalID       `json:"principal,omitempty"` // empty: nobody in the directory has the account
	Grant       GrantID           `json:"grant,omitempty"`     // whose access vanished
	Instead     EntitlementID     `json:"instead,omitempty"`   // of changed access: what was granted
	Repair      DriftRepair       `json:"repair"`
	Attempts    int               `json:"attempts,omitempty"`   // failed repairs
	LastError   string            `json:"last_error,omitempty"` // of the last failed repair, for people, without secrets
	FirstSeen   time.Time         `json:"first_seen"`
	LastSeen    time.Time         `json:"last_seen"`
	ResolvedAt  time.Time         `json:"resolved_at,omitzero"`
	Resolution  DriftResolution   `json:"resolution,omitempty"`
}

// Open reports whether the difference is there as far as is known.
func (d Drift) Open() bool { return d.ResolvedAt.IsZero() }

// Exception reports whether somebody should look: it is open, and not standing
// access.
func (d Drift) Exception() bool { return d.Open() && d.Kind != DriftStanding }

// resolved is the drift with its end.
func (d Drift) resolved(how DriftResolution, at time.Time) Drift {
	d.Resolution, d.ResolvedAt = how, at
	return d
}

// Holding is the drift's access as a grant that was never given: what a
// connector is asked to check or to take away. It bears the drift's id, so that
// calls about it are idempotent by that.
func (d Drift) Holding() Grant {
	return Grant{ID: GrantID(d.ID), Entitlement: d.Entitlement, Principal: d.Principal, Connector: d.Connector,
		Account: d.Account, Target: d.Target, CreatedAt: d.FirstSeen}
}

// DriftFilter picks drift; the zero filter picks all.
type DriftFilter struct {
	Entitlement EntitlementID
	Account     string // in any case
	Kinds       []DriftKind
	Open        bool    // only what is not resolved
	After       DriftID // only later ones, by id: pages
	Limit       int     // zero: 1,000
}

// Baseline is the first look at an entitlement. What that found is standing
// access. A baseline is of one connector and target: when the catalogue means
// something else by the entitlement, the next look is a first one again.
type Baseline struct {
	Entitlement EntitlementID
	Connector   string
	Target      map[string]string
	At          time.Time
	TrustUntil  time.Time // until then a list is believed however short it is: somebody said so
}

// of reports whether the baseline is of what an entitlement means now.
func (b Baseline) of(e Entitlement) bool {
	return !b.At.IsZero() && b.Connector == e.Connector && maps.Equal(b.Target, e.Target)
}
