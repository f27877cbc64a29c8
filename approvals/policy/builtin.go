package policy

import (
	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// selfApprovalText cannot be removed by any file: it is part of every set.
// MayApprove holds the same rule in Go besides, so that no policy set and no
// defect of the engine can lift it.
const selfApprovalText = `@id("hallpass.no-self-approval")
@owner("hallpass")
@reason("Nobody answers a request of their own, or one for their own benefit.")
forbid (principal, action == Action::"approve", resource)
when { principal == context.requester || principal == context.beneficiary };`

const selfApprovalID = builtinPrefix + "no-self-approval"

func selfApproval() *rule {
	var p cedar.Policy
	embedded("the built-in policy", p.UnmarshalCedar([]byte(selfApprovalText)))
	a := annotations(&p)
	return &rule{
		policy: &p, head: headOf(&p), file: "built in", line: 1, text: selfApprovalText,
		ref: approvals.PolicyRef{ID: a["id"], Effect: "forbid", Reason: a["reason"], Owner: a["owner"]},
	}
}

func (r *rule) builtin() bool { return r.file == "built in" }
