package app

import (
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestAScheduledReviewIsCaughtUpWithForAMonth(t *testing.T) {
	t.Parallel()
	plan, err := cron.ParseStandard("0 6 2 1 *")
	if err != nil {
		t.Fatal(err)
	}
	due := time.Date(2027, 1, 2, 6, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		since, now time.Time
		ok         bool
	}{
		"before its time":    {time.Time{}, due.Add(-time.Second), false},
		"at its time":        {time.Time{}, due, true},
		"nobody was there":   {time.Time{}, due.AddDate(0, 0, 30), true},
		"too long ago":       {time.Time{}, due.AddDate(0, 0, 32), false},
		"it was started":     {due, due.AddDate(0, 0, 1), false},
		"the year before it": {due.AddDate(-1, 0, 0), due.Add(time.Minute), true},
	} {
		if last, ok := lastTick(plan, tc.since, tc.now); ok != tc.ok || ok && !last.Equal(due) {
			t.Errorf("%s: %s, %v", name, last, ok)
		}
	}
}

func TestATaskSaysWhichReviewItStarts(t *testing.T) {
	t.Parallel()
	p, ok := scheduled("start/yearly@2027-01-02T06:00:00Z")
	if !ok || p.ID != "rv_yearly_20270102t0600" || p.Kind != approvals.CampaignYearly || !p.From.Equal(time.Date(2026, 1, 2, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("the plan is %+v, %v", p, ok)
	}
	if p, ok = scheduled("start/blind@2027-01-01T06:00:00Z"); !ok || !p.From.Equal(time.Date(2026, 12, 1, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("the plan is %+v, %v", p, ok)
	}
	for _, key := range []string{"rv_1", "start/yearly", "start/yearly@soon"} {
		if _, ok := scheduled(key); ok {
			t.Errorf("%q starts a review", key)
		}
	}
}
