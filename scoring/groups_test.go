package scoring

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawFace draws small values, which people share, and those at the limits of
// their lanes. Ones that are too large make no ring.
func drawFace(t *rapid.T) face {
	var v [5]uint32
	for i, limit := range [...]uint32{noPerson, noPerson, noTitle, noPlace, noPlace} {
		v[i] = rapid.SampledFrom([]uint32{0, 1, 2, limit - 1, limit, limit + 1, 1<<32 - 1}).Draw(t, "value")
	}
	f := newFace(v[0], v[1], v[2], v[3], v[4])
	var got [5]uint32
	got[0], got[1], got[2], got[3], got[4] = f.unpack()
	want := v
	for i, limit := range [...]uint32{noPerson, noPerson, noTitle, noPlace, noPlace} {
		if v[i] >= limit {
			want[i] = 0
		}
	}
	if got != want {
		t.Fatalf("a face of %v has %v, want %v", v, got, want)
	}
	return f
}

// TestFacesAreComparedAsTheirRingsAre counts who shares a ring with a person,
// all attributes at once and ring by ring.
func TestFacesAreComparedAsTheirRingsAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		me := drawFace(t)
		var w World
		var list []uint32
		var want, got [rings]portion
		for i := range rapid.IntRange(0, 20).Draw(t, "people") {
			f := drawFace(t)
			w.faces, list = append(w.faces, f), append(list, uint32(i))
			theirs := f.rings()
			for r, k := range me.rings() {
				if k.a != 0 && theirs[r] == k {
					want[r].n++
				}
			}
		}
		person := uint32(rapid.IntRange(0, 30).Draw(t, "person"))
		if self := w.compare(list, person, me, &got); self != (int(person) < len(list)) {
			t.Errorf("person %d is on a list of %d: %v", person, len(list), self)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(portion{})); diff != "" {
			t.Errorf("ring by ring, all at once (-want +got):\n%s", diff)
		}
	})
}
