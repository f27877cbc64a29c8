package policy_test

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// FuzzLoad feeds the loader policies and examples as an attacker or a slip of
// the hand would write them: it may refuse them, with a file and a mend; it may
// not crash, and what it loads may not break the built-in laws.
func FuzzLoad(f *testing.F) {
	f.Add(permitRead, permitReadTest)
	f.Add(anyoneApproves, anyoneApprovesTest)
	f.Add(overflow(`permit (principal, action == Action::"request", resource)`), "examples: []")
	f.Add(strings.Repeat("(", 5000), strings.Repeat("[", 5000))
	f.Add(`@id("x")`+"\x00\xff", "a: &a [*a, *a]")
	for _, name := range []string{"typos", "annotations"} {
		text, err := os.ReadFile("testdata/wrong/" + name + "/policies/a.cedar")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), permitReadTest)
	}
	for _, text := range exampleFiles(f) {
		f.Add(text, text)
	}
	c := exampleCatalogue(f)
	facts, assessment := maya(f)
	f.Fuzz(func(t *testing.T, cedar, examples string) {
		dir := folder(t, map[string]string{"a.cedar": cedar, "a_test.yaml": examples})
		set, err := policy.Load(t.Context(), policy.Options{Dir: dir, Catalogue: c})
		if err != nil {
			problems, ok := err.(approvals.Problems) //nolint:errorlint // the type itself is what is promised
			if !ok || len(problems) == 0 {
				t.Fatalf("the error is %v", err)
			}
			for _, p := range problems {
				if p.File == "" || p.What == "" || p.Mend == "" || !utf8.ValidString(p.String()) {
					t.Errorf("%+v", p)
				}
			}
			return
		}
		if r := set.Decide(facts, assessment); r.Outcome == approvals.AutoApprove && (len(r.Policies) == 0 || len(r.Problems) > 0) {
			t.Errorf("%+v", r)
		}
		if v := set.MayApprove(facts, assessment, facts.Requester); v.Allowed {
			t.Errorf("somebody approves for themselves: %+v", v)
		}
	})
}
