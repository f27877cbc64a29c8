package approvals_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

type ids = []approvals.PrincipalID

// staged routes by stages: mia answers in the first, olga in the second, the
// group security in the third.
func (r *rig) staged(stages ...approvals.Stage) {
	ruling := approvalstest.Routed(1)
	ruling.Stages = stages
	r.Policy.Rule(ruling)
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) {
		e.Approvers = []approvals.ApproverRef{"manager", "owner", "group:security"}
	})
	seats := map[approvals.PrincipalID][]int{"mia": nil, "olga": {2}, "sol": {3}, "sue": {3}}
	r.Policy.ApproverBy(func(_ approvals.Facts, _ approvals.Assessment, p approvals.Principal) approvals.Verdict {
		stages, allowed := seats[p.ID]
		return approvals.Verdict{Allowed: allowed, Stages: stages, Policies: []approvals.PolicyRef{{ID: "seat-" + string(p.ID), Effect: "permit"}}}
	})
}

// step is what somebody answers, and what comes of it.
func (r *rig) step(name string, who approvals.PrincipalID, id approvals.RequestID, state approvals.RequestState, approvers ids) {
	r.t.Helper()
	got, err := r.Service.Approve(r.t.Context(), by(who), id, "")
	code(r.t, "", err)
	same(r.t, name+": state", state, got.State)
	if state == approvals.RequestPending {
		same(r.t, name+": who may answer", approvers, r.decision(id).Approvers)
	}
}

func TestStagesAreAskedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.staged(approvals.Stage{Number: 1, Quorum: 1}, approvals.Stage{Number: 2, Quorum: 1, Channel: "#owners"}, approvals.Stage{Number: 3, Quorum: 2})
	req := r.ask(nil)
	d := r.decision(req.ID)
	same(t, "first", []any{ids{"mia"}, ids{"mia"}, 1, false}, []any{d.Approvers, d.Asked, d.Stage, d.Fallback})
	_, err := r.Service.Approve(t.Context(), by("olga"), req.ID, "")
	code(t, approvals.CodeForbidden, err) // not yet
	r.pass(7 * time.Hour)
	r.step("mia", "mia", req.ID, approvals.RequestPending, ids{"olga"})
	d = r.decision(req.ID)
	same(t, "second", []any{ids{"mia"}, []string{"#owners"}, 2, r.now()}, []any{d.Asked, d.AskedIn, d.Stage, d.StageAt})
	same(t, "the second stage has its own time", r.now().Add(8*time.Hour), r.request(req.ID).LapsesAt)
	r.pass(7 * time.Hour) // 14 hours after the request: the first stage's time would be over
	r.step("olga", "olga", req.ID, approvals.RequestPending, ids{"sol", "sue"})
	r.step("sol", "sol", req.ID, approvals.RequestPending, ids{"sol", "sue"})
	r.step("sue", "sue", req.ID, approvals.RequestApproved, nil)
	same(t, "events", []approvals.EventKind{approvals.EventActionRefused, approvals.EventApprovalGiven, approvals.EventRequestAdvanced,
		approvals.EventApprovalGiven, approvals.EventRequestAdvanced, approvals.EventApprovalGiven, approvals.EventRequestApproved, approvals.EventGrantScheduled}, r.kinds(3))
	given, err := r.Store.Approvals(t.Context(), req.ID)
	code(t, "", err)
	var stages []int
	for _, a := range given {
		stages = append(stages, a.Stage)
	}
	same(t, "stages of the answers", []int{1, 2, 3, 3}, stages)
	same(t, "no task is left of the request", []string{"provision gr_2 +14h0m0s"}, r.tasks())
}

func TestASilentStageIsStoodInForByTheNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		who   approvals.PrincipalID
		state approvals.RequestState
	}{
		"the first answers after all": {"mia", approvals.RequestApproved},
		"the next answers":            {"olga", approvals.RequestApproved},
	} {
		r := newRig(t)
		r.staged(approvals.Stage{Number: 1, Quorum: 1, EscalateAfter: 2 * time.Hour}, approvals.Stage{Number: 2, Quorum: 1})
		req := r.ask(nil)
		same(t, name+": tasks", []string{"chase req_1 +4h0m0s", "escalate req_1 +2h0m0s", "lapse req_1 +8h0m0s"}, r.tasks())
		r.pass(2*time.Hour - time.Millisecond)
		_, err := r.Service.Escalate(t.Context(), req.ID)
		code(t, "", err)
		same(t, name+": not before its time", ids{"mia"}, r.decision(req.ID).Approvers)
		r.pass(time.Millisecond)
		for range 2 { // the second changes nothing
			_, err = r.Service.Escalate(t.Context(), req.ID)
			code(t, "", err)
		}
		d := r.decision(req.ID)
		same(t, name+": both may answer", []any{ids{"mia", "olga"}, 2}, []any{d.Approvers, d.Stage})
		r.step(name, c.who, req.ID, c.state, nil)
	}
}

