package scoring

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hallpass-dev/hallpass/approvals"
)

// manyHolders is from where on an entitlement's holders, or a group's members,
// are kept as a compressed bitmap: below it scanning a list is faster.
const manyHolders = 1024

// holders are the people who hold one entitlement: an ascending list, or a
// bitmap when there are many.
type holders struct {
	id   uint64 // digest of the entitlement's name
	list []uint32
	many *roaring.Bitmap
}

func (h *holders) count() int {
	if h.many != nil {
		return int(h.many.GetCardinality())
	}
	return len(h.list)
}

func (h *holders) has(who uint32) bool {
	if h.many != nil {
		return h.many.Contains(who)
	}
	_, ok := slices.BinarySearch(h.list, who)
	return ok
}

// add reports whether somebody is new among the holders.
func (h *holders) add(who uint32) bool {
	if h.many != nil {
		return h.many.CheckedAdd(who)
	}
	at, ok := slices.BinarySearch(h.list, who)
	if ok {
		return false
	}
	h.list = slices.Insert(h.list, at, who)
	if len(h.list) > manyHolders {
		h.many = roaring.BitmapOf(h.list...)
		h.list = nil
	}
	return true
}

// remove reports whether somebody was among the holders. Falling back to a
// list waits for half the limit, so that one person's coming and going does
// not convert it each time.
func (h *holders) remove(who uint32) bool {
	if h.many != nil {
		if !h.many.CheckedRemove(who) {
			return false
		}
		if h.many.GetCardinality() < manyHolders/2 {
			h.list, h.many = h.many.ToArray(), nil
		}
		return true
	}
	at, ok := slices.BinarySearch(h.list, who)
	if ok {
		h.list = slices.Delete(h.list, at, at+1)
	}
	return ok
}

// AddHolding says that somebody now holds an entitlement, by a grant or
// because a system's list says so. Saying it twice changes nothing.
func (w *World) AddHolding(e approvals.EntitlementID, p approvals.PrincipalID) {
	w.lock()
	defer w.mu.Unlock()
	w.addHolding(w.putEntitlement(e), w.putPerson(p))
}

// RemoveHolding says that somebody no longer holds an entitlement.
func (w *World) RemoveHolding(e approvals.EntitlementID, p approvals.PrincipalID) {
	w.lock()
	defer w.mu.Unlock()
	w.removeHolding(w.goods.get(e), w.ids.get(p))
}

// SetHoldings replaces an entitlement's holders, as a system listed them.
func (w *World) SetHoldings(e approvals.EntitlementID, people []approvals.PrincipalID) {
	w.lock()
	defer w.mu.Unlock()
	good := w.putEntitlement(e)
	if good == 0 {
		return
	}
	next := make([]uint32, 0, len(people))
	for _, p := range people {
		if at := w.putPerson(p); at != 0 {
			next = append(next, at)
		}
	}
	slices.Sort(next)
	w.setHolders(good, slices.Clip(slices.Compact(next)))
}

// exchange notes with the people that an entitlement's holders were old and are
// next, both ascending.
func (w *World) exchange(good uint32, old, next []uint32) {
	for len(old) > 0 || len(next) > 0 {
		switch {
		case len(next) == 0 || len(old) > 0 && old[0] < next[0]:
			w.lose(good, old[0])
			old = old[1:]
		case len(old) == 0 || next[0] < old[0]:
			w.gain(good, next[0])
			next = next[1:]
		default:
			old, next = old[1:], next[1:]
		}
	}
}

func (w *World) addHolding(good, who uint32) {
	if good != 0 && who != 0 && w.holds[good].add(who) {
		w.gain(good, who)
	}
}

func (w *World) removeHolding(good, who uint32) {
	if good != 0 && who != 0 && w.holds[good].remove(who) {
		w.lose(good, who)
	}
}

// gain notes with somebody that they hold an entitlement.
func (w *World) gain(good, who uint32) {
	p := &w.people[who]
	if at, ok := slices.BinarySearch(p.held, good); !ok {
		p.held = slices.Insert(p.held, at, good)
	}
	w.holdingSum += mix(w.holds[good].id ^ p.id)
	w.holdings++
}

func (w *World) lose(good, who uint32) {
	p := &w.people[who]
	if at, ok := slices.BinarySearch(p.held, good); ok {
		p.held = slices.Delete(p.held, at, at+1)
	}
	w.holdingSum -= mix(w.holds[good].id ^ p.id)
	w.holdings--
}
