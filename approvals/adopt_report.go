package approvals

import (
	"cmp"
	"slices"
	"time"
)

// AdoptedGrant is a grant that gave standing access an end, and whether its
// holder asked for more.
type AdoptedGrant struct {
	Grant   Grant
	By      PrincipalID // who adopted it
	At      time.Time   // when
	Renewed bool        // it was extended, or asked for anew and given
}

// FallOff counts what became of the standing access to one entitlement. Each
// adopted grant is counted once besides Adopted.
type FallOff struct {
	Entitlement EntitlementID `json:"entitlement"`
	Adopted     int           `json:"adopted"`
	Renewed     int           `json:"renewed"`         // still needed: extended, or asked for anew
	Running     int           `json:"running"`         // not renewed, and not over yet
	Ended       int           `json:"ended"`           // ended with nobody asking for more
	Left        int           `json:"left"`            // given back, taken back, or its holder left before the end
	Ending      time.Time     `json:"ending,omitzero"` // when the last that runs ends
}

// FallOffs sums up adopted grants, by entitlement.
func FallOffs(all []AdoptedGrant) []FallOff {
	by := map[EntitlementID]*FallOff{}
	for _, a := range all {
		f := by[a.Grant.Entitlement]
		if f == nil {
			f = &FallOff{Entitlement: a.Grant.Entitlement}
			by[f.Entitlement] = f
		}
		f.Adopted++
		switch g := a.Grant; {
		case a.Renewed:
			f.Renewed++
		case g.State == GrantActive:
			f.Running++
			if g.EndsAt.After(f.Ending) {
				f.Ending = g.EndsAt
			}
		case g.EndReason == EndExpired:
			f.Ended++
		default:
			f.Left++
		}
	}
	var sums []FallOff
	for _, f := range by {
		sums = append(sums, *f)
	}
	slices.SortFunc(sums, func(a, b FallOff) int { return cmp.Compare(a.Entitlement, b.Entitlement) })
	return sums
}
