package scoring

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

func company(seed uint64) *synthetic.Organisation {
	return synthetic.New(synthetic.Config{People: 960, Entitlements: 200, Grants: 14_000, Decisions: 12_000, Seed: seed})
}

func named(a approvals.Assessment, name string) *approvals.Factor {
	for i := range a.Factors {
		if a.Factors[i].Name == name {
			return &a.Factors[i]
		}
	}
	return nil
}

// TestTitleSwapGainsNothingForThirtyDays swaps a title for one whose holders
// get the entitlement. Without the guard, which a world that never saw the old
// title stands for, the swap lowers the score at once.
func TestTitleSwapGainsNothingForThirtyDays(t *testing.T) {
	t.Parallel()
	o := company(2)
	w, m := build(o), Shipped()
	person, e, title := swapThatPays(t, o, w, m)
	honest := assessed(t, w, m, o.Facts(person, e))

	o.SwapTitle(person, title)
	o.State.AsOf = synthetic.Now.Add(-24 * time.Hour)
	w.SetPeople(o.People, o.State)
	swapped := assessed(t, w, m, o.Facts(person, e))
	if cellsOf(swapped) < cellsOf(honest) {
		t.Errorf("decisions' points fell from %d to %d the day after the swap", cellsOf(honest), cellsOf(swapped))
	}
	if named(swapped, "moved") == nil {
		t.Errorf("nothing is said of the change in %+v", swapped.Factors)
	}
	blind := build(o)
	swapper := &blind.people[blind.ids.get(o.People[person].ID)]
	swapper.moved, swapper.told = nil, false // it never saw the old title
	unguarded := assessed(t, blind, m, o.Facts(person, e))
	if cellsOf(unguarded) >= cellsOf(honest) {
		t.Errorf("without the guard decisions' points are %d, honestly %d: the swap should have paid", cellsOf(unguarded), cellsOf(honest))
	}
	later := o.Facts(person, e)
	later.At = later.At.Add(31 * 24 * time.Hour)
	if a := assessed(t, w, m, later); named(a, "moved") != nil {
		t.Errorf("the change still counts after 30 days: %+v", a.Factors)
	}
}

// cellsOf adds up what decisions contributed.
func cellsOf(a approvals.Assessment) (points int) {
	for _, f := range a.Factors {
		if strings.HasPrefix(f.Name, "decided.") || f.Name == "moved" {
			points += f.Points
		}
	}
	return points
}

// swapThatPays finds a person, an entitlement and a title that would help.
func swapThatPays(t *testing.T, o *synthetic.Organisation, w *World, m *Weights) (person, e int, title string) {
	t.Helper()
	for person = 10; person < 900; person += 31 {
		e = o.Foreign(o.Department(person))
		before := cellsOf(assessed(t, w, m, o.Facts(person, e)))
		for other := 0; other < 960; other += 17 {
			f := o.Facts(person, e)
			f.Beneficiary.Title = o.People[other].Title
			if cellsOf(assessed(t, w, m, f)) < before-3 {
				return person, e, f.Beneficiary.Title
			}
		}
	}
	t.Fatal("no title would help anybody")
	return 0, 0, ""
}

// TestAMoveIsNoticedAcrossARestart starts a world anew from what is stored:
// people as they are now, and past decisions, in either order.
func TestAMoveIsNoticedAcrossARestart(t *testing.T) {
	t.Parallel()
	o := company(3)
	last := o.Decisions[len(o.Decisions)-1]
	person := slices.IndexFunc(o.People, func(p approvals.Principal) bool { return p.ID == last.Beneficiary })
	o.SwapTitle(person, "something new")
	o.State.AsOf = synthetic.Now.Add(-time.Hour)
	asked := last // a decision after the swap must not make it forgotten
	asked.Sequence, asked.At, asked.Title = last.Sequence+1, synthetic.Now.Add(-48*time.Hour), "something new"
	for name, c := range map[string]struct {
		decisions []approvals.Learned
		first     bool // people before decisions
		days      int64
	}{
		"decisions, then people":            {o.Decisions, false, 30},
		"people, then decisions":            {o.Decisions, true, 30},
		"with a decision after the swap":    {append(o.Decisions, asked), true, 28},
		"with one, and people set at last":  {append(o.Decisions, asked), false, 28},
		"no decision ever spoke of anybody": {nil, true, 0},
	} {
		w := NewWorld(Options{})
		if c.first {
			w.SetPeople(o.People, o.State)
		}
		for _, l := range c.decisions {
			w.Learn(l)
		}
		w.SetPeople(o.People, o.State)
		if _, days := w.movedFrom(w.ids.get(o.People[person].ID), synthetic.Now); days != c.days {
			t.Errorf("%s: %d days are left, want %d", name, days, c.days)
		}
	}
}

