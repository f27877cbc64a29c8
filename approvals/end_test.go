package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestHolderAndRequesterMayRelease(t *testing.T) {
	t.Parallel()
	for who, want := range map[approvals.PrincipalID]approvals.Code{"amy": "", "bob": "", "mia": approvals.CodeForbidden, "adam": approvals.CodeForbidden} {
		r := newRig(t)
		g := r.hold(func(a *approvals.Ask) { a.Beneficiary = "bob" })
		r.pass(10 * time.Minute)
		got, err := r.Service.Release(t.Context(), by(who), g.ID)
		code(t, want, err)
		if want != "" {
			same(t, string(who), approvals.GrantActive, r.grant(g.ID).State)
			continue
		}
		same(t, "ended", []any{approvals.GrantRevoking, approvals.EndReleased, who, epoch.Add(10 * time.Minute)},
			[]any{got.State, got.EndReason, got.EndedBy, got.RevokingAt})
		same(t, "tasks", []string{"provision gr_2 +0s", "revoke gr_2 +10m0s"}, r.tasks())
		again, err := r.Service.Release(t.Context(), by(who), g.ID)
		code(t, "", err)
		same(t, "again changes nothing", r.grant(g.ID).Version, again.Version)
	}
	r := newRig(t)
	_, err := r.Service.Release(t.Context(), by("amy"), "gr_9")
	code(t, approvals.CodeNotFound, err)
}

func TestManagerOwnerAndAdminMayRevokeWithAReason(t *testing.T) {
	t.Parallel()
	for who, want := range map[approvals.PrincipalID]approvals.Code{
		"mia": "", "olga": "", "adam": "", "amy": approvals.CodeForbidden, "bob": approvals.CodeForbidden, "ivan": approvals.CodeForbidden, "zoe": approvals.CodeForbidden,
	} {
		r := newRig(t)
		g := r.hold(nil)
		_, err := r.Service.Revoke(t.Context(), by(who), g.ID, " ")
		code(t, approvals.CodeInvalid, err)
		got, err := r.Service.Revoke(t.Context(), by(who), g.ID, "the incident is over")
		code(t, want, err)
		if want == "" {
			same(t, "ended", []any{approvals.GrantRevoking, approvals.EndRevoked, who, "the incident is over"}, []any{got.State, got.EndReason, got.EndedBy, got.EndNote})
		} else {
			same(t, string(who), approvals.GrantActive, r.grant(g.ID).State)
		}
	}
	r := newRig(t)
	_, err := r.Service.Revoke(t.Context(), by("mia"), "gr_9", "x")
	code(t, approvals.CodeNotFound, err)
}

func TestExpireWaitsForTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Automatic())
	scheduled := r.ask(nil).Grant
	_, err := r.Service.Expire(t.Context(), scheduled)
	code(t, approvals.CodeConflict, err)
	g := r.activate(scheduled)
	r.pass(time.Hour - time.Millisecond)
	_, err = r.Service.Expire(t.Context(), g.ID)
	code(t, approvals.CodeConflict, err)
	r.pass(time.Millisecond)
	got, err := r.Service.Expire(t.Context(), g.ID)
	code(t, "", err)
	same(t, "ended by the clock", []any{approvals.GrantRevoking, approvals.EndExpired, approvals.PrincipalID("")}, []any{got.State, got.EndReason, got.EndedBy})
	_, err = r.Service.Expire(t.Context(), g.ID)
	code(t, "", err)
	same(t, "ended once", 1, len(r.only(approvals.EventGrantRevoking)))
	_, err = r.Service.Expire(t.Context(), "gr_9")
	code(t, approvals.CodeNotFound, err)
}

// only lists the audit events of a kind.
func (r *rig) only(kind approvals.EventKind) (events []approvals.Event) {
	for _, e := range r.Store.Events() {
		if e.Kind == kind {
			events = append(events, e)
		}
	}
	return events
}

