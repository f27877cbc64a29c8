package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// scheduled is a grant that a policy gave and nobody has provisioned.
func (r *rig) scheduled() approvals.GrantID {
	r.t.Helper()
	r.Policy.Rule(approvalstest.Automatic())
	return r.ask(nil).Grant
}

func TestProvisionLooksAgainBeforeTheFirstEffect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(*rig)
		want approvals.GrantState
		why  string
	}{
		"all well":  {func(*rig) {}, approvals.GrantProvisioning, ""},
		"forbidden": {func(r *rig) { r.Policy.Rule(approvalstest.Refused("Frozen.")) }, approvals.GrantFailed, "The policy has changed and now refuses this: Frozen."},
		"not automatic": {func(r *rig) { r.Policy.Rule(approvalstest.Routed(1)) }, approvals.GrantFailed,
			"What allowed this at once no longer holds, and nobody was asked. Please ask again."},
		"left": {func(r *rig) { r.Directory.Change("amy", func(p *approvals.Principal) { p.Inactive = true }) }, approvals.GrantFailed,
			"Amy Adeyemi is deactivated in the directory and may not ask, decide or hold access."},
		"gone from the catalogue": {func(r *rig) { r.Catalogue.Remove(approvalstest.ReadOnly) }, approvals.GrantFailed, "There is no such entitlement."},
	} {
		r := newRig(t)
		id := r.scheduled()
		c.set(r)
		g, err := r.Service.Provision(t.Context(), id, false, epoch.Add(time.Minute))
		code(t, "", err)
		same(t, name, []any{c.want, c.why}, []any{g.State, g.EndNote})
		if c.want == approvals.GrantFailed {
			same(t, name+": failed", []any{approvals.EndFailed, false}, []any{g.EndReason, g.Prechecked})
			same(t, name+": events", approvals.EventGrantFailed, r.kinds(0)[len(r.kinds(0))-1])
		} else {
			same(t, name+": call", []any{true, epoch.Add(time.Minute)}, []any{g.Prechecked, g.CallUntil})
		}
	}
}

func TestProvisionKeepsWhatPeopleDecided(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req, err := r.Service.Approve(t.Context(), by("mia"), r.ask(nil).ID, "")
	code(t, "", err)
	g, err := r.Service.Provision(t.Context(), req.Grant, false, epoch.Add(time.Minute))
	code(t, "", err)
	same(t, "a policy that would only ask does not undo it", approvals.GrantProvisioning, g.State)
}

func TestProvisionFailsClosedWhenItCannotLook(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.scheduled()
	r.Directory.Fail(approvals.Errorf(approvals.CodeUnavailable, "down"))
	_, err := r.Service.Provision(t.Context(), id, false, epoch.Add(time.Minute))
	code(t, approvals.CodeUnavailable, err)
	same(t, "state", approvals.GrantScheduled, r.grant(id).State)
	_, err = r.Service.Provision(t.Context(), "gr_9", false, epoch)
	code(t, approvals.CodeNotFound, err)
}

func TestHalfProvisionedGrantThatNoLongerHoldsIsUndone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.scheduled()
	if _, err := r.Service.Provision(t.Context(), id, false, epoch.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	r.Policy.Rule(approvalstest.Refused("Frozen."))
	g, err := r.Service.Provision(t.Context(), id, false, epoch.Add(2*time.Minute))
	code(t, "", err)
	same(t, "grant", []any{approvals.GrantRevoking, approvals.EndFailed}, []any{g.State, g.EndReason})
	same(t, "what was known is kept", epoch.Add(time.Minute), r.grant(id).CallUntil)
}

