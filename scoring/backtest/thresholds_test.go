package backtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLimitsCountWhatTheyLetThrough(t *testing.T) {
	t.Parallel()
	p := &prediction{score: []float64{0, 10, 11, 60, 90, 91, 100}, denied: []bool{false, true, false, true, false, true, true}}
	var got []ScoreLimit
	for _, l := range p.scoreLimits() {
		if l.AtMost == 10 || l.AtMost == 20 || l.AtMost >= 90 {
			got = append(got, l)
		}
	}
	if diff := cmp.Diff([]ScoreLimit{{10, 2, 1}, {20, 3, 1}, {90, 5, 2}}, got); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}

func TestTheExampleIsTheHighestLimitThatLetsFewRefusalsThrough(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits           []ScoreLimit
		words, condition string
	}{
		"one in 125": {found().Curves.Limits, "With the condition below, 500 of 1000 requests (50.00%) would have waited for nobody. " +
			"People had refused 4 of these: one in 125, and 6.67% of all that they refused.", "when { context has score && context.score <= 40 }"},
		"none refused": {[]ScoreLimit{{20, 9, 0}, {30, 9, 1}}, "With the condition below, 9 of 1000 requests (0.90%) would have waited for nobody. People had refused none of these.",
			"when { context has score && context.score <= 20 }"},
		"all let too much through": {[]ScoreLimit{{10, 0, 0}, {20, 50, 1}}, "No limit would have kept refusals below 1.00% of what it lets through: let people decide.", ""},
	} {
		r := found()
		r.Curves.Limits = c.limits
		if diff := cmp.Diff([]string{c.words, c.condition}, []string{r.exampleWords(), r.exampleCondition()}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheReportSaysWhatItsFiguresRestOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		borrowed, bot bool
		says, not     string
	}{
		"fitted on all columns": {false, false, "measure with --bot", "flatter"},
		"as the bot counts":     {false, true, "weights fitted on them", "--bot"},
		"weights of elsewhere":  {true, true, "the figures would flatter them", "--bot"},
	} {
		r := found()
		r.Borrowed, r.Bot = c.borrowed, c.bot
		var b strings.Builder
		if err := r.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.says) || strings.Contains(b.String(), c.not) {
			t.Errorf("%s: %q must be in it and %q not:\n%s", name, c.says, c.not, b.String())
		}
	}
}

func TestALikelihoodBelowTheTenfoldAxisIsDrawnAtItsEdge(t *testing.T) {
	t.Parallel()
	points := []Point{{0, 0}, {0.01, 0.1}, {1, 1}}
	if got, want := newChart("", "", "", points, nil, tenfold).Path, "M0.0 260.0L120.0 86.7L360.0 0.0"; got != want {
		t.Errorf("the path is %s, want %s", got, want)
	}
}
