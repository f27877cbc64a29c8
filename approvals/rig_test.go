package approvals_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// epoch is when the tests begin: a Monday noon.
var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rig is a Service among doubles whose clock the test moves.
type rig struct {
	*approvalstest.World
	t     *testing.T
	clock atomic.Int64
	asked int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: approvalstest.NewWorld(nil), t: t}
	r.clock.Store(epoch.UnixMilli())
	r.Service.Now = func() time.Time { return time.UnixMilli(r.clock.Load()) }
	return r
}

func (r *rig) now() time.Time       { return r.Service.Now().UTC() }
func (r *rig) pass(d time.Duration) { r.clock.Add(d.Milliseconds()) }

// by is a person who acts through the test's door.
func by(id approvals.PrincipalID) approvals.Actor { return approvals.Person(id, "test", "card") }

// draft is a complete wish of amy's for read-only access.
func (r *rig) draft(edit func(*approvals.Ask)) (approvals.Request, error) {
	r.asked++
	ask := approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly, Duration: time.Hour, Reason: "a refund is stuck",
		Key: fmt.Sprintf("test:%d", r.asked)}
	if edit != nil {
		edit(&ask)
	}
	return r.Service.Draft(r.t.Context(), by(ask.Requester), ask)
}

// ask drafts and submits.
func (r *rig) ask(edit func(*approvals.Ask)) approvals.Request {
	r.t.Helper()
	req, err := r.draft(edit)
	if err == nil {
		req, err = r.Service.Submit(r.t.Context(), by(req.Requester), req.ID)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return req
}

// hold gives access that works at once.
func (r *rig) hold(edit func(*approvals.Ask)) approvals.Grant {
	r.t.Helper()
	r.Policy.Rule(approvalstest.Automatic())
	req := r.ask(edit)
	return r.activate(req.Grant)
}

func (r *rig) activate(id approvals.GrantID) approvals.Grant {
	r.t.Helper()
	if _, err := r.Service.Provision(r.t.Context(), id, false, r.now().Add(time.Minute)); err != nil {
		r.t.Fatal(err)
	}
	g, err := r.Service.Activate(r.t.Context(), id, approvals.Receipt{"account": "amy"}, "present")
	if err != nil {
		r.t.Fatal(err)
	}
	return g
}

func (r *rig) request(id approvals.RequestID) approvals.Request {
	r.t.Helper()
	req, err := r.Store.Request(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return req
}

func (r *rig) grant(id approvals.GrantID) approvals.Grant {
	r.t.Helper()
	g, err := r.Store.Grant(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return g
}

// kinds lists the kinds of audit events from the nth on.
func (r *rig) kinds(from int) []approvals.EventKind {
	var kinds []approvals.EventKind
	for _, e := range r.Store.Events()[from:] {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// told lists who got a notice of a kind, in order, each once.
func (r *rig) told(kind approvals.NoticeKind) []approvals.PrincipalID {
	var people []approvals.PrincipalID
	for _, n := range r.Store.Notices() {
		if n.Kind == kind && !slices.Contains(people, n.To) {
			people = append(people, n.To)
		}
	}
	return people
}

// tasks renders the tasks that are there: "kind key +delay since epoch".
func (r *rig) tasks() []string {
	var lines []string
	for _, t := range r.Store.Tasks() {
		lines = append(lines, fmt.Sprintf("%s %s +%s", t.Kind, t.Key, t.RunAt.Sub(epoch)))
	}
	return lines
}

// same compares.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s, -want +got\n%s", what, diff)
	}
}

// code checks the code of an error.
func code(t *testing.T, want approvals.Code, err error) {
	t.Helper()
	if got := approvals.ErrorCode(err); got != want {
		t.Errorf("code %q, want %q: %v", got, want, err)
	}
}
