package approvals_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// circle is a group that lives elsewhere.
type circle struct {
	members map[string][]approvals.PrincipalID
	err     error
	asked   int
}

func (c *circle) GroupMembers(_ context.Context, name string) ([]approvals.PrincipalID, error) {
	c.asked++
	ids, ok := c.members[name]
	if c.err == nil && !ok {
		return nil, approvals.Errorf(approvals.CodeNotFound, "There is no group %s.", name)
	}
	return ids, c.err
}

func newCircle(r *rig, refs ...approvals.ApproverRef) *circle {
	c := &circle{members: map[string][]approvals.PrincipalID{"dbas": {"bob", "ivan", "amy", "nobody", "olga"}}}
	r.Service.Groups = map[string]approvals.Groups{"slack-group": c}
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = refs })
	return c
}

func TestGroupsElsewhereAreAskedWhoIsInThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refs     []approvals.ApproverRef
		err      error
		want     []approvals.PrincipalID
		fallback bool
	}{
		"its people, but who asks and who left":   {refs: []approvals.ApproverRef{"slack-group:dbas"}, want: []approvals.PrincipalID{"bob", "olga"}},
		"beside others":                           {refs: []approvals.ApproverRef{"manager", "slack-group:dbas"}, want: []approvals.PrincipalID{"mia", "bob", "olga"}},
		"a group that is not there is nobody":     {refs: []approvals.ApproverRef{"slack-group:gone", "manager"}, want: []approvals.PrincipalID{"mia"}},
		"one that cannot be read is nobody":       {refs: []approvals.ApproverRef{"slack-group:dbas", "manager"}, err: errors.New("timeout"), want: []approvals.PrincipalID{"mia"}},
		"and the queue stands in for nobody":      {refs: []approvals.ApproverRef{"slack-group:dbas"}, err: errors.New("timeout"), want: []approvals.PrincipalID{"sol", "sue"}, fallback: true},
		"a kind that nobody answers for likewise": {refs: []approvals.ApproverRef{"other-group:dbas"}, want: []approvals.PrincipalID{"sol", "sue"}, fallback: true},
	} {
		r := newRig(t)
		newCircle(r, c.refs...).err = c.err
		d := r.decision(r.ask(nil).ID)
		same(t, name, []any{c.want, c.fallback}, []any{d.Approvers, d.Fallback})
	}
}

func TestThePolicySeesTheGroupElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	newCircle(r, "slack-group:dbas", "person:mia")
	r.Policy.ApproverBy(func(_ approvals.Facts, _ approvals.Assessment, p approvals.Principal) approvals.Verdict {
		if !p.In("slack-group:dbas") {
			return approvals.Verdict{}
		}
		return approvals.Verdict{Allowed: true, Policies: []approvals.PolicyRef{{ID: "dbas-answer", Effect: "permit"}}}
	})
	req := r.ask(nil)
	same(t, "approvers", []approvals.PrincipalID{"bob", "olga"}, r.decision(req.ID).Approvers)
	_, err := r.Service.Approve(t.Context(), by("bob"), req.ID, "")
	code(t, "", err)
	answers, err := r.Store.Approvals(t.Context(), req.ID)
	code(t, "", err)
	same(t, "what allowed it", []approvals.PolicyRef{{ID: "dbas-answer", Effect: "permit"}}, answers[0].Policies)
}

func TestWhoLeftTheGroupAnswersNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := newCircle(r, "slack-group:dbas")
	req := r.ask(nil)
	c.members["dbas"] = []approvals.PrincipalID{"olga"}
	_, err := r.Service.Approve(t.Context(), by("bob"), req.ID, "")
	code(t, approvals.CodeForbidden, err)
	same(t, "state", approvals.RequestPending, r.request(req.ID).State)
	_, err = r.Service.Approve(t.Context(), by("olga"), req.ID, "")
	code(t, "", err)
}

func TestWhileAGroupCannotBeReadNobodyIsToldThatTheyMayNot(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := newCircle(r, "slack-group:dbas")
	req := r.ask(nil)
	c.err = errors.New("timeout")
	_, err := r.Service.Approve(t.Context(), by("bob"), req.ID, "")
	code(t, approvals.CodeUnavailable, err)
	same(t, "state", approvals.RequestPending, r.request(req.ID).State)
	c.err = nil
	_, err = r.Service.Approve(t.Context(), by("bob"), req.ID, "")
	code(t, "", err)
}
