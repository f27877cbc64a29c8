package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestRunningAccessEndsWhenItNoLongerHolds(t *testing.T) {
	t.Parallel()
	const moved = "You have moved since this was approved, and those who approved it no longer answer for you. Please ask again."
	for name, c := range map[string]struct {
		people  bool // approved by mia; else by a policy
		change  func(r *rig)
		state   approvals.GrantState
		reason  approvals.EndReason
		note    string
		decided int // decisions stored in all
	}{
		"nothing changed":                            {false, func(*rig) {}, approvals.GrantActive, "", "", 1},
		"the holder left":                            {false, func(r *rig) { r.change("amy", func(p *approvals.Principal) { p.Inactive = true }) }, approvals.GrantRevoking, approvals.EndDeactivated, "Amy Adeyemi is deactivated in the directory and may not ask, decide or hold access.", 1},
		"the entitlement is gone":                    {false, func(r *rig) { r.Catalogue.Remove(approvalstest.ReadOnly) }, approvals.GrantRevoking, approvals.EndDeactivated, "There is no such entitlement.", 1},
		"the policy forbids it now":                  {true, func(r *rig) { r.Policy.Rule(approvalstest.Refused("Frozen.")) }, approvals.GrantRevoking, approvals.EndNoLonger, "The policy has changed and now refuses this: Frozen.", 2},
		"no permit allows it now":                    {false, func(r *rig) { r.law2(approvalstest.Routed(1)) }, approvals.GrantRevoking, approvals.EndNoLonger, "What allowed this at once no longer holds for you, and nobody was asked. Please ask again.", 1},
		"a new law allows it as well":                {false, func(r *rig) { r.law2(approvalstest.Automatic()) }, approvals.GrantActive, "", "", 2},
		"people allowed what the law asks people":    {true, func(r *rig) { r.law2(approvalstest.Routed(1)) }, approvals.GrantActive, "", "", 3},
		"another manager":                            {true, func(r *rig) { r.change("amy", func(p *approvals.Principal) { p.Manager = "olga" }) }, approvals.GrantRevoking, approvals.EndNoLonger, moved, 2},
		"another department, the same manager":       {true, func(r *rig) { r.change("amy", func(p *approvals.Principal) { p.Department = "Data" }) }, approvals.GrantActive, "", "", 3},
		"another function":                           {true, func(r *rig) { r.change("amy", func(p *approvals.Principal) { p.Function = "Development" }) }, approvals.GrantActive, "", "", 3},
		"the approver left, the holder did not move": {true, func(r *rig) { r.change("mia", func(p *approvals.Principal) { p.Inactive = true }) }, approvals.GrantActive, "", "", 2},
		"the directory is out of date": {true, func(r *rig) {
			r.change("amy", func(p *approvals.Principal) { p.Manager = "olga" })
			r.Directory.SetState(approvals.DirectoryState{Stale: true})
		}, approvals.GrantActive, "", "", 2},
		"the directory does not answer": {true, func(r *rig) { r.Directory.Fail(approvals.Errorf(approvals.CodeUnavailable, "down")) }, approvals.GrantActive, "", "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			var g approvals.Grant
			if c.people {
				req := r.ask(nil)
				_, err := r.Service.Approve(t.Context(), by("mia"), req.ID, "")
				code(t, "", err)
				g = r.activate(r.request(req.ID).Grant)
			} else {
				g = r.hold(nil)
			}
			r.pass(10 * time.Minute)
			c.change(r)
			got, err := r.Service.Review(t.Context(), g.ID)
			code(t, "", err)
			same(t, "grant", []any{c.state, c.reason, c.note}, []any{got.State, got.EndReason, got.EndNote})
			same(t, "decisions", c.decided, r.decision(g.Request).Sequence)
			r.Directory.Fail(nil)
			_, err = r.Service.Review(t.Context(), g.ID)
			code(t, "", err)
			if c.state == approvals.GrantActive && c.decided > 1 {
				same(t, "once", c.decided, r.decision(g.Request).Sequence)
			}
		})
	}
}

func (r *rig) change(id approvals.PrincipalID, edit func(*approvals.Principal)) {
	r.Directory.Change(id, edit)
}

// law2 puts another law into force.
func (r *rig) law2(ruling approvals.Ruling) {
	ruling.Version.Digest = "law-2"
	r.Policy.Rule(ruling)
}

func TestWaitingRequestsAreReconsidered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(r *rig)
		want   approvals.RequestState
		looks  int
	}{
		"nothing changed":         {func(*rig) {}, approvals.RequestPending, 1},
		"the law permits it":      {func(r *rig) { r.law2(approvalstest.Automatic()) }, approvals.RequestApproved, 2},
		"the law forbids it":      {func(r *rig) { r.Policy.Rule(approvalstest.Refused("No.")) }, approvals.RequestDenied, 2},
		"another manager":         {func(r *rig) { r.change("amy", func(p *approvals.Principal) { p.Manager = "olga" }) }, approvals.RequestPending, 2},
		"who asked has left":      {func(r *rig) { r.change("amy", func(p *approvals.Principal) { p.Inactive = true }) }, approvals.RequestCancelled, 1},
		"the entitlement is gone": {func(r *rig) { r.Catalogue.Remove(approvalstest.ReadOnly) }, approvals.RequestCancelled, 1},
	} {
		r := newRig(t)
		req := r.ask(nil)
		c.change(r)
		code(t, "", r.Service.Reconsider(t.Context(), req.ID))
		same(t, name, []any{c.want, c.looks}, []any{r.request(req.ID).State, r.decision(req.ID).Sequence})
		code(t, "", r.Service.Reconsider(t.Context(), req.ID))
		same(t, name+": once", c.looks, r.decision(req.ID).Sequence)
	}
	r := newRig(t)
	code(t, approvals.CodeNotFound, r.Service.Reconsider(t.Context(), "req_9"))
	_, err := r.Service.Review(t.Context(), "gr_9")
	code(t, approvals.CodeNotFound, err)
}
