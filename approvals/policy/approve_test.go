package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Permits everybody to approve everything: what still stands is built in.
const anyoneApproves = `@id("anyone") @owner("o") @reason("r") @review_by("2027-01-01")
permit (principal, action == Action::"approve", resource) when { context.auto_today < 100 };
`

const anyoneApprovesTest = `defaults: {ask: billing-db:read-only, score: 10}
examples:
  - {name: a, approver: {}, expect: may_approve, by: [anyone]}
  - {name: b, approver: {}, auto_today: 100, expect: may_not_approve, not: [anyone]}
`

func TestNobodyApprovesForThemselvesWhateverThePolicy(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{"a.cedar": anyoneApproves, "a_test.yaml": anyoneApprovesTest})
	for _, tc := range []struct {
		name      string
		approver  approvals.Principal
		allowed   bool
		forbidden bool
		policies  []string
	}{
		{"a colleague", approvals.Principal{ID: "sam", Email: "sam@example.com"}, true, false, []string{"anyone"}},
		{"the beneficiary", approvals.Principal{ID: "maya", Email: "maya@example.com"}, false, true, []string{"hallpass.no-self-approval"}},
		{"the requester", approvals.Principal{ID: "tom", Email: "tom@example.com"}, false, true, []string{"hallpass.no-self-approval"}},
		{"the beneficiary's second entry", approvals.Principal{ID: "maya-admin", Email: "MAYA@example.com"}, false, true, []string{"hallpass.no-self-approval"}},
		{"nobody", approvals.Principal{}, false, true, nil},
		{"somebody who left", approvals.Principal{ID: "sam", Inactive: true}, false, true, nil},
		{"an admin has no right by that", approvals.Principal{ID: "maya", Admin: true}, false, true, []string{"hallpass.no-self-approval"}},
	} {
		f, a := maya(t)
		f.Requester = approvals.Principal{ID: "tom", Email: "tom@example.com"}
		v := set.MayApprove(f, a, tc.approver)
		if v.Allowed != tc.allowed || v.Forbidden != tc.forbidden {
			t.Errorf("%s: %+v", tc.name, v)
		}
		if diff := cmp.Diff(tc.policies, policyIDs(v.Policies)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

func TestMayApproveFollowsTheExampleRules(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	for _, tc := range []struct {
		name     string
		approver approvals.Principal
		want     approvals.Verdict
		by       string
	}{
		{"the manager", approvals.Principal{ID: "tom"}, approvals.Verdict{Allowed: true}, "manager-answers"},
		{"an owner", approvals.Principal{ID: "priya"}, approvals.Verdict{Allowed: true}, "owner-answers"},
		{"a stranger", approvals.Principal{ID: "eve"}, approvals.Verdict{}, ""},
		{"a manager on contract", approvals.Principal{ID: "tom", Contractor: true}, approvals.Verdict{Forbidden: true}, "contractors-do-not-answer"},
		{"an admin is a stranger", approvals.Principal{ID: "root", Admin: true}, approvals.Verdict{}, ""},
	} {
		f, a := maya(t)
		f.Entitlement.Owners = []approvals.PrincipalID{"priya"}
		v := set.MayApprove(f, a, tc.approver)
		var by []string
		if tc.by != "" {
			by = []string{tc.by}
		}
		if v.Allowed != tc.want.Allowed || v.Forbidden != tc.want.Forbidden || len(v.Problems) != 0 || cmp.Diff(by, policyIDs(v.Policies)) != "" {
			t.Errorf("%s: %+v", tc.name, v)
		}
	}
}

func TestPeopleStillAnswerWhenFactsAreDoubtful(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	f, a := maya(t)
	f.Directory.Stale, f.Problems, a.Problem = true, []string{"no peers"}, "no score"
	if v := set.MayApprove(f, a, approvals.Principal{ID: "tom"}); !v.Allowed || v.Forbidden || len(v.Problems) != 0 {
		t.Errorf("%+v", v)
	}
}
