package backtest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

func TestCrossValidationPrintsEveryFigure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := Options{History: history(t, 6000), CrossValidate: 3, Markdown: filepath.Join(dir, "r.md"), HTML: filepath.Join(dir, "r.html")}
	var out bytes.Buffer
	if err := Run(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"AUC ", "logloss", "ECE", "p_deny < 1%", "p_deny < 2%", "integer points", "unseen manager", "unseen entitlement", "simpler method"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	page, err := os.ReadFile(o.HTML)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(page), "<svg") != 3 || strings.Contains(string(page), "http") || strings.Contains(string(page), "<script") {
		t.Error("the page must have three curves, and nothing from elsewhere")
	}
	report, err := os.ReadFile(o.Markdown)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(report), "| approve below p_deny |") {
		t.Errorf("no table of thresholds in\n%s", report)
	}
}

func TestCrossValidationTellsPlantedRefusalsApart(t *testing.T) {
	t.Parallel()
	table := load(t, history(t, 6000))
	p, err := validate(t.Context(), table, stratified(table.Denied, 3, 1), 3, train)
	if err != nil {
		t.Fatal(err)
	}
	f := p.figures()
	if f.AUC < 0.68 || f.ECE > 0.03 {
		t.Errorf("AUC %v and ECE %v, want above 0.68 and below 0.03", f.AUC, f.ECE)
	}
	if b := baselines[0].auc(table, stratified(table.Denied, 3, 1), 3); b >= f.AUC {
		t.Errorf("the entitlement's rate reaches %v, the score only %v", b, f.AUC)
	}
}

// TestRandomDecisionsCannotBePredicted is the proof of honest folds: were a
// decision's own outcome in its cells or weights, chance would look like skill.
func TestRandomDecisionsCannotBePredicted(t *testing.T) {
	t.Parallel()
	table := load(t, history(t, 6000))
	for i := range table.Denied {
		table.Denied[i] = (i*2654435761>>7)%17 == 0
	}
	p, err := validate(t.Context(), table, stratified(table.Denied, 3, 1), 3, train)
	if err != nil {
		t.Fatal(err)
	}
	if a := p.figures().AUC; a > 0.56 || a < 0.44 {
		t.Errorf("AUC is %v on decisions that nothing explains, want about 0.5", a)
	}
}

func TestRequestsAreScoredRowForRowWithoutLearningFromThem(t *testing.T) {
	t.Parallel()
	h, out := history(t, 6000), filepath.Join(t.TempDir(), "s.csv")
	requests := write(t, "r.csv", "title,entitlement,manager,department\nt1,e5,m3,d3\nt1,e0,m0,d0\nt1,new,newer,d0\n")
	if err := Run(t.Context(), Options{History: h, Requests: requests, Out: out}, nil); err != nil {
		t.Fatal(err)
	}
	records := readCSV(t, out)
	if len(records) != 4 {
		t.Fatalf("%d lines, want a header and three", len(records))
	}
	for _, r := range records[1:] {
		sum := 0
		for _, p := range r[3:] {
			sum += atoi(t, p)
		}
		if raw := atoi(t, r[2]); sum != raw {
			t.Errorf("factors add up to %d, raw is %d", sum, raw)
		}
	}
	if records[1][0] <= records[2][0] {
		t.Errorf("the planted refusal has p_deny %s, the ordinary request %s", records[1][0], records[2][0])
	}
	again := write(t, "again.csv", "title,entitlement,manager,department\nt1,new,newer,d0\n")
	if err := Run(t.Context(), Options{History: h, Requests: again, Out: out}, nil); err != nil {
		t.Fatal(err)
	}
	if got := readCSV(t, out)[1]; got[0] != records[3][0] {
		t.Errorf("alone the request has p_deny %s, among others %s", got[0], records[3][0])
	}
}

// weightsOf is a file of weights, fitted on a few decisions.
func weightsOf(t *testing.T) []byte {
	t.Helper()
	m, err := train(t.Context(), load(t, history(t, 1000)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(m.file("t", "test"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestShortHistoriesBorrowWeights(t *testing.T) {
	t.Parallel()
	short := write(t, "h.csv", "approved,manager,entitlement,shoe size\n1,m1,e1,40\n0,m2,e2,41\n")
	requests := write(t, "r.csv", "entitlement,manager\ne1,m1\ne2,m2\n")
	var out bytes.Buffer
	if err := Run(t.Context(), Options{History: short, Requests: requests, Out: "-", Shipped: weightsOf(t)}, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if lines[1] >= lines[2] {
		t.Errorf("the approved pair %q must be below the refused %q", lines[1], lines[2])
	}
}

func TestFitRefusesTooFewDecisions(t *testing.T) {
	t.Parallel()
	err := Fit(t.Context(), FitOptions{History: write(t, "h.csv", "approved,entitlement\n1,a\n0,b\n"), Out: "-"}, nil)
	if approvals.ErrorCode(err) != approvals.CodeInvalid || !strings.Contains(approvals.ErrorMessage(err), "too few") {
		t.Errorf("error is %v", err)
	}
}

func TestFitWritesAFileThatLoads(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Fit(t.Context(), FitOptions{History: history(t, 6000), Out: "-", Version: "t", Fitted: "test"}, &out); err != nil {
		t.Fatal(err)
	}
	f, err := scorecard.ParseFile(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Profiles) != 4 {
		t.Errorf("%d profiles, want 4", len(f.Profiles))
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"no history":      {Options{}, "Name the past decisions with --history."},
		"no task":         {Options{History: "h"}, "Say what to measure: --cross-validate K, or --requests with --out."},
		"both":            {Options{History: "h", CrossValidate: 5, Requests: "r"}, "Use either --cross-validate or --requests, not both."},
		"one fold":        {Options{History: "h", CrossValidate: 1}, "--cross-validate takes a number of folds from 2 to 100, not 1."},
		"missing file":    {Options{History: "nowhere.csv", CrossValidate: 5}, "nowhere.csv: can't be read: no such file or directory; name a CSV file"},
		"scores of folds": {Options{History: "h", CrossValidate: 5, Out: "s"}, "--cross-validate prints figures and writes no scores: use --out with --requests, and --markdown or --html here."},
		"report of rows":  {Options{History: "h", Requests: "r", Out: "s", HTML: "p"}, "--markdown and --html report what --cross-validate measured: use them with it."},
		"a folder":        {Options{History: ".", CrossValidate: 5}, ".: can't be read: it is a folder; name a CSV file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Run(t.Context(), c.o, nil)
			if got := approvals.ErrorMessage(err); got != c.want || approvals.ErrorCode(err) != approvals.CodeInvalid {
				t.Errorf("error %v says %q, want %q", err, got, c.want)
			}
		})
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
