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

// groupKey is one ring's value, e.g. one manager's team; a is 0 where somebody
// belongs to none.
type groupKey struct{ a, b uint32 }

// group is the active people who share something: an ascending list, or a
// bitmap when there are many.
type group struct {
	size int
	list []uint32
	many *roaring.Bitmap
}

// groups are the rings' groups: by value, and for the ring of two attributes by
// both.
type groups struct {
	by    [rings][]group
	roles map[groupKey]*group
}

// get finds a group; nil if nobody belongs to it.
func (g *groups) get(r ring, k groupKey) *group {
	if r == ringRole {
		return g.roles[k]
	}
	if int(k.a) < len(g.by[r]) {
		return &g.by[r][k.a]
	}
	return nil
}

func (g *groups) put(r ring, k groupKey, who uint32) {
	at := g.roles[k]
	if r != ringRole {
		for len(g.by[r]) <= int(k.a) {
			g.by[r] = append(g.by[r], make([]group, int(k.a)+1-len(g.by[r]))...)
		}
		at = &g.by[r][k.a]
	} else if at == nil {
		at = &group{}
		g.roles[k] = at
	}
	at.list = append(at.list, who)
	at.size++
}

// seal turns large groups into bitmaps.
func (g *group) seal() {
	if len(g.list) > manyHolders {
		g.many = roaring.BitmapOf(g.list...)
		g.list = nil
	}
}

// face is what of a person decides the rings; all zero for somebody who is not
// active. It is small, so that a thousand holders are looked through quickly.
type face struct{ manager, area, department, title, location uint32 }

// regroup builds all rings anew from the people.
func (w *World) regroup() {
	w.groups = groups{roles: make(map[groupKey]*group, len(w.groups.roles))}
	w.faces = make([]face, len(w.people), cap(w.people))
	for at := range w.people {
		p := &w.people[at]
		if !p.active {
			continue
		}
		f := w.faceOf(&p.now)
		w.faces[at] = f
		for r, k := range f.rings() {
			if k.a != 0 {
				w.groups.put(ring(r), k, uint32(at))
			}
		}
	}
	for r := range w.groups.by {
		for i := range w.groups.by[r] {
			w.groups.by[r][i].seal()
		}
	}
	for _, g := range w.groups.roles {
		g.seal()
	}
}

func (w *World) faceOf(values *[singles]uint32) face {
	return face{
		manager: values[atManager], area: w.people[values[atManager]].manager,
		department: values[atDepartment], title: values[atTitle], location: values[atLocation],
	}
}

// rings names the groups that a face belongs to.
func (f face) rings() (k [rings]groupKey) {
	k[ringTeam].a = f.manager
	k[ringArea].a = f.area
	if f.department != 0 {
		k[ringRole] = groupKey{a: f.title, b: f.department}
	}
	k[ringTitle].a = f.title
	k[ringDepartment].a = f.department
	k[ringLocation].a = f.location
	return k
}

// peers counts, ring by ring, how many of a person's peers there are and how
// many of them hold an entitlement, and reports whether the person does. The
// person is no peer of theirs.
func (w *World) peers(who, good uint32, me face, out *[rings]portion) (self bool) {
	ks := me.rings()
	was := w.faces[who].rings()
	h := &w.holds[good]
	if h.many != nil {
		self = h.has(who)
	} else if self = w.compare(h.list, who, me, out); self {
		w.faces[who].leave(me, out)
	}
	for r := range ks {
		if ks[r].a == 0 {
			continue
		}
		g := w.groups.get(ring(r), ks[r])
		if g == nil || g.size == 0 {
			continue
		}
		out[r].of = int64(g.size)
		if who != 0 && was[r] == ks[r] {
			out[r].of--
		}
		if h.many != nil {
			out[r].n = int64(g.holding(h))
			if self && was[r] == ks[r] {
				out[r].n--
			}
		}
	}
	return self
}

// compare counts, ring by ring, those of a list who share it with a person, and
// reports whether somebody themself is among them. It adds up in registers and
// has no branches to mispredict: this loop is much of what scoring costs.
func (w *World) compare(list []uint32, self uint32, me face, out *[rings]portion) bool {
	const unknown = 1<<32 - 1 // equals nobody's: what is not known is not shared
	for _, v := range []*uint32{&me.manager, &me.area, &me.department, &me.title, &me.location} {
		if *v == 0 {
			*v = unknown
		}
	}
	var team, area, role, title, department, location, found int64
	faces := w.faces
	for _, who := range list {
		o := &faces[who]
		var sameTitle, sameDepartment int64
		if who == self {
			found++
		}
		if o.manager == me.manager {
			team++
		}
		if o.area == me.area {
			area++
		}
		if o.title == me.title {
			sameTitle = 1
		}
		if o.department == me.department {
			sameDepartment = 1
		}
		if o.location == me.location {
			location++
		}
		title += sameTitle
		department += sameDepartment
		role += sameTitle & sameDepartment
	}
	for r, n := range [rings]int64{ringTeam: team, ringArea: area, ringRole: role, ringTitle: title, ringDepartment: department, ringLocation: location} {
		out[r].n += n
	}
	return found > 0
}

// leave takes somebody who is no peer of theirs out of the count again.
func (f face) leave(me face, out *[rings]portion) {
	was, now := f.rings(), me.rings()
	for r := range was {
		if was[r].a != 0 && was[r] == now[r] {
			out[r].n--
		}
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
