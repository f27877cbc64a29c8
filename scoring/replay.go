package scoring

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hallpass-dev/hallpass/approvals"
)

// atOnce is how much of a replay is taken in under one lock, so that scoring
// waits neither long nor often.
const atOnce = 4096

// pairing is somebody and an entitlement that they hold.
type pairing struct {
	entitlement approvals.EntitlementID
	principal   approvals.PrincipalID
}

// ReplaceHoldings replaces all that is held by what read passes on, in any
// order and as often as it likes. Entitlements that are not named are held by
// nobody. When read fails nothing is changed. Scoring goes on meanwhile: each
// entitlement changes at once, one after the other.
func (w *World) ReplaceHoldings(read func(each func(approvals.EntitlementID, approvals.PrincipalID) error) error) error {
	var next [][]uint32 // by entitlement
	pending := make([]pairing, 0, atOnce)
	flush := func() {
		next = w.index(pending, next)
		pending = pending[:0]
	}
	err := read(func(e approvals.EntitlementID, p approvals.PrincipalID) error {
		if pending = append(pending, pairing{e, p}); len(pending) == cap(pending) {
			flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	flush()
	w.makeRoom(next)
	for good := 1; w.replace(good, next); good++ {
		continue
	}
	return nil
}

// index adds holders to their entitlements' lists.
func (w *World) index(held []pairing, next [][]uint32) [][]uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var last approvals.EntitlementID // what a system listed comes together
	var good uint32
	for i := range held {
		if held[i].entitlement != last {
			last = held[i].entitlement
			good = w.putEntitlement(last)
		}
		who := w.putPerson(held[i].principal)
		if good == 0 || who == 0 {
			continue
		}
		if n := int(good) + 1; n > len(next) {
			next = append(next, make([][]uint32, n-len(next))...)
		}
		next[good] = append(next[good], who)
	}
	return next
}

// makeRoom gives everybody who holds nothing yet room for just what comes, out
// of one piece of memory.
func (w *World) makeRoom(next [][]uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	count := make([]int, len(w.people))
	total := 0
	for _, list := range next {
		for _, who := range list {
			if w.people[who].held == nil {
				count[who]++
				total++
			}
		}
	}
	room := make([]uint32, total)
	for who, n := range count {
		if n > 0 {
			w.people[who].held, room = room[:0:n], room[n:]
		}
	}
}

// replace gives one entitlement its new holders; false says that there is no
// such entitlement.
func (w *World) replace(good int, next [][]uint32) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if good >= len(w.holds) {
		return false
	}
	var list []uint32
	if good < len(next) {
		list = next[good]
	}
	slices.Sort(list)
	w.setHolders(uint32(good), slices.Clip(slices.Compact(list)))
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
	h.list, h.many = next, nil
	if len(next) > manyHolders {
		h.list, h.many = nil, roaring.BitmapOf(next...)
	}
}
