package approvals_test

import (
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestLawThatIsTakenIsRecordedAndNobodyIsDisturbed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := approvals.PolicyVersion{Digest: "law-2", Commit: "c0ffee"}
	if err := r.Service.Law(t.Context(), v, ""); err != nil {
		t.Fatal(err)
	}
	loaded := r.only(approvals.EventPolicyLoaded)
	if len(loaded) != 1 || loaded[0].Version != v || len(r.told(approvals.NoticeAlert)) != 0 {
		t.Errorf("%+v, told %v", loaded, r.told(approvals.NoticeAlert))
	}
}

func TestLawThatIsNotTakenIsToldToEveryAdminEachTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 2 {
		if err := r.Service.Law(t.Context(), approvals.PolicyVersion{Digest: "law-1"}, "a.cedar:3: it is wrong"); err != nil {
			t.Fatal(err)
		}
		r.pass(1e9)
	}
	same(t, "told", []approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert))
	slots := map[string]bool{}
	for _, n := range r.Store.Notices() {
		if n.Kind == approvals.NoticeAlert {
			slots[n.Slot] = true
			if !strings.Contains(n.Words, "a.cedar:3: it is wrong") || !strings.Contains(n.Words, "stays in force") {
				t.Errorf("words %q", n.Words)
			}
		}
	}
	if len(slots) != 2 || len(r.only(approvals.EventPolicyRejected)) != 2 {
		t.Errorf("slots %v, events %+v", slots, r.only(approvals.EventPolicyRejected))
	}
}
