package backtest

import (
	"os"
	"testing"

	"github.com/hallpass-dev/hallpass/scoring"
)

// TestRealDecisionsReachTheFiguresRequired measures real decisions where the
// environment names a file of them; none are kept here.
func TestRealDecisionsReachTheFiguresRequired(t *testing.T) {
	t.Parallel()
	path := os.Getenv("HALLPASS_DECISIONS")
	if path == "" {
		t.Skip("HALLPASS_DECISIONS names no file of real decisions")
	}
	meetsWhatIsRequired(t, load(t, path), train)
}

// TestRealDecisionsByWhatTheBotCounts is the same for a model of the bot's own
// attributes; of a company's functions it takes the finer.
func TestRealDecisionsByWhatTheBotCounts(t *testing.T) {
	t.Parallel()
	path := os.Getenv("HALLPASS_DECISIONS")
	if path == "" {
		t.Skip("HALLPASS_DECISIONS names no file of real decisions")
	}
	table := load(t, path)
	if fine := table.column("function_detail"); fine >= 0 {
		if coarse := table.column("function"); coarse >= 0 {
			table.Columns[coarse] = "function, coarse"
		}
		table.Columns[fine] = "function"
	}
	meetsWhatIsRequired(t, table, Options{Layout: scoring.Layout()}.fit)
}

func meetsWhatIsRequired(t *testing.T, table *Table, learn trainer) {
	t.Helper()
	p, err := validate(t.Context(), table, stratified(table.Denied, 5, 1), 5, learn)
	if err != nil {
		t.Fatal(err)
	}
	f := p.figures()
	t.Logf("%+v", f)
	for _, c := range []struct {
		what        string
		got, bound  float64
		wantAtLeast bool
	}{
		{"AUC", f.AUC, 0.885, true},
		{"logloss", f.LogLoss, 0.148, false},
		{"ECE", f.ECE, 0.010, false},
		{"share with p_deny < 1%", f.Below1.Share, 0.40, true},
		{"denied among them", f.Below1.Refused, 0.010, false},
		{"AUC lost by integer points", f.IntegerLoss, 0.0005, false},
	} {
		if c.wantAtLeast && c.got < c.bound || !c.wantAtLeast && c.got > c.bound {
			t.Errorf("%s is %v, the bound is %v", c.what, c.got, c.bound)
		}
	}
	for attribute, bound := range map[string]float64{"manager": 0.73, "entitlement": 0.84} {
		p, err := validate(t.Context(), table, grouped(column(table, attribute), 5, 1), 5, learn)
		if err != nil {
			t.Fatal(err)
		}
		a := p.figures().AUC
		t.Logf("AUC with unseen %s: %v", attribute, a)
		if a < bound {
			t.Errorf("AUC with unseen %s is %v, the bound is %v", attribute, a, bound)
		}
	}
}

func column(t *Table, name string) []uint32 {
	c := t.column(name)
	values := make([]uint32, len(t.Rows))
	for i, r := range t.Rows {
		values[i] = r[c]
	}
	return values
}
