package approvals_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// life takes one request through all of its life: asked, talked about, answered
// by two people, given, reminded of, taken back.
func life(t *testing.T) (*rig, approvals.Request) {
	r := newRig(t)
	r.Policy.Rule(approvalstest.Routed(2))
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = []approvals.ApproverRef{"group:security"} })
	req := r.ask(func(a *approvals.Ask) { a.Origin, a.Ticket = "C1/1700.1", "INC-7" })
	_, err := r.Service.Comment(t.Context(), by("amy"), approvals.Comment{Request: req.ID, Text: "the refund of Mrs Doe", Key: "k"})
	code(t, "", err)
	code(t, "", r.Service.Chase(t.Context(), req.ID))
	_, err = r.Service.Approve(t.Context(), by("sol"), req.ID, "as agreed on the phone")
	code(t, "", err)
	req, err = r.Service.Approve(t.Context(), by("sue"), req.ID, "")
	code(t, "", err)
	r.activate(req.Grant)
	code(t, "", r.Service.Remind(t.Context(), req.Grant))
	_, err = r.Service.Revoke(t.Context(), by("adam"), req.Grant, "the refund went through")
	code(t, "", err)
	_, err = r.Service.Revoked(t.Context(), req.Grant, approvals.Removal{}, "absent")
	code(t, "", err)
	return r, req
}

func TestEveryEventOfAGrantNamesLawScoreAndApprovers(t *testing.T) {
	t.Parallel()
	r, req := life(t)
	seen := 0
	for _, e := range r.Store.Events() {
		if e.Grant != req.Grant || e.Grant == "" {
			continue
		}
		seen++
		if e.Version.Digest == "" || e.FactsDigest == "" || e.Score == nil || e.Model == "" {
			t.Errorf("%s says no law, facts, score or model: %+v", e.Kind, e)
		}
		same(t, string(e.Kind)+": approvers", []approvals.PrincipalID{"sol", "sue"}, e.Approvers)
		same(t, string(e.Kind)+": origin", "C1/1700.1", e.Origin)
		if strings.HasPrefix(string(e.Kind), "grant.") && e.Connector != "postgres" {
			t.Errorf("%s says connector %q", e.Kind, e.Connector)
		}
	}
	if seen < 5 {
		t.Errorf("only %d events of the grant", seen)
	}
}

func TestEveryEventOfAnAskedRequestNamesTheLaw(t *testing.T) {
	t.Parallel()
	r, req := life(t)
	for _, e := range r.Store.Events() {
		early := e.Kind == approvals.EventRequestDrafted || e.Kind == approvals.EventRequestSubmitted
		if e.Request == req.ID && e.Version.Digest == "" && !early {
			t.Errorf("%s says no law", e.Kind)
		}
	}
	for end, stop := range map[approvals.EventKind]func(*rig, approvals.RequestID) error{
		approvals.EventRequestCancelled: func(r *rig, id approvals.RequestID) error {
			_, err := r.Service.Cancel(t.Context(), by("amy"), id)
			return err
		},
		approvals.EventRequestLapsed: func(r *rig, id approvals.RequestID) error {
			r.pass(24 * time.Hour)
			_, err := r.Service.Lapse(t.Context(), id)
			return err
		},
	} {
		r := newRig(t)
		r.Policy.Rule(approvalstest.Routed(1))
		req := r.ask(nil)
		code(t, "", stop(r, req.ID))
		events := r.Store.Events()
		last := events[len(events)-1]
		if last.Kind != end || last.Version.Digest == "" || last.FactsDigest == "" {
			t.Errorf("the end is %s, under the law %q", last.Kind, last.Version.Digest)
		}
	}
}

func TestPeoplesWordsGoApartFromTheEvent(t *testing.T) {
	t.Parallel()
	r, _ := life(t)
	said := map[approvals.EventKind]map[string]string{}
	for _, e := range r.Store.Events() {
		if e.Words != nil {
			said[e.Kind] = e.Words
		}
	}
	same(t, "words", map[approvals.EventKind]map[string]string{
		approvals.EventRequestSubmitted: {"reason": "a refund is stuck", "ticket": "INC-7"},
		approvals.EventRequestCommented: {"comment": "the refund of Mrs Doe"},
		approvals.EventApprovalGiven:    {"note": "as agreed on the phone"},
		approvals.EventGrantRevoking:    {"note": "the refund went through"},
	}, said)
}
