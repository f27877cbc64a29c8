package scoring

import (
	"slices"
	"sync"
)

const (
	lookedAt   = 128 // holders whose place in the organisation is looked at
	compared   = 160 // holders whose access is compared
	levelsUp   = 4   // managers above a person that are looked at
	similarest = 3   // holders whose likeness is averaged
)

// nearest is how many levels above the person stands a manager who also stands
// above, or is, a holder: 1 is the same team. Of an entitlement with many
// holders only the two closest circles are told apart from the rest.
func (w *World) nearest(s *subject, self bool, me face, o *observation) portion {
	h := &w.holds[s.good]
	n := h.count()
	if s.who != 0 && self {
		n--
	}
	of := int64(min(n, lookedAt))
	manager := me.manager()
	switch {
	case n <= 0 || manager == 0:
		return portion{}
	case o.peers[ringTeam].n > 0:
		return portion{1, max(of, 1)}
	case o.peers[ringArea].n > 0:
		return portion{2, max(of, 2)}
	case n > lookedAt || h.many != nil:
		return portion{3, max(of, 3)}
	}
	var above [levelsUp]uint32
	for i, at := 0, manager; i < levelsUp && at != 0; i, at = i+1, w.people[at].manager {
		above[i] = at
	}
	best := levelsUp + 1
	for _, holder := range h.list {
		if holder == s.who {
			continue
		}
		for i, at := 0, holder; i <= levelsUp && at != 0; i, at = i+1, w.people[at].manager {
			if level := slices.Index(above[:best-1], at); level >= 0 {
				best = level + 1
			}
		}
	}
	return portion{int64(best), max(of, int64(best))}
}

// marks is a set of entitlements as bits, for comparing many people with one.
var marks = sync.Pool{New: func() any { return new([]uint64) }}

// likeness is the mean likeness, in thousandths, of the three most similar
// holders: the share of access that two people have in common, the entitlement
// itself left out. At most 160 holders are compared, evenly spaced; of many
// holders, those in the closest circle that is large enough.
func (w *World) likeness(s *subject) portion {
	if s.who == 0 || s.good == 0 {
		return portion{}
	}
	held := w.people[s.who].held
	mine := len(held)
	if _, ok := slices.BinarySearch(held, s.good); ok {
		mine--
	}
	candidates := w.candidates(s)
	if mine == 0 || len(candidates) == 0 {
		return portion{}
	}
	scratch := marks.Get().(*[]uint64)
	defer marks.Put(scratch)
	if need := len(w.holds)/64 + 1; len(*scratch) < need {
		*scratch = make([]uint64, need)
	}
	set := *scratch
	for _, g := range held {
		set[g/64] |= 1 << (g % 64)
	}
	set[s.good/64] &^= 1 << (s.good % 64)
	var best [similarest]int64
	h := &w.holds[s.good]
	step := (len(candidates) + compared - 1) / compared
	for i := 0; i < len(candidates); i += step {
		who := candidates[i]
		if who == s.who || h.many != nil && !h.many.Contains(who) {
			continue
		}
		theirs := w.people[who].held
		var both int64
		for _, g := range theirs {
			both += int64(set[g/64] >> (g % 64) & 1)
		}
		all := int64(mine+len(theirs)-1) - both
		rise(&best, both*1000/max(all, 1))
	}
	for _, g := range held {
		set[g/64] = 0
	}
	return portion{(best[0] + best[1] + best[2]) / similarest, 1000}
}

// rise puts a value among the best, largest first.
func rise(best *[similarest]int64, v int64) {
	for i := range best {
		if v > best[i] {
			best[i], v = v, best[i]
		}
	}
}

// candidates are the people to compare with: the holders, or, where these are
// too many for a list, the members of the closest circle that has enough.
func (w *World) candidates(s *subject) []uint32 {
	h := &w.holds[s.good]
	if h.many == nil {
		return h.list
	}
	me := w.faceOf(&s.values)
	ks := me.rings()
	for _, r := range []ring{ringRole, ringTitle, ringDepartment} {
		if at := w.groups.number(r, ks[r]); at != 0 && len(w.groups.by[r][at].list) > similarest {
			return w.groups.by[r][at].list
		}
	}
	return nil
}
