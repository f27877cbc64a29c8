// Package whole takes a connector through the whole path, from a request to the
// proof of its end, with the worker that runs in earnest and a clock that the
// test moves.
//
// It must never be imported by code that ships.
package whole

import (
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
)

// passes is how often the worker looks at what is due, a second apart, in one
// After: a system may be busy, or show an end later.
const passes = 20

// Path is a Hallpass whose two entitlements, ReadOnly and Twin, lead to a
// connector. Amy asks, and the policy approves.
type Path struct {
	*approvalstest.World
	worker *lifecycle.Worker

	mu  sync.Mutex
	now time.Time
}

// New makes a path to a connector for one account. The targets are those of
// ReadOnly and of Twin.
func New(t *testing.T, c approvals.Connector, account string, begin time.Time, readOnly, twin map[string]string) *Path {
	t.Helper()
	p := &Path{World: approvalstest.NewWorld(nil), now: begin.UTC().Truncate(time.Second)}
	p.Service.Now = p.Now
	p.Policy.Rule(approvalstest.Automatic())
	p.Directory.Change("amy", func(who *approvals.Principal) { who.Email = account })
	for id, target := range map[approvals.EntitlementID]map[string]string{approvalstest.ReadOnly: readOnly, approvalstest.Twin: twin} {
		p.Catalogue.Change(id, func(e *approvals.Entitlement) { e.Connector, e.Target = "system", target })
	}
	hands := map[string]approvals.Connector{"system": c}
	p.Service.Holders = approvals.HoldersOf(hands)
	var err error
	p.worker, err = lifecycle.New(lifecycle.Config{Service: p.Service, Store: p.Store, Connectors: hands, Now: p.Now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Now is the path's time.
func (p *Path) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *Path) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

// Hold asks for access, and looks once at what is due.
func (p *Path) Hold(t *testing.T, what approvals.EntitlementID, how time.Duration) approvals.GrantID {
	t.Helper()
	actor := approvals.Person("amy", "test", "")
	r, err := p.Service.Draft(t.Context(), actor, approvals.Ask{Requester: "amy", Entitlement: what, Duration: how, Reason: "a refund is stuck", Key: string(what)})
	if err == nil {
		r, err = p.Service.Submit(t.Context(), actor, r.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.Once(t)
	return r.Grant
}

// Once looks once at what is due.
func (p *Path) Once(t *testing.T) {
	t.Helper()
	if err := p.worker.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// After lets time pass, and then what is due happen.
func (p *Path) After(t *testing.T, d time.Duration) {
	t.Helper()
	p.pass(d)
	for range passes {
		p.Once(t)
		p.pass(time.Second)
	}
}

// Is fails the test unless a grant is in a state, and gives it.
func (p *Path) Is(t *testing.T, id approvals.GrantID, want approvals.GrantState) approvals.Grant {
	t.Helper()
	g, err := p.Store.Grant(t.Context(), id)
	if err != nil || g.State != want {
		t.Errorf("the grant of %s is %s (%v), want %s; its last error: %q", g.Entitlement, g.State, err, want, g.LastError)
	}
	return g
}

// Proofs counts how often the log says that a grant's access has ended.
func (p *Path) Proofs(id approvals.GrantID) (n int) {
	for _, e := range p.Store.Events() {
		if e.Grant == id && e.Kind == approvals.EventGrantRevoked {
			n++
		}
	}
	return n
}