func TestEndThatRacesWithAnExtension(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	r.pass(time.Hour)
	r.Store.Before(func(c approvals.Change) error { // just before the end is stored, the end moves
		r.Store.Before(nil)
		moved := r.grant(g.ID)
		moved.EndsAt = moved.EndsAt.Add(time.Hour)
		return r.Store.Apply(t.Context(), approvals.Change{Grants: []approvals.Grant{moved}, Events: []approvals.Event{{Kind: approvals.EventGrantExtended}}})
	})
	_, err := r.Service.Expire(t.Context(), g.ID)
	code(t, approvals.CodeConflict, err)
	same(t, "state", approvals.GrantActive, r.grant(g.ID).State)
}

func TestEndGivesUpOnlyAfterManyConflicts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	left := 3
	r.Store.Before(func(approvals.Change) error {
		if left--; left >= 0 {
			return approvals.Errorf(approvals.CodeConflict, "raced")
		}
		return nil
	})
	_, err := r.Service.Release(t.Context(), by("amy"), g.ID)
	code(t, "", err)
	other := r.hold(admin)
	r.Store.Before(func(approvals.Change) error { return approvals.Errorf(approvals.CodeConflict, "raced") })
	_, err = r.Service.Release(t.Context(), by("amy"), other.ID)
	code(t, approvals.CodeUnavailable, err)
}

func TestDeactivationEndsEverything(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	active := r.hold(nil)
	scheduled := r.ask(admin).Grant
	r.Policy.Rule(approvalstest.Routed(1))
	r.Catalogue.Change("wiki:edit", func(e *approvals.Entitlement) {
		e.Name, e.DefaultDuration, e.MaxDuration, e.Approvers = "Wiki", time.Hour, time.Hour, []approvals.ApproverRef{"manager"}
	})
	pending := r.ask(func(a *approvals.Ask) { a.Entitlement = "wiki:edit" })
	extension, err := r.Service.Extend(t.Context(), by("amy"), active.ID, time.Hour, "", "more")
	code(t, "", err)
	code(t, "", r.Service.Deactivate(t.Context(), approvals.System("directory"), "amy"))
	for _, id := range []approvals.GrantID{active.ID, scheduled} {
		g := r.grant(id)
		same(t, string(id), []any{approvals.GrantRevoking, approvals.EndDeactivated}, []any{g.State, g.EndReason})
	}
	for _, id := range []approvals.RequestID{pending.ID, extension.ID} {
		same(t, string(id), approvals.RequestCancelled, r.request(id).State)
	}
	code(t, "", r.Service.Deactivate(t.Context(), approvals.System("directory"), "amy"))
	code(t, "", r.Service.Deactivate(t.Context(), approvals.System("directory"), "zoe"))
}

func TestExtensionMovesTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	r.pass(30 * time.Minute)
	req, err := r.Service.Extend(t.Context(), by("amy"), g.ID, 2*time.Hour+time.Second, " ", "more")
	code(t, "", err)
	same(t, "request", []any{approvals.KindExtension, approvals.RequestApproved, 2 * time.Hour, "a refund is stuck", g.ID},
		[]any{req.Kind, req.State, req.Duration, req.Reason, req.Grant})
	got := r.grant(g.ID)
	same(t, "grant", []any{approvals.GrantActive, epoch.Add(3 * time.Hour), 3 * time.Hour}, []any{got.State, got.EndsAt, got.Duration})
	same(t, "tasks", []string{"provision gr_2 +30m0s", "remind gr_2 +2h24m0s", "revoke gr_2 +3h0m0s"}, r.tasks())
	again, err := r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "", "more")
	code(t, "", err)
	same(t, "the same key", req.ID, again.ID)
	same(t, "moved once", epoch.Add(3*time.Hour), r.grant(g.ID).EndsAt)
}

func TestDeniedOrLateExtensionEndsAsPlanned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	r.Policy.Rule(approvalstest.Routed(1))
	req, err := r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "more", "k1")
	code(t, "", err)
	same(t, "it lapses with the access", g.EndsAt, req.LapsesAt)
	_, err = r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "more", "k2")
	code(t, approvals.CodeConflict, err)
	_, err = r.Service.Deny(t.Context(), by("mia"), req.ID, "")
	code(t, "", err)
	same(t, "end", g.EndsAt, r.grant(g.ID).EndsAt)
	req, err = r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "more", "k3")
	code(t, "", err)
	if _, err = r.Service.Release(t.Context(), by("amy"), g.ID); err != nil {
		t.Fatal(err)
	}
	same(t, "an extension of what ended", approvals.RequestCancelled, r.request(req.ID).State)
	_, err = r.Service.Approve(t.Context(), by("mia"), req.ID, "")
	code(t, approvals.CodeAlreadyDecided, err)
}

func TestExtensionApprovedAfterTheEndGivesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	r.Policy.Rule(approvalstest.Routed(1))
	req, err := r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "more", "k1")
	code(t, "", err)
	// The end comes while the approver's click is on its way.
	r.Store.Before(nil)
	ended := r.grant(g.ID)
	ended, err = ended.Move(approvals.GrantRevoking)
	code(t, "", err)
	code(t, "", r.Store.Apply(t.Context(), approvals.Change{Grants: []approvals.Grant{ended}, Events: []approvals.Event{{Kind: approvals.EventGrantRevoking}}}))
	_, err = r.Service.Approve(t.Context(), by("mia"), req.ID, "")
	code(t, approvals.CodeInvalid, err)
	same(t, "state", approvals.GrantRevoking, r.grant(g.ID).State)
}

func TestExtensionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		who  approvals.PrincipalID
		by   time.Duration
		key  string
		set  func(*rig)
		want approvals.Code
		says string
	}{
		"by somebody else": {who: "mia", by: time.Hour, key: "k", want: approvals.CodeForbidden},
		"without a key":    {who: "amy", by: time.Hour, want: approvals.CodeInvalid},
		"by seconds":       {who: "amy", by: 59 * time.Second, key: "k", want: approvals.CodeInvalid, says: "Extend by at least one minute."},
		"by too much": {who: "amy", by: 8 * time.Hour, key: "k", want: approvals.CodeInvalid,
			says: "Billing database, read only may run for at most 8 hours from now: extend by 7 hours or less."},
		"beyond the maximum": {who: "amy", by: time.Hour, key: "k", want: approvals.CodeInvalid,
			set: func(r *rig) {
				r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.MaxDuration = time.Hour })
			},
			says: "Billing database, read only may run for at most 1 hour from now, and it does already."},
		"after the end": {who: "amy", by: time.Hour, key: "k", want: approvals.CodeInvalid, set: func(r *rig) { r.pass(time.Hour) },
			says: "This access has ended, so there is nothing left to extend. Ask for it anew."},
		"by one who left": {who: "amy", by: time.Hour, key: "k", want: approvals.CodeForbidden,
			set: func(r *rig) { r.Directory.Change("amy", func(p *approvals.Principal) { p.Inactive = true }) }},
		"gone from the catalogue": {who: "amy", by: time.Hour, key: "k", want: approvals.CodeNotFound, set: func(r *rig) { r.Catalogue.Remove(approvalstest.ReadOnly) }},
	} {
		r := newRig(t)
		g := r.hold(nil)
		if c.set != nil {
			c.set(r)
		}
		_, err := r.Service.Extend(t.Context(), by(c.who), g.ID, c.by, "more", c.key)
		if approvals.ErrorCode(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if c.says != "" {
			same(t, name, c.says, approvals.ErrorMessage(err))
		}
		same(t, name+": end", g.EndsAt, r.grant(g.ID).EndsAt)
	}
	r := newRig(t)
	_, err := r.Service.Extend(t.Context(), by("amy"), "gr_9", time.Hour, "", "k")
	code(t, approvals.CodeNotFound, err)
}

func TestLongReasonOfAnExtensionIsSentBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	_, err := r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, string(make([]rune, 2001)), "k")
	code(t, approvals.CodeInvalid, err)
}

func TestRedeliveredExtensionThatLosesTheRaceGetsTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(nil)
	var first approvals.Request
	r.Store.Before(func(approvals.Change) error {
		r.Store.Before(nil)
		var err error
		first, err = r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "", "k")
		return err
	})
	got, err := r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "", "k")
	if approvals.ErrorCode(err) == approvals.CodeConflict { // the grant's version told first
		got, err = r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "", "k")
	}
	code(t, "", err)
	same(t, "request", first.ID, got.ID)
	same(t, "end moved once", epoch.Add(2*time.Hour), r.grant(g.ID).EndsAt)
}
