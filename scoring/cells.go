package scoring

import (
	"math/bits"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// creditCap is how many decisions of one approver count in one cell. Beyond
// it the approver's rate of denial counts, not the number of answers, so that
// nobody's diligence or leniency outvotes everybody else's.
const creditCap = 50

// cellKey names a cell: which attribute or pair, and the values' indices.
type cellKey uint64

func singleKey(attribute int, value uint32) cellKey {
	return cellKey(attribute+1)<<56 | cellKey(value)
}

func pairKey(pair int, a, b uint32) cellKey {
	return cellKey(pair+1+maxSingles)<<56 | cellKey(a)<<28 | cellKey(b)
}

// hash spreads a key; the finaliser is that of splitmix64.
func (k cellKey) hash() uint64 { return mix(uint64(k)) }

func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// share is what one approver decided in one cell. It stops counting at 65,535,
// where one more answer no longer changes the rate.
type share struct{ denied, decided uint16 }

func (s share) add(denied bool) share {
	if s.decided == 1<<16-1 {
		return s
	}
	s.decided++
	if denied {
		s.denied++
	}
	return s
}

func (s share) approved() uint16 { return s.decided - s.denied }

// credit is what of a share counts: all of it up to the cap, beyond it as many
// decisions as the cap at the approver's own rate, denials rounded up.
func (s share) credit() (denied, decided uint32) {
	if s.decided <= creditCap {
		return uint32(s.denied), uint32(s.decided)
	}
	return (uint32(s.denied)*creditCap + uint32(s.decided) - 1) / uint32(s.decided), creditCap
}

// tally is one cell as kept: the credited counts, and the share of the
// approver who approved most in it: whose absence it would show first. A zero
// key is an empty slot.
type tally struct {
	key             cellKey
	denied, decided uint32
	lead            uint32
	share           share
}

func (t tally) cell() scorecard.Cell {
	return scorecard.Cell{Denied: int64(t.denied), Decided: int64(t.decided)}
}

// cellTable is an open-addressing hash table of tallies with linear probing.
// Shares of approvers other than a cell's lead are kept beside it, since most
// cells have but one approver.
type cellTable struct {
	slots  []tally
	used   int
	others shareTable
}

func newCellTable(capacity int) *cellTable {
	return &cellTable{slots: make([]tally, max(capacity, 1024)), others: shareTable{slots: make([]shareSlot, max(capacity, 1024))}}
}

// place maps a hash to one of n slots without needing a power of two.
func place(hash uint64, n int) int {
	hi, _ := bits.Mul64(hash, uint64(n))
	return int(hi)
}

func (t *cellTable) find(k cellKey) int { return t.findFrom(place(k.hash(), len(t.slots)), k) }

func (t *cellTable) findFrom(first int, k cellKey) int {
	for i := first; ; {
		if t.slots[i].key == k || t.slots[i].key == 0 {
			return i
		}
		if i++; i == len(t.slots) {
			i = 0
		}
	}
}

// touch reads the slots where cells or shares are first looked for, so that the
// memory behind them is fetched at once and not one after the other. The sum
// only keeps the reads from being left out.
//
//go:noinline
func (t *cellTable) touch(first []int) (sum cellKey) {
	for _, at := range first {
		sum += t.slots[at].key
	}
	return sum
}

// get returns a cell's tally; zero if nothing was decided in it.
func (t *cellTable) get(k cellKey) tally { return t.slots[t.find(k)] }

// elsewhere reports whether anything is known of an approver beside the lead.
func (t *tally) elsewhere(approver uint32) bool {
	if t.key == 0 || t.lead == approver {
		return false
	}
	_, alone := t.share.credit()
	return alone != t.decided
}

// without is a cell's count leaving out everything that one approver decided.
func (t *cellTable) without(c *tally, approver uint32) scorecard.Cell {
	var s share
	switch {
	case c.key != 0 && c.lead == approver:
		s = c.share
	case c.elsewhere(approver):
		s = t.others.get(otherKey(c.key, approver))
	}
	denied, decided := s.credit()
	return scorecard.Cell{Denied: int64(c.denied - denied), Decided: int64(c.decided - decided)}
}

// otherKey names one approver's share in one cell; the lowest bit keeps it from
// being 0.
func otherKey(k cellKey, approver uint32) uint64 {
	return mix(uint64(k)^mix(uint64(approver))) | 1
}

// add counts one decision in every cell that it belongs to. Keys of 0 are left
// out.
func (t *cellTable) add(ks []cellKey, approver uint32, denied bool) {
	for (t.used+len(ks))*5 > len(t.slots)*4 {
		t.grow()
	}
	var room [singles + pairs]int
	first := room[:len(ks)]
	for i, k := range ks {
		first[i] = place(k.hash(), len(t.slots))
	}
	t.touch(first)
	var led [singles + pairs]int // cells that somebody else leads
	n := 0
	for i, k := range ks {
		if k == 0 {
			continue
		}
		at := t.findFrom(first[i], k)
		cell := &t.slots[at]
		if cell.key == 0 {
			t.used++
			*cell = tally{key: k, lead: approver}
		}
		if cell.lead != approver {
			led[n] = at
			n++
			continue
		}
		before := cell.share
		cell.share = before.add(denied)
		cell.move(before, cell.share)
	}
	t.others.add(t.slots, led[:n], approver, denied)
}

// add counts a decision in the shares of cells whose lead is somebody else, who
// steps back where this approver has now approved more.
func (t *shareTable) add(cells []tally, led []int, approver uint32, denied bool) {
	for (t.used+2*len(led))*5 > len(t.slots)*4 {
		t.grow()
	}
	var keys [singles + pairs]uint64
	for i, at := range led {
		keys[i] = otherKey(cells[at].key, approver)
	}
	t.touch(keys[:len(led)])
	for i, at := range led {
		cell, other := &cells[at], t.at(keys[i])
		before := *other
		after := before.add(denied)
		cell.move(before, after)
		if after.approved() > cell.share.approved() {
			*other = share{}
			*t.at(otherKey(cell.key, cell.lead)) = cell.share
			cell.lead, cell.share = approver, after
			continue
		}
		*other = after
	}
}

// move replaces one approver's share in the credited counts.
func (t *tally) move(before, after share) {
	d0, n0 := before.credit()
	d1, n1 := after.credit()
	t.denied += d1 - d0
	t.decided += n1 - n0
}

func (t *cellTable) grow() {
	old := t.slots
	t.slots = make([]tally, grown(len(old)))
	for _, s := range old {
		if s.key != 0 {
			t.slots[t.find(s.key)] = s
		}
	}
}

// grown is the next size of a table: twice as large while that costs little
// memory, then a quarter larger, since every growing moves everything.
func grown(slots int) int {
	if slots < 1<<20 {
		return 2 * slots
	}
	return slots * 5 / 4
}

// shareTable keeps shares by key, likewise with linear probing.
type shareTable struct {
	slots []shareSlot
	used  int
}

// shareSlot holds its key in halves, so that it needs no padding.
type shareSlot struct {
	high, low uint32
	share     share
}

func (t *shareTable) find(k uint64) int {
	for i := place(k, len(t.slots)); ; {
		s := &t.slots[i]
		if s.low == 0 || s.low == uint32(k) && s.high == uint32(k>>32) {
			return i
		}
		if i++; i == len(t.slots) {
			i = 0
		}
	}
}

// touch reads the first slot of every key, as cellTable.touch does.
//
//go:noinline
func (t *shareTable) touch(keys []uint64) (sum uint32) {
	for _, k := range keys {
		sum += t.slots[place(k, len(t.slots))].low
	}
	return sum
}

func (t *shareTable) get(k uint64) share { return t.slots[t.find(k)].share }

// at gives the place of a share, which is empty if there was none. There must
// be room for it.
func (t *shareTable) at(k uint64) *share {
	i := t.find(k)
	if t.slots[i].low == 0 {
		t.used++
		t.slots[i] = shareSlot{high: uint32(k >> 32), low: uint32(k)}
	}
	return &t.slots[i].share
}

func (t *shareTable) grow() {
	old := t.slots
	t.slots = make([]shareSlot, grown(len(old)))
	for _, s := range old {
		if s.low != 0 {
			t.slots[t.find(uint64(s.high)<<32|uint64(s.low))] = s
		}
	}
}
