package review_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

// lapsed is a desk whose rule a review ended: one of its decisions was wrong.
func lapsed(t *testing.T, owner string, edit func(int, *approvals.Change)) *desk {
	t.Helper()
	d := newDesk(t)
	d.approved(1, owner, edit)
	d.says(d.opened(approvals.CampaignYearly).ID, approvals.VerdictWrong)
	if !d.asks("easy") {
		t.Fatal("the rule has not lapsed")
	}
	return d
}

// asks reports whether a rule has lapsed, so that people are asked.
func (d *desk) asks(rule string) bool {
	d.t.Helper()
	st, err := d.Standing(bg)
	if err != nil {
		d.t.Fatal(err)
	}
	return len(st.Lapses) == 1 && st.Lapses[0].Rule == rule
}

func TestEveryAdminIsToldOfALapse(t *testing.T) {
	t.Parallel()
	d := lapsed(t, "security", nil)
	if !slices.ContainsFunc(d.world.Store.Notices(), func(n approvals.Notice) bool {
		return n.Kind == approvals.NoticeAlert && n.To == "adam" && strings.Contains(n.Words, "The rule easy no longer approves by itself")
	}) {
		t.Error("adam is not told")
	}
}

func TestALapseIsLiftedByAnAdminWhoHasNoPartInIt(t *testing.T) {
	t.Parallel()
	adams := func(_ int, c *approvals.Change) { c.Requests[0].Beneficiary = "adam" }
	for name, tc := range map[string]struct {
		owner string
		edit  func(int, *approvals.Change)
		actor approvals.Actor
		rule  string
		note  string
		code  approvals.Code
		says  string
	}{
		"an admin":             {"security", nil, approvals.Person("adam", "test", ""), "easy", "looked at all", "", ""},
		"without a reason":     {"security", nil, approvals.Person("adam", "test", ""), "easy", " ", approvals.CodeInvalid, "Say in at most"},
		"with a long one":      {"security", nil, approvals.Person("adam", "test", ""), "easy", strings.Repeat("x", 1001), approvals.CodeInvalid, "Say in at most"},
		"another rule":         {"security", nil, approvals.Person("adam", "test", ""), "hard", "looked", approvals.CodeNotFound, "nothing to lift"},
		"who is no admin":      {"security", nil, approvals.Person("sol", "test", ""), "easy", "looked", approvals.CodeForbidden, "Only an admin"},
		"nobody known":         {"security", nil, approvals.Person("zoe", "test", ""), "easy", "looked", approvals.CodeForbidden, "Only an admin"},
		"the system":           {"security", nil, approvals.System("test"), "easy", "looked", approvals.CodeForbidden, "Only an admin"},
		"on somebody's word":   {"security", nil, approvals.Actor{Kind: approvals.ActorPerson, Principal: "adam", OnBehalfOf: "mia"}, "easy", "looked", approvals.CodeForbidden, "Only an admin"},
		"the rule's one owner": {"adam", nil, approvals.Person("adam", "test", ""), "easy", "looked", approvals.CodeSelfApproval, "yours alone"},
		"who was granted it":   {"security", adams, approvals.Person("adam", "test", ""), "easy", "looked", approvals.CodeSelfApproval, "were granted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := lapsed(t, tc.owner, tc.edit)
			before := d.count(approvals.EventActionRefused)
			err := d.Lift(bg, tc.actor, tc.rule, tc.note)
			code(t, tc.code, err)
			if err != nil && !strings.Contains(approvals.ErrorMessage(err), tc.says) {
				t.Errorf("it says %q, want %q", approvals.ErrorMessage(err), tc.says)
			}
			if d.asks("easy") != (tc.code != "") {
				t.Errorf("the rule asks people: %v", d.asks("easy"))
			}
			told := 0
			if tc.code == approvals.CodeForbidden || tc.code == approvals.CodeSelfApproval {
				told = 1
			}
			if n := d.count(approvals.EventActionRefused) - before; n != told {
				t.Errorf("%d refusals are recorded, want %d", n, told)
			}
			if tc.code == "" && d.count(approvals.EventRuleRestored) != 1 {
				t.Error("that it was lifted is not recorded once")
			}
		})
	}
}

// count is how many events of a kind were written.
func (d *desk) count(kind approvals.EventKind) (n int) {
	for _, e := range d.world.Store.Events() {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// A lift speaks of what was found until then: what the same review finds
// afterwards ends the rule again.
func TestARuleThatWasLiftedLapsesAgainByWhatIsFoundAfterwards(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.approved(2, "security", func(i int, c *approvals.Change) {
		if i == 1 {
			c.Events[0].Detail["sensitivity"] = "high"
		}
	})
	c := d.opened(approvals.CampaignYearly)
	d.says(c.ID, approvals.VerdictWrong)
	if err := d.Lift(bg, approvals.Person("adam", "test", ""), "easy", "an oversight"); err != nil {
		t.Fatal(err)
	}
	if d.asks("easy") {
		t.Fatal("the rule still asks people")
	}
	d.says(c.ID, approvals.VerdictWrong)
	if !d.asks("easy") {
		t.Error("the rule approves by itself although its other part failed too")
	}
}