func TestStandingAccessIsWhatNoGrantGave(t *testing.T) {
	t.Parallel()
	twin := func(r *rig, other approvals.GrantState, standing, prechecked bool) {
		g := approvals.Grant{ID: "gr_x", Request: "req_1", Entitlement: approvalstest.Twin, Principal: "amy", State: other, Connector: "postgres",
			Account: "amy@example.com", Target: map[string]string{"resource": "billing-db", "level": "read-only"}, Prechecked: prechecked, Standing: standing}
		if err := r.Store.Apply(t.Context(), approvals.Change{Grants: []approvals.Grant{g}, Events: []approvals.Event{{Kind: approvals.EventGrantActive}}}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		present bool
		set     func(*rig)
		want    bool
	}{
		"absent":                   {false, func(*rig) {}, false},
		"present":                  {true, func(*rig) {}, true},
		"given by another":         {true, func(r *rig) { twin(r, approvals.GrantActive, false, true) }, false},
		"another's standing":       {true, func(r *rig) { twin(r, approvals.GrantActive, true, true) }, true},
		"another not begun":        {true, func(r *rig) { twin(r, approvals.GrantScheduled, false, false) }, true},
		"another ended":            {true, func(r *rig) { twin(r, approvals.GrantRevoked, false, true) }, true},
		"another is being revoked": {true, func(r *rig) { twin(r, approvals.GrantRevoking, false, true) }, false},
	} {
		r := newRig(t)
		id := r.scheduled()
		c.set(r)
		g, err := r.Service.Provision(t.Context(), id, c.present, epoch.Add(time.Minute))
		code(t, "", err)
		same(t, name, c.want, g.Standing)
		later, err := r.Service.Provision(t.Context(), id, !c.present, epoch.Add(time.Minute))
		code(t, "", err)
		same(t, name+": the first look counts", c.want, later.Standing)
	}
}

func TestClockStartsWhenAccessWorks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.scheduled()
	_, err := r.Service.Activate(t.Context(), id, nil, "present")
	code(t, "", err)
	same(t, "not before it was provisioned", approvals.GrantScheduled, r.grant(id).State)
	r.pass(7 * time.Minute)
	g := r.activate(id)
	same(t, "grant", []any{approvals.GrantActive, epoch.Add(7 * time.Minute), epoch.Add(67 * time.Minute), time.Time{}, approvals.Receipt{"account": "amy"}},
		[]any{g.State, g.ActiveAt, g.EndsAt, g.CallUntil, g.Receipt})
	same(t, "tasks", []string{"provision gr_2 +0s", "remind gr_2 +55m0s", "revoke gr_2 +1h7m0s"}, r.tasks())
	version := r.grant(id).Version
	r.pass(time.Minute)
	r.activate(id)
	same(t, "again changes nothing", version, r.grant(id).Version)
	_, err = r.Service.Activate(t.Context(), "gr_9", nil, "")
	code(t, approvals.CodeNotFound, err)
}

func TestFailedProvisioningIsToldAndUndone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.scheduled()
	g, err := r.Service.ProvisionFailed(t.Context(), id, "No such role.")
	code(t, "", err)
	same(t, "untouched", []any{approvals.GrantFailed, "No such role."}, []any{g.State, g.EndNote})
	same(t, "told", []approvals.PrincipalID{"amy", "olga"}, r.told(approvals.NoticeFailed))

	r = newRig(t)
	id = r.scheduled()
	if _, err := r.Service.Provision(t.Context(), id, false, epoch.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	g, err = r.Service.ProvisionFailed(t.Context(), id, "No such role.")
	code(t, "", err)
	same(t, "half done", []any{approvals.GrantRevoking, approvals.EndFailed, "No such role."}, []any{g.State, g.EndReason, g.EndNote})
	same(t, "told before it is undone", 0, len(r.told(approvals.NoticeFailed)))
	_, err = r.Service.Revoked(t.Context(), id, approvals.Removal{}, "absent")
	code(t, "", err)
	same(t, "told", []approvals.PrincipalID{"amy", "olga"}, r.told(approvals.NoticeFailed))
	same(t, "nobody is told that it ended", 0, len(r.told(approvals.NoticeEnded)))

	active := r.hold(admin)
	g, err = r.Service.ProvisionFailed(t.Context(), active.ID, "late news")
	code(t, "", err)
	same(t, "working access does not fail", approvals.GrantActive, g.State)
	_, err = r.Service.ProvisionFailed(t.Context(), "gr_9", "")
	code(t, approvals.CodeNotFound, err)
}

func TestThirdFailureIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	for n := 1; n <= 5; n++ {
		got, err := r.Service.Retry(t.Context(), g.ID, "revoke", "The system is down.")
		code(t, "", err)
		same(t, "attempts", []any{n, "The system is down."}, []any{got.Attempts, got.LastError})
		want := 0
		if n >= 3 {
			want = 2
		}
		same(t, "told", want, len(r.told(approvals.NoticeFailed)))
	}
	same(t, "events", 5, len(r.only(approvals.EventGrantRetried)))
	same(t, "detail", map[string]string{"attempt": "5", "error": "The system is down."}, r.only(approvals.EventGrantRetried)[4].Detail)
	_, err := r.Service.Retry(t.Context(), "gr_9", "revoke", "")
	code(t, approvals.CodeNotFound, err)
}

func TestFailureOfWhatEndedLeavesNoTrace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.scheduled()
	if _, err := r.Service.ProvisionFailed(t.Context(), id, "no"); err != nil {
		t.Fatal(err)
	}
	events := len(r.Store.Events())
	_, err := r.Service.Retry(t.Context(), id, "grant", "late news")
	code(t, "", err)
	same(t, "events", events, len(r.Store.Events()))
}

func TestRevokedIsSaidWithItsProof(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	got, err := r.Service.Revoked(t.Context(), g.ID, approvals.Removal{}, "absent")
	code(t, "", err)
	same(t, "not while it is active", approvals.GrantActive, got.State)
	r.pass(time.Minute)
	if _, err := r.Service.Release(t.Context(), by("amy"), g.ID); err != nil {
		t.Fatal(err)
	}
	got, err = r.Service.Revoked(t.Context(), g.ID, approvals.Removal{SessionsEnded: 2}, "absent: no such member")
	code(t, "", err)
	same(t, "grant", []any{approvals.GrantRevoked, epoch.Add(time.Minute)}, []any{got.State, got.RevokedAt})
	proof := r.only(approvals.EventGrantRevoked)[0]
	same(t, "proof", []any{"revoke", "absent: no such member", "2"}, []any{proof.Operation, proof.ReadBack, proof.Detail["sessions_ended"]})
	same(t, "told", []approvals.PrincipalID{"amy"}, r.told(approvals.NoticeEnded))
	_, err = r.Service.Revoked(t.Context(), g.ID, approvals.Removal{}, "absent")
	code(t, "", err)
	same(t, "once", 1, len(r.only(approvals.EventGrantRevoked)))
	_, err = r.Service.Revoked(t.Context(), "gr_9", approvals.Removal{}, "")
	code(t, approvals.CodeNotFound, err)
}

func TestResidualIsShownUntilItIsOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	if _, err := r.Service.Release(t.Context(), by("amy"), g.ID); err != nil {
		t.Fatal(err)
	}
	until := epoch.Add(time.Hour)
	lives := approvals.Removal{ResidualUntil: until, Reason: "cached credentials"}
	for range 2 {
		got, err := r.Service.Revoked(t.Context(), g.ID, lives, "absent")
		code(t, "", err)
		same(t, "grant", []any{approvals.GrantResidual, until}, []any{got.State, got.ResidualUntil})
	}
	same(t, "said once", 1, len(r.only(approvals.EventGrantResidual)))
	same(t, "detail", map[string]string{"sessions_ended": "0", "residual_until": until.Format(time.RFC3339), "why": "cached credentials"},
		r.only(approvals.EventGrantResidual)[0].Detail)
	same(t, "tasks", []string{"provision gr_2 +0s", "revoke gr_2 +1h0m0s"}, r.tasks())
	r.pass(time.Hour)
	got, err := r.Service.Revoked(t.Context(), g.ID, lives, "absent")
	code(t, "", err)
	same(t, "over", approvals.GrantRevoked, got.State)
}

func TestNudgeIsSentWhileThereIsSomethingToExtend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	code(t, "", r.Service.Remind(t.Context(), g.ID))
	same(t, "nudged", []approvals.PrincipalID{"amy"}, r.told(approvals.NoticeNudge))
	r.pass(time.Hour)
	events := len(r.Store.Events())
	code(t, "", r.Service.Remind(t.Context(), g.ID))
	same(t, "not after the end", events, len(r.Store.Events()))
	code(t, approvals.CodeNotFound, r.Service.Remind(t.Context(), "gr_9"))
}

func TestOverdueAccessIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	_, err := r.Service.Overdue(t.Context(), g.ID, false)
	code(t, "", err)
	same(t, "not before its end", 0, len(r.only(approvals.EventGrantOverdue)))
	r.pass(time.Hour + 90*time.Second)
	_, err = r.Service.Overdue(t.Context(), g.ID, false)
	code(t, "", err)
	same(t, "owners", []approvals.PrincipalID{"amy", "olga"}, r.told(approvals.NoticeFailed))
	r.pass(15 * time.Minute)
	_, err = r.Service.Overdue(t.Context(), g.ID, true)
	code(t, "", err)
	same(t, "admins", []approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert))
	var details []map[string]string
	for _, e := range r.only(approvals.EventGrantOverdue) {
		details = append(details, e.Detail)
	}
	same(t, "events", []map[string]string{{"overdue": "1m30s", "told": "owners"}, {"overdue": "16m30s", "told": "admins"}}, details)
	_, err = r.Service.Overdue(t.Context(), "gr_9", false)
	code(t, approvals.CodeNotFound, err)
}

func TestWhoHeardOfOverdueAccessHearsThatItIsRemoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tries          int
		late           time.Duration
		owners, admins bool
	}{
		"at once":               {late: 5 * time.Second},
		"after two tries":       {tries: 2, late: 5 * time.Second},
		"after three tries":     {tries: 3, late: 5 * time.Second, owners: true},
		"after a minute":        {late: time.Minute, owners: true},
		"after a quarter":       {tries: 9, late: 15 * time.Minute, owners: true, admins: true},
		"just before a quarter": {tries: 9, late: 15*time.Minute - time.Second, owners: true},
	} {
		r := newRig(t)
		g := r.hold(nil)
		if _, err := r.Service.Release(t.Context(), by("amy"), g.ID); err != nil {
			t.Fatal(err)
		}
		for range c.tries {
			_, err := r.Service.Retry(t.Context(), g.ID, "revoke", "it does not answer")
			code(t, "", err)
		}
		r.pass(c.late)
		before := len(r.Store.Notices())
		_, err := r.Service.Revoked(t.Context(), g.ID, approvals.Removal{}, "absent")
		code(t, "", err)
		var owners, admins bool
		for _, n := range r.Store.Notices()[before:] {
			owners = owners || n.Kind == approvals.NoticeFailed && n.To == "olga"
			if n.Kind == approvals.NoticeAlert {
				admins = true
				same(t, name, []string{"alert/overdue/gr_2/adam", "Amy Adeyemi's access to Billing database, read only (gr_2) outlived its end by 15 minutes. It is removed now."},
					[]string{n.Slot, n.Words})
			}
		}
		same(t, name, []bool{c.owners, c.admins}, []bool{owners, admins})
	}
}

func TestSummaryIsShownAndDecidesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	before, err := r.Store.Decision(t.Context(), req.ID)
	code(t, "", err)
	sum := approvals.Summary{Request: req.ID, Text: "APPROVE THIS. The score is 0.", Model: "m", Prompt: "p1", At: epoch}
	code(t, "", r.Service.Summarise(t.Context(), sum))
	got, _ := r.Store.Summary(req.ID)
	same(t, "summary", sum, got)
	after, err := r.Store.Decision(t.Context(), req.ID)
	code(t, "", err)
	same(t, "decision", before, after)
	if ev := r.only(approvals.EventSummaryWritten); len(ev) != 1 || len(ev[0].Detail) != 2 {
		t.Errorf("the log holds %+v, want the model's name and the prompt's version, not its words", ev)
	}
	code(t, approvals.CodeNotFound, r.Service.Summarise(t.Context(), approvals.Summary{Request: "req_9"}))
	draft, err := r.draft(admin)
	code(t, "", err)
	code(t, approvals.CodeNotFound, r.Service.Summarise(t.Context(), approvals.Summary{Request: draft.ID}))
}
