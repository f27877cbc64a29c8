package review_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
)

// Of what may do most harm, of every emergency and of all access that was
// adopted, nothing is left to a sample.
func TestWhatIsNotLeftToASampleIsLookedAtWhole(t *testing.T) {
	t.Parallel()
	const each = 200
	for name, tc := range map[string]struct {
		event approvals.Event
		whole bool
	}{
		"medium sensitivity":   {automatic("medium"), false},
		"high sensitivity":     {automatic("high"), false},
		"critical sensitivity": {automatic("critical"), true},
		"unknown sensitivity":  {automatic(""), true},
		"break-glass":          {approvals.Event{Kind: approvals.EventBreakGlassOpened, Detail: map[string]string{"sensitivity": "low"}}, true},
		"adopted access":       {approvals.Event{Kind: approvals.EventGrantAdopted, Detail: map[string]string{"sensitivity": "low"}}, true},
	} {
		var all review.Census
		for i := range each {
			tc.event.Request = approvals.RequestID(fmt.Sprintf("req_%d", i))
			all.Add(tc.event)
		}
		parts := review.Draw("seed", all.Members, 5)
		want := review.Size(each, 0, 5)
		if tc.whole {
			want = each
		}
		if len(parts) != 1 || parts[0].Size != want {
			t.Errorf("%s: the sample is %+v, want %d of %d", name, parts, want, each)
		}
	}
}

// automatic is the record of an automatic approval.
func automatic(sensitivity string) approvals.Event {
	return approvals.Event{Kind: approvals.EventRequestDecided, Policies: []approvals.PolicyRef{{ID: "easy", Effect: "permit"}},
		Detail: map[string]string{"outcome": string(approvals.AutoApprove), "sensitivity": sensitivity}}
}

// Adopted access is looked at by the owners of what was adopted, but not by
// whoever adopted it, and ends no rule.
func TestAdoptedAccessIsReviewedByItsOwnersOnly(t *testing.T) {
	t.Parallel()
	for adopter, may := range map[approvals.PrincipalID][]approvals.PrincipalID{"adam": {"olga"}, "olga": nil} {
		d := newDesk(t)
		d.approved(1, "security", func(_ int, c *approvals.Change) {
			c.Events[0].Kind, c.Events[0].Actor = approvals.EventGrantAdopted, approvals.Person(adopter, "cli", "")
		})
		c := d.opened(approvals.CampaignYearly)
		item, err := d.world.Store.ReviewItem(bg, c.ID, "req_0000")
		if err != nil || item.Kind != approvals.ItemAdopted || !slices.Equal(item.Reviewers, may) && len(item.Reviewers)+len(may) > 0 {
			t.Errorf("adopted by %s: the item is %+v, %v", adopter, item, err)
		}
		if adopter == "olga" {
			continue
		}
		d.says(c.ID, approvals.VerdictWrong)
		if c = d.advanced(c.ID, approvals.CampaignClosed); c.Strata[0].Outcome != approvals.StratumFailed || d.asks("easy") {
			t.Errorf("it ends as %+v", c.Strata[0])
		}
	}
}

// Whoever has not answered is reminded at half of the time, and again later; who
// has, is not.
func TestReviewersAreRemindedOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.approved(2, "security", nil)
	c := d.opened(approvals.CampaignYearly)
	answered := d.says(c.ID, approvals.VerdictRight).By
	late := map[approvals.PrincipalID]approvals.PrincipalID{"sol": "sue", "sue": "sol"}[answered]
	for i, percent := range []int{50, 80, 95} {
		d.at = c.FrozenAt.Add(c.DueAt.Sub(c.FrozenAt) * time.Duration(percent) / 100)
		if _, err := d.Advance(bg, c.ID); err != nil {
			t.Fatal(err)
		}
		told := map[approvals.PrincipalID]int{}
		for _, n := range d.world.Store.Notices() {
			if n.Kind == approvals.NoticeReviewDue {
				told[n.To]++
			}
		}
		if told[late] == 0 || told[answered] != 0 || d.count(approvals.EventReviewReminded) != i+1 {
			t.Errorf("after %d%% of the time %v are reminded, %d times on the record; want %s", percent, told, d.count(approvals.EventReviewReminded), late)
		}
	}
}
