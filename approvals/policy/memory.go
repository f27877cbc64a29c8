package policy

import (
	"encoding/json"
	"sync"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// memory is what the workers of a replay have learned: people and entitlements
// by their stored text, and answers by what the policies see of a request. It
// is bounded; what no longer fits is decided anew each time.
type memory struct {
	set   *Set
	sight *sight // of people; what is seen of the rest differs by entitlement
	slow  bool   // nothing is remembered

	mu      sync.RWMutex
	people  map[string]person
	things  map[string]thing
	faces   map[string]uint32
	answers map[string]verdict
}

const (
	peopleAtMost  = 40_000
	thingsAtMost  = 5_000
	answersAtMost = 100_000
)

// person is a stored principal, in the engine's terms as well, and the number
// of what policies see of it.
type person struct {
	is     approvals.Principal
	entity cedar.Entity
	face   uint32
}

// thing is a stored entitlement, and what policies see of requests for it.
type thing struct {
	is     approvals.Entitlement
	entity cedar.Entity
	number uint32
	sight  *sight
}

// verdict is an answer as far as a replay compares it.
type verdict struct {
	outcome  approvals.Outcome
	quorum   int
	policies []approvals.PolicyRef
}

func newMemory(s *Set) *memory {
	return &memory{set: s, sight: s.look(nil), people: map[string]person{}, things: map[string]thing{},
		faces: map[string]uint32{}, answers: map[string]verdict{}}
}

// person reads a stored principal, once.
func (m *memory) person(raw []byte) (person, bool) {
	m.mu.RLock()
	p, ok := m.people[string(raw)]
	m.mu.RUnlock()
	if ok {
		return p, true
	}
	if json.Unmarshal(raw, &p.is) != nil {
		return p, false
	}
	p.entity = userOf(p.is)
	if validator().Entity(p.entity) != nil {
		return p, false
	}
	face := m.sight.face(p.entity, raw)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.faces[face]; !known && len(m.faces) >= peopleAtMost {
		return p, false
	}
	p.face = number32(m.faces, face)
	if len(m.people) >= peopleAtMost {
		clear(m.people) // the numbers of faces stay: answers refer to them
	}
	m.people[string(raw)] = p
	return p, true
}

// thing reads a stored entitlement, once.
func (m *memory) thing(raw []byte) (thing, bool) {
	m.mu.RLock()
	t, ok := m.things[string(raw)]
	m.mu.RUnlock()
	if ok {
		return t, true
	}
	if json.Unmarshal(raw, &t.is) != nil {
		return t, false
	}
	t.entity = entitlementOf(t.is)
	if validator().Entity(t.entity) != nil {
		return t, false
	}
	t.sight = m.set.look(&t)
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.things[string(raw)]; ok { // another worker was faster
		return t, true
	}
	if len(m.things) >= thingsAtMost {
		return t, false
	}
	t.number = uint32(len(m.things))
	m.things[string(raw)] = t
	return t, true
}

func number32(numbers map[string]uint32, key string) uint32 {
	n, ok := numbers[key]
	if !ok {
		n = uint32(len(numbers))
		numbers[key] = n
	}
	return n
}

func (m *memory) known(key []byte) (verdict, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.answers[string(key)]
	return v, ok
}

func (m *memory) learn(key []byte, v verdict) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.answers) < answersAtMost {
		m.answers[string(key)] = v
	}
}
