package scoring

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesKeepTheirIndicesWhenTheTableGrows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var n names[string]
		n.init(rapid.IntRange(0, 100).Draw(t, "capacity"))
		plain := map[string]uint32{}
		for range rapid.IntRange(1, 300).Draw(t, "names") {
			name := fmt.Sprint(rapid.IntRange(0, 400).Draw(t, "name"))
			at, added := n.put(name)
			want, known := plain[name]
			if !known {
				want = uint32(len(plain) + 1)
				plain[name] = want
			}
			if at != want || added == known {
				t.Fatalf("%q has index %d (new: %v), want %d (new: %v)", name, at, added, want, !known)
			}
		}
		for name, want := range plain {
			if got := n.get(name); got != want {
				t.Fatalf("%q has index %d, want %d", name, got, want)
			}
		}
		if at, added := n.put(""); at != 0 || added || n.get("") != 0 || n.get("unknown") != 0 {
			t.Fatal("no name, or an unknown one, has an index")
		}
	})
}

// TestNamesWithOneHashAreToldApart: what is likely is compared before it is
// believed.
func TestNamesWithOneHashAreToldApart(t *testing.T) {
	t.Parallel()
	var n names[string]
	n.init(0)
	first, _ := n.put("first")
	hash := n.hash("first")
	if got := n.sure("second", hash, n.likely(hash)); got != 0 {
		t.Errorf("another name of the same hash has index %d, want none", got)
	}
	n.letters, n.ends = append(n.letters, "second"...), append(n.ends, uint32(len("firstsecond")))
	n.slots[n.find("second", hash)] = nameSlot{uint32(hash >> 32), 2}
	if got := n.sure("second", hash, n.likely(hash)); got != 2 {
		t.Errorf("it has index %d once it is known, want 2", got)
	}
	if got := n.sure("first", hash, n.likely(hash)); got != first {
		t.Errorf("the first now has index %d, want %d", got, first)
	}
}

// TestANameThatComesTwiceAtOnceHasOneIndex: what was likely before the first of
// the two was added is out of date for the second.
func TestANameThatComesTwiceAtOnceHasOneIndex(t *testing.T) {
	t.Parallel()
	var n names[string]
	n.init(0)
	hash := n.hash("name")
	likely := n.likely(hash)
	first, added := n.enter("name", hash, likely)
	second, again := n.enter("name", hash, likely)
	if first != 1 || second != first || !added || again {
		t.Errorf("it has index %d (new: %v) and then %d (new: %v), want 1, new once", first, added, second, again)
	}
}

func TestALargeTableKeepsWhatItHoldsInLargePages(t *testing.T) {
	t.Parallel()
	var table []uint64
	for i := range uint64(1 << 20) {
		table = more(table, i)
	}
	for i, got := range spread(table) {
		if got != uint64(i) {
			t.Fatalf("entry %d is %d", i, got)
		}
	}
}

// TestTablesHashByDifferentSeeds: what collides in one does not in the next.
func TestTablesHashByDifferentSeeds(t *testing.T) {
	t.Parallel()
	var a, b names[string]
	a.init(0)
	b.init(0)
	if a.seed == b.seed || a.hash("name") == b.hash("name") {
		t.Errorf("two tables hash by %x and %x", a.seed, b.seed)
	}
}
