package backtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagsShowWhoIsHeldUpMost(t *testing.T) {
	t.Parallel()
	table := &Table{Columns: []string{"entitlement", "location"}}
	p := &prediction{}
	add := func(n int, location uint32, likelihood float64, denied bool) {
		for range n {
			table.Rows, table.Denied = append(table.Rows, []uint32{1, location}), append(table.Denied, denied)
			p.p = append(p.p, likelihood)
		}
	}
	add(90, 1, 0.02, false)
	add(10, 1, 0.30, false)
	add(150, 2, 0.02, false)
	add(50, 2, 0.10, false)
	add(500, 1, 0.90, true)  // refused: no false flag
	add(50, 3, 0.90, false)  // too few to say anything
	add(500, 0, 0.90, false) // location unknown
	want := []Flags{{Attribute: "location", Least: 0.10, Most: 0.25, Values: 2}}
	if diff := cmp.Diff(want, flags(table, p)); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
}
