package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestAnApproverGivesLessThanWasAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(func(a *approvals.Ask) { a.Duration = 2 * time.Hour })
	got, err := r.Service.ApproveFor(t.Context(), by("mia"), req.ID, 45*time.Minute+30*time.Second, "long enough")
	code(t, "", err)
	same(t, "asked stays asked", 2*time.Hour, got.Duration)
	same(t, "granted", 45*time.Minute, r.grant(got.Grant).Duration)
	same(t, "learned", 45*time.Minute, r.Store.Learned()[0].Duration)
	answers, err := r.Store.Approvals(t.Context(), req.ID)
	code(t, "", err)
	same(t, "given", 45*time.Minute, answers[0].Duration)
	same(t, "for how long", 45*time.Minute, approvals.Given(got, answers))
	want := map[string]string{"asked": "2h0m0s", "given": "45m0s"}
	events := r.Store.Events()
	for _, kind := range []approvals.EventKind{approvals.EventRequestApproved, approvals.EventGrantScheduled} {
		found := false
		for _, e := range events {
			if e.Kind == kind {
				found = true
				same(t, string(kind), want, e.Detail)
			}
		}
		if !found {
			t.Errorf("no %s", kind)
		}
	}
	g := r.activate(got.Grant)
	same(t, "end", g.ActiveAt.Add(45*time.Minute), g.EndsAt)
}

func TestNobodyGivesMoreThanWasAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		give time.Duration
		want approvals.Code
	}{
		"more":            {time.Hour + time.Minute, approvals.CodeInvalid},
		"nothing":         {0, approvals.CodeInvalid},
		"less than a bit": {59 * time.Second, approvals.CodeInvalid},
		"a negative time": {-time.Hour, approvals.CodeInvalid},
		"a minute":        {time.Minute, ""},
		"what was asked":  {time.Hour, ""},
	} {
		r := newRig(t)
		req := r.ask(nil)
		got, err := r.Service.ApproveFor(t.Context(), by("mia"), req.ID, c.give, "")
		if approvals.ErrorCode(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" {
			same(t, name, approvals.RequestPending, r.request(req.ID).State)
			continue
		}
		same(t, name, c.give, r.grant(got.Grant).Duration)
	}
}

func TestWhoMayNotApproveShortensNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = []approvals.ApproverRef{"manager"} })
	req := r.ask(nil)
	for who, want := range map[approvals.PrincipalID]approvals.Code{"amy": approvals.CodeSelfApproval, "bob": approvals.CodeForbidden} {
		_, err := r.Service.ApproveFor(t.Context(), by(who), req.ID, time.Minute, "")
		code(t, want, err)
	}
	same(t, "state", approvals.RequestPending, r.request(req.ID).State)
	_, err := r.Service.ApproveFor(t.Context(), by("mia"), "req_none", time.Minute, "")
	code(t, approvals.CodeNotFound, err)
}

func TestOfSeveralApprovalsTheShortestTimeHolds(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]time.Duration{
		"first": {10 * time.Minute, 30 * time.Minute}, "second": {30 * time.Minute, 10 * time.Minute}, "only the first": {10 * time.Minute, time.Hour},
	} {
		r := newRig(t)
		r.Policy.Rule(approvalstest.Routed(2))
		r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = []approvals.ApproverRef{"group:security"} })
		req := r.ask(nil)
		_, err := r.Service.ApproveFor(t.Context(), by("sol"), req.ID, order[0], "")
		code(t, "", err)
		same(t, name+": still waits", approvals.RequestPending, r.request(req.ID).State)
		got, err := r.Service.ApproveFor(t.Context(), by("sue"), req.ID, order[1], "")
		code(t, "", err)
		same(t, name, 10*time.Minute, r.grant(got.Grant).Duration)
	}
}

func TestAnExtensionIsShortenedToo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	r.Policy.Rule(approvalstest.Routed(1))
	ext, err := r.Service.Extend(t.Context(), by("amy"), g.ID, 30*time.Minute, "", "more")
	code(t, "", err)
	_, err = r.Service.ApproveFor(t.Context(), by("mia"), ext.ID, 10*time.Minute, "")
	code(t, "", err)
	later := r.grant(g.ID)
	same(t, "end", g.EndsAt.Add(10*time.Minute), later.EndsAt)
	same(t, "length", g.Duration+10*time.Minute, later.Duration)
	last := r.Store.Events()[len(r.Store.Events())-1]
	same(t, "audited", []any{approvals.EventGrantExtended, "30m0s", "10m0s"}, []any{last.Kind, last.Detail["asked"], last.Detail["given"]})
}
