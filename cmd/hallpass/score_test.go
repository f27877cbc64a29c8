package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// TestScoreSaysOnStandardErrorWhatServed: among the scores it would be read as one.
func TestScoreSaysOnStandardErrorWhatServed(t *testing.T) {
	t.Parallel()
	history := decisions(t)
	var out, errs log
	if code := run(t.Context(), []string{"score", "backtest", "--history", history, "--requests", history, "--out", "-"}, &out, &errs); code != 0 {
		t.Fatalf("exit code %d\n%s", code, errs.String())
	}
	if !strings.Contains(errs.String(), "with the shipped weights, since") || strings.Contains(out.String(), "weights") {
		t.Errorf("it says\n%s\nand among the scores\n%s", errs.String(), out.String())
	}
}

// TestScoreThatIsStoppedEndsWithAnError and leaves no file: a script that waits
// for scores must not go on without them.
func TestScoreThatIsStoppedEndsWithAnError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := filepath.Join(t.TempDir(), "s.csv")
	history := decisions(t)
	for _, args := range [][]string{
		{"--history", history, "--requests", history, "--out", out},
		{"--history", history, "--cross-validate", "3", "--html", out},
	} {
		var said, errs log
		if code := run(ctx, append([]string{"score", "backtest"}, args...), &said, &errs); code != 1 || !strings.Contains(errs.String(), "Stopped before the end") {
			t.Errorf("%q: exit code %d, and it says %q", args, code, errs.String())
		}
		if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: there is a file: %v", args, err)
		}
	}
}

// TestScoreFitNeedsAPlaceForTheWeights: fitted weights that go nowhere are lost.
func TestScoreFitNeedsAPlaceForTheWeights(t *testing.T) {
	t.Parallel()
	var out, errs log
	if code := run(t.Context(), []string{"score", "fit", "--history", decisions(t), "--out", ""}, &out, &errs); code != 1 || !strings.Contains(errs.String(), "Say where the weights go") {
		t.Errorf("exit code %d, and it says %q", code, errs.String())
	}
}

// decisions writes a made-up history in which one manager refuses most.
func decisions(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("approved,entitlement,manager,department\n")
	for i := range 600 {
		approved := 1
		if i%7 == 0 && i%3 != 0 || i%50 == 1 {
			approved = 0
		}
		fmt.Fprintf(&b, "%d,e%d,m%d,d%d\n", approved, i%11, i%7, i%3)
	}
	path := filepath.Join(t.TempDir(), "decisions.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestScoreBacktestPrintsItsFigures(t *testing.T) {
	t.Parallel()
	var out, errs log
	if code := run(t.Context(), []string{"score", "backtest", "--history", decisions(t), "--cross-validate", "3"}, &out, &errs); code != 0 {
		t.Fatalf("exit code %d\n%s", code, errs.String())
	}
	for _, want := range []string{"AUC", "logloss", "ECE", "p_deny < 1%", "unseen", "simpler method"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not print %q:\n%s", want, out.String())
		}
	}
}

