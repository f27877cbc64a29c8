package scoring

import (
	"bytes"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hallpass-dev/hallpass/approvals"
)

// listed is who holds what, with indices of its own: it is read without holding
// up those who score or learn.
type listed struct {
	goods  names[approvals.EntitlementID]
	people names[approvals.PrincipalID]
	lists  [][]uint32 // people, by entitlement less 1
	last   []byte
	at     uint32 // index of last
}

func (l *listed) add(entitlement, principal []byte) {
	if l.at == 0 || !bytes.Equal(entitlement, l.last) { // what a system listed comes together
		var added bool
		l.last = append(l.last[:0], entitlement...)
		if l.at, added = l.goods.putBytes(entitlement); added {
			l.lists = append(l.lists, nil)
		}
	}
	if who, _ := l.people.putBytes(principal); who != 0 && l.at != 0 {
		l.lists[l.at-1] = append(l.lists[l.at-1], who)
	}
}

// ReplaceHoldings replaces all that is held by what read passes on, in any
// order and as often as it likes. Entitlements that are not named are held by
// nobody. The text that it passes on need only hold until each returns. When
// read fails nothing is changed. Scoring goes on meanwhile, but for a moment
// when nothing was held before: each entitlement changes at once, one after the
// other.
func (w *World) ReplaceHoldings(read func(each func(entitlement, principal []byte) error) error) error {
	var l listed
	l.goods.init(0)
	l.people.init(0)
	err := read(func(entitlement, principal []byte) error {
		l.add(entitlement, principal)
		return nil
	})
	if err != nil {
		return err
	}
	next := w.adopt(&l)
	if w.fill(next) {
		return nil
	}
	for good := 1; w.replace(good, next); good++ {
		continue
	}
	return nil
}

// adopt gives what was listed the world's own indices; by entitlement.
func (w *World) adopt(l *listed) [][]uint32 {
	w.lock()
	people := make([]uint32, l.people.len()+1)
	for i := range l.people.len() {
		people[i+1] = w.putPerson(approvals.PrincipalID(l.people.of(uint32(i + 1))))
	}
	goods := make([]uint32, len(l.lists))
	for i := range goods {
		goods[i] = w.putEntitlement(approvals.EntitlementID(l.goods.of(uint32(i + 1))))
	}
	next := make([][]uint32, len(w.holds))
	w.mu.Unlock()
	few := 0
	for _, list := range l.lists {
		if len(list) <= manyHolders {
			few += len(list)
		}
	}
	room := spread(make([]uint32, few)) // where many lists lie side by side
	for i, list := range l.lists {
		var held []uint32
		if n := len(list); n <= manyHolders {
			held, room = room[:n:n], room[n:]
		} else {
			held = make([]uint32, n)
		}
		for j, who := range list {
			held[j] = people[who]
		}
		l.lists[i] = nil
		slices.Sort(held)
		next[goods[i]] = slices.Clip(slices.Compact(held))
	}
	return next
}

// fill is what a start does, when nobody is known to hold anything: what people
// hold lies in one piece, and each person is looked at once instead of at each
// of their holdings. It reports whether it was so.
func (w *World) fill(next [][]uint32) bool {
	w.lock()
	defer w.mu.Unlock()
	if w.holdings != 0 {
		return false
	}
	at := make([]int, len(w.people)) // where a person's next holding goes
	for _, list := range next {
		for _, who := range list {
			at[who]++
		}
	}
	total := 0
	ids := make([]uint64, len(w.people))
	for who, n := range at {
		at[who], ids[who] = total, w.people[who].id
		total += n
	}
	room := spread(make([]uint32, total))
	for good, list := range next {
		h := &w.holds[good]
		for _, who := range list {
			room[at[who]] = uint32(good)
			at[who]++
			w.holdingSum += mix(h.id ^ ids[who])
		}
		h.keep(list)
	}
	w.holdings = int64(total)
	begin := 0
	for who, end := range at {
		w.people[who].held = room[begin:end:end]
		begin = end
	}
	return true
}

// replace gives one entitlement its new holders; false says that there is no
// such entitlement.
func (w *World) replace(good int, next [][]uint32) bool {
	w.lock()
	defer w.mu.Unlock()
	if good >= len(w.holds) {
		return false
	}
	var list []uint32
	if good < len(next) {
		list = next[good]
	}
	w.setHolders(uint32(good), list)
	return true
}

// setHolders replaces an entitlement's holders by an ascending list.
func (w *World) setHolders(good uint32, next []uint32) {
	h := &w.holds[good]
	old := h.list
	if h.many != nil {
		old = h.many.ToArray()
	}
	w.exchange(good, old, next)
	h.keep(next)
}

// keep makes an ascending list the holders.
func (h *holders) keep(next []uint32) {
	h.list, h.many = next, nil
	if len(next) > manyHolders {
		h.list, h.many = nil, roaring.BitmapOf(next...)
	}
}
