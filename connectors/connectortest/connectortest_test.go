package connectortest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
)

// defectEnv tells a child process of this test which defect its system has.
const defectEnv = "CONNECTORTEST_DEFECT"

// system is the smallest honest target system and connector, with a defect to
// choose. It stands for every connector that the suite must catch.
type system struct {
	mu      sync.Mutex
	defect  string
	members map[string]bool
	grants  map[approvals.GrantID]bool
	open    map[string]*bool
	effects map[string]int // by account
	fault   *connectortest.Fault
}

// meet takes the fault that a call meets; lost says that its answer is lost, and
// lie that it is answered as done and is not.
func (s *system) meet(op connectortest.Op) (lost, lie bool, err error) {
	f := s.fault
	if f == nil || f.Op != op {
		return false, false, nil
	}
	s.fault = nil
	switch f.Trouble {
	case connectortest.Cut, connectortest.Conflict:
		if s.has("gives up at a conflict") && f.Trouble == connectortest.Conflict {
			return false, false, failure(approvals.Permanent, "Conflict.")
		}
		return false, false, failure(approvals.Retryable, "Try again.")
	case connectortest.Throttled:
		after := f.After
		if s.has("does not wait as it is told") {
			after = 0
		}
		return false, false, &approvals.ConnectorError{Kind: approvals.Retryable, Message: "Busy.", After: after}
	}
	return f.Trouble == connectortest.LostAnswer, f.Trouble == connectortest.Lie, nil
}

// answer is the answer, unless it is lost.
func answer(lost bool) error {
	if lost {
		return failure(approvals.Ambiguous, "No answer.")
	}
	return nil
}

const password = "hunter2-hunter2"

func key(target map[string]string, account string) string { return target["group"] + "/" + account }

func failure(kind approvals.FailureKind, format string, args ...any) error {
	return &approvals.ConnectorError{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

func (s *system) has(defect string) bool { return s.defect == defect }

func (s *system) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ctx.Err() != nil && s.has("bare errors"):
		return nil, ctx.Err()
	case ctx.Err() != nil && !s.has("ignores cancellation"):
		return nil, failure(approvals.Retryable, "Cancelled.")
	case g.Target["group"] == "nowhere":
		return nil, failure(approvals.Permanent, "There is no group %q.", g.Target["group"])
	case g.Account == "ghost" && s.has("retries the unknown"):
		return nil, failure(approvals.Retryable, "No account ghost.")
	case g.Account == "ghost" && s.has("shows its password"):
		return nil, failure(approvals.Permanent, "No account ghost at https://bot:%s@system.", password)
	case g.Account == "ghost":
		return nil, failure(approvals.Permanent, "No account ghost.")
	}
	lost, lie, err := s.meet(connectortest.Grant)
	if err != nil || lie && !s.has("believes itself") {
		return approvals.Receipt{}, err
	}
	k := key(g.Target, g.Account)
	if !s.members[k] || s.has("repeats effects") {
		s.effects[g.Account]++
	}
	s.members[k], s.grants[g.ID] = !lie, true
	return approvals.Receipt{"key": k}, answer(lost)
}

func (s *system) Revoke(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Removal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(g.Target, g.Account)
	switch {
	case ctx.Err() != nil:
		return approvals.Removal{}, failure(approvals.Retryable, "Cancelled.")
	case s.has("needs its receipt") && r == nil:
		return approvals.Removal{}, nil
	case s.has("counts grants") && !s.grants[g.ID], s.has("never revokes"):
		return approvals.Removal{}, nil
	case s.has("absent is an error") && !s.members[k]:
		return approvals.Removal{}, failure(approvals.Permanent, "Not a member.")
	case s.has("revokes the neighbour too"):
		clear(s.members)
	}
	lost, lie, err := s.meet(connectortest.Revoke)
	if err != nil || lie {
		return approvals.Removal{}, err
	}
	if s.members[k] {
		s.effects[g.Account]++
	}
	delete(s.members, k)
	ended := 0
	if alive := s.open[k]; alive != nil && *alive && !s.has("leaves sessions") {
		*alive, ended = false, 1
	}
	return approvals.Removal{SessionsEnded: ended}, answer(lost && !s.has("says done without an answer"))
}

