package scoring

import "github.com/hallpass-dev/hallpass/scoring/scorecard"

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

// kindKey is what the keys of one kind have in common.
func kindKey(kind int) cellKey {
	if kind >= singles {
		kind += maxSingles - singles
	}
	return cellKey(kind+1) << 56
}

func singleKey(attribute int, value uint32) cellKey { return kindKey(attribute) | cellKey(value) }

func pairKey(pair int, a, b uint32) cellKey {
	return cellKey(pair+1+maxSingles)<<56 | cellKey(a)<<28 | cellKey(b)
}

func (k cellKey) hash() uint64 { return mix(uint64(k)) }

// mix spreads a key; it is the finaliser of splitmix64.
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

// take is a share with one more decision, and by how much what is credited
// changes.
func (s share) take(denied bool) (after share, c change) {
	after = s.add(denied)
	if s.decided < creditCap {
		c.decided = 1
		c.denied = int32(after.denied - s.denied)
		return after, c
	}
	was, _ := s.credit()
	is, _ := after.credit()
	return after, change{denied: int32(is) - int32(was)}
}

// change is of a cell's counts.
type change struct{ denied, decided int32 }

// credit is what of a share counts: all of it up to the cap, beyond it as many
// decisions as the cap at the approver's own rate, denials rounded up.
func (s share) credit() (denied, decided uint32) {
	if s.decided <= creditCap {
		return uint32(s.denied), uint32(s.decided)
	}
	return (uint32(s.denied)*creditCap + uint32(s.decided) - 1) / uint32(s.decided), creditCap
}

// tally is one cell: the credited counts, and the share of the
// approver who approved most in it: whose absence it would show first. The key
// is 0 where nothing was decided.
type tally struct {
	key             cellKey
	denied, decided uint32
	lead            uint32
	share           share
}

func (t tally) cell() scorecard.Cell {
	return scorecard.Cell{Denied: int64(t.denied), Decided: int64(t.decided)}
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

// route is where a decision goes: its cells, which are 0 where an attribute is
// unknown, their hashes, and the keys of the approver's shares in them.
type route struct {
	keys           keys
	hashes, others [singles + pairs]uint64
}

func (r *route) set(values *[singles]uint32, approver uint32) {
	r.keys = keysOf(values)
	mixed := mix(uint64(approver))
	for i, key := range r.keys {
		r.hashes[i] = key.hash()
		r.others[i] = r.hashes[i] ^ mixed | 1
	}
}

// add counts one decision in every cell that it belongs to. Meanwhile it asks
// for what the one after next needs, a little at a time: the processor takes only
// so many such wishes at once. It is nil if none is to come.
func (t *cellTable) add(r *route, approver uint32, denied bool, next *route) {
	t.others.room(len(r.keys))
	for i, key := range r.keys {
		if next != nil {
			t.askOne(next, i)
		}
		if key == 0 {
			continue
		}
		hash := r.hashes[i]
		b, at := t.kinds[i].look(key, hash)
		if at < 0 {
			b, at = t.kinds[i].enter(hash)
			b.setKey(at, key)
			b.leads[at].approver = approver
		}
		lead := &b.leads[at]
		if lead.approver == approver {
			var c change
			lead.share, c = lead.share.take(denied)
			b.credit(at, c)
			continue
		}
		other := t.others.at(r.others[i])
		after, c := other.take(denied)
		b.credit(at, c)
		if *other = after; after.approved() > lead.share.approved() { // the lead steps back
			*other = share{}
			*t.others.at(otherKey(key, mix(uint64(lead.approver)))) = lead.share
			lead.approver, lead.share = approver, after
		}
	}
}

// ask asks for the memory where a decision's cells, and its approver's shares in
// them, are looked for.
func (t *cellTable) ask(r *route) {
	for i := range r.keys {
		t.askOne(r, i)
	}
}

func (t *cellTable) askOne(r *route, i int) {
	buckets, others := t.kinds[i].buckets, t.others.buckets
	prefetchBoth(address(&buckets[place(r.hashes[i], len(buckets))]), address(&others[place(r.others[i], len(others))]))
}
