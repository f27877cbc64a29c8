package scoring

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

// TestHoldingsAgreeWithAPlainSet adds, removes and replaces holders, over the
// limit from where on they are a bitmap and back, and compares with a map.
func TestHoldingsAgreeWithAPlainSet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := NewWorld(Options{})
		plain := map[string]map[string]bool{"a": {}, "b": {}}
		person := func(i int) approvals.PrincipalID { return approvals.PrincipalID(fmt.Sprint("p", i)) }
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			e := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "entitlement")
			from, n := rapid.IntRange(0, 2000).Draw(t, "from"), rapid.SampledFrom([]int{1, 30, 900, 1500}).Draw(t, "n")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				for i := from; i < from+n; i++ {
					w.AddHolding(approvals.EntitlementID(e), person(i))
					plain[e][string(person(i))] = true
				}
			case 1:
				for i := from; i < from+n; i++ {
					w.RemoveHolding(approvals.EntitlementID(e), person(i))
					delete(plain[e], string(person(i)))
				}
			default:
				var all []approvals.PrincipalID
				clear(plain[e])
				for i := from; i < from+n; i++ {
					all = append(all, person(i))
					plain[e][string(person(i))] = true
				}
				w.SetHoldings(approvals.EntitlementID(e), append(all, all[0], ""))
			}
		}
		checkHoldings(t, w, plain)
	})
}

func checkHoldings(t *rapid.T, w *World, plain map[string]map[string]bool) {
	fresh := NewWorld(Options{})
	total := 0
	for e, people := range plain {
		good := w.goods.get(approvals.EntitlementID(e))
		h := &w.holds[good]
		if h.count() != len(people) && good != 0 {
			t.Fatalf("%s has %d holders, want %d", e, h.count(), len(people))
		}
		total += len(people)
		for p := range people {
			who := w.ids.get(approvals.PrincipalID(p))
			if _, listed := slices.BinarySearch(w.people[who].held, good); !h.has(who) || !listed {
				t.Fatalf("%s should hold %s", p, e)
			}
			fresh.AddHolding(approvals.EntitlementID(e), approvals.PrincipalID(p))
		}
	}
	if w.holdings != int64(total) || w.holdingSum != fresh.holdingSum {
		t.Fatalf("%d holdings with digest %x, want %d with %x", w.holdings, w.holdingSum, total, fresh.holdingSum)
	}
}

// TestPeersAgreeWithAPlainScan counts every ring by looking at everybody.
func TestPeersAgreeWithAPlainScan(t *testing.T) {
	t.Parallel()
	o := synthetic.New(synthetic.Config{People: 2400, Entitlements: 120, Grants: 30_000, Decisions: 10, Seed: 8})
	o.People[77].Inactive = true
	w := build(o)
	byID := map[approvals.PrincipalID]*approvals.Principal{}
	for i := range o.People {
		byID[o.People[i].ID] = &o.People[i]
	}
	area := func(p *approvals.Principal) approvals.PrincipalID {
		if m := byID[p.Manager]; m != nil {
			return m.Manager
		}
		return ""
	}
	for _, person := range []int{0, 4, 77, 500, 2399} {
		for _, e := range []int{0, 2, 17, 119} {
			me := &o.People[person]
			var want [rings]portion
			for i := range o.People {
				p := &o.People[i]
				if i == person || p.Inactive {
					continue
				}
				held := slices.Contains(o.Held[i], e)
				for r, same := range [rings]bool{
					p.Manager == me.Manager && me.Manager != "", area(p) == area(me) && area(me) != "",
					p.Department == me.Department && p.Title == me.Title, p.Title == me.Title, p.Department == me.Department, p.Location == me.Location,
				} {
					if same {
						want[r].of++
						if held {
							want[r].n++
						}
					}
				}
			}
			f := o.Facts(person, e)
			s := w.subject(&f)
			var got [rings]portion
			w.peers(s.who, s.good, w.faceOf(&s.values), &got)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(portion{})); diff != "" {
				t.Errorf("person %d, entitlement %d (-scan +index):\n%s", person, e, diff)
			}
		}
	}
}

