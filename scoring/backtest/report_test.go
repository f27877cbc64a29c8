package backtest

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// found is a result with round figures.
func found() Result {
	return Result{
		Decisions: 1000, Denials: 60, Folds: 5, Origins: []string{"weights fitted on them; not counted: note"},
		Figures: Figures{
			AUC: 0.89, LogLoss: 0.14, ECE: 0.005, IntegerLoss: 0.0003, RoundingLoss: 0.00001,
			Below1: Coverage{Below: 0.01, Share: 0.5, Refused: 0.008}, Below2: Coverage{Below: 0.02, Share: 0.6, Refused: 0.009},
		},
		Unseen:    []Unseen{{Attribute: "manager", AUC: 0.75, Natural: 0.8, Count: 40}},
		Flags:     []Flags{{Attribute: "location", Least: 0.01, Most: 0.04, Values: 7}},
		Baselines: []Baseline{{Name: "a <simple> method", AUC: 0.65}},
		Curves: Curves{
			ROC:         []Point{{1, 1}, {0.5, 0.95}, {0, 0}},
			Calibration: []Point{{0.01, 0.012}, {0.2, 0.18}},
			Leak:        []Point{{0.5, 0.008}, {1, 0.06}},
			Thresholds:  []Coverage{{Below: 0.01, Share: 0.5, Refused: 0.008}},
			Limits:      []ScoreLimit{{AtMost: 30, Through: 300, Refused: 1}, {AtMost: 40, Through: 500, Refused: 4}, {AtMost: 50, Through: 700, Refused: 12}},
		},
	}
}

func TestReportsReadAsRecorded(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(Result, io.Writer) error{
		"report.txt": Result.WriteText, "report.md": Result.WriteMarkdown, "report.html": Result.WriteHTML,
	} {
		var b bytes.Buffer
		if err := write(found(), &b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got; -update records it):\n%s", name, diff)
		}
	}
}

func TestThePageEscapesWhatItShows(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := found().WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<simple>") || !strings.Contains(b.String(), "&lt;simple&gt;") {
		t.Error("a name went into the page as markup")
	}
}

func TestCurvesRunFromEndToEnd(t *testing.T) {
	t.Parallel()
	p := &prediction{}
	for i := range 1000 {
		p.p, p.denied = append(p.p, float64(i)/1000), append(p.denied, i%10 == 9 || i > 950)
	}
	c := p.curves()
	if first, last := c.ROC[0], c.ROC[len(c.ROC)-1]; first != (Point{1, 1}) || last != (Point{0, 0}) {
		t.Errorf("the ROC runs from %v to %v", first, last)
	}
	if last := c.Leak[len(c.Leak)-1]; last.X != 1 || len(c.Leak) > curvePoints+1 {
		t.Errorf("the leak curve has %d points and ends at %v", len(c.Leak), last)
	}
	for i := 1; i < len(c.ROC); i++ {
		if c.ROC[i].X > c.ROC[i-1].X || c.ROC[i].Y > c.ROC[i-1].Y {
			t.Fatalf("the ROC turns back at %v", c.ROC[i])
		}
	}
	if len(c.Calibration) != calibrationBins || len(c.Thresholds) == 0 {
		t.Errorf("%d calibration points, %d thresholds", len(c.Calibration), len(c.Thresholds))
	}
}

func TestBaselinesRankWhatTheyClaim(t *testing.T) {
	t.Parallel()
	history := &Table{Columns: []string{"entitlement", "manager", "department"}}
	add := func(n int, denied bool, row ...uint32) {
		for range n {
			history.Rows, history.Denied = append(history.Rows, row), append(history.Denied, denied)
		}
	}
	add(30, false, 1, 1, 1)
	add(30, true, 2, 2, 1)
	requests := &Table{Columns: history.Columns, Rows: [][]uint32{{1, 1, 1}, {2, 2, 1}}}
	for _, b := range baselines {
		got := b.score(history, requests)
		if len(got) != 2 || got[0] >= got[1] {
			t.Errorf("%s gives %v: the approved request must be below the refused", b.name, got)
		}
	}
	bare := &Table{Columns: []string{"entitlement"}, Rows: [][]uint32{{1}}, Denied: []bool{false}}
	for _, b := range baselines {
		if got := b.score(bare, bare); len(got) != 1 {
			t.Errorf("%s gives %v without other attributes", b.name, got)
		}
	}
}

func TestCellsForgetWhatTheyLearned(t *testing.T) {
	t.Parallel()
	b := newBook(newLayout(&Table{Columns: []string{"entitlement", "manager"}, Rows: [][]uint32{{1, 1}, {1, 2}, {2, 2}}}))
	b.learn([]uint32{1, 2}, true, 1)
	b.learn([]uint32{1, 0}, false, 1)
	var before []int64
	for _, c := range b.singles[0] {
		before = append(before, c.Denied, c.Decided)
	}
	pairs := len(b.pairs[0])
	b.learn([]uint32{2, 2}, true, 1)
	b.learn([]uint32{2, 2}, true, -1)
	var after []int64
	for _, c := range b.singles[0][:2] {
		after = append(after, c.Denied, c.Decided)
	}
	if diff := cmp.Diff(before, after); diff != "" || pairs != 1 || b.all.Decided != 2 {
		t.Errorf("%d pairs, %+v decided in all, cells (-before +after):\n%s", pairs, b.all, diff)
	}
}
