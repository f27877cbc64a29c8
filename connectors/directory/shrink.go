package directory

import (
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The defaults of what a reading may have lost.
const (
	DefaultShrink = 10 // percent
	DefaultFloor  = 3  // people, whatever their share: small teams change, too
)

// measures count what people could lose, or gain, by half a reading.
var measures = []struct {
	what string
	// counts says how much of it somebody has, and how much of that is left.
	counts func(before approvals.Principal, now *approvals.Principal) (had, left int)
}{
	{"people", func(_ approvals.Principal, now *approvals.Principal) (int, int) { return 1, one(now != nil) }},
	{"active people", func(p approvals.Principal, now *approvals.Principal) (int, int) {
		return one(!p.Inactive), one(!p.Inactive && now != nil && !now.Inactive)
	}},
	{"people with a manager", there(func(p approvals.Principal) bool { return p.Manager != "" && !p.Inactive })},
	{"memberships in groups", func(p approvals.Principal, now *approvals.Principal) (had, left int) {
		if now == nil {
			return 0, 0
		}
		for _, g := range p.Groups {
			had, left = had+1, left+one(now.In(g))
		}
		return had, left
	}},
	{"deactivated people who stay deactivated", there(func(p approvals.Principal) bool { return p.Inactive })},
	{"contractors who stay contractors", there(func(p approvals.Principal) bool { return p.Contractor })},
	{"second entries that are known as such", there(func(p approvals.Principal) bool { return p.SameAs != "" })},
}

// there counts those who are still in the directory, and active if they were,
// by something that they had.
func there(has func(approvals.Principal) bool) func(approvals.Principal, *approvals.Principal) (int, int) {
	return func(before approvals.Principal, now *approvals.Principal) (int, int) {
		if now == nil || !has(before) || now.Inactive && !before.Inactive {
			return 0, 0
		}
		return 1, one(has(*now))
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// lost compares two pictures, by person.
func lost(before, now *picture) []approvals.Loss {
	all := make([]approvals.Loss, len(measures))
	for i, m := range measures {
		all[i].What = m.what
	}
	for _, p := range before.people {
		var q *approvals.Principal
		if i, ok := now.byID[p.ID]; ok {
			q = &now.people[i]
		}
		for i, m := range measures {
			had, left := m.counts(p, q)
			all[i].Before, all[i].Left = all[i].Before+had, all[i].Left+left
		}
	}
	return all
}

// limit is how much may be lost at once.
type limit struct{ percent, floor int }

// tooMuch keeps the losses that nobody would expect from one reading to the
// next: more than the share and more than the floor, or more than half.
func (l limit) tooMuch(all []approvals.Loss) []approvals.Loss {
	return slices.DeleteFunc(all, func(x approvals.Loss) bool {
		gone := x.Before - x.Left
		return gone*100 <= x.Before*l.percent || gone <= l.floor && (x.Before <= 2 || 2*x.Left >= x.Before)
	})
}

// covered reports whether an administrator has accepted losses like these: as
// many are left as were then, but for the floor.
func (l limit) covered(losses, accepted []approvals.Loss) bool {
	return !slices.ContainsFunc(losses, func(x approvals.Loss) bool {
		return !slices.ContainsFunc(accepted, func(a approvals.Loss) bool { return a.What == x.What && x.Left >= a.Left-l.floor })
	})
}
