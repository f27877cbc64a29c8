package synthetic

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

var small = Config{People: 480, Entitlements: 100, Grants: 6000, Decisions: 2000, Seed: 3}

func TestEqualSeedsMakeEqualOrganisations(t *testing.T) {
	t.Parallel()
	a, b := New(small), New(small)
	if diff := cmp.Diff(a.People, b.People); diff != "" {
		t.Errorf("people differ:\n%s", diff)
	}
	if diff := cmp.Diff(a.Held, b.Held); diff != "" {
		t.Errorf("holdings differ:\n%s", diff)
	}
	if diff := cmp.Diff(a.Decisions, b.Decisions); diff != "" {
		t.Errorf("decisions differ:\n%s", diff)
	}
	c := small
	c.Seed++
	if cmp.Equal(a.Decisions, New(c).Decisions) {
		t.Error("another seed made the same decisions")
	}
}

func TestEverybodyReportsToSomebodyUpToTheTop(t *testing.T) {
	t.Parallel()
	o := New(small)
	manager := map[approvals.PrincipalID]approvals.PrincipalID{}
	for _, p := range o.People {
		manager[p.ID] = p.Manager
	}
	for _, p := range o.People {
		levels := 0
		for at := p.ID; manager[at] != ""; at = manager[at] {
			if levels++; levels > 5 {
				t.Fatalf("%s has more than five levels above", p.ID)
			}
		}
	}
	if o.People[0].Manager != "" {
		t.Error("the first person has a manager")
	}
}

func TestHoldingsFollowTheWorkAndAreAboutAsManyAsAsked(t *testing.T) {
	t.Parallel()
	o := New(small)
	total := 0
	for i, held := range o.Held {
		total += len(held)
		if !slices.IsSorted(held) {
			t.Fatalf("person %d's holdings are not ascending", i)
		}
		for _, e := range held {
			if !o.Fits(i, e) {
				t.Fatalf("person %d holds %d, which does not fit", i, e)
			}
		}
	}
	if total < small.Grants*3/5 || total > small.Grants*6/5 {
		t.Errorf("%d holdings, asked for about %d", total, small.Grants)
	}
}

func TestDecisionsFollowTheTruth(t *testing.T) {
	t.Parallel()
	o := New(small)
	index := map[approvals.PrincipalID]int{}
	for i, p := range o.People {
		index[p.ID] = i
	}
	var fit, fitDenied, other, otherDenied float64
	for i, d := range o.Decisions {
		if d.Sequence != int64(i+1) || d.At.Before(Start) || d.At.After(Now) {
			t.Fatalf("decision %d has sequence %d and time %v", i, d.Sequence, d.At)
		}
		if d.Approver == d.Beneficiary {
			continue
		}
		denied := 0.0
		if !d.Approved {
			denied = 1
		}
		if o.Fits(index[d.Beneficiary], slices.Index(o.Entitlements, d.Entitlement)) {
			fit, fitDenied = fit+1, fitDenied+denied
		} else {
			other, otherDenied = other+1, otherDenied+denied
		}
	}
	if fitDenied/fit > 0.03 || otherDenied/other < 0.25 {
		t.Errorf("refused: %v of what fits, %v of what does not", fitDenied/fit, otherDenied/other)
	}
}

func TestPlantedTruths(t *testing.T) {
	t.Parallel()
	o := New(small)
	held := slices.Clone(o.Held[20])
	o.Move(20, 2, 1)
	if o.Department(20) != 2 || o.Role(20) != 1 || o.People[20].Department != o.People[2*departmentSize+20].Department {
		t.Errorf("after the move: %+v", o.People[20])
	}
	if diff := cmp.Diff(held, o.Held[20]); diff != "" {
		t.Errorf("a mover's holdings changed:\n%s", diff)
	}
	for person := range 120 {
		if e := o.Foreign(0); o.Department(person) == 0 && o.Fits(person, e) {
			t.Fatalf("foreign entitlement %d fits person %d", e, person)
		}
	}
	o.NewTeam(50, 51, 52, 50)
	if o.People[51].Manager != o.People[50].ID || o.People[50].Manager == o.People[50].ID {
		t.Errorf("the new team: %+v, %+v", o.People[50], o.People[51])
	}
	before := len(o.Decisions)
	o.Collude(90, o.Foreign(0), 10, "friend")
	for _, d := range o.Decisions[before:] {
		if !d.Approved || d.Approver != "friend" || d.Sequence <= int64(before) {
			t.Fatalf("a colluding decision is %+v", d)
		}
	}
	o.Reorganise()
	if o.People[0].Department != "unit department 0" {
		t.Errorf("after the reorganisation: %q", o.People[0].Department)
	}
	o.SwapTitle(3, "chief")
	if o.People[3].Title != "chief" {
		t.Errorf("after the swap: %q", o.People[3].Title)
	}
}

func TestFactsSpeakOfThePersonAndTheWish(t *testing.T) {
	t.Parallel()
	o := New(small)
	f := o.Facts(7, 9)
	if f.Beneficiary.ID != PersonID(7) || f.Entitlement.ID != o.Entitlements[9] || !f.At.Equal(Now) {
		t.Errorf("facts are %+v", f)
	}
}
