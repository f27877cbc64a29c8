package scoring_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring"
)

var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// memory is a feed over a slice that notes how often it was read.
type memory struct {
	all        []approvals.Learned
	generation uint64
	deaf       bool // it is not told of others' decisions
	failAfter  int  // of those read at a time; 0: never
	reads      int
}

func (m *memory) EachLearned(_ context.Context, after int64, each func(approvals.Learned) error) error {
	m.reads++
	n := 0
	for _, l := range m.all {
		if l.Sequence <= after {
			continue
		}
		if n++; m.failAfter > 0 && n > m.failAfter {
			return approvals.Errorf(approvals.CodeUnavailable, "The database does not answer.")
		}
		if err := each(l); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Generation() (uint64, bool) { return m.generation, !m.deaf }

func team(n int) []approvals.Principal {
	people := []approvals.Principal{{ID: "lead", Name: "Lead", Department: "eng", Title: "Manager"}}
	for i := range n {
		people = append(people, approvals.Principal{
			ID: approvals.PrincipalID(fmt.Sprintf("p%d", i)), Manager: "lead", Department: "eng", Title: "Engineer", Location: "Oslo",
		})
	}
	return people
}

func decision(sequence int64, beneficiary, approver approvals.PrincipalID, approved bool) approvals.Learned {
	return approvals.Learned{
		Sequence: sequence, At: monday, Request: approvals.RequestID(fmt.Sprint("r", sequence)), Entitlement: "db:read",
		Beneficiary: beneficiary, Manager: "lead", Title: "Engineer", Department: "eng", Location: "Oslo",
		Approver: approver, Approved: approved, Duration: time.Hour,
	}
}

func facts(p approvals.Principal) approvals.Facts {
	return approvals.Facts{
		At: monday, Kind: approvals.KindAccess, Requester: p, Beneficiary: p,
		Entitlement: approvals.Entitlement{ID: "db:read", Sensitivity: approvals.Medium},
		Duration:    time.Hour, Weekday: time.Monday, MinuteOfDay: 600,
	}
}

func assess(t *testing.T, s *scoring.Scorer, f approvals.Facts) approvals.Assessment {
	t.Helper()
	e, err := s.Evidence(t.Context(), f)
	if err != nil {
		t.Fatalf("Evidence: %v", err)
	}
	f.Evidence = e
	return s.Assess(f)
}

func TestEvidenceCatchesUpWithTheFeed(t *testing.T) {
	t.Parallel()
	people := team(3)
	w := scoring.NewWorld(scoring.Options{})
	w.SetPeople(people, approvals.DirectoryState{AsOf: monday})
	feed := &memory{all: []approvals.Learned{decision(4, "p1", "lead", true), decision(7, "p2", "owner", false)}}
	s := scoring.New(w, feed, nil)
	e, err := s.Evidence(t.Context(), facts(people[1]))
	if err != nil {
		t.Fatal(err)
	}
	if e.World != 2 {
		t.Errorf("evidence is of world %d, want 2 decisions", e.World)
	}
	want := approvals.Count{Name: "decided.entitlement+manager", N: 1, Of: 2}
	if diff := cmp.Diff(want, e.Count(want.Name)); diff != "" {
		t.Errorf("count (-want +got):\n%s", diff)
	}
}

// TestTheDatabaseIsAskedOnlyWhenSomebodyMayHaveDecided: not when all is known,
// again after news, and each time while news do not arrive.
func TestTheDatabaseIsAskedOnlyWhenSomebodyMayHaveDecided(t *testing.T) {
	t.Parallel()
	people := team(3)
	feed := &memory{all: []approvals.Learned{decision(4, "p1", "lead", true)}}
	s := scoring.New(scoring.NewWorld(scoring.Options{}), feed, nil)
	for i, step := range []struct {
		change func()
		reads  int
		world  int64
	}{
		{func() {}, 1, 1},
		{func() {}, 1, 1},
		{func() { feed.all = append(feed.all, decision(5, "p1", "lead", false)); feed.generation++ }, 2, 2},
		{func() {}, 2, 2},
		{func() { feed.deaf = true; feed.all = append(feed.all, decision(9, "p2", "lead", false)) }, 3, 3},
		{func() {}, 4, 3},
		{func() { feed.deaf = false }, 4, 3},
	} {
		step.change()
		e, err := s.Evidence(t.Context(), facts(people[1]))
		if err != nil || e.World != step.world || feed.reads != step.reads {
			t.Errorf("step %d: world %d after %d reads, %v; want world %d after %d", i, e.World, feed.reads, err, step.world, step.reads)
		}
	}
}

// TestAReplayThatFailsHalfWayLosesNothing cuts a change of two decisions apart.
func TestAReplayThatFailsHalfWayLosesNothing(t *testing.T) {
	t.Parallel()
	people := team(3)
	var all []approvals.Learned
	for i := range 900 {
		l := decision(int64(i/3+1), "p1", "lead", true)
		l.Request = approvals.RequestID(fmt.Sprint("r", i))
		all = append(all, l)
	}
	feed := &memory{all: all, failAfter: 400} // in the middle of a sequence
	s := scoring.New(scoring.NewWorld(scoring.Options{}), feed, nil)
	if _, err := s.Evidence(t.Context(), facts(people[1])); approvals.ErrorCode(err) != approvals.CodeUnavailable {
		t.Errorf("error %v has code %q, want %q", err, approvals.ErrorCode(err), approvals.CodeUnavailable)
	}
	feed.failAfter = 0
	if e, err := s.Evidence(t.Context(), facts(people[1])); err != nil || e.World != 900 {
		t.Errorf("evidence is of %d decisions, %v; want 900", e.World, err)
	}
}

func TestPointsOfFactorsAddUpToRaw(t *testing.T) {
	t.Parallel()
	people := team(9)
	w := scoring.NewWorld(scoring.Options{})
	w.SetPeople(people, approvals.DirectoryState{AsOf: monday})
	for i := range int64(12) {
		w.Learn(decision(i+1, approvals.PrincipalID(fmt.Sprint("p", i%4)), "lead", true))
	}
	w.SetHoldings("db:read", []approvals.PrincipalID{"p1", "p2", "p3"})
	a := assess(t, scoring.New(w, nil, nil), facts(people[9]))
	sum := 0
	for _, f := range a.Factors {
		sum += f.Points
	}
	if sum != a.Raw {
		t.Errorf("factors add up to %d, raw is %d", sum, a.Raw)
	}
	for _, f := range a.Factors {
		t.Logf("%+d %s: %s", f.Points, f.Name, f.Words)
	}
}
