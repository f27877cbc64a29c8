package scoring

// shareTable keeps the shares of approvers who do not lead a cell, by cell and
// approver. Its buckets are as large as what the processor fetches at once; one
// that had no room says so, so that most look-ups end with the first.
type shareTable struct {
	buckets []shareBucket
	used    int
}

const bucketShares = 5

type shareBucket struct {
	slots   [bucketShares]shareSlot // filled from the first on
	spilled uint32                  // 1 if a share that belongs here is in a later one
}

// shareSlot holds its key in halves, so that it needs no padding.
type shareSlot struct {
	high, low uint32
	share     share
}

// otherKey names one approver's share in one cell, given the approver's index
// mixed; the lowest bit keeps it from being 0.
func otherKey(k cellKey, mixed uint64) uint64 { return mix(uint64(k)^mixed) | 1 }

// find gives a share's place; nil if there is none.
func (t *shareTable) find(k uint64) *share {
	high, low := uint32(k>>32), uint32(k)
	for i := place(k, len(t.buckets)); ; {
		b := &t.buckets[i]
		for j := range b.slots {
			if s := &b.slots[j]; s.low == low && s.high == high {
				return &s.share
			}
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
		for j := range b.slots {
			if s := &b.slots[j]; s.low == 0 {
				*s = shareSlot{high: uint32(k >> 32), low: uint32(k)}
				return &s.share
			}
		}
		b.spilled = 1
		if i++; i == len(t.buckets) {
			i = 0
		}
	}
}

// add counts a decision in the share of a cell whose lead is somebody else, who
// steps back where this approver has now approved more. There must be room for
// one share.
func (t *shareTable) add(cell *tally, key uint64, approver uint32, denied bool) {
	other := t.at(key)
	before := *other
	after := before.add(denied)
	cell.move(before, after)
	if after.approved() > cell.share.approved() {
		*other = share{}
		*t.at(otherKey(cell.key, mix(uint64(cell.lead)))) = cell.share
		cell.lead, cell.share = approver, after
		return
	}
	*other = after
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
	old := t.buckets
	t.buckets = spread(make([]shareBucket, grown(len(old)*bucketShares)/bucketShares))
	t.used = 0
	for i := range old {
		for _, s := range old[i].slots {
			if s.low != 0 {
				*t.at(uint64(s.high)<<32 | uint64(s.low)) = s.share
			}
		}
	}
}
