package backtest

import (
	"os"
	"testing"
)

// TestRealDecisionsReachTheFiguresRequired measures real decisions where the
// environment names a file of them; none are kept here.
func TestRealDecisionsReachTheFiguresRequired(t *testing.T) {
	t.Parallel()
	path := os.Getenv("HALLPASS_DECISIONS")
	if path == "" {
		t.Skip("HALLPASS_DECISIONS names no file of real decisions")
	}
	table := load(t, path)
	fold := stratified(table.Denied, 5, 1)
	p, err := validate(t.Context(), table, fold, 5, train)
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
}

func TestRealDecisionsWithUnseenManagersAndEntitlements(t *testing.T) {
	t.Parallel()
	path := os.Getenv("HALLPASS_DECISIONS")
	if path == "" {
		t.Skip("HALLPASS_DECISIONS names no file of real decisions")
	}
	table := load(t, path)
	for attribute, bound := range map[string]float64{"manager": 0.73, "entitlement": 0.84} {
		p, err := validate(t.Context(), table, grouped(column(table, attribute), 5, 1), 5, train)
		if err != nil {
			t.Fatal(err)
		}
		if a := p.figures().AUC; a < bound {
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
