package scoring

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNothingOfAnApproverIsOverlooked compares what is found of each approver,
// where looking can be spared, with looking in every cell and at every request.
func TestNothingOfAnApproverIsOverlooked(t *testing.T) {
	t.Parallel()
	o := small(30)
	w := build(o)
	inPairs, answered := 0, 0
	for range 100 {
		f := o.Facts(o.Wish())
		s := w.subject(&f)
		var ob observation
		var cells found
		w.observe(&s, f.At, f.Duration, &ob, &cells)
		var room [len(found{})]uint32
		approvers := cells.leading(&room)
		want, got := make([]shares, len(approvers)), make([]shares, len(approvers))
		w.fetch(&cells, approvers, got)
		for i, a := range approvers {
			for j, c := range cells {
				switch {
				case c.key == 0:
				case c.lead == a:
					want[i][j] = c.share
				default:
					want[i][j] = w.cells.others.get(otherKey(c.key, mix(uint64(a))))
				}
				if j >= singles && want[i][j].decided > 0 {
					inPairs++
				}
			}
			if w.answered(s.who, a) {
				answered++
			} else if own := w.ownHistory(&s, f.At, a); own != ob.own {
				t.Errorf("without an approver who answered none of their own requests somebody's past is %+v instead of %+v", own, ob.own)
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(share{})); diff != "" {
			t.Errorf("shares of %s for %s (-each cell +fetched):\n%s", f.Beneficiary.ID, f.Entitlement.ID, diff)
		}
	}
	if inPairs == 0 || answered == 0 {
		t.Errorf("%d shares in pairs and %d who answered show nothing", inPairs, answered)
	}
}