func TestLikenessIsTheSharedPartOfAccess(t *testing.T) {
	t.Parallel()
	w := NewWorld(Options{})
	hold := func(p approvals.PrincipalID, es ...approvals.EntitlementID) {
		for _, e := range es {
			w.AddHolding(e, p)
		}
	}
	hold("me", "a", "b", "c", "d")
	hold("twin", "wanted", "a", "b", "c", "d")
	hold("half", "wanted", "a", "b")
	hold("stranger", "wanted", "x", "y")
	s := subject{who: w.ids.get("me"), good: w.goods.get("wanted")}
	if got, want := w.likeness(&s), (portion{(1000 + 500 + 0) / 3, 1000}); got != want {
		t.Errorf("likeness is %+v, want %+v", got, want)
	}
	nobody := subject{who: w.ids.get("nobody"), good: s.good}
	if got := w.likeness(&nobody); got.of != 0 {
		t.Errorf("somebody unknown has a likeness of %+v", got)
	}
}

func TestNearestHolderIsFoundByCommonManagers(t *testing.T) {
	t.Parallel()
	w := NewWorld(Options{})
	people := []approvals.Principal{{ID: "ceo"}}
	for _, link := range [][2]string{{"vp1", "ceo"}, {"vp2", "ceo"}, {"lead1", "vp1"}, {"lead2", "vp1"}, {"lead3", "vp2"}, {"me", "lead1"}, {"mate", "lead1"}, {"cousin", "lead2"}, {"far", "lead3"}} {
		people = append(people, approvals.Principal{ID: approvals.PrincipalID(link[0]), Manager: approvals.PrincipalID(link[1])})
	}
	w.SetPeople(people, approvals.DirectoryState{AsOf: synthetic.Start})
	for holder, want := range map[approvals.PrincipalID]int64{"mate": 1, "cousin": 2, "far": 3, "lead1": 1, "me": 0} {
		e := approvals.EntitlementID("of " + holder)
		w.AddHolding(e, holder)
		f := approvals.Facts{Beneficiary: people[6], Entitlement: approvals.Entitlement{ID: e}}
		if f.Beneficiary.ID != "me" {
			t.Fatalf("person 6 is %s", f.Beneficiary.ID)
		}
		s := w.subject(&f)
		var o observation
		var cells found
		w.observe(&s, synthetic.Now, time.Hour, &o, &cells)
		if o.near.n != want {
			t.Errorf("the nearest holder, %s, is %d levels up, want %d", holder, o.near.n, want)
		}
	}
}

func TestDurationsAndTimesFallIntoTheirSteps(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]int{
		-time.Hour: 0, 0: 0, 15 * time.Minute: 0, 16 * time.Minute: 1, 30 * time.Minute: 1, 31 * time.Minute: 2, time.Hour: 2, 8 * time.Hour: 5, 1 << 62: durationSteps - 1,
	} {
		if got := durationStep(d); got != want {
			t.Errorf("%v is in step %d, want %d", d, got, want)
		}
	}
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for h, want := range map[int]uint8{0: 0, 2: 0, 3: 1, 23: 7, 24*5 + 1: 8, 24*6 + 23: 15} {
		if got := slotOf(monday.Add(time.Duration(h)*time.Hour), nil); got != want {
			t.Errorf("hour %d of the week is in slot %d, want %d", h, got, want)
		}
	}
}

