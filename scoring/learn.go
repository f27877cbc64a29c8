package scoring

import (
	"math/bits"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Learn counts human decisions. They come in the order of their sequence; one
// that is already counted changes nothing. Automatic decisions must never come
// here: a score that learns from itself rots. The last few are counted when
// something is next asked of the world; see arrivals.
func (w *World) Learn(ls ...approvals.Learned) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range ls {
		w.arrive(&ls[i])
	}
}

// hurry says whether a long past is being learned; see cellTable.hurry.
func (w *World) hurry(on bool) {
	w.lock()
	defer w.mu.Unlock()
	w.cells.hurry(on)
}

func (w *World) learn(a *arrival, next *route) {
	l := &a.decision
	if l.Sequence < w.sequence || l.Sequence == w.sequence && slices.Contains(w.latest, l.Request) {
		return
	}
	if l.Sequence > w.sequence {
		w.latest = w.latest[:0]
		w.sequence = l.Sequence
	}
	w.latest = append(w.latest, l.Request)
	s, approver := w.enter(l, a)
	good, who, values := s.good, s.who, s.values
	w.count(&s, approver, a, !l.Approved, next)
	w.hours[values[atLocation]][slotOf(l.At, w.people[who].zone)]++
	if l.Approved && good != 0 {
		w.lasted[good][durationStep(l.Duration)]++
	}
	if who != 0 {
		p := &w.people[who]
		attributes := values
		attributes[atEntitlement] = 0
		if p.told && w.changed(&p.learned, &attributes) && (p.moved == nil || p.now != attributes) {
			p.move(p.learned, l.At)
		}
		p.learned, p.told = attributes, true
		entry := good << 1
		if !l.Approved {
			entry |= 1
		}
		w.asks.add(&p.asked, ask{entry, approver, uint16(min(dayOf(l.At), 1<<16-1))})
	}
}

// dayOf counts whole days since 1970.
func dayOf(t time.Time) uint32 { return uint32(max(t.Unix(), 0) / int64(day/time.Second)) }

// count adds a decision to every cell that it belongs to.
func (w *World) count(s *subject, approver uint32, a *arrival, denied bool, next *route) {
	w.all.Decided++
	if denied {
		w.all.Denied++
	}
	if s.values != a.likely.values || approver != a.approver {
		a.route.set(&s.values, approver)
	}
	w.cells.add(&a.route, approver, denied, next)
}

// slots is how many parts a week has: eight of a working day, eight of a day
// at the weekend.
const slots = 16

// slotOf is the part of the week in somebody's time zone, as the directory knows
// it; nil is UTC.
func slotOf(t time.Time, zone *time.Location) uint8 {
	seconds := t.Unix()
	if zone != nil {
		_, offset := t.In(zone).Zone()
		seconds += int64(offset)
	}
	const hour, thursday = 3600, 4 // 1970 began on a Thursday
	since := seconds / (24 * hour)
	left := seconds % (24 * hour)
	if left < 0 {
		since, left = since-1, left+24*hour
	}
	slot := uint8(left / (3 * hour))
	if d := time.Weekday(((since+thursday)%7 + 7) % 7); d == time.Saturday || d == time.Sunday {
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
