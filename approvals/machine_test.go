package approvals_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// move is one thing that happens to a request.
type move struct {
	What string
	Who  approvals.PrincipalID
	To   approvals.PrincipalID
	For  time.Duration
}

// everybody who takes part: amy asks, "amy-admin" is her second account, mia
// and olga are seated in stage 1, sol and sue in stage 2, adam and bob in none.
var everybody = ids{"amy", "amy-admin", "mia", "olga", "sol", "sue", "adam", "bob"}

func moves() *rapid.Generator[[]move] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
		mv := move{
			What: rapid.SampledFrom([]string{"approve", "approve", "approve", "approve", "approve", "leave", "leave", "back", "pass", "pass", "decide", "left", "rehired", "abstain", "deny"}).Draw(t, "what"),
			Who:  rapid.SampledFrom(everybody).Draw(t, "who"),
			For:  time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute,
		}
		if mv.What == "approve" && rapid.Bool().Draw(t, "seated") { // or often stands in for one
			mv.Who = rapid.SampledFrom(append(slices.Concat(seats...), "adam", "adam", "bob")).Draw(t, "who is seated")
		}
		if mv.What == "leave" { // mostly who is asked, and mostly to who is not
			mv.Who = rapid.SampledFrom(ids{"mia", "olga", "sol", "sue", "adam"}).Draw(t, "who leaves")
			mv.To = rapid.SampledFrom(ids{"adam", "adam", "bob", "olga", "sue", "amy", "amy-admin", mv.Who}).Draw(t, "delegate")
		}
		return mv
	}), 1, 30)
}

func plans() *rapid.Generator[[]approvals.Stage] {
	return rapid.Custom(func(t *rapid.T) []approvals.Stage {
		stages := []approvals.Stage{{Number: 1}, {Number: 2}}
		for i := range stages {
			stages[i].Quorum = rapid.IntRange(1, 2).Draw(t, "quorum")
		}
		if rapid.Bool().Draw(t, "stands in") {
			stages[0].EscalateAfter = 2 * time.Hour
		}
		return stages
	})
}

// engine is a Service on one store.
type engine struct {
	name string
	*approvalstest.World
	store approvals.Store
	clock atomic.Int64
	id    approvals.RequestID
}

