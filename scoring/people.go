package scoring

import (
	"hash/fnv"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// settling is for how long after a change of attributes the old ones still
// count beside the new ones.
const settling = 30 * day

const day = 24 * time.Hour

// SetPeople replaces what is known of people by a directory's answer. Somebody
// whose attributes differ from before has moved at the directory's time.
func (w *World) SetPeople(people []approvals.Principal, state approvals.DirectoryState) {
	w.lock()
	defer w.mu.Unlock()
	if w.since.IsZero() {
		w.since = state.AsOf
	}
	for i := range w.people {
		w.people[i].active = false
	}
	w.peopleSum, w.active = 0, 0
	zones := map[string]*time.Location{"": nil} // each is looked up once
	for _, p := range people {
		at := w.putPerson(p.ID)
		if at == 0 {
			continue
		}
		manager := w.putPerson(p.Manager)
		values := [singles]uint32{
			atManager:    manager,
			atDepartment: w.putWord(atDepartment, p.Department),
			atTitle:      w.putWord(atTitle, p.Title),
			atLocation:   w.putWord(atLocation, p.Location),
			atFunction:   w.putWord(atFunction, workOf(p.Function, p.Title)),
		}
		me := &w.people[at]
		if me.sum != 0 && me.now != values {
			me.move(me.now, state.AsOf)
		}
		me.now, me.manager, me.active = values, manager, !p.Inactive
		zone, known := zones[p.TimeZone]
		if !known {
			zone = p.Zone()
			zones[p.TimeZone] = zone
		}
		me.zone = zone
		if me.active {
			w.active++
		}
		me.sum = digestOf(p)
		w.peopleSum += me.sum
	}
	w.regroup()
}

// move notes a change of attributes. Of several within the settling time the
// oldest values stay, so that nobody launders them in two steps.
func (p *person) move(before [singles]uint32, at time.Time) {
	switch m := p.moved; {
	case at.IsZero(): // by a directory that does not say when
	case m == nil:
		p.moved = &moved{before, at}
	case !at.Before(m.at.Add(settling)):
		*m = moved{before, at}
	case at.After(m.at):
		m.at = at
	}
}

// movedFrom gives the attribute values somebody had until a change, and for how
// many more days they count; 0 days: there was no change lately. A directory
// that differs from the last decision for somebody, with no change seen in
// between, was changed while nobody looked: it counts from when this world was
// first told of people.
func (w *World) movedFrom(who uint32, now time.Time) (values [singles]uint32, days int64) {
	p := &w.people[who]
	var m moved
	switch {
	case p.moved != nil:
		m = *p.moved
	case p.told && p.sum != 0 && w.changed(&p.learned, &p.now):
		m = moved{p.learned, w.since}
	}
	left := m.at.Add(settling).Sub(now)
	if who == 0 || m.at.IsZero() || left <= 0 {
		return values, 0
	}
	return m.before, min(int64((left+day-1)/day), int64(settling/day))
}

// changed reports whether somebody's attributes differ from those at an earlier
// decision. That a function is named where the title stood for it is no change of
// theirs: the directory, or this program, has begun to tell functions.
func (w *World) changed(earlier, now *[singles]uint32) bool {
	then := *earlier
	if f, t := then[atFunction], then[atTitle]; f == 0 || t != 0 && string(w.words[atFunction].of(f)) == string(w.words[atTitle].of(t)) {
		then[atFunction] = now[atFunction]
	}
	return then != *now
}

// digestOf is a person's part of the world's digest: sums of parts do not
// depend on their order.
func digestOf(p approvals.Principal) uint64 {
	h := fnv.New64a()
	for _, s := range []string{string(p.ID), string(p.Manager), p.Department, p.Title, p.Location} {
		_, _ = h.Write([]byte(s)) // a hash cannot fail
		_, _ = h.Write([]byte{0})
	}
	if p.Inactive {
		_, _ = h.Write([]byte{1})
	}
	_, _ = h.Write([]byte(p.TimeZone)) // nobody's digest changes for want of one
	if p.Function != "" {
		_, _ = h.Write([]byte{2})
		_, _ = h.Write([]byte(p.Function))
	}
	return mix(h.Sum64()) | 1
}
