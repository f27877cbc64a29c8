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
// whose attributes differ from before has moved at the directory's time; so
// has somebody who is seen for the first time with attributes other than those
// at the last decision for them, which keeps the guard across restarts.
func (w *World) SetPeople(people []approvals.Principal, state approvals.DirectoryState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := w.asOf.IsZero()
	for i := range w.people {
		w.people[i].active = false
	}
	w.peopleSum, w.active = 0, 0
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
		}
		me := &w.people[at]
		known := me.sum != 0
		before := me.now
		if !known && first && me.told {
			known, before = true, me.learned
		}
		if known && before != values {
			if me.movedAt.IsZero() || !state.AsOf.Before(me.movedAt.Add(settling)) {
				me.before = before
			}
			me.movedAt = state.AsOf
		}
		me.now, me.manager, me.active = values, manager, !p.Inactive
		if me.active {
			w.active++
		}
		me.sum = digestOf(p)
		w.peopleSum += me.sum
	}
	w.asOf = state.AsOf
	w.regroup()
}

// movedFrom gives the attribute values somebody had until a change, and for how
// many more days they count; 0 days: there was no change lately.
func (w *World) movedFrom(who uint32, now time.Time) (values [singles]uint32, days int64) {
	p := &w.people[who]
	left := p.movedAt.Add(settling).Sub(now)
	if who == 0 || p.movedAt.IsZero() || left <= 0 {
		return values, 0
	}
	return p.before, min(int64((left+day-1)/day), int64(settling/day))
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
	return mix(h.Sum64()) | 1
}
