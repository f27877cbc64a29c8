package scoring

import (
	"testing"

	"pgregory.net/rapid"
)

// put packs a whole cell at an empty place.
func (b *cellBucket) put(c *tally, at int) {
	b.setKey(at, c.key)
	b.credit(at, change{denied: int32(c.denied), decided: int32(c.decided)})
	b.leads[at] = lead{c.lead, c.share}
}

// TestAPackedCellIsTheCell: what is packed beside it stays as it was, here and
// when it moves to another bucket.
func TestAPackedCellIsTheCell(t *testing.T) {
	t.Parallel()
	kind := kindKey(singles)
	rapid.Check(t, func(t *rapid.T) {
		var b, moved cellBucket
		b.head[atSpilled] = 1
		var want [bucketCells]tally
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			want[i] = tally{
				key:    kind | cellKey(rapid.Uint64Range(1, keyBits).Draw(t, "key")),
				denied: rapid.Uint32Range(0, countBits).Draw(t, "denied"), decided: rapid.Uint32Range(0, countBits).Draw(t, "decided"),
				lead: rapid.Uint32().Draw(t, "lead"), share: share{rapid.Uint16().Draw(t, "lead's denied"), rapid.Uint16().Draw(t, "lead's decided")},
			}
			b.put(&want[i], i)
			for j, w := range want {
				if got := b.tally(w.key, j); got != w {
					t.Fatalf("cell %d is %+v after %d was put, want %+v", j, got, i, w)
				}
				if at := b.seek(w.key & keyBits); at < 0 || want[at].key != w.key {
					t.Fatalf("key %x is found at %d", w.key, at)
				}
			}
		}
		for i, w := range want {
			moved.move(2-i, &b, i)
			if got := moved.tally(w.key, 2-i); got != w || moved.key(2-i) != w.key&keyBits {
				t.Fatalf("cell %d moved as %+v, want %+v", i, got, w)
			}
		}
		if b.head[atSpilled] != 1 || moved.head[atSpilled] != 0 {
			t.Fatal("a cell ran into what lies beside it")
		}
	})
}

// TestAFullCellKeepsItsCounts: more answers than it can hold leave it as it is,
// and none run over into what lies beside.
func TestAFullCellKeepsItsCounts(t *testing.T) {
	t.Parallel()
	var b cellBucket
	cell := tally{key: 7, denied: 5, decided: countBits - 1, lead: 1<<32 - 1, share: share{3, 9}}
	b.put(&cell, 1)
	for _, c := range []change{{1, 1}, {1, 1}, {-1, 0}, {0, 1}} {
		b.credit(1, c)
	}
	cell.denied, cell.decided = 6, countBits
	if got := b.tally(7, 1); got != cell {
		t.Errorf("the cell is %+v, want %+v", got, cell)
	}
}

// TestTheCreditOfACellCanFall: beyond the cap an approver's denials count at
// their rate, which one more approval lowers.
func TestTheCreditOfACellCanFall(t *testing.T) {
	t.Parallel()
	var b cellBucket
	b.put(&tally{key: 7, denied: 1, decided: creditCap}, 0)
	b.credit(0, change{denied: -1})
	if got := b.tally(7, 0); got.denied != 0 || got.decided != creditCap {
		t.Errorf("the cell counts %d of %d, want 0 of %d", got.denied, got.decided, creditCap)
	}
}

// TestAHurriedTableGivesBackWhatItHasTooMuchOf: with a long past behind it, it
// is smaller, and keeps everything.
func TestAHurriedTableGivesBackWhatItHasTooMuchOf(t *testing.T) {
	t.Parallel()
	hurried, plain := newCellTable(0), newCellTable(0)
	hurried.hurry(true)
	const n = 70_000
	for _, table := range []*cellTable{hurried, plain} {
		for i := range uint32(n) {
			for approver := range uint32(2) {
				table.add(only(singleKey(atTitle, i+1), approver), approver, i%3 == 0, nil)
			}
		}
	}
	cells, shares := len(hurried.kinds[atTitle].buckets), len(hurried.others.buckets)
	hurried.hurry(false)
	if now := len(hurried.kinds[atTitle].buckets); now >= cells || now*bucketCells > 2*n {
		t.Errorf("%d buckets of cells were %d", now, cells)
	}
	if now := len(hurried.others.buckets); now >= shares {
		t.Errorf("%d buckets of shares were %d", now, shares)
	}
	for i := range uint32(n) {
		k := singleKey(atTitle, i+1)
		got, want := hurried.get(k), plain.get(k)
		if got != want || without(hurried, &got, 1) != without(plain, &want, 1) {
			t.Fatalf("cell %d is %+v, want %+v", i, got, want)
		}
	}
	if hurried.used() != n || hurried.others.used != plain.others.used {
		t.Errorf("%d cells and %d shares, want %d and %d", hurried.used(), hurried.others.used, n, plain.others.used)
	}
}
