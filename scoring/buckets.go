package scoring

import (
	"encoding/binary"
	"math/bits"
)

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
		t.kinds[i].buckets = make([]cellBucket, 32)
		t.kinds[i].kind = kindKey(i)
	}
	return t
}

// place maps a hash to one of n slots without needing a power of two.
func place(hash uint64, n int) int {
	hi, _ := bits.Mul64(hash, uint64(n))
	return int(hi)
}

// tallyTable is a hash table of the cells of one kind. Nearly all that is looked
// for is in one bucket, or not there at all.
type tallyTable struct {
	buckets []cellBucket
	used    int
	kind    cellKey // of all keys, with which they are hashed
	hurried bool    // see cellTable.hurry
}

// cellBucket is as large as what the processor fetches at once, and holds three
// cells. Keys lie apart from counts, and these from leads, since what was just
// written can be read again at once only as it was written.
type cellBucket struct {
	// Little end first: three keys without their kind, of 7 bytes each, 0 where
	// there is no cell; a byte that is 1 if a cell that belongs here is in a later
	// bucket; three counts of 6 bytes each, denied in the lower 3.
	head  [40]byte
	leads [bucketCells]lead
}

// lead is the approver who approved most in a cell, and this approver's share.
type lead struct {
	approver uint32
	share    share
}

const (
	bucketCells = 3
	keyBytes    = 7
	atSpilled   = 21
	atCounts    = 20 // of the first, with two bytes before it
	countBytes  = 6
	keyBits     = 1<<56 - 1
	countBits   = 1<<24 - 1 // of denied, and of decided
)

// seek gives the place of a key in a bucket; -1 if it is not there. It compares
// all, since which one it is cannot be predicted.
func (b *cellBucket) seek(key cellKey) int {
	at := -1
	if b.key(0) == key {
		at = 0
	}
	if b.key(1) == key {
		at = 1
	}
	if b.key(2) == key {
		at = 2
	}
	return at
}

// key is that of the cell at a place, without its kind.
func (b *cellBucket) key(at int) cellKey {
	return cellKey(binary.LittleEndian.Uint64(b.head[at*keyBytes:]) & keyBits)
}

func (b *cellBucket) setKey(at int, k cellKey) {
	word := b.head[at*keyBytes:]
	binary.LittleEndian.PutUint64(word, uint64(word[keyBytes])<<56|uint64(k)&keyBits)
}

// credit changes the counts of the cell at a place. One that is full, as no
// organisation will fill one, keeps them.
func (b *cellBucket) credit(at int, c change) {
	word := b.head[atCounts+at*countBytes:]
	counts := binary.LittleEndian.Uint64(word)
	if counts>>40 == countBits {
		return
	}
	counts += uint64(int64(c.denied))<<16 + uint64(c.decided)<<40 // no sum is below 0 or above countBits
	binary.LittleEndian.PutUint64(word, counts)
}

// tally unpacks the cell at a place.
func (b *cellBucket) tally(k cellKey, at int) tally {
	counts := binary.LittleEndian.Uint64(b.head[atCounts+at*countBytes:]) >> 16
	l := &b.leads[at]
	return tally{key: k, denied: uint32(counts & countBits), decided: uint32(counts >> 24), lead: l.approver, share: l.share}
}

// move puts a cell of another bucket at an empty place.
func (b *cellBucket) move(at int, from *cellBucket, was int) {
	b.setKey(at, from.key(was))
	t := from.tally(0, was)
	b.credit(at, change{denied: int32(t.denied), decided: int32(t.decided)})
	b.leads[at] = from.leads[was]
}

// next is the bucket that takes in what the i-th has no room for.
func (t *tallyTable) next(i int) int {
	if i++; i < len(t.buckets) {
		return i
	}
	return 0
}

// find gives a cell's tally; zero if nothing was decided in it.
func (t *tallyTable) find(k cellKey) tally {
	b, at := t.look(k, k.hash())
	if at < 0 {
		return tally{}
	}
	return b.tally(k, at)
}

// look gives the bucket and place of a cell; a negative place if there is none.
func (t *tallyTable) look(k cellKey, hash uint64) (*cellBucket, int) {
	for i := place(hash, len(t.buckets)); ; i = t.next(i) {
		b := &t.buckets[i]
		if at := b.seek(k & keyBits); at >= 0 || b.head[atSpilled] == 0 {
			return b, at
		}
	}
}

// enter gives the place of a cell that is new.
func (t *tallyTable) enter(hash uint64) (*cellBucket, int) {
	if t.used++; t.used*10 > len(t.buckets)*bucketCells*7 { // 70%: few buckets spill
		t.resize(grown(len(t.buckets)*bucketCells, t.hurried))
	}
	return t.free(hash)
}

// free gives an empty place for a cell.
func (t *tallyTable) free(hash uint64) (*cellBucket, int) {
	for i := place(hash, len(t.buckets)); ; i = t.next(i) {
		b := &t.buckets[i]
		if at := b.seek(0); at >= 0 {
			return b, at
		}
		b.head[atSpilled] = 1
	}
}

// resize makes room for so many cells, of which at most 70% may be used.
func (t *tallyTable) resize(cells int) {
	old := t.buckets
	t.buckets = spread(make([]cellBucket, cells/bucketCells))
	for i := range old {
		for at := range bucketCells {
			if key := old[i].key(at); key != 0 {
				b, to := t.free((t.kind | key).hash())
				b.move(to, &old[i], at)
			}
		}
	}
}

// grown is the next size of a table: twice as large while that costs little
// memory or time is short, then a quarter larger, since every growing moves
// everything.
func grown(slots int, hurried bool) int {
	if slots < 1<<14 || hurried {
		return 2 * slots
	}
	return slots * 5 / 4
}

// hurry has tables grow fast while a long past is learned, and then gives back
// what they have too much of.
func (t *cellTable) hurry(on bool) {
	t.others.hurried = on
	if n := t.others.used; !on && n*3 < len(t.others.buckets)*bucketShares*2 && n > 1<<14 {
		t.others.resize(n * 4 / 3)
	}
	for i := range t.kinds {
		k := &t.kinds[i]
		k.hurried = on
		if !on && k.used*2 < len(k.buckets)*bucketCells && k.used > 1<<14 {
			k.resize(k.used * 8 / 5)
		}
	}
}

// get returns a cell's tally; zero if nothing was decided in it.
func (t *cellTable) get(k cellKey) tally { return t.kinds[k.kind()].find(k) }

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
			cells[i] = t.kinds[i].find(key)
		}
	}
}

// touch reads the buckets where cells are first looked for; see World.touch.
//
//go:noinline
func (t *cellTable) touch(k *keys) (sum cellKey) {
	for i, key := range k {
		buckets := t.kinds[i].buckets
		sum += cellKey(buckets[place(key.hash(), len(buckets))].head[0])
	}
	return sum
}
