package scoring

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

func TestWordsCarryTheirCounts(t *testing.T) {
	t.Parallel()
	f := approvals.Facts{Duration: 90 * time.Minute}
	o := observation{all: scorecard.Cell{Denied: 58, Decided: 1000}}
	o.now.single[atEntitlement] = scorecard.Cell{Denied: 1, Decided: 1234}
	o.now.pair[0] = scorecard.Cell{Denied: 0, Decided: 12}
	o.peers[ringTeam] = portion{3, 9}
	o.every = portion{50, 1000}
	o.near, o.alike = portion{3, 60}, portion{416, 1000}
	o.longer, o.hour = portion{1, 1}, portion{2, 400}
	for part, want := range map[int]string{
		partBase:                              "Where any request starts: people refused 58 of 1,000 requests.",
		partFirstCell + atEntitlement:         "Requests for this entitlement: 1,233 of 1,234 approved.",
		partFirstCell + atManager:             "Requests from this manager's team: none decided so far.",
		partFirstCell + singles:               "Requests from this team for this entitlement: 12 of 12 approved.",
		partFirstCell + singles + 2:           "Requests by people with this title for this entitlement: none decided so far; estimated from past requests that share the entitlement or the title.",
		partFirstJudged + int(ringTeam):       "3 of 9 teammates hold it.",
		partFirstJudged + int(ringTitle):      "0 of 0 people with the same title hold it.",
		partFirstJudged + judgedNear:          "The nearest holder shares a manager 3 levels up.",
		partFirstJudged + judgedAlike:         "The most similar holders share 41% of their access.",
		partFirstJudged + judgedTime:          "2 of 400 requests at this location came at this time of the week.",
		partFirstJudged + judgedDuration:      "Asked for 90 minutes; 1 of 1 approved request for it were as long.",
		partFirstJudged + judgedOwn:           "This person's own requests for it: none decided so far.",
		partFirstJudged + int(ringArea):       "0 of 0 people under the same manager's manager hold it.",
		partFirstJudged + int(ringDepartment): "0 of 0 people in the department hold it.",
	} {
		if _, got := describe(part, &f, &o); got != want {
			t.Errorf("part %d:\n got %s\nwant %s", part, got, want)
		}
	}
}

func TestRarePairsSayWhatChanceWouldBring(t *testing.T) {
	t.Parallel()
	o := observation{all: scorecard.Cell{Decided: 1000}}
	o.now.single[atEntitlement].Decided, o.now.single[atManager].Decided = 200, 100
	o.now.pair[0] = scorecard.Cell{Denied: 1, Decided: 3}
	if got, want := pairOutcome(0, &o), "2 of 3 approved, where chance alone would bring about 20"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNumbersAndSpansReadLikePeopleWriteThem(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) is %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		time.Minute: "1 minute", 90 * time.Minute: "90 minutes", time.Hour: "1 hour", 8 * time.Hour: "8 hours", 24 * time.Hour: "1 day", 72 * time.Hour: "3 days", 0: "0 minutes",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) is %q, want %q", d, got, want)
		}
	}
}

func TestImpactIsTenPointsForTwiceTheOdds(t *testing.T) {
	t.Parallel()
	for s, want := range map[approvals.Sensitivity]int{approvals.Low: -10, approvals.Medium: 0, approvals.High: 16, approvals.Critical: 32, "odd": 32} {
		if got := sensitivityPoints(s); got != want {
			t.Errorf("sensitivity %q gives %d points, want %d", s, got, want)
		}
	}
	last := 0
	for _, hours := range []int{1, 8, 9, 16, 32, 24 * 7, 24 * 90, 24 * 3650} {
		f := approvals.Facts{Duration: time.Duration(hours) * time.Hour}
		got := lengthPoints(&f)
		if got < last || got > 24 || hours <= 8 && got != 0 {
			t.Errorf("%d hours give %d points, after %d", hours, got, last)
		}
		last = got
	}
	f := approvals.Facts{Duration: 16 * time.Hour}
	if got := lengthPoints(&f); got != 3 {
		t.Errorf("16 hours give %d points, want 3", got)
	}
}
