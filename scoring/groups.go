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
// active. It is small, so that a thousand holders are looked through quickly, and
// two attributes share a word, so that they are compared at once.
type face struct {
	line  uint64 // manager, area
	role  uint64 // title, department
	place uint64 // location
}

func newFace(manager, area, title, department, location uint32) face {
	return face{line: uint64(manager)<<32 | uint64(area), role: uint64(title)<<32 | uint64(department), place: uint64(location)}
}

func halves(word uint64) (high, low uint32) { return uint32(word >> 32), uint32(word) }

// differ is 1 in each half in which two words differ, as long as all halves are
// below 2^31.
func differ(a, b uint64) uint64 {
	const ones = 1<<32 | 1
	return ((a ^ b) + ones*(1<<31-1)) >> 31 & ones
}

// regroup builds all rings anew from the people.
func (w *World) regroup() {
	w.groups = groups{roles: make(map[groupKey]*group, len(w.groups.roles))}
	w.faces = spread(make([]face, len(w.people), cap(w.people)))
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
	manager := values[atManager]
	return newFace(manager, w.people[manager].manager, values[atTitle], values[atDepartment], values[atLocation])
}

// rings names the groups that a face belongs to.
func (f face) rings() (k [rings]groupKey) {
	k[ringTeam].a, k[ringArea].a = halves(f.line)
	k[ringTitle].a, k[ringDepartment].a = halves(f.role)
	if department := k[ringDepartment].a; department != 0 {
		k[ringRole] = groupKey{a: k[ringTitle].a, b: department}
	}
	k[ringLocation].a = uint32(f.place)
	return k
}

// peers counts, ring by ring, how many of a person's peers there are and how
// many of them hold an entitlement, and reports whether the person does. The
// person is no peer of theirs.
func (w *World) peers(who, good uint32, me face, out *[rings]portion) (self bool) {
	ks := me.rings()
	was := w.faces[who].rings()
	h := &w.holds[good]
	self = h.has(who)
	if h.many == nil {
		w.compare(h.list, me, out)
		if self {
			w.faces[who].leave(me, out)
		}
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

// compare counts, ring by ring, those of a list who share it with a person. It
// adds up in registers and has no branches to mispredict: this loop is much of
// what scoring costs.
func (w *World) compare(list []uint32, me face, out *[rings]portion) {
	me = me.strange()
	var lines, roles, rest uint64 // how many differ: in each half of line, of role; in place, and in either half of role
	faces := w.faces
	for _, who := range list {
		o := &faces[who]
		role := differ(o.role, me.role)
		lines += differ(o.line, me.line)
		roles += role
		rest += differ(o.place, me.place)<<32 + (role|role>>32)&1
	}
	count := func(r ring, differing uint32) { out[r].n += int64(len(list)) - int64(differing) }
	team, area := halves(lines)
	title, department := halves(roles)
	location, role := halves(rest)
	count(ringTeam, team)
	count(ringArea, area)
	count(ringRole, role)
	count(ringTitle, title)
	count(ringDepartment, department)
	count(ringLocation, location)
}

// strange is a face with nobody's values where it has none: what is not known
// is not shared.
func (f face) strange() face {
	const nobodys = 1<<31 - 1
	for _, word := range []*uint64{&f.line, &f.role, &f.place} {
		high, low := halves(*word)
		if high == 0 {
			*word |= nobodys << 32
		}
		if low == 0 {
			*word |= nobodys
		}
	}
	return f
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
