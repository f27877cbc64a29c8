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

// face is what of a person decides the rings; all zero for somebody who is not
// active. It is small, so that a thousand holders are looked through quickly.
type face struct{ manager, area, department, title, location uint32 }

// regroup builds all rings anew from the people.
func (w *World) regroup() {
	w.groups = make(groups, len(w.groups))
	w.faces = make([]face, len(w.people), cap(w.people))
	for at := range w.people {
		p := &w.people[at]
		if !p.active {
			continue
		}
		f := w.faceOf(&p.now)
		w.faces[at] = f
		for _, k := range f.rings() {
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

func (w *World) faceOf(values *[singles]uint32) face {
	return face{
		manager: values[atManager], area: w.people[values[atManager]].manager,
		department: values[atDepartment], title: values[atTitle], location: values[atLocation],
	}
}

// rings names the groups that a face belongs to; a is 0 where it belongs to none.
func (f face) rings() (k [rings]groupKey) {
	k[ringTeam] = groupKey{ring: ringTeam, a: f.manager}
	k[ringArea] = groupKey{ring: ringArea, a: f.area}
	if f.department != 0 {
		k[ringRole] = groupKey{ring: ringRole, a: f.title, b: f.department}
	}
	k[ringTitle] = groupKey{ring: ringTitle, a: f.title}
	k[ringDepartment] = groupKey{ring: ringDepartment, a: f.department}
	k[ringLocation] = groupKey{ring: ringLocation, a: f.location}
	return k
}

// peers counts, ring by ring, how many of a person's peers there are and how
// many of them hold an entitlement. The person is no peer of theirs.
func (w *World) peers(who, good uint32, me face, out *[rings]portion) {
	ks := me.rings()
	was := w.faces[who].rings()
	h := &w.holds[good]
	self := h.has(who)
	for r := range ks {
		g := w.groups[ks[r]]
		if ks[r].a == 0 || g == nil {
			continue
		}
		out[r].of = int64(g.size())
		if was[r] == ks[r] {
			out[r].of--
		}
		if h.many != nil {
			out[r].n = int64(g.holding(h))
			if self && was[r] == ks[r] {
				out[r].n--
			}
		}
	}
	for _, holder := range h.list {
		if holder != who {
			me.compare(w.faces[holder], out)
		}
	}
}

// compare counts another person in every ring that the two share.
func (f face) compare(o face, out *[rings]portion) {
	if o.manager == f.manager && f.manager != 0 {
		out[ringTeam].n++
	}
	if o.area == f.area && f.area != 0 {
		out[ringArea].n++
	}
	if o.department == f.department && f.department != 0 {
		out[ringDepartment].n++
		if o.title == f.title && f.title != 0 {
			out[ringRole].n++
		}
	}
	if o.title == f.title && f.title != 0 {
		out[ringTitle].n++
	}
	if o.location == f.location && f.location != 0 {
		out[ringLocation].n++
	}
}

// holding counts a group's members among many holders.
func (g *group) holding(h *holders) (n int) {
	if g.many != nil {
		return int(h.many.AndCardinality(g.many))
	}
	for _, who := range g.list {
		if h.many.Contains(who) {
			n++
		}
	}
	return n
}

// portion is n of of.
type portion struct{ n, of int64 }