func TestTwoMovesInARowKeepTheOldestAttributes(t *testing.T) {
	t.Parallel()
	o := company(3)
	w := NewWorld(Options{})
	w.SetPeople(o.People, o.State)
	before := o.People[20].Title
	for i, title := range []string{"first", "second"} {
		o.SwapTitle(20, title)
		o.State.AsOf = synthetic.Now.Add(time.Duration(i-5) * 24 * time.Hour)
		w.SetPeople(o.People, o.State)
	}
	values, days := w.movedFrom(w.ids.get(o.People[20].ID), synthetic.Now)
	if values[atTitle] != w.words[atTitle].get(before) || days != 26 {
		t.Errorf("title %d counts for %d days, want %d for 26", values[atTitle], days, w.words[atTitle].get(before))
	}
}

// TestOneApproverCannotOpenADoor lets one approver wave through what others
// would refuse. Without the guard the score falls by far more than ten points.
func TestOneApproverCannotOpenADoor(t *testing.T) {
	t.Parallel()
	o := company(4)
	const team = 9 * 20
	e := o.Foreign(o.Department(team))
	m := Shipped()
	before := assessed(t, build(o), m, o.Facts(team+4, e))
	o.Collude(team, e, 200, "friend")
	w := build(o)
	after := assessed(t, w, m, o.Facts(team+4, e))
	if points := before.Raw - after.Raw; points > 11 {
		t.Errorf("one approver lowered the score by %d points, from %d to %d", points, before.Raw, after.Raw)
	}
	if named(after, "approver") == nil {
		t.Errorf("nothing is said of the one approver in %+v", after.Factors)
	}

	var ob observation
	var cells found
	var r result
	f := o.Facts(team+4, e)
	s := w.subject(&f)
	w.observe(&s, f.At, f.Duration, &ob, &cells) // leaveOneOut is not called
	m.score(&f, &ob, &r)
	if r.raw > before.Raw-40 {
		t.Errorf("without the guard raw is %d and was %d: the approvals should have paid", r.raw, before.Raw)
	}
}

func TestOneApproversVolumeIsCapped(t *testing.T) {
	t.Parallel()
	table := newCellTable(0)
	k := singleKey(0, 1)
	for range 1000 {
		table.add(only(k, 1), 1, false, nil)
	}
	for range 10 {
		table.add(only(k, 2), 2, true, nil)
	}
	got := table.get(k).cell()
	if got.Denied != 10 || got.Decided != creditCap+10 {
		t.Errorf("the cell counts %+v, want 10 of %d: without the cap it would be 10 of 1010", got, creditCap+10)
	}
}

func TestCellsDoNotDependOnTheOrderOfDecisions(t *testing.T) {
	t.Parallel()
	type answer struct {
		approver uint32
		denied   bool
	}
	var answers []answer
	for i := range uint32(400) {
		answers = append(answers, answer{i * i % 5, i%7 == 0})
	}
	forth, back := newCellTable(0), newCellTable(0)
	k := singleKey(0, 1)
	for i := range answers {
		forth.add(only(k, answers[i].approver), answers[i].approver, answers[i].denied, nil)
		a := answers[len(answers)-1-i]
		back.add(only(k, a.approver), a.approver, a.denied, nil)
	}
	f, b := forth.get(k), back.get(k)
	if f.cell() != b.cell() {
		t.Errorf("forward %+v, backward %+v", f.cell(), b.cell())
	}
	for approver := range uint32(6) {
		if x, y := without(forth, &f, approver), without(back, &b, approver); x != y {
			t.Errorf("without %d: forward %+v, backward %+v", approver, x, y)
		}
	}
}

