package scoring

import (
	"hash/fnv"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// Options sizes a World; the zero value is fine.
type Options struct {
	People       int // how many people are expected
	Entitlements int // how many entitlements are expected
	Decisions    int // how many human decisions are expected
}

// World is the index in memory: who people are, what they hold, and what
// people decided. All methods may be called concurrently; each sees and leaves
// one consistent version.
type World struct {
	mu sync.RWMutex

	ids     names[approvals.PrincipalID]
	words   [singles]names[string] // values of department, title and location
	goods   names[approvals.EntitlementID]
	systems names[string]
	people  []person  // by index in ids
	holds   []holders // by index in goods
	system  []uint32  // by index in goods: which system it belongs to; 0: not known
	groups  groups
	faces   []face    // by index in ids
	active  int       // people in the directory who are not suspended
	since   time.Time // of the first directory

	asks     asks
	cells    *cellTable
	all      scorecard.Cell
	hours    [][slots]int64          // decisions by location and part of the beneficiary's week
	lasted   [][durationSteps]uint32 // by entitlement: approved requests by length
	sequence int64
	latest   []approvals.RequestID // what was learned at this sequence

	arriving arrivals

	peopleSum, holdingSum uint64
	holdings              int64
}

// person is what the index keeps of one principal, in two of the pieces that the
// processor fetches at once.
type person struct {
	// What every decision reads and writes is in the first.
	learned [singles]uint32 // the values at the last decision for this person; entitlement stays 0
	told    bool            // a decision for this person was learned
	active  bool            // in the directory and not suspended
	asked   askedBy         // own decided requests
	zone    *time.Location  // nil: not known, as UTC
	id      uint64          // digest of the identifier
	moved   *moved          // nil: this person's attributes were not seen to change

	now     [singles]uint32 // values of the attributes; entitlement stays 0
	manager uint32          // index in ids
	sum     uint64          // this person's part of the people's digest; 0: never in the directory
	held    []uint32        // entitlements, ascending
}

// moved is a change of somebody's attributes.
type moved struct {
	before [singles]uint32 // the values until then
	at     time.Time
}

// NewWorld makes an empty index.
func NewWorld(o Options) *World {
	w := &World{
		cells: newCellTable(max(o.Decisions, 0)),
		hours: make([][slots]int64, 1),
		faces: make([]face, 1),
	}
	w.ids.init(o.People)
	w.goods.init(o.Entitlements)
	for i := range w.words {
		w.words[i].init(0)
	}
	w.people = spread(make([]person, 1, max(o.People, 0)+1))
	w.holds = make([]holders, 1, max(o.Entitlements, 0)+1)
	w.lasted = spread(make([][durationSteps]uint32, 1, max(o.Entitlements, 0)+1))
	w.system = make([]uint32, 1, max(o.Entitlements, 0)+1)
	w.systems.init(0)
	return w
}

// SetCatalogue says which entitlements belong to one system, so that a person's
// past with one tells of another. Entitlements that it leaves out keep theirs.
func (w *World) SetCatalogue(all []approvals.Entitlement) {
	w.lock()
	defer w.mu.Unlock()
	for _, e := range all {
		if at := w.putEntitlement(e.ID); at != 0 {
			w.system[at], _ = w.systems.put(e.System)
		}
	}
}

// Sequence is that of the last audit event whose decision is counted; 0 before
// the first.
func (w *World) Sequence() int64 {
	w.rlock()
	defer w.mu.RUnlock()
	return w.sequence
}

// Decisions is how many human decisions are counted.
func (w *World) Decisions() int64 {
	w.rlock()
	defer w.mu.RUnlock()
	return w.all.Decided
}

func (w *World) putPerson(id approvals.PrincipalID) uint32 {
	hash := w.ids.hash(id)
	return w.enterPerson(id, hash, w.ids.likely(hash))
}

// enterPerson is putPerson of a name whose hash and likely index are known; so
// are the others.
func (w *World) enterPerson(id approvals.PrincipalID, hash uint64, likely uint32) uint32 {
	at, added := w.ids.enter(id, hash, likely)
	if added {
		w.people = more(w.people, person{id: digest(string(id))})
		w.faces = more(w.faces, face{})
	}
	return at
}

func (w *World) putEntitlement(id approvals.EntitlementID) uint32 {
	hash := w.goods.hash(id)
	return w.enterEntitlement(id, hash, w.goods.likely(hash))
}

func (w *World) enterEntitlement(id approvals.EntitlementID, hash uint64, likely uint32) uint32 {
	at, added := w.goods.enter(id, hash, likely)
	if added {
		w.holds = more(w.holds, holders{id: mix(digest(string(id)))})
		w.lasted = more(w.lasted, [durationSteps]uint32{})
		w.system = append(w.system, 0)
	}
	return at
}

// digest is a name's 64-bit FNV-1a hash.
func digest(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash cannot fail
	return h.Sum64()
}

func (w *World) putWord(attribute int, word string) uint32 {
	hash := w.words[attribute].hash(word)
	return w.enterWord(attribute, word, hash, w.words[attribute].likely(hash))
}

func (w *World) enterWord(attribute int, word string, hash uint64, likely uint32) uint32 {
	at, added := w.words[attribute].enter(word, hash, likely)
	if added && attribute == atLocation {
		w.hours = append(w.hours, [slots]int64{})
	}
	return at
}
