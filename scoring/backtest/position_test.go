package backtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

func TestAPositionIsEverythingThatIsSaidOfARequester(t *testing.T) {
	t.Parallel()
	table := load(t, write(t, "h.csv", "approved,entitlement,department,manager,title\n"+
		"1,e1,d1,m1,t1\n0,e2,d1,m1,t1\n1,e1,d1,m1,t2\n1,e1,d2,m1,t1\n1,e1,,m1,t1\n1,e1,d1,m2,t1\n"))
	m := newModel(table)
	m.seePositions(table)
	if diff := cmp.Diff([]string{"entitlement", "department", "manager", "title", "position"}, m.layout.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if got := m.layout.PairName(len(m.layout.Pairs) - 1); got != "manager+position" {
		t.Errorf("the last pair is %q", got)
	}
	var got []uint32
	for _, row := range m.rows(table) {
		got = append(got, row[len(row)-1])
	}
	if diff := cmp.Diff([]uint32{1, 1, 2, 3, 0, 4}, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	elsewhere := &Table{Columns: []string{"title", "manager", "department", "entitlement"}, Rows: [][]uint32{{1, 1, 1, 9}, {1, 1, 7, 9}, {2, 1, 1, 9}}}
	got = nil
	for _, row := range m.rows(elsewhere) {
		got = append(got, row[len(row)-1])
	}
	if diff := cmp.Diff([]uint32{1, 5, 2}, got); diff != "" {
		t.Errorf("positions of a table in another order (-want +got):\n%s", diff)
	}
}

func TestPositionsThatSayNothingNewAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"two attributes":        "approved,entitlement,manager,title\n1,e1,m1,t1\n0,e2,m1,t2\n1,e1,m2,t1\n",
		"one says all":          "approved,entitlement,department,manager,title\n1,e1,d1,m1,t1\n0,e2,d1,m2,t1\n1,e1,d1,m3,t2\n",
		"a column has the name": "approved,entitlement,department,manager,position\n1,e1,d1,m1,t1\n0,e2,d2,m1,t1\n1,e1,d1,m2,t2\n",
	} {
		table := load(t, write(t, "h.csv", text))
		m := newModel(table)
		want := m.layout
		m.seePositions(table)
		if diff := cmp.Diff(want, m.layout); diff != "" || m.positions != nil {
			t.Errorf("%s: layout (-without +with positions):\n%s", name, diff)
		}
	}
}

// TestPositionsTellApartWhatNoPairCan draws decisions that hang on manager,
// department and title together: any two of them say nothing.
func TestPositionsTellApartWhatNoPairCan(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 9))
	var b strings.Builder
	b.WriteString("approved,entitlement,manager,department,title\n")
	for range 5000 {
		m, d, title := r.IntN(6), r.IntN(6), r.IntN(6)
		p := 0.02
		if (m+d+title)%6 == 0 {
			p = 0.4
		}
		approved := 1
		if r.Float64() < p {
			approved = 0
		}
		fmt.Fprintf(&b, "%d,e%d,m%d,d%d,t%d\n", approved, r.IntN(20), m, d, title)
	}
	table := load(t, write(t, "h.csv", b.String()))
	fold := stratified(table.Denied, 3, 1)
	measured := func(learn trainer) float64 {
		p, err := validate(t.Context(), table, fold, 3, learn)
		if err != nil {
			t.Fatal(err)
		}
		return p.figures().AUC
	}
	with, without := measured(train), measured(func(ctx context.Context, t *Table) (*model, error) {
		m := newModel(t)
		return m, m.fit(ctx, t)
	})
	if with < 0.75 || without > 0.6 {
		t.Errorf("AUC is %.3f with positions, want above 0.75, and %.3f without, want below 0.6", with, without)
	}
}

// TestRequestsFromAFileGetWhatCrossValidationGivesThem: what is measured on held
// back decisions is what the folds measured.
func TestRequestsFromAFileGetWhatCrossValidationGivesThem(t *testing.T) {
	t.Parallel()
	path := history(t, 6000)
	table := load(t, path)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	outside, inside := split(stratified(table.Denied, 3, 1), 0)
	part := func(name string, rows []int) string {
		text := lines[0] + "\n"
		for _, r := range rows {
			text += lines[1+r] + "\n"
		}
		return write(t, name, text)
	}
	m, err := train(t.Context(), table.subset(outside))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "s.csv")
	if err := Run(t.Context(), Options{History: part("h.csv", outside), Requests: part("r.csv", inside), Out: out}, nil); err != nil {
		t.Fatal(err)
	}
	records := readCSV(t, out)[1:]
	for i, l := range m.predict(m.rows(table.subset(inside))) {
		if want := fmt.Sprintf("%d.%06d", l.PDeny/1_000_000, l.PDeny%1_000_000); records[i][0] != want {
			t.Fatalf("request %d has p_deny %s from files, %s in cross-validation", i, records[i][0], want)
		}
	}
}

// TestFoldsKeepTogetherWhatAProfileNeverSaw: where manager and entitlement are
// both new, cells of a department would else know its manager's own decisions.
func TestFoldsKeepTogetherWhatAProfileNeverSaw(t *testing.T) {
	t.Parallel()
	table := load(t, history(t, 2000))
	m := newModel(table)
	rows := m.rows(table)
	kept := func(fold []int, attribute int) bool {
		of := map[uint32]int{}
		for i, row := range rows {
			if f, ok := of[row[attribute]]; ok && f != fold[i] {
				return false
			}
			of[row[attribute]] = fold[i]
		}
		return true
	}
	for i, want := range [][2]bool{{false, false}, {true, false}, {false, true}, {false, true}} {
		fold := m.innerFold(rows, table.Denied, scorecard.LeftOut(m.layout, i))
		if got := [2]bool{kept(fold, 0), kept(fold, 1)}; got != want {
			t.Errorf("%s: entitlements and managers are kept together: %v, want %v", scorecard.ProfileNames(m.layout)[i], got, want)
		}
	}
}
