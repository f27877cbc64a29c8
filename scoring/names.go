package scoring

import (
	"hash/maphash"
	"slices"

	"github.com/zeebo/xxh3"
)

// names gives every name a small index, from 1; 0 stands for no name. It is an
// open-addressing table of hashes and indices. Who looks up several names first
// asks for what each likely is, and can have fetched at once what memory these
// lead to, and only then makes sure.
type names[T ~string] struct {
	seed    uint64
	slots   []nameSlot // a power of two, at most half of them used
	letters []byte     // of all names, one after the other
	ends    []uint32   // by index: where a name's letters end and the next one's begin
}

// nameSlot is empty where at is 0.
type nameSlot struct{ hash, at uint32 }

func (n *names[T]) init(capacity int) {
	n.seed = newSeed()
	size := 64
	for size < 2*capacity {
		size *= 2
	}
	n.slots = spread(make([]nameSlot, size))
	n.ends = spread(make([]uint32, 1, max(capacity, 0)+1))
}

// len is how many names there are.
func (n *names[T]) len() int { return len(n.ends) - 1 }

// of is the letters of the name with an index above 0.
func (n *names[T]) of(at uint32) []byte { return n.letters[n.ends[at-1]:n.ends[at]] }

// newSeed is different in every process, so that nobody can name things such
// that they collide.
func newSeed() uint64 { return maphash.Comparable(maphash.MakeSeed(), 0) }

func (n *names[T]) hash(name T) uint64 { return xxh3.HashStringSeed(string(name), n.seed) }

// likely is the index of a name with this hash, which may be another name's; 0
// if there is none.
func (n *names[T]) likely(hash uint64) uint32 {
	last := len(n.slots) - 1
	for i := int(hash) & last; ; i = (i + 1) & last {
		if s := n.slots[i]; s.at == 0 || s.hash == uint32(hash>>32) {
			return s.at
		}
	}
}

// touch reads a name's text; see World.touch.
func (n *names[T]) touch(at uint32) byte {
	if at == 0 {
		return 0
	}
	return n.letters[n.ends[at-1]]
}

func (n *names[T]) get(name T) uint32 {
	hash := n.hash(name)
	return n.sure(name, hash, n.likely(hash))
}

// sure is a name's index, or 0, given its hash and what it likely is.
func (n *names[T]) sure(name T, hash uint64, likely uint32) uint32 {
	if name == "" || likely == 0 {
		return 0
	}
	if string(n.of(likely)) == string(name) {
		return likely
	}
	return n.slots[n.find(name, hash)].at
}

// find gives the slot where a name is or belongs.
func (n *names[T]) find(name T, hash uint64) int {
	last := len(n.slots) - 1
	for i := int(hash) & last; ; i = (i + 1) & last {
		s := n.slots[i]
		if s.at == 0 || s.hash == uint32(hash>>32) && string(n.of(s.at)) == string(name) {
			return i
		}
	}
}

// put returns a name's index, giving it the next one if it has none.
func (n *names[T]) put(name T) (at uint32, added bool) {
	hash := n.hash(name)
	return n.enter(name, hash, n.likely(hash))
}

// putBytes is put of a name that holds only until it returns.
func (n *names[T]) putBytes(name []byte) (at uint32, added bool) {
	at = n.likely(xxh3.HashSeed(name, n.seed))
	if at != 0 && string(n.of(at)) == string(name) {
		return at, false
	}
	return n.put(T(name))
}

// enter is put of a name whose hash and likely index are known. Names may have
// been added since it was likely.
func (n *names[T]) enter(name T, hash uint64, likely uint32) (at uint32, added bool) {
	if likely != 0 && string(n.of(likely)) == string(name) {
		return likely, false
	}
	return n.enterUnlikely(name, hash)
}

func (n *names[T]) enterUnlikely(name T, hash uint64) (at uint32, added bool) {
	if name == "" {
		return 0, false
	}
	slot := &n.slots[n.find(name, hash)]
	if slot.at != 0 {
		return slot.at, false
	}
	if uint64(len(n.letters)+len(name)) >= 1<<32 { // names beyond 4 GiB stay unknown
		return 0, false
	}
	n.letters = more(n.letters, []byte(name)...)
	n.ends = more(n.ends, uint32(len(n.letters)))
	at = uint32(n.len())
	*slot = nameSlot{uint32(hash >> 32), at}
	if 2*n.len() > len(n.slots) {
		n.grow()
	}
	return at, true
}

func (n *names[T]) grow() {
	n.slots = spread(make([]nameSlot, 2*len(n.slots)))
	last := len(n.slots) - 1
	for at := uint32(1); at <= uint32(n.len()); at++ {
		hash := xxh3.HashSeed(n.of(at), n.seed)
		i := int(hash) & last
		for n.slots[i].at != 0 {
			i = (i + 1) & last
		}
		n.slots[i] = nameSlot{uint32(hash >> 32), at}
	}
}

// more appends to a table that may become large; see spread.
func more[T any](table []T, all ...T) []T {
	if len(table)+len(all) > cap(table) {
		table = spread(slices.Grow(table, len(all)))
	}
	return append(table, all...)
}
