package scoring

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

// explained is a decision as it is stored.
func explained(t *testing.T) approvals.Decision {
	t.Helper()
	o := company(9)
	f := o.Facts(33, 7)
	f.Entitlement.Sensitivity = approvals.High
	e, err := New(build(o), nil, nil).Evidence(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	f.Evidence = e
	return approvals.Decision{Facts: f, Assessment: Shipped().Assess(f)}
}

func TestExplanationNamesFactorsCountsAndThatItIsIdentical(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	identical, err := Shipped().Explain(&b, explained(t))
	if err != nil || !identical {
		t.Fatalf("identical %v, error %v", identical, err)
	}
	sameAsGolden(t, "explanation.txt", b.String())
}

// sameAsGolden compares text with a file in testdata; -update writes it.
func sameAsGolden(t *testing.T, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update records it):\n%s", name, diff)
	}
}

func TestExplanationFindsTamperedFactsAndScores(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(*approvals.Decision){
		"score":  func(d *approvals.Decision) { d.Assessment.Score-- },
		"words":  func(d *approvals.Decision) { d.Assessment.Factors[0].Words = "All is well." },
		"counts": func(d *approvals.Decision) { d.Facts.Evidence.Counts[0].N += 100 },
	} {
		d := explained(t)
		tamper(&d)
		var b strings.Builder
		identical, err := Shipped().Explain(&b, d)
		if err != nil || identical || !strings.Contains(b.String(), "recomputed: DIFFERENT") {
			t.Errorf("%s: identical %v, error %v\n%s", name, identical, err, b.String())
		}
	}
}

func TestExplanationLeavesOtherModelsAlone(t *testing.T) {
	t.Parallel()
	d := explained(t)
	d.Assessment.Model = "hallpass-0/other"
	var b strings.Builder
	identical, err := Shipped().Explain(&b, d)
	if err != nil || identical || !strings.Contains(b.String(), "not recomputed: this program has model") {
		t.Errorf("identical %v, error %v\n%s", identical, err, b.String())
	}
}
