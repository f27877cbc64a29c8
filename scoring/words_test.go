package scoring

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// spoken is one request of which every part has something to say.
func spoken() (approvals.Facts, observation) {
	f := approvals.Facts{Duration: 4 * time.Hour}
	o := observation{all: scorecard.Cell{Denied: 58, Decided: 1000}, moved: portion{12, 30}, alone: portion{1, 3}}
	o.now.single = [singles]scorecard.Cell{{Denied: 1, Decided: 134}, {Denied: 5, Decided: 89}, {Denied: 86, Decided: 353}, {Decided: 250}, {}}
	o.now.pair = [pairs]scorecard.Cell{{Decided: 14}, {Denied: 1, Decided: 4}, {}, {}, {Denied: 5, Decided: 89}, {Denied: 3, Decided: 34}, {}}
	o.peers = [rings]portion{{3, 9}, {15, 209}, {0, 20}, {1, 20}, {1, 1}, {1200, 4000}}
	o.every, o.near, o.alike = portion{50, 1000}, portion{3, 60}, portion{416, 1000}
	o.own = ownCells{entitlement: scorecard.Cell{Denied: 1, Decided: 3}, siblings: scorecard.Cell{Decided: 1}, all: scorecard.Cell{Denied: 1, Decided: 8},
		last: portion{4, 731}, lastSibling: portion{731, 731}, renewed: portion{1, 2}}
	o.longer, o.hour = portion{17, 155}, portion{2, 400}
	return f, o
}

// TestEveryTemplateReadsAloud keeps all that a score can say in one file, for
// people to read aloud when it changes: each part as it raises the score and as
// it lowers it, then what is said in its place in other cases.
func TestEveryTemplateReadsAloud(t *testing.T) {
	t.Parallel()
	f, o := spoken()
	var b strings.Builder
	say := func(name, words string) { fmt.Fprintf(&b, "%-32s %s\n", name, words) }
	for part := range parts {
		name, up := describe(part, 9, &f, &o)
		say(name, up)
		if _, down := describe(part, -9, &f, &o); down != up {
			say("  lowering", down)
		}
	}
	for _, s := range []approvals.Sensitivity{approvals.Low, approvals.High, approvals.Critical, "odd"} {
		say("sensitivity", sensitivityWords(s))
	}
	other := o
	other.all, other.moved, other.near = scorecard.Cell{}, portion{1, 30}, portion{1, 60}
	other.own.last, other.own.renewed, other.longer = portion{1, 731}, portion{1, 1}, portion{1, 1}
	f.Directory.Stale = true
	for _, part := range []int{partBase, partMoved, partFirstJudged + judgedNear, partFirstJudged + judgedLast, partFirstJudged + judgedRenewed, partFirstJudged + judgedDuration} {
		say(describe(part, 9, &f, &other))
	}
	for _, u := range unknowns(&f, &o) {
		say(u.Name, u.Words)
	}
	sameAsGolden(t, "words.txt", b.String())
}

func TestRarePairsSayHowManyWouldBeUsual(t *testing.T) {
	t.Parallel()
	o := observation{all: scorecard.Cell{Decided: 1000}}
	o.now.single[atEntitlement].Decided, o.now.single[atManager].Decided = 200, 100
	o.now.pair[0] = scorecard.Cell{Denied: 1, Decided: 3}
	if got, want := pairOutcome(0, 9, &o), "2 of 3 approved, where about 20 requests would be usual"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWhatIsUsualIsSaidOnlyWhereItIsTrue: an approver must not read that
// something is refused more often than usual when it is not.
func TestWhatIsUsualIsSaidOnlyWhereItIsTrue(t *testing.T) {
	t.Parallel()
	o := observation{all: scorecard.Cell{Denied: 10, Decided: 100}}
	for _, tt := range []struct {
		denied int64
		points int
		want   string
	}{{11, 5, ", less often than usual"}, {11, -5, ""}, {10, 5, ""}, {0, 5, ""}} {
		if got := o.rarely(scorecard.Cell{Denied: tt.denied, Decided: 100}, tt.points); got != tt.want {
			t.Errorf("%d of 100 refused, %+d points: %q, want %q", tt.denied, tt.points, got, tt.want)
		}
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