func TestTheSecurityQueueFollowsTheLastStage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ruling := approvalstest.Routed(1)
	ruling.EscalateAfter, ruling.LapseAfter = time.Hour, 2*time.Hour
	r.Policy.Rule(ruling)
	req := r.ask(nil)
	same(t, "tasks", []string{"chase req_1 +1h0m0s", "escalate req_1 +1h0m0s", "lapse req_1 +2h0m0s"}, r.tasks())
	r.pass(time.Hour)
	_, err := r.Service.Escalate(t.Context(), req.ID)
	code(t, "", err)
	d := r.decision(req.ID)
	same(t, "asked", []any{ids{"mia", "sol", "sue"}, true, true}, []any{d.Approvers, d.Escalated, d.Fallback})
	same(t, "event", map[string]string{"stage": "security queue"}, r.Store.Events()[3].Detail)
	r.pass(90 * time.Minute)
	_, err = r.Service.Escalate(t.Context(), req.ID)
	code(t, "", err)
	same(t, "once", d.Sequence, r.decision(req.ID).Sequence)
	r.step("the queue answers", "sol", req.ID, approvals.RequestApproved, nil)
	_, err = r.Service.Escalate(t.Context(), req.ID)
	code(t, "", err) // too late: nothing to do
	_, err = r.Service.Escalate(t.Context(), "req_9")
	code(t, approvals.CodeNotFound, err)
}

func TestOnePersonPassesOneStage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.staged(approvals.Stage{Number: 1, Quorum: 1}, approvals.Stage{Number: 2, Quorum: 1})
	r.Directory.Change("amy", func(p *approvals.Principal) { p.Manager = "olga" })
	r.Policy.ApproverBy(func(_ approvals.Facts, _ approvals.Assessment, p approvals.Principal) approvals.Verdict {
		return approvals.Verdict{Allowed: p.ID == "olga", Stages: []int{1, 2}}
	})
	req := r.ask(nil)
	// olga is of both stages; when she has passed the first, only the security queue is left for the second.
	r.step("olga", "olga", req.ID, approvals.RequestPending, ids{"olga", "sol", "sue"})
	_, err := r.Service.Approve(t.Context(), by("olga"), req.ID, "")
	code(t, approvals.CodeAlreadyDecided, err)
	r.step("sol", "sol", req.ID, approvals.RequestApproved, nil)
}

func TestAStageThatNobodyCanPassIsStoodInForAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.staged(approvals.Stage{Number: 1, Quorum: 2, EscalateAfter: time.Hour}, approvals.Stage{Number: 2, Quorum: 2, EscalateAfter: time.Hour},
		approvals.Stage{Number: 3, Quorum: 2, Approvers: []approvals.ApproverRef{"person:bob"}})
	req := r.ask(nil)
	d := r.decision(req.ID)
	// mia alone is no two, nor is olga: all three stages are open, and what mia says counts in each.
	same(t, "open", []any{ids{"mia", "olga", "sol", "sue"}, 3, false}, []any{d.Approvers, d.Stage, d.Fallback})
	r.step("mia", "mia", req.ID, approvals.RequestPending, ids{"mia", "olga", "sol", "sue"})
	r.step("sue", "sue", req.ID, approvals.RequestApproved, nil)
}

func TestApproversMayLeaveItToOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = []approvals.ApproverRef{"manager", "owner"} })
	req := r.ask(nil)
	got, err := r.Service.Abstain(t.Context(), by("mia"), req.ID, "I don't know this system.")
	code(t, "", err)
	same(t, "it waits", approvals.RequestPending, got.State)
	_, err = r.Service.Approve(t.Context(), by("mia"), req.ID, "")
	code(t, approvals.CodeAlreadyDecided, err)
	_, err = r.Service.Abstain(t.Context(), by("amy"), req.ID, "")
	code(t, approvals.CodeSelfApproval, err)
	_, err = r.Service.Abstain(t.Context(), by("olga"), req.ID, "")
	code(t, "", err)
	d := r.decision(req.ID)
	same(t, "nobody is left", []any{ids{"mia", "olga", "sol", "sue"}, true}, []any{d.Approvers, d.Fallback})
	same(t, "asked", ids{"mia", "olga", "sol", "sue"}, d.Asked)
	r.step("the queue answers", "sue", req.ID, approvals.RequestApproved, nil)
	same(t, "events", []approvals.EventKind{approvals.EventApprovalAbstained, approvals.EventActionRefused, approvals.EventApprovalAbstained,
		approvals.EventRequestApproved, approvals.EventGrantScheduled}, r.kinds(3))
	same(t, "nothing is learned of an abstention", 1, len(r.Store.Learned()))
}

func TestEnoughApprovalsSettleWhenFewerAreNeeded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Routed(2))
	req := r.ask(admin)
	r.step("one of two", "olga", req.ID, approvals.RequestPending, ids{"olga", "sol", "sue"})
	got, err := r.Service.Decide(t.Context(), approvals.System("review"), req.ID)
	code(t, "", err)
	same(t, "two are needed still", approvals.RequestPending, got.State)
	r.Policy.Rule(approvalstest.Routed(1))
	got, err = r.Service.Decide(t.Context(), approvals.System("review"), req.ID)
	code(t, "", err)
	same(t, "approved", []any{approvals.RequestApproved, approvals.PrincipalID("olga")}, []any{got.State, got.DecidedBy})
	if !slices.Contains(r.kinds(0), approvals.EventRequestApproved) {
		t.Error("it is not audited as approved")
	}
}

func TestApprovalsAreCountedAgainBeforeAccessIsGiven(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	r.step("mia", "mia", req.ID, approvals.RequestApproved, nil)
	r.Directory.Change("mia", func(p *approvals.Principal) { p.Inactive = true })
	g, err := r.Service.Provision(t.Context(), r.request(req.ID).Grant, false, r.now().Add(time.Minute))
	code(t, "", err)
	same(t, "failed", []any{approvals.GrantFailed, "Those who approved this may no longer answer for it, or more must agree by now. Please ask again."}, []any{g.State, g.EndNote})
}
