package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// A set that is written down decides as it did, whatever the catalogue is now,
// and nobody can put another in its place.
func TestAPinnedSetDecidesAsItDid(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest})
	f, a := maya(t)
	text := set.Pin()
	again, err := policy.Pinned(set.Version(), text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set.Decide(f, a), again.Decide(f, a)); diff != "" {
		t.Errorf("-then +now\n%s", diff)
	}
	for name, changed := range map[string]string{
		"another text": strings.Replace(text, "= 30", "= 90", 1), "no set": "{}", "nothing": "", "other folders": strings.Replace(text, ".cedar", ".cedar2", 1),
	} {
		if _, err := policy.Pinned(set.Version(), changed); approvals.ErrorCode(err) != approvals.CodeInvalid {
			t.Errorf("%s is taken for the set: %v", name, err)
		}
	}
}

// A rule that a review ended asks people, and says why. Its new version, another
// rule, and the same rule with other white space are told apart by what they say.
func TestALapsedRuleAsksPeopleUntilItsTextChanges(t *testing.T) {
	t.Parallel()
	old := mustLoad(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest})
	f, a := maya(t)
	f.Lapsed = []approvals.LapsedRule{{Rule: "read", Text: old.RuleVersion("read"), Campaign: "rv_1"}}
	for name, tc := range map[string]struct {
		text string
		want approvals.Outcome
	}{
		"the same":          {permitRead, approvals.Route},
		"other white space": {strings.ReplaceAll(permitRead, "when {", "// looked at again\nwhen\n{"), approvals.Route},
		"a new version":     {strings.Replace(permitRead, "score <= 30", "score <= 25", 1), approvals.AutoApprove},
	} {
		set := mustLoad(t, map[string]string{"read.cedar": tc.text, "read_test.yaml": permitReadTest})
		got := set.Decide(f, a)
		if got.Outcome != tc.want {
			t.Errorf("%s: %s, want %s", name, got.Outcome, tc.want)
		}
		if said := strings.Contains(strings.Join(got.Problems, " "), "stopped approving by itself after a review"); said != (tc.want == approvals.Route) {
			t.Errorf("%s: problems are %q", name, got.Problems)
		}
		for _, p := range set.Explain(f, a).Policies {
			if p.ID == "read" && (p.Standing == policy.Lapsed) != (tc.want == approvals.Route) {
				t.Errorf("%s: explained as %q", name, p.Standing)
			}
		}
	}
}