func TestADecisionIsLearnedOnce(t *testing.T) {
	t.Parallel()
	o := small(1)
	once, twice := build(o), build(o)
	for _, l := range o.Decisions {
		twice.Learn(l)
	}
	a, b := o.Decisions[0], o.Decisions[0]
	a.Sequence, b.Sequence = 5000, 5000 // two decisions of one change
	a.Request, b.Request = "x", "y"
	for _, w := range []*World{once, twice} {
		for _, l := range []approvals.Learned{a, b, a} {
			w.Learn(l)
		}
	}
	if once.Decisions() != int64(len(o.Decisions))+2 || twice.Decisions() != once.Decisions() {
		t.Errorf("%d and %d decisions, want %d", once.Decisions(), twice.Decisions(), len(o.Decisions)+2)
	}
}

// TestReplicasAgree feeds two worlds in pages of different length.
func TestReplicasAgree(t *testing.T) {
	t.Parallel()
	o := synthetic.New(synthetic.Config{People: 240, Entitlements: 60, Grants: 3000, Decisions: 12_000, Seed: 10})
	replica := func(stops ...int) *Scorer {
		f := &growing{all: o.Decisions}
		w := build(&synthetic.Organisation{People: o.People, Entitlements: o.Entitlements, Held: o.Held, State: o.State})
		s := New(w, f, nil)
		for _, n := range append(stops, len(o.Decisions)) {
			f.upTo = n
			if err := s.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	a, b := replica(), replica(1, 2, 7000, 7001)
	for i := range 100 {
		f := o.Facts(i*2, i%60)
		x, err := a.Evidence(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.Evidence(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x, y); diff != "" {
			t.Fatalf("evidence differs:\n%s", diff)
		}
	}
}

// growing is a feed of which only the first decisions are there yet.
type growing struct {
	all  []approvals.Learned
	upTo int
}

func (g *growing) EachLearned(_ context.Context, after int64, each func(approvals.Learned) error) error {
	for _, l := range g.all[min(int(after), g.upTo):g.upTo] {
		if err := each(l); err != nil {
			return err
		}
	}
	return nil
}

func (g *growing) Generation() (uint64, bool) { return uint64(g.upTo), true }

func TestWorldMayBeUsedByManyAtOnce(t *testing.T) {
	t.Parallel()
	o := small(2)
	w := build(o)
	s := New(w, nil, nil)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 200 {
				switch person := (i*7 + worker) % 240; worker {
				case 0:
					l := o.Decisions[i]
					l.Sequence = w.Sequence() + 1
					w.Learn(l)
				case 1:
					w.AddHolding(o.Entitlements[i%60], o.People[person].ID)
					w.RemoveHolding(o.Entitlements[i%60], o.People[person].ID)
					w.SetPeople(o.People, o.State)
				default:
					f := o.Facts(person, i%60)
					e, err := s.Evidence(t.Context(), f)
					if err != nil {
						t.Error(err)
						return
					}
					f.Evidence = e
					s.Assess(f)
				}
			}
		})
	}
	wg.Wait()
}

func TestThePastWithASystemTellsOfItsOtherEntitlements(t *testing.T) {
	t.Parallel()
	o := small(12)
	w := build(o)
	f := o.Facts(33, 7)
	m := Shipped()
	var all []approvals.Entitlement
	for i, e := range o.Entitlements {
		all = append(all, approvals.Entitlement{ID: e, System: fmt.Sprint("system", i/10)})
	}
	deny := func(e int) approvals.Assessment {
		p := o.People[33]
		w.Learn(approvals.Learned{
			Sequence: w.Sequence() + 1, At: synthetic.Now, Entitlement: o.Entitlements[e], Beneficiary: p.ID, Approver: "somebody",
		})
		return assessed(t, w, m, f)
	}
	w.SetCatalogue(all)
	before := assessed(t, w, m, f)
	elsewhere := deny(50)
	sibling := deny(8)
	if named(before, "own.siblings") != nil && named(before, "own.siblings").Points > 0 {
		t.Fatalf("the person was refused in this system before: %+v", before.Factors)
	}
	if named(sibling, "own.siblings") == nil || sibling.Raw <= elsewhere.Raw {
		t.Errorf("raw is %d after a refusal elsewhere and %d after one in the same system", elsewhere.Raw, sibling.Raw)
	}
}
