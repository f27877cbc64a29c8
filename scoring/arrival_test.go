package scoring

import (
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

// TestDecisionsLearnedTogetherCountAsOneByOne: the steps of several overlap, and
// names that are new to one of them are known to the next.
func TestDecisionsLearnedTogetherCountAsOneByOne(t *testing.T) {
	t.Parallel()
	o := synthetic.New(synthetic.Config{People: 900, Entitlements: 80, Grants: 8_000, Decisions: 3_000, Seed: 11})
	single := NewWorld(Options{})
	for _, l := range o.Decisions {
		single.Learn(l)
	}
	want := contents(single)
	for _, n := range []int{1, 2, 3, 7, 8, 9, 256, 3_000} {
		w := NewWorld(Options{})
		for rest := o.Decisions; len(rest) > 0; {
			size := min(n, len(rest))
			w.Learn(rest[:size]...)
			rest = rest[size:]
		}
		if got := contents(w); !reflect.DeepEqual(want, got) { // cmp takes seconds for what is alike
			t.Fatalf("%d at a time (-one by one +together):\n%s", n, cmp.Diff(want, got))
		}
	}
}

// TestWhatCameIsCountedBeforeAnythingElseHappens: a world that is asked after
// every decision and one that never is agree, whatever else is told in between.
func TestWhatCameIsCountedBeforeAnythingElseHappens(t *testing.T) {
	t.Parallel()
	o := synthetic.New(synthetic.Config{People: 60, Entitlements: 12, Grants: 300, Decisions: 400, Seed: 5})
	rapid.Check(t, func(t *rapid.T) {
		asked, left := NewWorld(Options{}), NewWorld(Options{})
		worlds := []*World{asked, left}
		learned := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			person := rapid.IntRange(0, len(o.People)-1).Draw(t, "person")
			e, p := o.Entitlements[person%len(o.Entitlements)], o.People[person].ID
			step := rapid.SampledFrom([]string{"learn", "learn", "learn", "move", "give", "take", "list", "catalogue", "replay", "read"}).Draw(t, "step")
			for _, w := range worlds {
				switch step {
				case "learn":
					w.Learn(o.Decisions[learned%int64(len(o.Decisions))])
				case "move":
					people := slices.Clone(o.People)
					people[person].Title = "title of " + string(p)
					w.SetPeople(people, o.State)
				case "give":
					w.AddHolding(e, p)
				case "take":
					w.RemoveHolding(e, p)
				case "list":
					w.SetHoldings(e, []approvals.PrincipalID{p, "somebody else"})
				case "catalogue":
					w.SetCatalogue([]approvals.Entitlement{{ID: e, System: "system"}})
				case "replay":
					if err := w.ReplaceHoldings(func(each func(e, p []byte) error) error { return each([]byte(e), []byte(p)) }); err != nil {
						t.Fatal(err)
					}
				case "read":
					if got := w.Decisions(); got != learned {
						t.Fatalf("%d decisions are counted, want %d", got, learned)
					}
				}
			}
			if step == "learn" {
				learned++
			}
			if got := asked.Sequence(); learned > 0 && got != o.Decisions[learned-1].Sequence {
				t.Fatalf("the last that is counted is %d, want %d", got, o.Decisions[learned-1].Sequence)
			}
		}
		if diff := cmp.Diff(contents(asked), contents(left)); diff != "" {
			t.Fatalf("(-asked +left alone):\n%s", diff)
		}
		if a, b := asked.holdingSum^asked.peopleSum, left.holdingSum^left.peopleSum; a != b {
			t.Fatalf("digests are %x and %x", a, b)
		}
	})
}

// TestRequestsOfAPersonAreKeptInOrder: however many, and whoever asks in between.
func TestRequestsOfAPersonAreKeptInOrder(t *testing.T) {
	t.Parallel()
	var kept asks
	people := make([]askedBy, 500)
	plain := make([][]ask, len(people))
	for i := range uint32(pageBlocks * blockAsks * 2) { // more than one page
		who := i * 7919 % uint32(len(people))
		if i%3 == 0 {
			who = 0
		}
		one := ask{i, i * 3, uint16(i)}
		kept.add(&people[who], one)
		plain[who] = append(plain[who], one)
	}
	for who, p := range people {
		if got := slices.Collect(kept.each(p)); !slices.Equal(plain[who], got) { // cmp takes seconds for what is alike
			t.Fatalf("person %d (-want +got):\n%s", who, cmp.Diff(plain[who], got, cmp.AllowUnexported(ask{})))
		}
	}
	for range kept.each(people[0]) {
		break // no more is read than wanted
	}
	if len(kept.pages) < 2 {
		t.Errorf("there are %d pages, want several", len(kept.pages))
	}
}

