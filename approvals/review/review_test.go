package review_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/review"
)

func TestASampleWithoutDeviationPassesAndIsSigned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Sign = func(text string) (string, error) { return text + "\n— signed\n", nil }
	d.approved(100, "security", nil)
	c := d.opened(approvals.CampaignYearly)
	if c.Population != 100 || c.Checked != 100 || c.Found != 0 || len(c.Strata) != 1 || c.Strata[0].Size != 45 || c.Strata[0].Name != "easy | low" {
		t.Fatalf("the review is %+v", c)
	}
	for range 45 {
		d.says(c.ID, approvals.VerdictRight)
	}
	c = d.advanced(c.ID, approvals.CampaignClosed)
	if c.Strata[0].Outcome != approvals.StratumPassed || !strings.HasSuffix(c.Result, "\n— signed\n") || !strings.Contains(c.Words, "at most 5% were wrong") {
		t.Errorf("the result is %s", c.Result)
	}
	if all, _ := d.world.Store.Lapses(bg); len(all) > 0 {
		t.Errorf("rules lapsed: %v", all)
	}
	if !slices.ContainsFunc(d.world.Store.Notices(), func(n approvals.Notice) bool {
		return n.Kind == approvals.NoticeResult && n.Channel == "CSEC"
	}) {
		t.Error("the security channel is not told")
	}
}

func TestOneDeviationEnlargesAndTheSecondEndsTheRule(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.approved(1000, "security", nil)
	c := d.opened(approvals.CampaignYearly)
	d.says(c.ID, approvals.VerdictWrong)
	c, _ = d.Campaign(bg, c.ID)
	if want := review.Size(1000, 1, 5); c.Strata[0].Size != want || !c.Strata[0].Enlarged {
		t.Fatalf("the sample is of %d, want %d", c.Strata[0].Size, want)
	}
	parts, err := d.Redraw(bg, c)
	if err != nil {
		t.Fatal(err)
	}
	items, _ := d.world.Store.ReviewItems(bg, c.ID)
	for _, i := range items {
		if parts[0].Ordered[i.Place-1] != i.Request {
			t.Errorf("%s is at place %d, where the seed has %s", i.Request, i.Place, parts[0].Ordered[i.Place-1])
		}
	}
	d.says(c.ID, approvals.VerdictWrong)
	c = d.advanced(c.ID, approvals.CampaignClosed)
	all, _ := d.world.Store.Lapses(bg)
	if c.Strata[0].Outcome != approvals.StratumFailed || len(all) != 1 || all[0].Rule != "easy" || all[0].Text != "v1" || !all[0].Holds() {
		t.Errorf("the stratum is %s, lapses are %v", c.Strata[0].Outcome, all)
	}
	code(t, approvals.CodeLapsed, answer(d, c, items[9].Request))
}

func answer(d *desk, c approvals.Campaign, id approvals.RequestID) error {
	item, err := d.world.Store.ReviewItem(bg, c.ID, id)
	if err != nil {
		return err
	}
	_, err = d.Answer(bg, approvals.Person(item.Asked, "test", ""), c.ID, id, approvals.VerdictRight, "")
	return err
}

func TestWhatNobodyReviewedInTimeEndsTheRule(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.approved(30, "security", nil)
	c := d.opened(approvals.CampaignYearly)
	handed := func() (queue int) {
		items, _ := d.world.Store.ReviewItems(bg, c.ID)
		for _, i := range items {
			if i.Asked == "olga" {
				queue++
			}
		}
		return queue
	}
	if handed() != 0 {
		t.Error("the queue is asked although the owners may review")
	}
	d.at = c.FrozenAt.Add(c.DueAt.Sub(c.FrozenAt) * 81 / 100)
	for range 3 {
		if _, err := d.Advance(bg, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	if c, _ = d.Campaign(bg, c.ID); c.Reminded != 2 || handed() != review.Size(30, 0, 5) {
		t.Errorf("reminded %d times, %d handed on", c.Reminded, handed())
	}
	d.at = c.DueAt
	c = d.advanced(c.ID, approvals.CampaignClosed)
	all, _ := d.world.Store.Lapses(bg)
	if c.Strata[0].Outcome != approvals.StratumLate || len(all) != 1 || !strings.Contains(all[0].Why, "only 0 of 23") {
		t.Errorf("the stratum is %s, lapses are %v", c.Strata[0].Outcome, all)
	}
}

func TestNobodyReviewsTheirOwn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		owner string
		edit  func(int, *approvals.Change)
		may   []approvals.PrincipalID
		never approvals.PrincipalID
	}{
		"owners": {"security", nil, []approvals.PrincipalID{"sol", "sue"}, "amy"},
		"an owner's own access": {"security", func(_ int, c *approvals.Change) { c.Requests[0].Beneficiary = "sol" },
			[]approvals.PrincipalID{"sue"}, "sol"},
		"what an owner asked for somebody": {"security", func(_ int, c *approvals.Change) { c.Requests[0].Requester = "sue" },
			[]approvals.PrincipalID{"sol"}, "sue"},
		"a rule of one person":      {"mia@example.com", nil, []approvals.PrincipalID{"olga"}, "mia"},
		"a rule of nobody":          {"legal", nil, []approvals.PrincipalID{"olga"}, "adam"},
		"the address of a group":    {"security@example.com", nil, []approvals.PrincipalID{"sol", "sue"}, "olga"},
		"somebody who has left":     {"ivan", nil, []approvals.PrincipalID{"olga"}, "ivan"},
		"a queue of the one owner":  {"olga", nil, nil, "olga"},
		"the queue's own access":    {"legal", func(_ int, c *approvals.Change) { c.Requests[0].Beneficiary = "olga" }, nil, "olga"},
		"a group that all are part": {"payments", nil, []approvals.PrincipalID{"bob", "mia"}, "amy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.approved(1, tc.owner, tc.edit)
			c := d.opened(approvals.CampaignYearly)
			item, err := d.world.Store.ReviewItem(bg, c.ID, "req_0000")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(item.Reviewers, tc.may) && len(item.Reviewers)+len(tc.may) > 0 {
				t.Errorf("%v may review, want %v", item.Reviewers, tc.may)
			}
			_, err = d.Answer(bg, approvals.Person(tc.never, "test", ""), c.ID, "req_0000", approvals.VerdictRight, "")
			if got := approvals.ErrorCode(err); got != approvals.CodeForbidden && got != approvals.CodeSelfApproval {
				t.Errorf("%s reviews it: %v", tc.never, err)
			}
		})
	}
}

