package approvals_test

import (
	"context"
	"fmt"
	"maps"
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
			What: rapid.SampledFrom([]string{"approve", "approve", "approve", "approve", "leave", "leave", "back", "pass", "decide", "left", "rehired", "abstain", "deny"}).Draw(t, "what"),
			Who:  rapid.SampledFrom(everybody).Draw(t, "who"),
			For:  time.Duration(rapid.IntRange(1, 300).Draw(t, "minutes")) * time.Minute,
		}
		if mv.What == "leave" { // mostly who is asked, and mostly to who is not
			mv.Who = rapid.SampledFrom(ids{"mia", "olga", "sol", "sue", "adam"}).Draw(t, "who leaves")
			mv.To = rapid.SampledFrom(ids{"adam", "adam", "bob", "olga", "sue", "amy", "amy-admin", mv.Who}).Draw(t, "delegate")
		}
		return mv
	}), 1, 20)
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

// model is what must be, said as simply as possible.
type model struct {
	stages   []approvals.Stage
	now      time.Time
	lapses   time.Time
	stageAt  time.Time
	reach    int // index of the furthest stage that was asked
	state    approvals.RequestState
	answers  []given
	away     map[approvals.PrincipalID]approvals.PrincipalID
	inactive map[approvals.PrincipalID]bool
}

// given is an answer: of whom, in whose place.
type given struct {
	by, place approvals.PrincipalID
	yes       bool
}

var seats = [][]approvals.PrincipalID{{"mia", "olga"}, {"sol", "sue"}}

func self(id approvals.PrincipalID) bool { return id == "amy" || id == "amy-admin" }

// voters are who may answer in a stage now, and in whose place.
func (m *model) voters(k int) map[approvals.PrincipalID]approvals.PrincipalID {
	voters := map[approvals.PrincipalID]approvals.PrincipalID{}
	for _, id := range seats[k] {
		if _, away := m.away[id]; !away && !m.inactive[id] {
			voters[id] = id
		}
	}
	for _, id := range seats[k] {
		delegate, away := m.away[id]
		_, too := m.away[delegate]
		_, own := m.seat(delegate)
		if away && !m.inactive[id] && delegate != id && !too && !self(delegate) && !m.inactive[delegate] && !own && voters[delegate] == "" && !m.standsIn(delegate, id) {
			voters[delegate] = id
		}
	}
	return voters
}

// standsIn reports whether a delegate takes the place of somebody before.
func (m *model) standsIn(delegate, before approvals.PrincipalID) bool {
	for _, id := range slices.Concat(seats...) {
		if id == before {
			return false
		}
		if m.away[id] == delegate && !m.inactive[id] {
			return true
		}
	}
	return false
}

func (m *model) seat(id approvals.PrincipalID) (int, bool) {
	for k, s := range seats {
		if slices.Contains(s, id) && !m.inactive[id] {
			return k, true
		}
	}
	return 0, false
}

// open are the stages that are asked, and whether all are passed.
func (m *model) open() (open []int, passed bool) {
	counted := map[approvals.PrincipalID]bool{}
	for first := 0; first < 2; {
		last := first
		if first == 0 && m.stages[0].EscalateAfter > 0 {
			last = 1
		}
		open, passed = nil, false
		var places []approvals.PrincipalID
		for k := first; k <= last && !passed; k++ {
			open = append(open, k)
			places = append(places, seats[k]...)
			yes := map[approvals.PrincipalID]bool{}
			for _, of := range [][]approvals.PrincipalID{seats[k], places} { // those of the stage itself first
				for _, g := range m.answers {
					if g.yes && slices.Contains(of, g.place) && !m.inactive[g.place] && !m.inactive[g.by] && !counted[g.place] && len(yes) < m.stages[k].Quorum {
						yes[g.place] = true
					}
				}
			}
			own := slices.ContainsFunc(seats[k], func(id approvals.PrincipalID) bool { return yes[id] })
			waiting := 0
			for by := range m.voters(k) {
				if !slices.ContainsFunc(m.answers, func(g given) bool { return g.by == by }) {
					waiting++
				}
			}
			if passed = own && len(yes) >= m.stages[k].Quorum; passed {
				maps.Copy(counted, yes)
			} else if waiting > 0 && waiting+len(yes) >= m.stages[k].Quorum && k+1 > m.reach {
				break
			}
		}
		if !passed {
			return open, false
		}
		first = last + 1
	}
	return open, true
}

