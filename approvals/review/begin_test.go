package review_test

import (
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestAnAdminBeginsTheReviewOfTheYearThatEndsNow(t *testing.T) {
	t.Parallel()
	sign := func(text string) (string, error) { return text + "\n— a signature", nil }
	for name, tc := range map[string]struct {
		actor  approvals.Actor
		signed bool
		n      int
		code   approvals.Code
		says   string
	}{
		"an admin":           {approvals.Person("adam", "slack", "C1/1.1"), true, 3, "", ""},
		"who is no admin":    {approvals.Person("sol", "slack", ""), true, 3, approvals.CodeForbidden, "Only an admin starts"},
		"the system":         {approvals.System("test"), true, 3, approvals.CodeForbidden, "Only an admin starts"},
		"on somebody's word": {approvals.Actor{Kind: approvals.ActorPerson, Principal: "adam", OnBehalfOf: "mia"}, true, 3, approvals.CodeForbidden, "Only an admin starts"},
		"nothing to review":  {approvals.Person("adam", "slack", ""), true, 0, approvals.CodeInvalid, "nothing to review"},
		"without a key":      {approvals.Person("adam", "slack", ""), false, 3, approvals.CodeUnavailable, "Configure audit.key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.at = year.AddDate(0, 6, 0)
			if tc.signed {
				d.Sign = sign
			}
			d.approved(tc.n, "security", nil)
			c, err := d.Begin(bg, tc.actor)
			code(t, tc.code, err)
			if err != nil && !strings.Contains(approvals.ErrorMessage(err), tc.says) {
				t.Errorf("it says %q, want %q", approvals.ErrorMessage(err), tc.says)
			}
			began := 0
			if err == nil {
				began = 1
				if c.Kind != approvals.CampaignYearly || !c.To.Equal(d.at) || !c.From.Equal(d.at.AddDate(-1, 0, 0)) || c.Population != tc.n {
					t.Errorf("it covers %+v", c)
				}
			}
			if n := d.count(approvals.EventReviewFrozen); n != began {
				t.Errorf("%d reviews began", n)
			}
			if n := d.count(approvals.EventActionRefused); (n == 1) != (tc.code == approvals.CodeForbidden) {
				t.Errorf("%d refusals are recorded", n)
			}
			for _, e := range d.world.Store.Events() {
				if e.Kind == approvals.EventReviewFrozen && e.Actor != tc.actor {
					t.Errorf("%+v is said to have begun it", e.Actor)
				}
			}
			st, err := d.Standing(bg)
			if err != nil || st.Ready != (tc.signed && began == 0) {
				t.Errorf("another may begin: %v, %v", st.Ready, err)
			}
			if began == 1 {
				_, err = d.Begin(bg, tc.actor)
				code(t, approvals.CodeConflict, err)
			}
		})
	}
}
