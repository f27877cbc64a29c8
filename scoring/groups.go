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
	list []uint32
	many *roaring.Bitmap
}

// groups are the rings' groups, by number. What scoring mostly asks of them,
// their size, lies apart: that of a group which it never saw is found sooner.
type groups struct {
	by    [rings][]group
	sizes [rings][]uint32
	roles map[groupKey]uint32 // the number where two attributes decide
}

// number is that of a group; 0 if somebody with this key belongs to none. One
// attribute is its own number.
func (g *groups) number(r ring, k groupKey) int {
	at := int(k.a)
	if r == ringRole {
		at = int(g.roles[k])
	}
	if at >= len(g.sizes[r]) {
		return 0
	}
	return at
}

// size is how many people belong to a group.
func (g *groups) size(r ring, k groupKey) int {
	if at := g.number(r, k); at != 0 {
		return int(g.sizes[r][at])
	}
	return 0
}

func (g *groups) put(r ring, k groupKey, who uint32) {
	at := int(k.a)
	if r == ringRole {
		if at = int(g.roles[k]); at == 0 {
			at = len(g.roles) + 1
			g.roles[k] = uint32(at)
		}
	}
	if missing := at + 1 - len(g.by[r]); missing > 0 {
		g.by[r] = append(g.by[r], make([]group, missing)...)
		g.sizes[r] = append(g.sizes[r], make([]uint32, missing)...)
	}
	g.by[r][at].list = append(g.by[r][at].list, who)
	g.sizes[r][at]++
}

// seal turns large groups into bitmaps.
func (g *group) seal() {
	if len(g.list) > manyHolders {
		g.many = roaring.BitmapOf(g.list...)
		g.list = nil
	}
}

// face is what of a person decides the rings; all zero for somebody who is not
// active. It is small, so that a thousand holders are looked through quickly and
// none lies in two of the pieces in which memory is fetched; attributes share a
// word, each in a lane of its own, so that they are compared at once.
type face struct {
	line uint64 // manager 32 bits, area 32
	kin  uint64 // location 21 bits, title 22, department 21
}

// The lowest and the highest bits of the lanes.
const (
	lineLow, lineHigh = 1<<32 | 1, 1<<63 | 1<<31
	kinLow, kinHigh   = 1<<43 | 1<<21 | 1, 1<<63 | 1<<42 | 1<<20
)

// Values that nobody has: the largest that leave a lane's highest bit free. A
// department, title or location with a larger index makes no ring.
const (
	noPerson = 1<<31 - 1
	noTitle  = 1<<21 - 1
	noPlace  = 1<<20 - 1 // no department, no location
)

func newFace(manager, area, title, department, location uint32) face {
	known := func(v, limit uint32) uint32 {
		if v >= limit {
			return 0
		}
		return v
	}
	return pack(known(manager, noPerson), known(area, noPerson), known(title, noTitle), known(department, noPlace), known(location, noPlace))
}

func pack(manager, area, title, department, location uint32) face {
	return face{line: uint64(manager)<<32 | uint64(area), kin: uint64(location)<<43 | uint64(title)<<21 | uint64(department)}
}

func (f face) manager() uint32 { return uint32(f.line >> 32) }

func (f face) unpack() (manager, area, title, department, location uint32) {
	return f.manager(), uint32(f.line), uint32(f.kin>>21) & (noTitle<<1 | 1), uint32(f.kin) & (noPlace<<1 | 1), uint32(f.kin >> 43)
}

// strange is a face with nobody's values where it has none: what is not known
// is not shared.
func (f face) strange() face {
	or := func(v, nobodys uint32) uint32 {
		if v == 0 {
			return nobodys
		}
		return v
	}
	manager, area, title, department, location := f.unpack()
	return pack(or(manager, noPerson), or(area, noPerson), or(title, noTitle), or(department, noPlace), or(location, noPlace))
}

// differ has the highest bit of each lane in which two words differ.
func differ(a, b, low, high uint64) uint64 { return ((a ^ b) + (high - low)) & high }

// regroup builds all rings anew from the people.
func (w *World) regroup() {
	w.groups = groups{roles: make(map[groupKey]uint32, len(w.groups.roles))}
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
}

func (w *World) faceOf(values *[singles]uint32) face {
	manager := values[atManager]
	return newFace(manager, w.people[manager].manager, values[atTitle], values[atDepartment], values[atLocation])
}

// rings names the groups that a face belongs to.
func (f face) rings() (k [rings]groupKey) {
	manager, area, title, department, location := f.unpack()
	k[ringTeam].a, k[ringArea].a, k[ringTitle].a, k[ringDepartment].a, k[ringLocation].a = manager, area, title, department, location
	if department != 0 {
		k[ringRole] = groupKey{a: title, b: department}
	}
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
		size := w.groups.size(ring(r), ks[r])
		if size == 0 {
			continue
		}
		out[r].of = int64(size)
		if who != 0 && was[r] == ks[r] {
			out[r].of--
		}
		if h.many != nil {
			out[r].n = int64(w.groups.by[r][w.groups.number(ring(r), ks[r])].holding(h))
			if self && was[r] == ks[r] {
				out[r].n--
			}
		}
	}
	return self
}

// compare counts, ring by ring, those of a list who share it with a person's
// face, and reports whether the person is on the list. It adds up in registers
// and has no branches to mispredict: this loop is much of what scoring costs.
func (w *World) compare(list []uint32, person uint32, me face, out *[rings]portion) (self bool) {
	me = me.strange()
	var lines, kins, roles uint64 // how many differ, in lanes; roles: in title or department
	faces := w.faces
	for _, who := range list {
		o := &faces[who]
		lines += differ(o.line, me.line, lineLow, lineHigh) >> 31
		kin := differ(o.kin, me.kin, kinLow, kinHigh) >> 20 // bits 0, 22 and 43
		kins += kin
		roles += (kin | kin>>22) & 1
		if who == person {
			self = true
		}
	}
	count := func(r ring, differing uint64) { out[r].n += int64(len(list)) - int64(differing) }
	count(ringTeam, lines>>32)
	count(ringArea, lines&(1<<32-1))
	count(ringRole, roles)
	count(ringTitle, kins>>22&(1<<21-1))
	count(ringDepartment, kins&(1<<22-1))
	count(ringLocation, kins>>43)
	return self
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