func TestScoreBacktestScoresRequestsRowForRow(t *testing.T) {
	t.Parallel()
	history := decisions(t)
	requests, scores := filepath.Join(t.TempDir(), "requests.csv"), filepath.Join(t.TempDir(), "scores.csv")
	if err := os.WriteFile(requests, []byte("entitlement,manager,department\ne1,m0,d1\ne2,m3,d2\nnew,new,new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs log
	if code := run(t.Context(), []string{"score", "backtest", "--history", history, "--requests", requests, "--out", scores}, &out, &errs); code != 0 {
		t.Fatalf("exit code %d\n%s", code, errs.String())
	}
	data, err := os.ReadFile(scores)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "p_deny,score") {
		t.Errorf("scores:\n%s", data)
	}
}

func TestServeRefusesWeightsThatAreNone(t *testing.T) {
	dir := accessFolder(t, "hallpass.yaml", "listen:", "score:\n  weights: own.json\nlisten:")
	t.Setenv("SLACK_BOT_TOKEN", "xoxb-1-x")
	t.Setenv("SLACK_APP_TOKEN", "xapp-1-x")
	t.Setenv("DATABASE_URL", "")
	for name, content := range map[string]string{"absent": "", "broken": `{"version": 1}`,
		"of an earlier version": strings.Replace(string(scoring.ShippedFile()), "manager+title", "manager+department", 1)} {
		if content != "" {
			if err := os.WriteFile(filepath.Join(dir, "own.json"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var out, errs log
		code := run(t.Context(), []string{"serve", "--config", filepath.Join(dir, "hallpass.yaml")}, &out, &errs)
		if code != 1 || !strings.Contains(errs.String(), "hallpass.yaml:") || !strings.Contains(errs.String(), "score fit") {
			t.Errorf("%s: exit code %d\n%s", name, code, errs.String())
		}
	}
	if _, err := scoring.ParseWeights(scoring.ShippedFile()); err != nil {
		t.Error(err)
	}
}

// earlier are weights as another version of the program may have had them.
func earlier(t *testing.T, version string) (w struct {
	weights *scoring.Weights
	text    string
}) {
	t.Helper()
	w.text = strings.Replace(string(scoring.ShippedFile()), `"version": "`, `"version": "`+version+` `, 1)
	var err error
	if w.weights, err = scoring.ParseWeights([]byte(w.text)); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestScoreExplainFailsWhereSomethingWasChanged stores decisions of which some
// were meddled with after the audit log had recorded them.
func TestScoreExplainFailsWhereSomethingWasChanged(t *testing.T) {
	t.Parallel()
	dir := accessFolder(t, "", "", "")
	s, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(dir, "data")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	then, gone := earlier(t, "earlier"), earlier(t, "earliest") // weights of the past; the last ones were not kept
	if err := s.KeepLaw(t.Context(), "weights", then.weights.Model(), then.text); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name    string
		weights *scoring.Weights
		tamper  func(*approvals.Decision)
		code    int
		says    []string
		without string
	}{
		{"intact", scoring.Shipped(), func(*approvals.Decision) {}, 0, []string{"recomputed: identical", "facts: as audit event"}, "DIFFERENT"},
		{"score", scoring.Shipped(), func(d *approvals.Decision) { d.Assessment.Score-- }, 1, []string{"recomputed: DIFFERENT"}, "identical"},
		{"counts", scoring.Shipped(), func(d *approvals.Decision) { d.Facts.Evidence.Counts[0].N += 400 }, 1, []string{"recomputed: DIFFERENT", "facts: DIFFERENT"}, "identical"},
		{"name", scoring.Shipped(), func(d *approvals.Decision) { d.Facts.Beneficiary.Name = "Somebody Else" }, 1, []string{"facts: DIFFERENT"}, "facts: as audit event"},
		{"by weights of then", then.weights, func(*approvals.Decision) {}, 0, []string{then.weights.Model(), "recomputed: identical"}, "DIFFERENT"},
		{"by them, counts", then.weights, func(d *approvals.Decision) { d.Facts.Evidence.Counts[0].N += 400 }, 1, []string{"recomputed: DIFFERENT"}, "identical"},
		{"by weights not kept", gone.weights, func(*approvals.Decision) {}, 1, []string{"not recomputed: this program has model " + scoring.Shipped().Model()}, "identical"},
	}
	for _, c := range cases {
		change := storetest.Submission(c.name)
		f := storetest.Facts()
		f.Evidence = approvals.Evidence{World: 900, Counts: []approvals.Count{{Name: "decided.all", N: 60, Of: 900}, {Name: "decided.entitlement", N: 3, Of: 40}}}
		d := approvals.Decision{Request: change.Requests[0].ID, Sequence: 1, At: f.At, Facts: f, Assessment: c.weights.Assess(f)}
		for i := range change.Events {
			change.Events[i].FactsDigest = f.Digest()
		}
		c.tamper(&d)
		change.Decisions = []approvals.Decision{d}
		if err := s.Apply(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var out, errs log
	if code := run(t.Context(), []string{"score", "explain", "never heard of", "--config", filepath.Join(dir, "hallpass.yaml")}, &out, &errs); code != 1 || errs.String() != "hallpass: There is no such request.\n" {
		t.Errorf("of an unknown request exit code %d, and it says %q", code, errs.String())
	}
	for _, c := range cases {
		var out, errs log
		code := run(t.Context(), []string{"score", "explain", c.name, "--config", filepath.Join(dir, "hallpass.yaml")}, &out, &errs)
		said := out.String() + errs.String()
		for _, want := range c.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: it does not say %q:\n%s", c.name, want, said)
			}
		}
		if code != c.code || strings.Contains(said, c.without) {
			t.Errorf("%s: exit code %d, want %d, and no %q:\n%s", c.name, code, c.code, c.without, said)
		}
	}
}
