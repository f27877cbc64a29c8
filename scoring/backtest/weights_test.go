package backtest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/scoring/backtest"
)

// export is a history as somebody may have exported it: columns in any order,
// and some that the score knows nothing of.
func export(t *testing.T, columns string, values ...func(i int) int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 1))
	var b strings.Builder
	b.WriteString(columns + ",approved\n")
	for range 6000 {
		i := r.IntN(5040)
		for j, value := range values {
			fmt.Fprintf(&b, "v%d-%d,", j, value(i))
		}
		fmt.Fprintln(&b, min(r.IntN(7)+i%2, 1))
	}
	path := filepath.Join(t.TempDir(), "history.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func modulo(n int) func(int) int { return func(i int) int { return i * 7919 % n } }

func TestWeightsOfAnyExportServeTheScore(t *testing.T) {
	t.Parallel()
	o := backtest.FitOptions{
		History: export(t, "location,shoe size,title,manager,entitlement,department", modulo(5), modulo(9), modulo(11), modulo(31), modulo(37), modulo(7)),
		Out:     filepath.Join(t.TempDir(), "w.json"), Version: "own", Fitted: "test", Judged: scoring.ShippedFile(), Layout: scoring.Layout(),
	}
	if err := backtest.Fit(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scoring.ParseWeights(b); err != nil {
		t.Errorf("the score refuses the weights: %v", err)
	}
	if strings.Contains(string(b), "shoe") || !strings.Contains(string(b), "location") {
		t.Errorf("the weights must speak of the location and not of shoes:\n%s", b)
	}
}

func TestWeightsNeedManagersAndEntitlements(t *testing.T) {
	t.Parallel()
	o := backtest.FitOptions{History: export(t, "title,entitlement", modulo(11), modulo(37)), Out: "-", Version: "own", Fitted: "test", Layout: scoring.Layout()}
	err := backtest.Fit(t.Context(), o, nil)
	want := `The history has no column "manager", without which no weights can be fitted: add it.`
	if approvals.ErrorCode(err) != approvals.CodeInvalid || approvals.ErrorMessage(err) != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

// TestWhatTheBotCountsCanBeMeasuredAlone hands in a column that the bot does not
// know, and enough of them for positions.
func TestWhatTheBotCountsCanBeMeasuredAlone(t *testing.T) {
	t.Parallel()
	history := export(t, "function,shoe size,title,manager,entitlement,department", modulo(5), modulo(9), modulo(11), modulo(31), modulo(37), modulo(7))
	o := backtest.Options{History: history, Requests: history, Out: filepath.Join(t.TempDir(), "s.csv"), Layout: scoring.Layout()}
	if err := backtest.Run(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(b), "\n")
	want := "p_deny,score,raw,base,entitlement,manager,department,title,function,entitlement+manager,entitlement+department,entitlement+title," +
		"manager+title,manager+function,department+title"
	if header != want {
		t.Errorf("scores are of\n%s\nwant\n%s", header, want)
	}
}
