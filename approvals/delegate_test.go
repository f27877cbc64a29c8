package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// away sends somebody on leave for a day, from now on.
func (r *rig) away(id, delegate approvals.PrincipalID) {
	r.Directory.Change(id, func(p *approvals.Principal) {
		p.Away = []approvals.Absence{{From: r.now(), Until: r.now().Add(24 * time.Hour), Delegate: delegate}}
	})
}

// only lets these approve.
func (r *rig) approvers(who ...approvals.PrincipalID) {
	r.Policy.ApproverBy(func(_ approvals.Facts, _ approvals.Assessment, p approvals.Principal) approvals.Verdict {
		for _, id := range who {
			if p.ID == id {
				return approvals.Verdict{Allowed: true, Policies: []approvals.PolicyRef{{ID: "p-" + string(id), Effect: "permit"}}}
			}
		}
		return approvals.Verdict{}
	})
}

func TestADelegateAnswersInThePlaceOfWhoIsAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.approvers("mia")
	r.away("mia", "adam")
	req := r.ask(nil)
	d := r.decision(req.ID)
	same(t, "asked", []any{ids{"adam"}, ids{"adam"}, map[approvals.PrincipalID]approvals.PrincipalID{"adam": "mia"}, false}, []any{d.Approvers, d.Asked, d.For, d.Fallback})
	_, err := r.Service.Approve(t.Context(), by("mia"), req.ID, "")
	same(t, "mia is told why", []any{approvals.CodeForbidden, "You are away, so your delegate answers in your place."}, []any{approvals.ErrorCode(err), approvals.ErrorMessage(err)})
	r.step("adam", "adam", req.ID, approvals.RequestApproved, nil)
	given, err := r.Store.Approvals(t.Context(), req.ID)
	code(t, "", err)
	same(t, "for mia, by what allows mia", []any{approvals.PrincipalID("mia"), []approvals.PolicyRef{{ID: "p-mia", Effect: "permit"}}}, []any{given[0].For, given[0].Policies})
	events := r.Store.Events()
	same(t, "audited", map[string]string{"for": "mia"}, events[4].Detail)
	// what adam approved in her place stands when she is back, also at the second look
	r.Directory.Change("mia", func(p *approvals.Principal) { p.Away = nil })
	g, err := r.Service.Provision(t.Context(), r.request(req.ID).Grant, false, r.now().Add(time.Minute))
	code(t, "", err)
	same(t, "provisioning", approvals.GrantProvisioning, g.State)
}

func TestADelegateWhoHasLeftCountsForNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.approvers("mia")
	r.away("mia", "adam")
	req := r.ask(nil)
	r.step("adam", "adam", req.ID, approvals.RequestApproved, nil)
	r.Directory.Change("adam", func(p *approvals.Principal) { p.Inactive = true })
	g, err := r.Service.Provision(t.Context(), r.request(req.ID).Grant, false, r.now().Add(time.Minute))
	code(t, "", err)
	same(t, "failed", approvals.GrantFailed, g.State)
}

func TestWhoNeverStandsIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrange func(r *rig)
		want    ids
	}{
		"the requester":                {func(r *rig) { r.away("mia", "amy") }, ids{"sol", "sue"}},
		"a second account of hers":     {func(r *rig) { r.away("mia", "bob"); r.alias("bob", "amy") }, ids{"sol", "sue"}},
		"nobody is named":              {func(r *rig) { r.away("mia", "") }, ids{"sol", "sue"}},
		"somebody who has left":        {func(r *rig) { r.away("mia", "ivan") }, ids{"sol", "sue"}},
		"somebody unknown":             {func(r *rig) { r.away("mia", "zoe") }, ids{"sol", "sue"}},
		"somebody who is away as well": {func(r *rig) { r.away("mia", "bob"); r.away("bob", "adam") }, ids{"sol", "sue"}},
		"for somebody who may not approve": {func(r *rig) {
			r.approvers("olga")
			r.away("mia", "bob")
		}, ids{"sol", "sue"}},
		"whom a policy forbids it": {func(r *rig) {
			r.away("mia", "bob")
			r.Policy.ApproverBy(func(_ approvals.Facts, _ approvals.Assessment, p approvals.Principal) approvals.Verdict {
				return approvals.Verdict{Allowed: p.ID == "mia", Forbidden: p.ID == "bob"}
			})
		}, ids{"sol", "sue"}},
		"but somebody who may": {func(r *rig) { r.away("mia", "bob") }, ids{"bob"}},
	} {
		r := newRig(t)
		r.approvers("mia")
		c.arrange(r)
		req := r.ask(nil)
		same(t, name, c.want, r.decision(req.ID).Approvers)
	}
}

// alias makes one entry of the directory the second of another.
func (r *rig) alias(second, of approvals.PrincipalID) {
	r.Directory.Change(second, func(p *approvals.Principal) { p.SameAs = of })
}

func TestAYesInOnesOwnNameAndByADelegateIsOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Routed(2))
	r.approvers("olga", "sol")
	r.Service.Fallback = nil
	req := r.ask(admin)
	r.step("olga", "olga", req.ID, approvals.RequestPending, ids{"olga", "sol"})
	r.away("olga", "adam")
	// adam would answer in olga's place, who has answered: it is no second voice
	r.step("adam", "adam", req.ID, approvals.RequestPending, ids{"sol", "adam"})
	r.step("sol", "sol", req.ID, approvals.RequestApproved, nil)
}

func TestASecondAccountIsTheSamePerson(t *testing.T) {
	t.Parallel()
	t.Run("of the requester", func(t *testing.T) {
		t.Parallel()
		for name, arrange := range map[string]func(r *rig){
			"by the directory's word": func(r *rig) { r.alias("bob", "amy") },
			"by the address": func(r *rig) {
				r.Directory.Change("bob", func(p *approvals.Principal) { p.Email = "AMY@example.com" })
			},
			"both of a third": func(r *rig) { r.alias("bob", "zoe"); r.alias("amy", "zoe") },
		} {
			r := newRig(t)
			arrange(r)
			r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = []approvals.ApproverRef{"person:bob"} })
			req := r.ask(nil)
			same(t, name+": asked", ids{"sol", "sue"}, r.decision(req.ID).Approvers)
			answers := []func() (approvals.Request, error){
				func() (approvals.Request, error) { return r.Service.Approve(t.Context(), by("bob"), req.ID, "") },
				func() (approvals.Request, error) {
					return r.Service.Deny(t.Context(), by("bob"), req.ID, "")
				},
				func() (approvals.Request, error) {
					actor := by("sol")
					actor.OnBehalfOf = "bob"
					return r.Service.Approve(t.Context(), actor, req.ID, "")
				},
			}
			for _, answer := range answers {
				_, err := answer()
				code(t, approvals.CodeSelfApproval, err)
			}
		}
	})
	t.Run("of an approver", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.Policy.Rule(approvalstest.Routed(2))
		r.alias("bob", "sol")
		r.Service.Fallback = nil
		r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) {
			e.Approvers = []approvals.ApproverRef{"person:sol", "person:bob", "person:sue"}
		})
		req := r.ask(nil)
		for _, who := range (ids{"sol", "bob"}) {
			got, err := r.Service.Approve(t.Context(), by(who), req.ID, "")
			code(t, "", err)
			same(t, "two accounts are one voice", approvals.RequestPending, got.State)
		}
		r.step("sue", "sue", req.ID, approvals.RequestApproved, nil)
	})
}
