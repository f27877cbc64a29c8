package backtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

func TestTwinColumnsCountOnce(t *testing.T) {
	t.Parallel()
	table := &Table{Columns: []string{"entitlement", "title", "title_code", "team"}, Rows: [][]uint32{{1, 1, 5, 1}, {2, 2, 6, 1}, {3, 1, 5, 2}}}
	l := newLayout(table)
	if diff := cmp.Diff([]string{"entitlement", "title", "team"}, l.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if len(l.Pairs) != 3 {
		t.Errorf("%d pairs, want 3", len(l.Pairs))
	}
}

// TestAnAnchorIsKeptWhateverColumnNamesItToo: many exports have an identifier
// and a name side by side.
func TestAnAnchorIsKeptWhateverColumnNamesItToo(t *testing.T) {
	t.Parallel()
	table := load(t, write(t, "h.csv", "approved,entitlement_name,boss,entitlement,title,manager\n1,Wiki,Ada,e1,t1,m1\n0,Pay,Bob,e2,t1,m2\n1,Wiki,Bob,e1,t2,m2\n"))
	l := newLayout(table)
	if diff := cmp.Diff([]string{"entitlement", "title", "manager"}, l.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	f := scorecard.File{Profiles: map[string]scorecard.Profile{"full": {Terms: []scorecard.Term{{Of: "boss"}, {Of: "manager+title"}}}}}
	if diff := cmp.Diff([]string{"boss", "entitlement", "title", "manager"}, spokenOf(f, table)); diff != "" {
		t.Errorf("attributes of weights that speak of the name (-want +got):\n%s", diff)
	}
}

// TestColumnsThatTellNothingChangeNoScore adds to history and requests what
// exports have: a number for each request, and a column with one value. Counted,
// they would give every position one request.
func TestColumnsThatTellNothingChangeNoScore(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(history(t, 1500))
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Split(strings.TrimSpace(string(text)), "\n")
	scores := func(of func(i int) string) [][]string {
		var h, r strings.Builder
		for i, line := range plain {
			extra := of(i)
			fmt.Fprintln(&h, line+extra)
			if i%15 == 0 { // approved comes first
				_, rest, _ := strings.Cut(line, ",")
				fmt.Fprintln(&r, rest+extra)
			}
		}
		out := filepath.Join(t.TempDir(), "s.csv")
		if err := Run(t.Context(), Options{History: write(t, "h.csv", h.String()), Requests: write(t, "r.csv", r.String()), Out: out}, nil); err != nil {
			t.Fatal(err)
		}
		return readCSV(t, out)
	}
	want := scores(func(int) string { return "" })
	got := scores(func(i int) string {
		if i == 0 {
			return ",number,system"
		}
		return fmt.Sprintf(",REQ-%d,prod", i)
	})
	if len(want) != 101 {
		t.Fatalf("%d lines, want 101", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scores (-without +with such columns):\n%s", diff)
	}
}