func newEngine(t *testing.T, name string, db approvals.Store, stages []approvals.Stage, n int64) *engine {
	e := &engine{name: name, World: approvalstest.NewWorld(db), store: db}
	e.clock.Store(epoch.UnixMilli())
	var made atomic.Int64
	e.Service.Now = func() time.Time { return time.UnixMilli(e.clock.Load()) }
	e.Service.NewID = func(prefix string) string { return fmt.Sprintf("%s%d_%d", prefix, n, made.Add(1)) }
	e.Service.Fallback = nil
	ruling := approvalstest.Routed(1)
	ruling.Stages = stages
	e.Policy.Rule(ruling)
	e.Directory.Put(approvals.Principal{ID: "amy-admin", Name: "Amy (admin)", Email: "amy.admin@example.com", SameAs: "amy"})
	e.Policy.ApproverBy(func(_ approvals.Facts, _ approvals.Assessment, p approvals.Principal) approvals.Verdict {
		for k, s := range seats {
			if slices.Contains(s, p.ID) {
				return approvals.Verdict{Allowed: true, Stages: []int{k + 1}}
			}
		}
		return approvals.Verdict{}
	})
	what := approvals.EntitlementID(fmt.Sprintf("run-%d:read", n)) // runs that share a database do not meet
	e.Catalogue.Change(what, func(ent *approvals.Entitlement) {
		ent.Name, ent.MaxDuration = "Run", time.Hour
		ent.Approvers = []approvals.ApproverRef{"person:amy", "person:amy-admin", "person:mia", "person:olga", "person:sol", "person:sue", "person:adam"}
	})
	ctx := context.Background()
	r, err := e.Service.Draft(ctx, by("amy"), approvals.Ask{Requester: "amy", Entitlement: what,
		Duration: time.Hour, Reason: "work", Key: fmt.Sprint("run ", n)})
	if err == nil {
		r, err = e.Service.Submit(ctx, by("amy"), r.ID)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	e.id = r.ID
	return e
}

// make makes a move on an engine and returns the code of what came of it.
func (e *engine) make(mv move) approvals.Code {
	ctx := context.Background()
	var err error
	switch mv.What {
	case "approve":
		_, err = e.Service.Approve(ctx, by(mv.Who), e.id, "")
	case "deny":
		_, err = e.Service.Deny(ctx, by(mv.Who), e.id, "")
	case "abstain":
		_, err = e.Service.Abstain(ctx, by(mv.Who), e.id, "")
	case "decide":
		err = e.Service.Reconsider(ctx, e.id)
	case "leave":
		e.Directory.Change(mv.Who, func(p *approvals.Principal) {
			p.Away = []approvals.Absence{{From: epoch, Until: epoch.AddDate(1, 0, 0), Delegate: mv.To}}
		})
	case "back":
		e.Directory.Change(mv.Who, func(p *approvals.Principal) { p.Away = nil })
	case "left", "rehired":
		e.Directory.Change(mv.Who, func(p *approvals.Principal) { p.Inactive = mv.What == "left" })
	case "pass":
		e.clock.Add(mv.For.Milliseconds())
		if _, err = e.Service.Escalate(ctx, e.id); err == nil {
			if _, err = e.Service.Lapse(ctx, e.id); approvals.ErrorCode(err) == approvals.CodeConflict {
				err = nil
			}
		}
	}
	return approvals.ErrorCode(err)
}

// follow holds engines to the model, move by move, and returns where one of
// them leaves it.
func follow(t *testing.T, n int64, dbs map[string]approvals.Store, stages []approvals.Stage, happened []move) error {
	m := newModel(stages)
	var engines []*engine
	for name, db := range dbs {
		engines = append(engines, newEngine(t, name, db, stages, n))
	}
	for i, mv := range happened {
		want := m.expect(mv)
		for _, e := range engines {
			at := fmt.Sprintf("%s: move %d, %+v, of %+v with %+v", e.name, i, mv, happened, stages)
			if got := e.make(mv); got != want {
				return fmt.Errorf("%s: code %q, want %q", at, got, want)
			}
			if err := e.holds(m); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		}
	}
	return nil
}

// holds compares an engine with the model.
func (e *engine) holds(m *model) error {
	ctx := context.Background()
	r, err := e.store.Request(ctx, e.id)
	if err != nil {
		return err
	}
	answers, err := e.store.Approvals(ctx, e.id)
	if err != nil {
		return err
	}
	grants, err := e.store.GrantsOf(ctx, "amy", 1000)
	if err != nil {
		return err
	}
	var got []given
	for _, a := range answers {
		place := a.Approver
		if a.For != "" {
			place = a.For
		}
		got = append(got, given{a.Approver, place, a.Answer == approvals.Approved})
	}
	mine := 0
	for _, g := range grants {
		if g.Request == e.id {
			mine++
		}
	}
	want := 0
	if m.state == approvals.RequestApproved {
		want = 1
	}
	if diff := cmp.Diff([]any{m.state, m.answers, want}, []any{r.State, got, mine}, cmp.AllowUnexported(given{})); diff != "" {
		return fmt.Errorf("state, answers and grants, -want +got\n%s", diff)
	}
	if m.state == approvals.RequestPending && !r.LapsesAt.Equal(m.lapses) {
		return fmt.Errorf("lapses at %s, want %s", r.LapsesAt, m.lapses)
	}
	return nil
}

func TestRequestsFollowTheModel(t *testing.T) {
	t.Parallel()
	for seed := range 500 { // the same each time; below, others each time
		dbs := map[string]approvals.Store{"double": approvalstest.NewStore()}
		if err := follow(t, 1, dbs, plans().Example(seed), moves().Example(seed)); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		dbs := map[string]approvals.Store{"double": approvalstest.NewStore()}
		if err := follow(t, 1, dbs, plans().Draw(rt, "stages"), moves().Draw(rt, "moves")); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestRequestsFollowTheModelOnBothEngines(t *testing.T) {
	t.Parallel()
	dbs := map[string]approvals.Store{}
	for name, url := range map[string]string{"sqlite": "sqlite:" + t.TempDir(), "postgres": pgtest.Start(t).Database(t)} {
		db, err := store.Open(t.Context(), store.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		dbs[name] = db
	}
	for _, n := range onEngines() {
		if err := follow(t, int64(n), dbs, plans().Example(n), moves().Example(n)); err != nil {
			t.Fatal(err)
		}
	}
}