// approvers are who may answer now.
func (m *model) approvers() ids {
	open, _ := m.open()
	var all ids
	for _, k := range open {
		all = append(all, slices.Collect(maps.Keys(m.voters(k)))...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// looked follows a decision that was stored: a stage that is asked anew has its
// own time.
func (m *model) looked() {
	open, passed := m.open()
	if m.state != approvals.RequestPending {
		return
	}
	if passed {
		m.state = approvals.RequestApproved
		return
	}
	if k := open[len(open)-1]; k > m.reach {
		m.reach, m.stageAt = k, m.now
		m.lapses = later(m.lapses, m.now.Add(8*time.Hour))
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// answer is what must come of an answer.
func (m *model) answer(say approvals.Answer, by approvals.PrincipalID) approvals.Code {
	switch {
	case self(by):
		return approvals.CodeSelfApproval
	case m.state == approvals.RequestLapsed:
		return approvals.CodeLapsed
	case m.state != approvals.RequestPending:
		return approvals.CodeAlreadyDecided
	case !m.now.Before(m.lapses):
		return approvals.CodeLapsed
	case m.inactive[by] || m.inactive["amy"]:
		return approvals.CodeForbidden
	case !slices.Contains(m.approvers(), by):
		return approvals.CodeForbidden
	case slices.ContainsFunc(m.answers, func(g given) bool { return g.by == by }):
		return approvals.CodeAlreadyDecided
	}
	place := by
	for k := range seats {
		if p := m.voters(k)[by]; p != "" {
			place = p
			break
		}
	}
	m.answers = append(m.answers, given{by, place, say == approvals.Approved})
	if say == approvals.Denied {
		m.state = approvals.RequestDenied
	}
	m.looked()
	return ""
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

// expect makes a move on the model and returns the code of what must come of
// it.
func (m *model) expect(mv move) approvals.Code {
	switch mv.What {
	case "approve":
		return m.answer(approvals.Approved, mv.Who)
	case "deny":
		return m.answer(approvals.Denied, mv.Who)
	case "abstain":
		return m.answer(approvals.Abstained, mv.Who)
	case "leave":
		m.away[mv.Who] = mv.To
	case "back":
		delete(m.away, mv.Who)
	case "left", "rehired":
		m.inactive[mv.Who] = mv.What == "left"
	case "decide":
		if m.state == approvals.RequestPending && m.inactive["amy"] {
			m.state = approvals.RequestCancelled
		}
		m.looked()
	case "pass":
		m.now = m.now.Add(mv.For)
		return m.pass()
	}
	return ""
}

// pass is what time does: the next stage is asked, or nobody answered.
func (m *model) pass() approvals.Code {
	if m.state != approvals.RequestPending {
		if m.state == approvals.RequestLapsed {
			return approvals.CodeLapsed
		}
		if !m.now.Before(m.lapses) {
			return approvals.CodeAlreadyDecided
		}
		return ""
	}
	if after := m.stages[m.reach].EscalateAfter; after > 0 && !m.now.Before(m.stageAt.Add(after)) {
		if m.inactive["amy"] {
			return approvals.CodeForbidden
		}
		m.reach++
		m.stageAt, m.lapses = m.now, later(m.lapses, m.now.Add(8*time.Hour))
		m.looked()
	}
	if m.state == approvals.RequestPending && !m.now.Before(m.lapses) {
		m.state = approvals.RequestLapsed
	}
	return ""
}

// follow holds engines to the model, move by move, and returns where one of
// them leaves it.
func follow(t *testing.T, n int64, dbs map[string]approvals.Store, stages []approvals.Stage, happened []move) error {
	m := &model{stages: stages, now: epoch, lapses: epoch.Add(8 * time.Hour), stageAt: epoch, state: approvals.RequestPending,
		away: map[approvals.PrincipalID]approvals.PrincipalID{}, inactive: map[approvals.PrincipalID]bool{"ivan": true}}
	var engines []*engine
	for name, db := range dbs {
		engines = append(engines, newEngine(t, name, db, stages, n))
	}
	m.looked()
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
	rapid.Check(t, func(rt *rapid.T) {
		dbs := map[string]approvals.Store{"double": approvalstest.NewStore()}
		if err := follow(t, 1, dbs, plans().Draw(rt, "stages"), moves().Draw(rt, "moves")); err != nil {
			rt.Fatal(err)
		}
	})
}

// runsOnEngines is how many sequences are run on the real engines, which take
// much longer than the double.
const runsOnEngines = 12

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
	for n := range runsOnEngines {
		if err := follow(t, int64(n), dbs, plans().Example(n), moves().Example(n)); err != nil {
			t.Fatal(err)
		}
	}
}