func TestWhoIsUnsureLeavesItToTheSecurityGroup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.approved(1, "security", nil)
	c := d.opened(approvals.CampaignYearly)
	if item := d.says(c.ID, approvals.VerdictUnsure); item.Asked != "olga" || !item.Open() {
		t.Errorf("the item is %+v", item)
	}
	if item := d.says(c.ID, approvals.VerdictUnsure); item.Verdict != approvals.VerdictUnsure {
		t.Errorf("the item is %+v", item)
	}
	if c = d.advanced(c.ID, approvals.CampaignClosed); c.Strata[0].Outcome != approvals.StratumFailed {
		t.Errorf("what nobody could call right is %s", c.Strata[0].Outcome)
	}
}

func TestBlindVerdictsTeachTheScoreAndEndNoRule(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Share = 4
	d.approved(50, "security", nil)
	c := d.opened(approvals.CampaignBlind)
	for _, v := range []approvals.ReviewVerdict{approvals.VerdictRight, approvals.VerdictWrong, approvals.VerdictWrong, approvals.VerdictRight} {
		d.says(c.ID, v)
	}
	if c = d.advanced(c.ID, approvals.CampaignClosed); !strings.Contains(c.Words, "looked at 4 of 50") {
		t.Errorf("the result is %q", c.Words)
	}
	yes := 0
	for _, l := range d.world.Store.Learned() {
		if l.Approver != "olga" || l.Beneficiary != "amy" || l.Function != "Payments work" || l.Entitlement != approvalstest.ReadOnly {
			t.Errorf("learned %+v", l)
		}
		if l.Approved {
			yes++
		}
	}
	if n := len(d.world.Store.Learned()); n != 4 || yes != 2 {
		t.Errorf("%d lessons, %d of them yes; want 4 and 2", n, yes)
	}
	if all, _ := d.world.Store.Lapses(bg); len(all) > 0 {
		t.Errorf("a blind review ended rules: %v", all)
	}
}

// Whatever is planted is found, and said in words.
func TestRecomputationFindsWhatWasPlanted(t *testing.T) {
	t.Parallel()
	grant := approvals.Grant{ID: "gr", State: approvals.GrantRevoked, RevokedAt: year.Add(2 * time.Hour), EndsAt: year.Add(time.Hour)}
	for name, tc := range map[string]struct {
		edit  func(*approvals.Change)
		kind  approvals.ExceptionKind
		words string
	}{
		"nothing":        {func(*approvals.Change) {}, "", ""},
		"changed facts":  {func(c *approvals.Change) { c.Decisions[0].Facts.Duration = time.Minute }, approvals.ExceptionFacts, "somebody changed them"},
		"changed score":  {func(c *approvals.Change) { c.Decisions[0].Assessment.Score = 3 }, approvals.ExceptionScore, "The score was 3"},
		"no decision":    {func(c *approvals.Change) { c.Decisions = nil }, approvals.ExceptionMissing, "the database no longer does"},
		"a person's yes": {func(c *approvals.Change) { c.Requests[0].DecidedBy = "mia" }, approvals.ExceptionMissing, "the database says otherwise"},
		"other policies": {func(c *approvals.Change) { c.Decisions[0].Ruling.Policies[0].ID = "hard" }, approvals.ExceptionRuling, "names other policies"},
		"a law not kept": {func(c *approvals.Change) {
			c.Decisions[0].Ruling.Version.Digest, c.Events[0].Version.Digest = "lost", "lost"
		}, approvals.ExceptionLaw, "is not kept"},
		"no removal":      {func(c *approvals.Change) { give(c, grant) }, approvals.ExceptionReadBack, "the audit log has no removal"},
		"access runs on":  {func(c *approvals.Change) { g := grant; g.State = approvals.GrantActive; give(c, g) }, approvals.ExceptionRunsOn, "still there"},
		"nobody read":     {func(c *approvals.Change) { give(c, grant); removed(c, "") }, approvals.ExceptionReadBack, "nobody read back"},
		"a proper ending": {func(c *approvals.Change) { give(c, grant); removed(c, "no member") }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.approved(1, "security", func(_ int, c *approvals.Change) {
				c.Decisions[0].Ruling.Policies = slices.Clone(c.Decisions[0].Ruling.Policies)
				tc.edit(c)
			})
			c := d.opened(approvals.CampaignYearly)
			found, err := d.world.Store.ReviewExceptions(bg, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if tc.kind == "" {
				if len(found) > 0 {
					t.Errorf("a false alarm: %v", found)
				}
				return
			}
			if !slices.ContainsFunc(found, func(x approvals.ReviewException) bool {
				return x.Kind == tc.kind && strings.Contains(x.Words, tc.words)
			}) {
				t.Errorf("found %v, want %s: %q", found, tc.kind, tc.words)
			}
		})
	}
}