// TestADayThatNobodyLivesToSeeDoesNotBeginAgain: it is the last that is told
// apart, and not one long ago.
func TestADayThatNobodyLivesToSeeDoesNotBeginAgain(t *testing.T) {
	t.Parallel()
	w := NewWorld(Options{})
	w.Learn(approvals.Learned{Sequence: 1, At: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), Beneficiary: "p", Entitlement: "e", Approver: "a"})
	w.settle()
	for a := range w.asks.each(w.people[w.ids.get("p")].asked) {
		if a.day != 1<<16-1 {
			t.Errorf("the day is %d, want %d", a.day, 1<<16-1)
		}
	}
}

// contents is what a world learned, in an order that does not depend on seeds.
func contents(w *World) map[string]any {
	w.settle()
	cells := map[cellKey]tally{}
	for i := range w.cells.kinds {
		t := &w.cells.kinds[i]
		for _, b := range t.buckets {
			for at := range bucketCells {
				if k := b.key(at); k != 0 {
					cells[t.kind|k] = b.tally(t.kind|k, at)
				}
			}
		}
	}
	others := map[uint64][2]uint16{}
	for _, b := range w.cells.others.buckets {
		for i, k := range b.keys {
			if k != 0 {
				others[k] = [2]uint16{b.shares[i].denied, b.shares[i].decided}
			}
		}
	}
	plain := map[cellKey][5]uint64{}
	for k, c := range cells {
		plain[k] = [5]uint64{uint64(c.denied), uint64(c.decided), uint64(c.lead), uint64(c.share.denied), uint64(c.share.decided)}
	}
	asked := map[string][][3]uint32{}
	for at, p := range w.people[1:] {
		for a := range w.asks.each(p.asked) {
			id := string(w.ids.of(uint32(at + 1)))
			asked[id] = append(asked[id], [3]uint32{a.entry, a.approver, uint32(a.day)})
		}
	}
	return map[string]any{
		"cells": plain, "others": others, "asked": asked, "hours": w.hours, "lasted": w.lasted, "sequence": w.sequence,
		"people": string(w.ids.letters), "entitlements": string(w.goods.letters), "decided": w.all.Decided, "denied": w.all.Denied,
	}
}

// TestPartsOfTheWeekAreThoseOfTheClock compares with what the time package says
// in zones east and west, with summer time, and before 1970.
func TestPartsOfTheWeekAreThoseOfTheClock(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{nil, time.UTC, time.FixedZone("east", 14*3600), time.FixedZone("west", -11*3600-1800)}
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		zones = append(zones, berlin)
	}
	for at := time.Date(1969, 12, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2027; at = at.Add(5*day + 7*time.Hour) {
		for _, zone := range zones {
			there := at.UTC()
			if zone != nil {
				there = at.In(zone)
			}
			want := uint8(there.Hour() / 3)
			if d := there.Weekday(); d == time.Saturday || d == time.Sunday {
				want += slots / 2
			}
			if got := slotOf(at, zone); got != want {
				t.Fatalf("%v is in part %d, want %d", there, got, want)
			}
		}
	}
}

// TestMemoryThatIsAskedForNeedNotBeThere: any address will do.
func TestMemoryThatIsAskedForNeedNotBeThere(t *testing.T) {
	t.Parallel()
	prefetch(nil)
	prefetch([]uintptr{0, 1, 1 << 20, 1<<63 + 5})
	var l approvals.Learned
	w := NewWorld(Options{})
	w.Learn(l)
	w.settle()
	if w.all.Decided != 1 {
		t.Errorf("%d decisions without a name are counted, want 1", w.all.Decided)
	}
}

// TestAPersonIsAsLargeAsWhatIsFetched: what a decision reads of a person never
// lies in two pieces.
func TestAPersonIsAsLargeAsWhatIsFetched(t *testing.T) {
	t.Parallel()
	if size, first := unsafe.Sizeof(person{}), unsafe.Offsetof(person{}.now); size != 128 || first > 64 {
		t.Errorf("a person takes %d bytes, and what a decision reads the first %d; want 128 and at most 64", size, first)
	}
	if size := unsafe.Sizeof(askBlock{}); size != 64 {
		t.Errorf("a block of requests takes %d bytes, want 64", size)
	}
	if size := unsafe.Sizeof(shareBucket{}); size != 64 {
		t.Errorf("a bucket of shares takes %d bytes, want 64", size)
	}
}
