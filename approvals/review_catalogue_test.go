package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// entry edits the catalogue's entry of ReadOnly.
func (r *rig) entry(edit func(*approvals.Entitlement)) {
	r.Catalogue.Change(approvalstest.ReadOnly, edit)
}

// approved is running access of amy's for four hours that mia approved.
func (r *rig) approved() approvals.Grant {
	r.t.Helper()
	req := r.ask(func(a *approvals.Ask) { a.Duration = 4 * time.Hour })
	_, err := r.Service.Approve(r.t.Context(), by("mia"), req.ID, "")
	code(r.t, "", err)
	return r.activate(r.request(req.ID).Grant)
}

// review looks at a grant again.
func (r *rig) review(id approvals.GrantID) approvals.Grant {
	r.t.Helper()
	g, err := r.Service.Review(r.t.Context(), id)
	code(r.t, "", err)
	return g
}

func TestAChangedCatalogueIsLookedAtForWhatRuns(t *testing.T) {
	t.Parallel()
	law := func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
		if f.Entitlement.Sensitivity == approvals.Critical {
			return approvalstest.Refused("Not what is critical.")
		}
		return approvalstest.Routed(1)
	}
	for name, c := range map[string]struct {
		edit  func(*approvals.Entitlement)
		state approvals.GrantState
		note  string
		ends  time.Duration // after the review
	}{
		"another owner":              {func(e *approvals.Entitlement) { e.Owners = ids{"sol"} }, approvals.GrantActive, "", 3 * time.Hour},
		"another sensitivity":        {func(e *approvals.Entitlement) { e.Sensitivity = approvals.Critical }, approvals.GrantRevoking, "The policy has changed and now refuses this: Not what is critical.", 3 * time.Hour},
		"a shorter time":             {func(e *approvals.Entitlement) { e.MaxDuration = 90 * time.Minute }, approvals.GrantActive, "", 90 * time.Minute},
		"a longer time":              {func(e *approvals.Entitlement) { e.MaxDuration = 24 * time.Hour }, approvals.GrantActive, "", 3 * time.Hour},
		"a time that is long enough": {func(e *approvals.Entitlement) { e.MaxDuration = 3 * time.Hour }, approvals.GrantActive, "", 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Policy.RuleBy(law)
			g := r.approved()
			r.pass(time.Hour)
			before := len(r.Store.Events())
			r.entry(c.edit)
			got := r.review(g.ID)
			same(t, "grant", []any{c.state, c.note, r.now().Add(c.ends)}, []any{got.State, got.EndNote, got.EndsAt})
			if c.state == approvals.GrantRevoking {
				return
			}
			same(t, "said in the log", []approvals.EventKind{approvals.EventGrantReviewed}, r.kinds(before))
			same(t, "the decision is about the new entry", r.decision(g.Request).Facts.Entitlement, mustEntry(r))
			r.review(g.ID)
			same(t, "once", 1, len(r.Store.Events())-before)
		})
	}
}

func mustEntry(r *rig) approvals.Entitlement {
	e, err := r.Catalogue.Entitlement(r.t.Context(), approvalstest.ReadOnly)
	code(r.t, "", err)
	return e
}

func TestAShorterTimeMovesTheEndAndItsTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.approved()
	r.pass(time.Hour)
	r.entry(func(e *approvals.Entitlement) { e.MaxDuration = time.Hour })
	got := r.review(g.ID)
	same(t, "in all", 2*time.Hour, got.Duration)
	same(t, "tasks", []string{"provision gr_2 +1h0m0s", "remind gr_2 +1h36m0s", "revoke gr_2 +2h0m0s"}, r.tasks())
	same(t, "said", map[string]string{"duration": "2 hours", "ends_at": "2026-11-23T14:00:00Z"}, r.Store.Events()[len(r.Store.Events())-1].Detail)
	same(t, "the holder is told", ids{"amy"}, r.told(approvals.NoticeNudge))
}

