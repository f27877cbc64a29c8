package policy_test

import "testing"

// What a check did not answer must never open anything: neither a permit that
// asks for a yes, nor a forbid that is lifted by one.
func TestExternalCheckThatDidNotAnswerOpensNothing(t *testing.T) {
	t.Parallel()
	mustLoad(t, map[string]string{
		"a.cedar": `@id("trained") @owner("o") @reason("r") @review_by("2027-01-01")
permit (principal, action == Action::"request", resource) when { context.checks_passed.contains("training") };
@id("untrained") @owner("o") @reason("r") @review_by("2027-01-01") @effect("deny")
forbid (principal, action == Action::"request", resource) when { context.checks_failed.contains("training") };
@id("frozen") @owner("o") @reason("r") @review_by("2027-01-01")
forbid (principal, action == Action::"request", resource) unless { context.checks_passed.contains("window") };
`,
		"a_test.yaml": `defaults: {ask: billing-db:read-only, score: 10, passed: [window]}
examples:
  - {name: trained, passed: [training, window], expect: auto_approve, by: [trained], not: [untrained, frozen]}
  - {name: failed, failed: [training], expect: refuse, by: [untrained]}
  - {name: no answer, expect: route, not: [trained, untrained, frozen]}
  - {name: no window, passed: [training], expect: route, by: [frozen]}
  - {name: the window says no, passed: [training], failed: [window], expect: route, by: [frozen]}
`,
	})
}
