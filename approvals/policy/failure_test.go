package policy_test

import (
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

// overflow type-checks and works for small scores, and fails for larger ones:
// the only kind of mistake that validation cannot see.
func overflow(head string) string {
	return `@id("overflow") @owner("o") @reason("r") @review_by("2027-01-01")
` + head + ` when { context has score && context.score * 9223372036854775807 > 0 };
`
}

func TestForbidThatFailsToEvaluateNeverLetsARequestPass(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{
		"read.cedar": permitRead, "read_test.yaml": permitReadTest + `  - {name: spared, who: {groups: [support]}, score: 0, expect: auto_approve, by: [read], not: [overflow]}
  - {name: decided, who: {groups: [support]}, score: 1, expect: route, by: [overflow]}
`,
		"overflow.cedar": strings.Replace(overflow(`forbid (principal, action == Action::"request", resource)`), "context.score *", "(if context.score == 10 then 0 else context.score) *", 1),
	})
	f, a := maya(t)
	r := set.Decide(f, a)
	if r.Outcome != approvals.Route || len(r.Policies) != 0 {
		t.Errorf("%+v", r)
	}
	if len(r.Problems) != 1 || !strings.HasPrefix(r.Problems[0], `the policy "overflow" could not be evaluated: `) {
		t.Errorf("problems %q", r.Problems)
	}
}

func TestApproverIsForbiddenWhereAForbidFailsToEvaluate(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{
		"a.cedar": anyoneApproves, "a_test.yaml": strings.Replace(anyoneApprovesTest, "score: 10", "score: 0", 1) + `  - {name: c, approver: {}, expect: may_approve, by: [anyone], not: [overflow]}
  - {name: d, approver: {}, score: 1, expect: may_not_approve, by: [overflow]}
`,
		"overflow.cedar": overflow(`forbid (principal, action == Action::"approve", resource)`),
	})
	f, a := maya(t)
	v := set.MayApprove(f, a, approvals.Principal{ID: "sam"})
	if v.Allowed || !v.Forbidden || len(v.Problems) != 1 {
		t.Errorf("%+v", v)
	}
	a.Score = 0
	if v := set.MayApprove(f, a, approvals.Principal{ID: "sam"}); !v.Allowed {
		t.Errorf("without the failure: %+v", v)
	}
}

func TestPermitThatFailsToEvaluateIsNoPermit(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{
		"a.cedar": overflow(`permit (principal, action == Action::"approve", resource)`),
		"a_test.yaml": `defaults: {ask: billing-db:read-only}
examples:
  - {name: a, approver: {}, score: 1, expect: may_approve, by: [overflow]}
  - {name: b, approver: {}, score: 0, expect: may_not_approve, not: [overflow]}
`,
	})
	f, a := maya(t)
	v := set.MayApprove(f, a, approvals.Principal{ID: "sam"})
	if v.Allowed || v.Forbidden || len(v.Problems) != 1 {
		t.Errorf("%+v; the security queue may still answer", v)
	}
}