func TestWhatBeginsLaterIsShortenedAsWell(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Automatic())
	req := r.ask(func(a *approvals.Ask) { inTwoDays(a); a.Duration = 4 * time.Hour })
	r.entry(func(e *approvals.Entitlement) { e.MaxDuration = 2 * time.Hour })
	got := r.review(req.Grant)
	same(t, "scheduled", []any{approvals.GrantScheduled, 2 * time.Hour, time.Time{}}, []any{got.State, got.Duration, got.EndsAt})
}

func TestWhatWaitsIsGrantedForAsLongAsTheCatalogueAllowsByThen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(func(a *approvals.Ask) { a.Duration = 4 * time.Hour })
	running := r.hold(forBob)
	r.Policy.Rule(approvalstest.Routed(1))
	more, err := r.Service.Extend(t.Context(), by("bob"), running.ID, time.Hour, "", "more")
	code(t, "", err)
	r.entry(func(e *approvals.Entitlement) { e.MaxDuration = 90 * time.Minute })
	for _, id := range []approvals.RequestID{req.ID, more.ID} {
		code(t, "", r.Service.Reconsider(t.Context(), id))
		_, err = r.Service.Approve(t.Context(), by("mia"), id, "")
		code(t, "", err)
	}
	same(t, "granted and extended", []time.Duration{90 * time.Minute, 90 * time.Minute},
		[]time.Duration{r.grant(r.request(req.ID).Grant).Duration, r.grant(running.ID).EndsAt.Sub(r.now())})

	_, err = r.Service.Extend(t.Context(), by("bob"), running.ID, time.Minute, "", "again")
	code(t, approvals.CodeInvalid, err)
	r.pass(30 * time.Minute)
	again, err := r.Service.Extend(t.Context(), by("bob"), running.ID, time.Minute, "", "again")
	code(t, "", err)
	r.entry(func(e *approvals.Entitlement) { e.MaxDuration = time.Hour })
	_, err = r.Service.Approve(t.Context(), by("mia"), again.ID, "")
	same(t, "nothing is left to extend", "This access may run for at most 1 hour from now, and it does already.", approvals.ErrorMessage(err))
}

// Of two that the catalogue keeps apart by now the older goes on.
func TestDutiesThatAreKeptApartByNowEndTheYounger(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask      bool
		standing bool
		states   []approvals.GrantState // of reading and running, the older first
		alerts   int
	}{
		"refused":               {states: []approvals.GrantState{approvals.GrantActive, approvals.GrantRevoking}},
		"people are asked":      {ask: true, states: []approvals.GrantState{approvals.GrantActive, approvals.GrantActive}, alerts: 1},
		"the other is standing": {standing: true, states: []approvals.GrantState{approvals.GrantActive, approvals.GrantRevoking}},
		"people are asked, and the other is standing": {ask: true, standing: true, states: []approvals.GrantState{approvals.GrantActive, approvals.GrantActive}, alerts: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			var held []approvals.GrantID
			if c.standing {
				r.holding("amy", epoch)
			} else {
				held = append(held, r.approved().ID)
			}
			r.pass(time.Minute)
			req := r.ask(admin)
			_, err := r.Service.Approve(t.Context(), by("olga"), req.ID, "")
			code(t, "", err)
			held = append(held, r.activate(r.request(req.ID).Grant).ID)
			r.apart(c.ask)
			for range 2 {
				for i, id := range held {
					same(t, "state", c.states[len(c.states)-len(held)+i], r.review(id).State)
				}
			}
			younger := r.grant(held[len(held)-1])
			if !c.ask {
				same(t, "why", []any{approvals.EndNoLonger, "This is refused by now: " + refusedApart}, []any{younger.EndReason, younger.EndNote})
			}
			var alerts []string
			for _, n := range r.Store.Notices() {
				if n.Kind == approvals.NoticeAlert {
					alerts = append(alerts, n.Words)
				}
			}
			same(t, "admins are told", c.alerts, len(alerts))
			if len(alerts) > 0 {
				same(t, "in words", "Amy Adeyemi holds Billing database, admin together with billing-db:read-only, which the catalogue keeps apart by now: "+apart+
					" Nothing was ended. Take one of them back if it should not be so.", alerts[0])
			}
		})
	}
}
