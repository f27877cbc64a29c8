package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/prompts"
)

func forms(t *testing.T) []proposalCase {
	t.Helper()
	cases, err := loadProposals(recordedProposals)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestRecordedProposalsAreJudgedRight(t *testing.T) {
	t.Parallel()
	p, err := replayProposals(t.Context(), forms(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.wrong) > 0 {
		t.Errorf("judged wrongly:\n%s", strings.Join(p.wrong, "\n"))
	}
	if p.good.all < 20 || p.bad.all < 200 || len(p.kinds) < 10 {
		t.Errorf("%d good and %d bad answers of %d kinds: too few to say much", p.good.all, p.bad.all, len(p.kinds))
	}
}

func TestWrongProposalJudgementsAreListed(t *testing.T) {
	t.Parallel()
	c := forms(t)[0]
	c.Good.Ticket, c.Bad = "INVENTED-1", []badAnswer{{"nothing wrong", `{"choice":1,"minutes":0,"ticket":"","reason":""}`}}
	p, err := replayProposals(t.Context(), []proposalCase{c})
	if err != nil || len(p.wrong) != 2 || p.good.right+p.bad.right != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestBrokenProposalCasesNameTheirLine(t *testing.T) {
	t.Parallel()
	const head = `{"prompt":"propose/v1"}` + "\n"
	for text, want := range map[string]string{
		"": ":1:", `{"prompt":"propose/v0"}`: "propose/v0", head + `{"odd":1}`: ":2:", head + `{"id":"a"}`: ":2:",
	} {
		if _, err := loadProposals([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", text, err, want)
		}
	}
}

func TestProposalCasesHoldHostileWordsAndSeveralLanguages(t *testing.T) {
	t.Parallel()
	kinds := map[string]int{}
	for _, c := range forms(t) {
		kind, _, _ := strings.Cut(c.ID, "-")
		kinds[kind]++
	}
	for _, kind := range []string{"hostile", "none", "secret", "person", "german", "japanese", "typo"} {
		if kinds[kind] == 0 {
			t.Errorf("no case is %s: %v", kind, kinds)
		}
	}
}

func TestARealModelFillsInForms(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"{\"choice\":1,\"minutes\":30,\"ticket\":\"\",\"reason\":\"\"}"}}]}`))
	}))
	defer s.Close()
	cases := forms(t)
	passed, slots := askForProposals(t.Context(), prompts.Config{BaseURL: s.URL, Model: "small"}, cases)
	right := 0
	for _, c := range cases {
		right += len(slices.DeleteFunc([]bool{c.Good.Choice == 1, c.Good.Minutes == 30, c.Good.Ticket == ""}, func(ok bool) bool { return !ok }))
	}
	if passed.right != len(cases) || slots.right != right || slots.all != 3*len(cases) {
		t.Errorf("passed %s, slots %s, want %d right", passed, slots, right)
	}
}
