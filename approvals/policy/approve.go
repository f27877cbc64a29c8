package policy

import (
	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// MayApprove says whether somebody may answer a request. A stale directory
// does not stand in the way, for then people are asked; what does are a policy
// that fails to evaluate and facts that do not fit the schema.
func (s *Set) MayApprove(f approvals.Facts, a approvals.Assessment, approver approvals.Principal) (v approvals.Verdict) {
	defer func() {
		if r := recover(); r != nil {
			v = approvals.Verdict{Forbidden: true, Problems: []string{"the policy engine broke down on this approver"}}
		}
	}()
	if approver.ID == "" || approver.Inactive {
		return approvals.Verdict{Forbidden: true, Problems: []string{"the directory has nobody active behind this approver"}}
	}
	if approver.SamePerson(f.Requester) || approver.SamePerson(f.Beneficiary) {
		return approvals.Verdict{Forbidden: true, Policies: []approvals.PolicyRef{s.all.get(selfApprovalID).ref}}
	}
	found := s.evaluate(ask(f, a, &approver), s.approve, actionApprove, f.At, []cedar.EntityUID{user(approver.ID)})
	return approvals.Verdict{
		Allowed:   found.permitted && len(found.problems) == 0,
		Forbidden: len(found.forbids()) > 0 || found.failed || found.malformed,
		Policies:  refs(found.matched),
		Problems:  found.problems,
		Stages:    seats(found.matched),
	}
}
