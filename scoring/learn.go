package scoring

import (
	"math/bits"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Learn counts human decisions. They come in the order of their sequence; one
// that is already counted changes nothing. Automatic decisions must never come
// here: a score that learns from itself rots.
func (w *World) Learn(ls ...approvals.Learned) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range ls {
		w.learn(&ls[i])
	}
}

func (w *World) learn(l *approvals.Learned) {
	if l.Sequence < w.sequence || l.Sequence == w.sequence && slices.Contains(w.latest, l.Request) {
		return
	}
	if l.Sequence > w.sequence {
		w.latest = w.latest[:0]
		w.sequence = l.Sequence
	}
	w.latest = append(w.latest, l.Request)
	s, approver := w.enter(l)
	good, who, values := s.good, s.who, s.values
	w.count(&values, approver, !l.Approved)
	w.hours[values[atLocation]][slotOf(l.At, w.people[who].zone)]++
	if l.Approved && good != 0 {
		w.lasted[good][durationStep(l.Duration)]++
	}
	if who != 0 {
		p := &w.people[who]
		attributes := values
		attributes[atEntitlement] = 0
		if p.told && p.learned != attributes && (p.movedAt.IsZero() || p.now != attributes) {
			p.move(p.learned, l.At)
		}
		p.learned, p.told = attributes, true
		entry := good << 1
		if !l.Approved {
			entry |= 1
		}
		p.asked = append(p.asked, ask{entry, approver, dayOf(l.At)})
	}
}

// enter is what a decision's names mean, those that are new included, and who
// decided.
func (w *World) enter(l *approvals.Learned) (s subject, approver uint32) {
	c := called{who: l.Beneficiary, manager: l.Manager, good: l.Entitlement, department: l.Department, title: l.Title, location: l.Location}
	h, by := w.hashes(&c), w.ids.hash(l.Approver)
	likely, decider := w.likely(&h), w.ids.likely(by)
	w.approach(&likely, decider)
	who := w.enterPerson(c.who, h.who, likely.who)
	approver = w.enterPerson(l.Approver, by, decider)
	return newSubject(who, w.enterEntitlement(c.good, h.good, likely.good), w.enterPerson(c.manager, h.manager, likely.values[atManager]),
		w.enterWord(atDepartment, c.department, h.department, likely.values[atDepartment]),
		w.enterWord(atTitle, c.title, h.title, likely.values[atTitle]),
		w.enterWord(atLocation, c.location, h.location, likely.values[atLocation])), approver
}

// approach has the memory fetched that learning a decision leads to; see touch.
//
//go:noinline
func (w *World) approach(s *subject, approver uint32) (sum uint32) {
	k := keysOf(&s.values)
	me := &w.people[s.who]
	sum = uint32(w.cells.touch(&k)) + w.lasted[s.good][0] + me.learned[atTitle]
	sum += uint32(w.ids.touch(s.who)) + uint32(w.goods.touch(s.good)) + uint32(w.ids.touch(s.values[atManager])) +
		uint32(w.ids.touch(approver)) + uint32(w.words[atTitle].touch(s.values[atTitle]))
	if n := len(me.asked); n > 0 {
		sum += me.asked[n-1].day
	}
	return sum
}

// dayOf counts whole days since 1970.
func dayOf(t time.Time) uint32 { return uint32(max(t.Unix(), 0) / int64(day/time.Second)) }

// count adds a decision to every cell that it belongs to.
func (w *World) count(values *[singles]uint32, approver uint32, denied bool) {
	w.all.Decided++
	if denied {
		w.all.Denied++
	}
	k := keysOf(values)
	w.cells.add(&k, approver, denied)
}

// slots is how many parts a week has: eight of a working day, eight of a day
// at the weekend.
const slots = 16

// slotOf is the part of the week in somebody's time zone, as the directory knows
// it; nil is UTC.
func slotOf(t time.Time, zone *time.Location) uint8 {
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone)
	slot := uint8(t.Hour() / 3)
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		slot += slots / 2
	}
	return slot
}

// durationSteps is how many lengths are told apart: up to 15 minutes, up to
// 30, and so on doubling; the last holds all that is longer than 85 days.
const durationSteps = 15

func durationStep(d time.Duration) int {
	quarters := max(int64(d-1), 0) / int64(15*time.Minute)
	return min(bits.Len64(uint64(quarters)), durationSteps-1)
}
