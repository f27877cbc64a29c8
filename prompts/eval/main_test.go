package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/prompts"
)

func nothing(string) string { return "" }

func load(t *testing.T) []evalCase {
	t.Helper()
	cases, err := loadCases(recorded)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestEveryRecordedAnswerIsJudgedRightly(t *testing.T) {
	t.Parallel()
	m, err := replay(t.Context(), load(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range m.wrong {
		t.Error(wrong)
	}
	for name, tally := range map[string]tally{"good": m.good, "bad": m.bad, "hostile": m.hostile} {
		if tally.right != tally.all {
			t.Errorf("%s: %s", name, tally)
		}
	}
	if m.cases < 80 || m.good.all < 250 || m.bad.all < 900 || m.hostile.all < 15 || len(m.kinds) < 25 {
		t.Errorf("%d cases, %d good, %d bad answers of %d kinds, %d hostile inputs: too few to say much", m.cases, m.good.all, m.bad.all, len(m.kinds), m.hostile.all)
	}
}

func TestCasesAreVaried(t *testing.T) {
	t.Parallel()
	kinds, factors, sensitivities, scores := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[int]bool{}
	for _, c := range load(t) {
		if c.Refused {
			continue
		}
		kinds[c.Input.Kind], sensitivities[c.Input.Sensitivity], scores[c.Input.Score/20] = true, true, true
		for _, f := range c.Input.Factors {
			factors[f.Name] = true
		}
	}
	if len(kinds) < 10 || len(sensitivities) != 4 || len(scores) != 6 || len(factors) < 28 || !factors["unknown.manager"] || !factors["unknown.experience"] || !factors["approver"] {
		t.Errorf("kinds %v, sensitivities %v, fifths of the score %v, factors %v", kinds, sensitivities, scores, factors)
	}
}

func TestReportSaysWhatWasMeasuredAndWhatWasSkipped(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), &out, nothing, append(load(t)[:3], load(t)[80:]...)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"good answers accepted", "bad answers refused", "(100.0%)", "factual coverage", "known gaps", "real model: SKIPPED; set HALLPASS_PROMPT_MODEL"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, out.String())
		}
	}
}

func TestWrongJudgementsFailAndAreListed(t *testing.T) {
	t.Parallel()
	c := load(t)[0]
	c.Good = []string{"Approve this."}
	c.Bad = []badAnswer{{"nothing wrong", `{"summary":"The score is ` + jsonNumber(c.Input.Score) + `."}`}}
	c.Lost, c.Missed = nil, nil
	m, err := replay(t.Context(), []evalCase{c})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]tally{{0, 1}, {0, 1}}, []tally{m.good, m.bad}, cmp.AllowUnexported(tally{})); diff != "" || len(m.wrong) != 2 {
		t.Errorf("tallies (-want +got):\n%swrong: %v", diff, m.wrong)
	}
}

func jsonNumber(n int) string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// model answers every other case well and refuses or lies on the rest.
func model(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	text := string(body)
	_, score, _ := strings.Cut(text, `Score: `)
	score, _, _ = strings.Cut(score, " ")
	summary := "The score is " + score + "."
	if strings.Contains(text, "critical") {
		summary = "Approve this."
	}
	content, _ := json.Marshal(map[string]string{"summary": summary})
	_ = json.NewEncoder(w).Encode(map[string]any{
		"choices": []any{map[string]any{"finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": string(content)}}},
		"usage":   map[string]int{"total_tokens": 500},
	})
}

func TestAConfiguredModelIsAskedForEveryCase(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(model))
	defer s.Close()
	cfg, ok := realConfig(func(name string) string {
		return map[string]string{"HALLPASS_PROMPT_MODEL": "small", "OPENAI_BASE_URL": s.URL + "/v1"}[name]
	})
	if !ok {
		t.Fatal("the configuration is not taken")
	}
	a := askReal(t.Context(), cfg, load(t))
	if a.passed.all < 60 || a.passed.right == 0 || a.passed.right == a.passed.all || a.tokens != 500*a.passed.all || len(a.latency) != a.passed.all {
		t.Errorf("passed %s, %d tokens, %d latencies", a.passed, a.tokens, len(a.latency))
	}
	var out strings.Builder
	a.print(&out, "small")
	for _, want := range []string{"real model small", "median", "p95", "tokens", "it speaks of a decision"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, out.String())
		}
	}
}

func TestWithoutAModelOrAnEndpointNobodyIsAsked(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"", "HALLPASS_PROMPT_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"} {
		if _, ok := realConfig(func(name string) string { return map[string]string{set: "x"}[name] }); ok {
			t.Errorf("%q alone is taken for a configuration", set)
		}
	}
}

func TestBrokenCasesNameTheirLine(t *testing.T) {
	t.Parallel()
	const head = `{"prompt":"summary/v1"}` + "\n"
	for text, want := range map[string]string{
		"":                          ":1:",
		`{"prompt":"summary/v0"}`:   "summary/v0",
		head + `{"id":"a","odd":1}`: ":2:",
		head + `{"id":"a"}`:         ":2:",
		head + `{"refused":true}`:   ":2:",
		head + `{"id":"a","refused":true,"input":{"duration":"long"}}`: "duration",
	} {
		if _, err := loadCases([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", text, err, want)
		}
	}
}

func TestCoverageCountsTheHeaviestFactors(t *testing.T) {
	t.Parallel()
	in := prompts.SummaryInput{Factors: []prompts.Factor{
		{Points: 58, Words: "Where any request starts: people refused 1,240 of 21,400 requests."}, {Points: -18, Words: "3 of 9 teammates hold it."},
		{Points: 16, Words: "High sensitivity: it can do much harm."}, {Points: 1, Words: "7 of 8 approved."},
	}}
	for text, want := range map[string]float64{
		"The score is 40.": 0, "3 of 9 teammates hold it.": 1.0 / 3, "1240 of the 21400 (+58), 3 of 9 and 16 points": 1, "3 of them, 7 of 8": 0,
	} {
		if got := covered(in, text); got != want {
			t.Errorf("%q covers %v, want %v", text, got, want)
		}
	}
	if got := covered(prompts.SummaryInput{}, ""); got != 1 {
		t.Errorf("no factors are covered by %v, want 1", got)
	}
}

func TestQuantilesAreOfTheNearestRank(t *testing.T) {
	t.Parallel()
	var ds []time.Duration
	for i := 100; i > 0; i-- {
		ds = append(ds, time.Duration(i)*time.Millisecond)
	}
	got := []time.Duration{quantile(nil, 50), quantile(ds[:1], 95), quantile(ds, 50), quantile(ds, 95)}
	want := []time.Duration{0, 100 * time.Millisecond, 50 * time.Millisecond, 95 * time.Millisecond}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quantiles (-want +got):\n%s", diff)
	}
}
