package scoring

import (
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

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
	for _, n := range []int{1, 2, 3, 7, 8, 9, 256, 3_000} {
		w := NewWorld(Options{})
		for rest := o.Decisions; len(rest) > 0; {
			size := min(n, len(rest))
			w.Learn(rest[:size]...)
			rest = rest[size:]
		}
		if diff := cmp.Diff(contents(single), contents(w)); diff != "" {
			t.Fatalf("%d at a time (-one by one +together):\n%s", n, diff)
		}
	}
}

// contents is what a world learned, in an order that does not depend on seeds.
func contents(w *World) map[string]any {
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
		for _, a := range p.asked {
			id := string(w.ids.texts[at])
			asked[id] = append(asked[id], [3]uint32{a.entry, a.approver, a.day})
		}
	}
	return map[string]any{
		"cells": plain, "others": others, "asked": asked, "hours": w.hours, "lasted": w.lasted, "sequence": w.sequence,
		"people": w.ids.texts, "entitlements": w.goods.texts, "decided": w.all.Decided, "denied": w.all.Denied,
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
	if w.all.Decided != 1 {
		t.Errorf("%d decisions without a name are counted, want 1", w.all.Decided)
	}
}

// TestAPersonIsAsLargeAsWhatIsFetched: what a decision reads of a person never
// lies in two pieces.
func TestAPersonIsAsLargeAsWhatIsFetched(t *testing.T) {
	t.Parallel()
	if size, zone := unsafe.Sizeof(person{}), unsafe.Offsetof(person{}.zone)+8; size != 192 || zone > 64 {
		t.Errorf("a person takes %d bytes, and what a decision reads the first %d; want 192 and at most 64", size, zone)
	}
	if size := unsafe.Sizeof(shareBucket{}); size != 64 {
		t.Errorf("a bucket of shares takes %d bytes, want 64", size)
	}
}