// TestNewManagerIsScoredWithoutManagers: with the ordinary card, which expects
// to know the team, all that a new team asks for looks strange.
func TestNewManagerIsScoredWithoutManagers(t *testing.T) {
	t.Parallel()
	o := company(5)
	members := []int{121, 122, 123, 124, 125, 126}
	o.NewTeam(120+47, members...)
	w, m := build(o), Shipped()
	full := *m
	full.deck = onlyFull(t)
	var samples []sample
	var with, without, fitting int
	for i := range 1200 {
		person, e := members[i%len(members)], i*7%200
		a := assessed(t, w, m, o.Facts(person, e))
		samples = append(samples, sample{a.PDeny, !o.Fits(person, e)})
		if o.Fits(person, e) {
			fitting++
			with += a.Raw
			without += assessed(t, w, &full, o.Facts(person, e)).Raw
		}
	}
	t.Logf("what fits a new team has a raw score of %d on average, %d with the ordinary card", with/fitting, without/fitting)
	if a := areaUnder(samples); a < 0.9 {
		t.Errorf("AUC for a new team is %v, want 0.9", a)
	}
	if with >= without {
		t.Errorf("raw scores add up to %d with a profile of its own, %d without", with, without)
	}
}

// onlyFull is a deck that uses the ordinary profile for everything.
func onlyFull(t *testing.T) *scorecard.Deck {
	t.Helper()
	f, err := scorecard.ParseFile(ShippedFile())
	if err != nil {
		t.Fatal(err)
	}
	for name := range f.Profiles {
		f.Profiles[name] = f.Profiles["full"]
	}
	d, err := scorecard.NewDeck(f.Profiles, layout, f.Smoothing)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAutomaticDecisionsWouldRotTheScore runs a company for some rounds in
// which requests below a threshold are approved without anybody. In one world
// these approvals are learned like people's, in the other, as in truth, they are not.
func TestAutomaticDecisionsWouldRotTheScore(t *testing.T) {
	t.Parallel()
	leak := func(feedback bool) (refusable, automatic int) {
		o := company(6)
		w, m := build(o), Shipped()
		for round := range 8 {
			refusable, automatic = 0, 0
			for i := range 1500 {
				person, e := o.Wish()
				if i%3 == 0 { // the same few teams ask for the same foreign things again and again
					person = 200 + i%40
					e = o.Foreign(o.Department(person)) - i%5
				}
				auto := assessed(t, w, m, o.Facts(person, e)).PDeny < 50_000
				if auto {
					automatic++
					if !o.Fits(person, e) {
						refusable++
					}
				}
				if !auto || feedback {
					w.Learn(answered(w, o, person, e, (i+round)%90, auto || !o.Refused(person, e)))
				}
			}
		}
		return refusable, automatic
	}
	bad, all := leak(false)
	rotten, more := leak(true)
	t.Logf("in the last round, of automatic approvals %d of %d did not fit; with feedback %d of %d", bad, all, rotten, more)
	if float64(rotten)/float64(max(more, 1)) <= 4*float64(bad)/float64(max(all, 1)) {
		t.Errorf("feedback did no harm: %d of %d against %d of %d", rotten, more, bad, all)
	}
}

// answered is what a person says of a request, after all that was said so far.
func answered(w *World, o *synthetic.Organisation, person, e, approver int, approved bool) approvals.Learned {
	p, next := o.People[person], w.Sequence()+1
	return approvals.Learned{
		Sequence: next, At: synthetic.Now, Request: approvals.RequestID(fmt.Sprint("answered", next)), Entitlement: o.Entitlements[e], Beneficiary: p.ID,
		Manager: p.Manager, Title: p.Title, Department: p.Department, Location: p.Location, Function: p.Function, Approver: synthetic.PersonID(approver), Approved: approved, Duration: time.Hour,
	}
}

// TestBlindVerdictsOnASampleFindWhatPeopleWouldNowRefuse changes people's minds
// about what was always approved. Automatic approvals teach nothing, so without
// a sample that people judge blindly nobody would ever be asked again.
func TestBlindVerdictsOnASampleFindWhatPeopleWouldNowRefuse(t *testing.T) {
	t.Parallel()
	last := func(sampled bool) (automatic int) {
		o := company(9)
		w, m := build(o), Shipped()
		for range 6 {
			automatic = 0
			for i := range 900 {
				person, e := i*7%960, i%3 // what everybody has
				if assessed(t, w, m, o.Facts(person, e)).PDeny >= 50_000 {
					w.Learn(answered(w, o, person, e, i%90, false))
					continue
				}
				automatic++
				if sampled && i%20 == 0 {
					w.Learn(answered(w, o, person, e, i%90, false))
				}
			}
		}
		return automatic
	}
	without, with := last(false), last(true)
	t.Logf("of 900 requests that people would now refuse, %d are approved automatically; with one in twenty sampled, %d", without, with)
	if without < 450 || with > without/4 {
		t.Errorf("%d automatic approvals without samples and %d with them", without, with)
	}
}
