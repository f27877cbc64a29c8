package scoring

// shareTable keeps the shares of approvers who do not lead a cell, by cell and
// approver. Its buckets are as large as what the processor fetches at once; one
// that had no room says so, so that most look-ups end with the first.
type shareTable struct {
	buckets []shareBucket
	used    int
	hurried bool // see cellTable.hurry
}

const bucketShares = 5

type shareBucket struct {
	keys    [bucketShares]uint64 // filled from the first on; 0: empty
	shares  [bucketShares]share
	spilled uint32 // 1 if a share that belongs here is in a later one
}

// otherKey names one approver's share in one cell, given the approver's index
// mixed; the lowest bit keeps it from being 0.
func otherKey(k cellKey, mixed uint64) uint64 { return k.hash() ^ mixed | 1 }

// seek gives the place of a key in a bucket; -1 if it is not there. It compares
// all, since which one it is cannot be predicted.
func (b *shareBucket) seek(k uint64) int {
	at := -1
	if b.keys[4] == k {
		at = 4
	}
	if b.keys[3] == k {
		at = 3
	}
	if b.keys[2] == k {
		at = 2
	}
	if b.keys[1] == k {
		at = 1
	}
	if b.keys[0] == k {
		at = 0
	}
	return at
}

// find gives a share's place; nil if there is none.
func (t *shareTable) find(k uint64) *share {
	for i := place(k, len(t.buckets)); ; {
		b := &t.buckets[i]
		if at := b.seek(k); at >= 0 {
			return &b.shares[at]
		}
		if b.spilled == 0 {
			return nil
		}
		if i++; i == len(t.buckets) {
			i = 0
		}
	}
}

func (t *shareTable) get(k uint64) (s share) {
	if at := t.find(k); at != nil {
		s = *at
	}
	return s
}

// at gives the place of a share, which is empty if there was none. There must
// be room for it.
func (t *shareTable) at(k uint64) *share {
	if s := t.find(k); s != nil {
		return s
	}
	t.used++
	for i := place(k, len(t.buckets)); ; {
		b := &t.buckets[i]
		if at := b.seek(0); at >= 0 {
			b.keys[at] = k
			return &b.shares[at]
		}
		b.spilled = 1
		if i++; i == len(t.buckets) {
			i = 0
		}
	}
}

// touch reads the first bucket of every key; see World.touch.
//
//go:noinline
func (t *shareTable) touch(keys []uint64) (sum uint32) {
	for _, k := range keys {
		sum += t.buckets[place(k, len(t.buckets))].spilled
	}
	return sum
}

// room makes sure that decisions in so many cells find a place: each may bring
// a share of its approver and one of a lead who steps back.
func (t *shareTable) room(cells int) {
	if (t.used+2*cells)*20 <= len(t.buckets)*bucketShares*17 { // 85%: few buckets spill
		return
	}
	t.resize(grown(len(t.buckets)*bucketShares, t.hurried))
}

// resize makes room for so many shares, of which at most 85% may be used.
func (t *shareTable) resize(shares int) {
	old := t.buckets
	t.buckets = spread(make([]shareBucket, shares/bucketShares))
	t.used = 0
	for i := range old {
		for j, k := range old[i].keys {
			if k != 0 {
				*t.at(k) = old[i].shares[j]
			}
		}
	}
}