func (s *system) Check(ctx context.Context, g approvals.Grant, _ approvals.Receipt) (approvals.Presence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return approvals.Presence{}, failure(approvals.Retryable, "Cancelled.")
	}
	k := key(g.Target, g.Account)
	p := approvals.Presence{Present: s.members[k], Detail: "looked up " + k}
	if s.has("checks its own memory") || s.has("believes itself") {
		p.Present = s.grants[g.ID]
	}
	if alive := s.open[k]; alive != nil && *alive {
		p.Sessions = 1
	}
	return p, nil
}

func (s *system) List(ctx context.Context, e approvals.Entitlement) ([]approvals.Holding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return nil, failure(approvals.Retryable, "Cancelled.")
	}
	var held []approvals.Holding
	for k := range s.members {
		if account, ok := strings.CutPrefix(k, e.Target["group"]+"/"); ok && !s.has("lists nobody") {
			held = append(held, approvals.Holding{Entitlement: e.ID, Account: account, AsOf: time.Unix(1, 0)})
		}
	}
	return held, nil
}

func (s *system) Holding(account string, target map[string]string) (string, bool) {
	if s.has("names what is held by all words") {
		return fmt.Sprint(account, target), true
	}
	return key(target, account), true
}

func harness(defect string) connectortest.Harness {
	return connectortest.Harness{New: func(*testing.T) (approvals.Connector, connectortest.World) {
		s := &system{defect: defect, members: map[string]bool{}, grants: map[approvals.GrantID]bool{}, open: map[string]*bool{}, effects: map[string]int{}}
		group := func(name string) approvals.Entitlement {
			return approvals.Entitlement{ID: approvals.EntitlementID(name), Target: map[string]string{"group": name}}
		}
		return s, connectortest.World{
			Entitlement: group("one"), Other: group("two"), Nowhere: group("nowhere"),
			Alias:   approvals.Entitlement{ID: "alias", Target: map[string]string{"group": "one", "note": "in other words"}},
			Account: "maya", Neighbour: "li", Unknown: "ghost", Secrets: []string{password},
			Reaches: func(_ *testing.T, e approvals.Entitlement, account string) bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.members[key(e.Target, account)]
			},
			Open: func(_ *testing.T, account string) func() bool {
				alive := true
				s.open["one/"+account] = &alive
				return func() bool { return alive }
			},
			Seat:    func(_ *testing.T, account string) { s.members["one/"+account] = true },
			Effects: func(account string) int { s.mu.Lock(); defer s.mu.Unlock(); return s.effects[account] },
			Inject: func(_ *testing.T, f connectortest.Fault) bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.fault = &f
				return f.Trouble != connectortest.Stale
			},
			Heal: func(*testing.T) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.fault = nil
			},
		}
	}}
}

func TestAnHonestConnectorPasses(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, harness(""))
}

// TestChild runs the suite on a defective system. It is no test of its own:
// it is run by the test below, in a process whose failure can be looked at.
func TestChild(t *testing.T) {
	defect := os.Getenv(defectEnv)
	if defect == "" {
		t.Skip("runs only as a child of TestEveryDefectIsCaught")
	}
	connectortest.Run(t, harness(defect))
}

func TestEveryDefectIsCaught(t *testing.T) {
	t.Parallel()
	for defect, by := range map[string]string{
		"bare errors":                     "a_cancelled_call",
		"ignores cancellation":            "a_cancelled_call",
		"retries the unknown":             "an_unknown_account",
		"shows its password":              "an_unknown_account",
		"repeats effects":                 "a_grant_made_twice",
		"needs its receipt":               "a_lost_receipt",
		"counts grants":                   "a_revocation_removes_what_another",
		"never revokes":                   "access_works_from_grant_to_revoke",
		"absent is an error":              "revoking_what_was_never_there",
		"revokes the neighbour too":       "a_neighbour_keeps_access",
		"leaves sessions":                 "no_open_session",
		"checks its own memory":           "access_works_from_grant_to_revoke",
		"gives up at a conflict":          "a_conflict_is_tried_again",
		"does not wait as it is told":     "throttling_is_tried_again",
		"says done without an answer":     "a_revocation_whose_answer_is_lost",
		"believes itself":                 "a_lie_about_a_grant",
		"lists nobody":                    "list_names_holders",
		"names what is held by all words": "targets_that_mean_the_same_thing",
	} {
		t.Run(defect, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
			cmd.Env = append(os.Environ(), defectEnv+"="+defect)
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "panic") {
				t.Errorf("the suite must not panic:\n%s", out)
			}
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestChild/"+by) {
				t.Errorf("the suite must fail in %q: %v\n%s", by, err, out)
			}
		})
	}
}
