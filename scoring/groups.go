package scoring

import "github.com/RoaringBitmap/roaring/v2"

// ring is a circle of peers around a person, from the closest to the widest.
type ring uint8

// The rings.
const (
	ringTeam       ring = iota // the same manager
	ringArea                   // the same manager's manager
	ringRole                   // the same department and title
	ringTitle                  // the same title
	ringDepartment             // the same department
	ringLocation               // the same location
	rings
)

var ringNames = [rings]string{"team", "area", "role", "title", "department", "location"}

// groupKey is one ring's value, e.g. one manager's team.
type groupKey struct {
	ring ring
	a, b uint32
}

// group is the active people who share something: an ascending list, or a
// bitmap when there are many.
type group struct {
	list []uint32
	many *roaring.Bitmap
}

func (g *group) size() int {
	if g == nil {
		return 0
	}
	if g.many != nil {
		return int(g.many.GetCardinality())
	}
	return len(g.list)
}

type groups map[groupKey]*group

// regroup builds all rings anew from the people.
func (w *World) regroup() {
	w.groups = make(groups, len(w.groups))
	for at := range w.people {
		p := &w.people[at]
		if !p.active {
			continue
		}
		for _, k := range w.ringsOf(&p.now) {
			if k.a == 0 {
				continue
			}
			g := w.groups[k]
			if g == nil {
				g = &group{}
				w.groups[k] = g
			}
			g.list = append(g.list, uint32(at))
		}
	}
	for _, g := range w.groups {
		if len(g.list) > manyHolders {
			g.many = roaring.BitmapOf(g.list...)
			g.list = nil
		}
	}
}

// ringsOf names the groups that attribute values belong to; a is 0 where a
// value is unknown.
func (w *World) ringsOf(values *[singles]uint32) (k [rings]groupKey) {
	k[ringTeam] = groupKey{ring: ringTeam, a: values[atManager]}
	k[ringArea] = groupKey{ring: ringArea, a: w.people[values[atManager]].manager}
	if values[atDepartment] != 0 {
		k[ringRole] = groupKey{ring: ringRole, a: values[atTitle], b: values[atDepartment]}
	}
	k[ringTitle] = groupKey{ring: ringTitle, a: values[atTitle]}
	k[ringDepartment] = groupKey{ring: ringDepartment, a: values[atDepartment]}
	k[ringLocation] = groupKey{ring: ringLocation, a: values[atLocation]}
	return k
}

// peers counts, ring by ring, how many of a person's peers there are and how
// many of them hold an entitlement. The person is no peer of theirs.
func (w *World) peers(who, good uint32, values *[singles]uint32, out *[rings]portion) {
	ks := w.ringsOf(values)
	var h *holders
	if good != 0 {
		h = &w.holds[good]
	}
	for r := range ks {
		out[r] = portion{}
		if ks[r].a == 0 {
			continue
		}
		g := w.groups[ks[r]]
		size := g.size()
		member := who != 0 && w.people[who].active && w.ringsOf(&w.people[who].now)[r] == ks[r]
		if member {
			size--
		}
		out[r].of = int64(size)
		if h == nil || size <= 0 {
			continue
		}
		held := w.shared(h, g, ring(r), ks[r])
		if member && h.has(who) {
			held--
		}
		out[r].n = int64(held)
	}
}

// shared counts who is in a group and among the holders, by the cheapest way:
// looking through the shorter list, or intersecting two bitmaps.
func (w *World) shared(h *holders, g *group, r ring, k groupKey) (n int) {
	switch {
	case h.many != nil && g.many != nil:
		return int(h.many.AndCardinality(g.many))
	case h.many != nil || g.many == nil && len(g.list) < len(h.list):
		for _, who := range g.list {
			if h.has(who) {
				n++
			}
		}
	default:
		for _, who := range h.list {
			if p := &w.people[who]; p.active && w.ringsOf(&p.now)[r] == k {
				n++
			}
		}
	}
	return n
}

// portion is n of of.
type portion struct{ n, of int64 }
