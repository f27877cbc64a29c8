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

// kind is the attribute's place, or behind them the pair's, from 0.
func (k cellKey) kind() int {
	at := int(k>>56) - 1
	if at >= maxSingles {
		at += singles - maxSingles
	}
	return at
}

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

// cellTable keeps the tallies of each attribute and pair in a table of its own:
// most of these are small, and what is small stays in the processor's cache.
// Shares of approvers other than a cell's lead are kept beside them, since most
// cells have but one approver.
type cellTable struct {
	kinds  [singles + pairs]tallyTable
	others shareTable
}

func newCellTable(capacity int) *cellTable {
	t := &cellTable{others: shareTable{buckets: spread(make([]shareBucket, max(capacity/bucketShares, 256)))}}
	for i := range t.kinds {
		t.kinds[i].slots = make([]tally, 64)
	}
	return t
}

// place maps a hash to one of n slots without needing a power of two.
func place(hash uint64, n int) int {
	hi, _ := bits.Mul64(hash, uint64(n))
	return int(hi)
}

// tallyTable is an open-addressing hash table with linear probing.
type tallyTable struct {
	slots []tally
	used  int
}

func (t *tallyTable) first(k cellKey) int { return place(k.hash(), len(t.slots)) }

func (t *tallyTable) find(k cellKey) *tally {
	for i := t.first(k); ; {
		s := &t.slots[i]
		if s.key == k || s.key == 0 {
			return s
		}
		if i++; i == len(t.slots) {
			i = 0
		}
	}
}

// room makes sure that one more cell finds a place.
func (t *tallyTable) room() {
	if (t.used+1)*5 <= len(t.slots)*4 {
		return
	}
	old := t.slots
	t.slots = spread(make([]tally, grown(len(old))))
	for _, s := range old {
		if s.key != 0 {
			*t.find(s.key) = s
		}
	}
}

// grown is the next size of a table: twice as large while that costs little
// memory, then a quarter larger, since every growing moves everything.
func grown(slots int) int {
	if slots < 1<<14 {
		return 2 * slots
	}
	return slots * 5 / 4
}

// get returns a cell's tally; zero if nothing was decided in it.
func (t *cellTable) get(k cellKey) tally { return *t.kinds[k.kind()].find(k) }

// used is how many cells there are.
func (t *cellTable) used() (n int) {
	for i := range t.kinds {
		n += t.kinds[i].used
	}
	return n
}

// find reads a request's cells.
func (t *cellTable) find(k *keys, cells *found) {
	for i, key := range k {
		cells[i] = tally{}
		if key != 0 {
			cells[i] = *t.kinds[i].find(key)
		}
	}
}

// touch reads the slots where cells are first looked for; see World.touch.
//
//go:noinline
func (t *cellTable) touch(k *keys) (sum cellKey) {
	for i, key := range k {
		sum += t.kinds[i].slots[t.kinds[i].first(key)].key
	}
	return sum
}

// elsewhere reports whether anything is known of an approver beside the lead.
func (t *tally) elsewhere(approver uint32) bool {
	if t.key == 0 || t.lead == approver {
		return false
	}
	_, alone := t.share.credit()
	return alone != t.decided
}

// without is a cell's count leaving out what one approver decided.
func (t *tally) without(s share) scorecard.Cell {
	denied, decided := s.credit()
	return scorecard.Cell{Denied: int64(t.denied - denied), Decided: int64(t.decided - decided)}
}

// add counts one decision in every cell that it belongs to. Keys of 0 are left
// out.
func (t *cellTable) add(k *keys, approver uint32, denied bool) {
	t.others.room(len(k))
	mixed := mix(uint64(approver))
	var cells [len(keys{})]*tally
	var other [len(keys{})]uint64 // keys of the approver's shares where somebody else leads
	for i, key := range k {
		if key == 0 {
			continue
		}
		t.kinds[i].room()
		cell := t.kinds[i].find(key)
		if cell.key == 0 {
			t.kinds[i].used++
			*cell = tally{key: key, lead: approver}
		}
		cells[i] = cell
		if cell.lead != approver {
			other[i] = otherKey(key, mixed)
			t.others.touch(other[i : i+1])
		}
	}
	for i, cell := range cells {
		switch {
		case cell == nil:
		case other[i] != 0:
			t.others.add(cell, other[i], approver, denied)
		default:
			before := cell.share
			cell.share = before.add(denied)
			cell.move(before, cell.share)
		}
	}
}

// move replaces one approver's share in the credited counts.
func (t *tally) move(before, after share) {
	d0, n0 := before.credit()
	d1, n1 := after.credit()
	t.denied += d1 - d0
	t.decided += n1 - n0
}
