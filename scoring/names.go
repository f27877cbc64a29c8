package scoring

import "slices"

// names gives every name a small index, from 1; 0 stands for no name. It is an
// open-addressing table of hashes and indices. Who looks up several names first
// asks for what each likely is, and can have fetched at once what memory these
// lead to, and only then makes sure.
type names[T ~string] struct {
	seed  uint64
	slots []nameSlot // a power of two, at most half of them used
	texts []T        // by index, less 1
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
	n.texts = spread(make([]T, 0, max(capacity, 0)))
}

func (n *names[T]) hash(name T) uint64 { return hashOf(n.seed, string(name)) }

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
	return n.texts[at-1][0]
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
	if n.texts[likely-1] == name {
		return likely
	}
	return n.slots[n.find(name, hash)].at
}

// find gives the slot where a name is or belongs.
func (n *names[T]) find(name T, hash uint64) int {
	last := len(n.slots) - 1
	for i := int(hash) & last; ; i = (i + 1) & last {
		s := n.slots[i]
		if s.at == 0 || s.hash == uint32(hash>>32) && n.texts[s.at-1] == name {
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
	at = n.likely(hashOf(n.seed, name))
	if at != 0 && string(n.texts[at-1]) == string(name) {
		return at, false
	}
	return n.put(T(name))
}

// enter is put of a name whose hash and likely index are known. Names may have
// been added since it was likely.
func (n *names[T]) enter(name T, hash uint64, likely uint32) (at uint32, added bool) {
	if likely != 0 && n.texts[likely-1] == name {
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
	n.texts = more(n.texts, name)
	at = uint32(len(n.texts))
	*slot = nameSlot{uint32(hash >> 32), at}
	if 2*len(n.texts) > len(n.slots) {
		n.grow()
	}
	return at, true
}

func (n *names[T]) grow() {
	n.slots = spread(make([]nameSlot, 2*len(n.slots)))
	for i, name := range n.texts {
		hash := n.hash(name)
		n.slots[n.find(name, hash)] = nameSlot{uint32(hash >> 32), uint32(i + 1)}
	}
}

// more appends one to a table that may become large; see spread.
func more[T any](table []T, one T) []T {
	if len(table) == cap(table) {
		table = spread(slices.Grow(table, 1))
	}
	return append(table, one)
}
