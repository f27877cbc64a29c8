// Package contracttest is the other side of the contract: a small system in
// memory that answers as a good script or endpoint does, and can be told not
// to. Tests of the carriers share it.
//
// It must never be imported by code that ships.
package contracttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/contract"
)

// The accounts that the system has.
const (
	Maya = "maya@example.com"
	Li   = "li@example.com"
)

// System holds who is in which schema. It is safe for concurrent use.
type System struct {
	mu       sync.Mutex
	members  map[string]map[string]bool // by schema, by account
	before   map[string]map[string]bool // as it was before the last effect
	sessions map[string][]*bool         // open ones by account; false: ended
	effects  map[string]int
	fault    *connectortest.Fault
}

// New makes an empty system with the schemas sales and stock.
func New() *System {
	return &System{members: map[string]map[string]bool{"sales": {}, "stock": {}}, sessions: map[string][]*bool{}, effects: map[string]int{}}
}

// Answer is what the system says, and how that is to reach the asker.
type Answer struct {
	Body    []byte
	Trouble connectortest.Trouble // Cut, Conflict and Throttled: nothing was done; LostAnswer: it was, and nothing is said
	Seconds int                   // for Throttled
}

// Answer does what a question asks.
func (s *System) Answer(question []byte) Answer {
	var c contract.Call
	if err := json.Unmarshal(question, &c); err != nil || c.Version != contract.Version {
		return fail(approvals.Misconfigured, "The question is not of this contract.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := connectortest.Fault{}
	if s.fault != nil && string(s.fault.Op) == string(c.Operation) {
		f, s.fault = *s.fault, nil
	}
	switch f.Trouble {
	case connectortest.Cut, connectortest.Conflict, connectortest.Throttled:
		return Answer{Trouble: f.Trouble, Seconds: int(f.After.Seconds())}
	case connectortest.Lie:
		return Answer{Body: []byte(`{}`)}
	}
	a := s.do(c, f.Trouble == connectortest.Stale)
	if f.Trouble == connectortest.LostAnswer {
		a.Trouble = f.Trouble
	}
	return a
}

func (s *System) do(c contract.Call, stale bool) Answer {
	in, ok := s.members[c.Target["schema"]]
	if !ok {
		return fail(approvals.Misconfigured, fmt.Sprintf("There is no schema %q.", c.Target["schema"]))
	}
	switch c.Operation {
	case contract.Grant:
		if c.Account != Maya && c.Account != Li {
			return fail(approvals.Permanent, "There is no account "+c.Account+".")
		}
		s.change(c, true)
		return say(contract.Reply{Receipt: approvals.Receipt{"schema": c.Target["schema"]}})
	case contract.Revoke:
		s.change(c, false)
		return say(contract.Reply{SessionsEnded: s.end(c.Account)})
	case contract.EndSessions:
		return say(contract.Reply{SessionsEnded: s.end(c.Account)})
	case contract.Check:
		if stale {
			in = s.before[c.Target["schema"]]
		}
		present := in[c.Account]
		return say(contract.Reply{Present: &present, Sessions: len(s.sessions[c.Account])})
	case contract.List:
		return Answer{Body: holders(slices.Sorted(maps.Keys(in)))}
	default:
		return say(contract.Reply{})
	}
}

// change is the effect, unless it is there already.
func (s *System) change(c contract.Call, member bool) {
	in := s.members[c.Target["schema"]]
	if in[c.Account] == member {
		return
	}
	s.before = map[string]map[string]bool{}
	for schema, accounts := range s.members {
		s.before[schema] = maps.Clone(accounts)
	}
	if member {
		in[c.Account] = true
	} else {
		delete(in, c.Account)
	}
	s.effects[c.Account]++
}

func (s *System) end(account string) int {
	n := len(s.sessions[account])
	for _, open := range s.sessions[account] {
		*open = false
	}
	delete(s.sessions, account)
	return n
}

func say(r contract.Reply) Answer {
	body, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of plain fields
	}
	return Answer{Body: body}
}

func holders(all []string) []byte {
	body, err := json.Marshal(map[string][]string{"holders": append([]string{}, all...)})
	if err != nil {
		panic(err)
	}
	return body
}

func fail(kind approvals.FailureKind, message string) Answer {
	return say(contract.Reply{Error: &contract.Failure{Kind: kind, Message: message}})
}

// World is the system as the conformance suite sees it.
func (s *System) World(secrets []string, logs func() string) connectortest.World {
	entitlement := func(id, schema string) approvals.Entitlement {
		return approvals.Entitlement{ID: approvals.EntitlementID(id), Target: map[string]string{"schema": schema}}
	}
	return connectortest.World{
		Entitlement: entitlement("sales:read", "sales"),
		Other:       entitlement("stock:read", "stock"),
		Nowhere:     entitlement("gone:read", "gone"),
		Account:     Maya, Neighbour: Li, Unknown: "ghost@example.com",
		Reaches: func(_ *testing.T, e approvals.Entitlement, account string) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.members[e.Target["schema"]][account]
		},
		Open: func(_ *testing.T, account string) func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			open := s.members["sales"][account]
			s.sessions[account] = append(s.sessions[account], &open)
			return func() bool { s.mu.Lock(); defer s.mu.Unlock(); return open }
		},
		Seat: func(_ *testing.T, account string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.members["sales"][account] = true
		},
		Effects: func(account string) int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.effects[account]
		},
		Inject:  func(_ *testing.T, f connectortest.Fault) bool { s.spoil(&f); return true },
		Heal:    func(*testing.T) { s.spoil(nil) },
		Secrets: secrets,
		Logs:    logs,
	}
}

func (s *System) spoil(f *connectortest.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}