func give(c *approvals.Change, g approvals.Grant) {
	c.Requests[0].Grant = g.ID
	c.Grants = []approvals.Grant{g}
}

func removed(c *approvals.Change, readBack string) {
	c.Events = append(c.Events, approvals.Event{At: year.Add(2 * time.Hour), Kind: approvals.EventGrantRevoked, Grant: "gr", ReadBack: readBack})
}

func TestBreakGlassIsReviewedAllByItsOwnReviews(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	open := approvals.BreakGlassReview{Request: "req_0000", Requester: "amy", Beneficiary: "amy", OpenedAt: year, DueAt: year.Add(time.Hour)}
	d.approved(2, "security", func(i int, c *approvals.Change) {
		if i == 0 {
			c.Events[0].Kind, c.BreakGlass = approvals.EventBreakGlassOpened, []approvals.BreakGlassReview{open}
		}
	})
	c := d.opened(approvals.CampaignYearly)
	d.says(c.ID, approvals.VerdictRight)
	open.Version, open.Finding, open.ClosedAt, open.ClosedBy = 1, approvals.NotJustified, later, "sol"
	if err := d.world.Store.Apply(bg, approvals.Change{BreakGlass: []approvals.BreakGlassReview{open}, Events: []approvals.Event{{At: later, Kind: approvals.EventBreakGlassReviewed}}}); err != nil {
		t.Fatal(err)
	}
	c = d.advanced(c.ID, approvals.CampaignClosed)
	item, err := d.world.Store.ReviewItem(bg, c.ID, "req_0000")
	if err != nil || item.Verdict != approvals.VerdictWrong || item.By != "sol" {
		t.Errorf("the item is %+v, %v", item, err)
	}
	if all, _ := d.world.Store.Lapses(bg); len(all) > 0 {
		t.Errorf("an emergency ended a rule: %v", all)
	}
}

// A failure at any step leaves a campaign as it was, and the step is done later.
func TestEveryStepMayFailAndIsDoneAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.approved(3, "security", nil)
	var fail bool
	d.world.Store.Before(func(approvals.Change) error {
		if fail = !fail; fail {
			return &approvals.Error{Code: approvals.CodeUnavailable, Err: errors.New("killed")}
		}
		return nil
	})
	plan := review.Plan{ID: "rv_1", Kind: approvals.CampaignYearly, From: year, To: year.AddDate(1, 0, 0)}
	for range 3 {
		_, _ = d.Start(bg, approvals.System("test"), plan)
	}
	d.world.Store.Checkpoint("note\n\n")
	for range 40 {
		c, _ := d.Campaign(bg, "rv_1")
		if c.State == approvals.CampaignOpen {
			items, _ := d.world.Store.ReviewItems(bg, "rv_1")
			for _, i := range items {
				_, _ = d.Answer(bg, approvals.Person(i.Asked, "test", ""), "rv_1", i.Request, approvals.VerdictRight, "")
			}
		}
		_, _ = d.Advance(bg, "rv_1")
	}
	c, err := d.Campaign(bg, "rv_1")
	if err != nil || c.State != approvals.CampaignClosed || c.Checked != 3 || c.Strata[0].Right != 3 {
		t.Errorf("the review is %+v, %v", c, err)
	}
	kinds := map[approvals.EventKind]int{}
	for _, e := range d.world.Store.Events() {
		kinds[e.Kind]++
	}
	for kind, n := range map[approvals.EventKind]int{approvals.EventReviewFrozen: 1, approvals.EventReviewDrawn: 1, approvals.EventReviewAnswered: 3, approvals.EventReviewClosed: 1} {
		if kinds[kind] != n {
			t.Errorf("%d events %s, want %d", kinds[kind], kind, n)
		}
	}
}
