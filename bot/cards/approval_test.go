package cards

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestAnApproverSeesFirstWhatTellsOfThisRequest(t *testing.T) {
	t.Parallel()
	f := func(name string, points int) approvals.Factor { return approvals.Factor{Name: name, Points: points} }
	got := telling(approvals.Assessment{Factors: []approvals.Factor{
		f("base", 66), f("decided.manager", -38), f("sensitivity", 16), f("peers.team", -5), f("history", -3), f("few decisions", 0),
	}})
	want := []approvals.Factor{f("decided.manager", -38), f("sensitivity", 16), f("peers.team", -5)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := telling(approvals.Assessment{Factors: []approvals.Factor{f("base", 60)}}); len(got) != 0 {
		t.Errorf("the common start alone is shown as %v", got)
	}
}

func TestAFactorSaysWhatItDoesToTheRisk(t *testing.T) {
	t.Parallel()
	for points, want := range map[int]string{53: "3 of 9 teammates hold it (raises the risk by 53).", -18: "3 of 9 teammates hold it (lowers the risk by 18)."} {
		if got := said(approvals.Factor{Points: points, Words: "3 of 9 teammates hold it."}); got != want {
			t.Errorf("%+d: got %q, want %q", points, got, want)
		}
	}
}
