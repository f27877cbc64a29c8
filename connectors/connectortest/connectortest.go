package connectortest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Harness makes a connector and the world that it works on, once for each
// case. Cases run in parallel: worlds must not share accounts.
type Harness struct {
	New func(t *testing.T) (approvals.Connector, World)
}

// World is the target system, seen past the connector. Fields that say
// "optional" may be left out; the cases that need them are skipped.
type World struct {
	Entitlement approvals.Entitlement // what is granted; its Target matters
	Other       approvals.Entitlement // optional: another one in the same system
	Alias       approvals.Entitlement // optional: another one whose target means the same thing
	Nowhere     approvals.Entitlement // optional: its target names what the system does not have
	Account     string                // known, with no access
	Neighbour   string                // another
	Unknown     string                // optional: an account that the system does not have

	// Reaches uses the access of the entitlement in the system itself, as the
	// account would. A new sign-in is made each time.
	Reaches func(t *testing.T, e approvals.Entitlement, account string) bool
	// Open opens a session that uses the access and returns a function that
	// uses it once more; optional.
	Open func(t *testing.T, account string) (works func() bool)
	// Uncounted says that the system does not tell how many sessions are open.
	Uncounted bool
	// Seat gives the access by hand, past the connector; optional.
	Seat func(t *testing.T, account string)
	// Effects counts changes of the account's access since New; optional.
	Effects func(account string) int
	// Inject spoils the next call as the fault says, and reports whether this
	// world can; optional. Heal ends it.
	Inject func(t *testing.T, f Fault) bool
	Heal   func(t *testing.T)

	Secrets []string      // what must never be seen
	Logs    func() string // all that the connector has logged
}

// Op names the call that a fault spoils.
type Op string

// The calls.
const (
	Grant  Op = "grant"
	Revoke Op = "revoke"
	Check  Op = "check"
)

// Trouble is what goes wrong.
type Trouble string

// The troubles that systems are known for.
const (
	LostAnswer Trouble = "lost answer" // the effect happens, the answer does not come
	Cut        Trouble = "cut"         // the call fails before any effect
	Conflict   Trouble = "conflict"    // the system is busy with the same thing: 409
	Throttled  Trouble = "throttled"   // 429, with Retry-After
	Lie        Trouble = "lie"         // it answers done and has done nothing
	Stale      Trouble = "stale"       // it answers as it was a moment ago, once
)

// Fault spoils one call.
type Fault struct {
	Op      Op
	Trouble Trouble
	After   time.Duration // what a throttled answer asks for
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			connector, world := h.New(t)
			b := &bench{World: world, rec: &recorder{Connector: connector}, raw: connector}
			c.run(t, b)
			b.secretsStayed(t)
		})
	}
}

type testCase struct {
	name string
	run  func(*testing.T, *bench)
}

func cases() []testCase {
	var all []testCase
	for _, part := range [][]testCase{basicCases, faultCases, weatherCases, overlapCases, optionalCases} {
		all = append(all, part...)
	}
	return all
}

// bench is one case's connector and world.
type bench struct {
	World
	rec *recorder
	raw approvals.Connector // for its optional interfaces
}

func (b *bench) grant(id string) approvals.Grant { return b.grantOf(id, b.Entitlement, b.Account) }

func (b *bench) grantOf(id string, e approvals.Entitlement, account string) approvals.Grant {
	return approvals.Grant{ID: approvals.GrantID(id), Entitlement: e.ID, Account: account, Target: e.Target,
		Connector: e.Connector, State: approvals.GrantProvisioning, Duration: time.Hour}
}

func (b *bench) mustGrant(t *testing.T, g approvals.Grant) approvals.Receipt {
	t.Helper()
	r, err := b.rec.Grant(t.Context(), g)
	if err != nil {
		t.Fatalf("grant %s to %s: %v", g.ID, g.Account, err)
	}
	return r
}

func (b *bench) mustRevoke(t *testing.T, g approvals.Grant, r approvals.Receipt) approvals.Removal {
	t.Helper()
	removal, err := b.rec.Revoke(t.Context(), g, r)
	if err != nil {
		t.Fatalf("revoke %s of %s: %v", g.ID, g.Account, err)
	}
	return removal
}

// expect holds Check and the system itself against what should be true.
func (b *bench) expect(t *testing.T, g approvals.Grant, r approvals.Receipt, want bool, when string) {
	t.Helper()
	p, err := b.rec.Check(t.Context(), g, r)
	if err != nil {
		t.Fatalf("%s: check: %v", when, err)
	}
	if p.Present != want {
		t.Errorf("%s: Check says present is %v, want %v (%s)", when, p.Present, want, p.Detail)
	}
	if p.Detail == "" {
		t.Errorf("%s: Check gives no detail for the proof", when)
	}
	e := b.Entitlement
	if g.Entitlement == b.Other.ID {
		e = b.Other
	}
	if got := b.Reaches(t, e, g.Account); got != want {
		t.Errorf("%s: in the system, access works is %v, want %v", when, got, want)
	}
}

// spoil injects a fault or skips the case.
func (b *bench) spoil(t *testing.T, f Fault) {
	t.Helper()
	if b.Inject == nil || b.Heal == nil || !b.Inject(t, f) {
		t.Skipf("not shown: this harness cannot make a %s of %s", f.Trouble, f.Op)
	}
}

// kind is the kind of a connector's failure; any other error fails the test.
func kind(t *testing.T, err error) approvals.FailureKind {
	t.Helper()
	if err == nil {
		t.Fatal("the call succeeded, want it to fail")
	}
	ce, ok := errors.AsType[*approvals.ConnectorError](err)
	if !ok {
		t.Fatalf("the error is no ConnectorError: %v", err)
	}
	if ce.Message == "" {
		t.Errorf("the error has no sentence for people: %v", err)
	}
	return ce.Kind
}

// secretsStayed looks for the world's secrets in all that the connector has
// said.
func (b *bench) secretsStayed(t *testing.T) {
	t.Helper()
	said := b.rec.all()
	if b.Logs != nil {
		said += b.Logs()
	}
	for i, secret := range b.Secrets {
		if secret != "" && strings.Contains(said, secret) {
			t.Errorf("secret %d of the world was seen in an error, a receipt, a detail or a log", i+1)
		}
	}
}

// recorder keeps all that a connector says.
type recorder struct {
	approvals.Connector

	mu   sync.Mutex
	said strings.Builder
}

func (r *recorder) note(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range args {
		// %#v would follow pointers into the driver's types; people and logs never do.
		fmt.Fprintf(&r.said, "%v\n%+v\n", a, a)
		if err, ok := a.(error); ok {
			if ce, ok := errors.AsType[*approvals.ConnectorError](err); ok {
				r.said.WriteString(ce.Message + "\n")
			}
		}
	}
}

func (r *recorder) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.String()
}
