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

// memory is a feed over a slice.
type memory []approvals.Learned

func (m memory) Learned(_ context.Context, after int64, limit int) (page []approvals.Learned, _ error) {
	for _, l := range m {
		if l.Sequence > after && len(page) < limit {
			page = append(page, l)
		}
	}
	return page, nil
}

// broken is a feed whose database is away.
type broken struct{}

func (broken) Learned(context.Context, int64, int) ([]approvals.Learned, error) {
	return nil, approvals.Errorf(approvals.CodeUnavailable, "The database does not answer.")
}

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
	feed := memory{decision(4, "p1", "lead", true), decision(7, "p2", "owner", false)}
	s := scoring.New(w, feed, nil)
	e, err := s.Evidence(t.Context(), facts(people[1]))
	if err != nil {
		t.Fatal(err)
	}
	if e.World != 7 {
		t.Errorf("evidence is of world %d, want 7", e.World)
	}
	want := approvals.Count{Name: "decided.entitlement+manager", N: 1, Of: 2}
	if diff := cmp.Diff(want, e.Count(want.Name)); diff != "" {
		t.Errorf("count (-want +got):\n%s", diff)
	}
}

func TestEvidenceFailsWhenTheFeedDoes(t *testing.T) {
	t.Parallel()
	s := scoring.New(scoring.NewWorld(scoring.Options{}), broken{}, nil)
	_, err := s.Evidence(t.Context(), facts(team(1)[1]))
	if got := approvals.ErrorCode(err); got != approvals.CodeUnavailable {
		t.Errorf("error %v has code %q, want %q", err, got, approvals.CodeUnavailable)
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
