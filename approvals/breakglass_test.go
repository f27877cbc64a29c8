package approvals_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// glassRig is a rig in which a policy permits everybody to break glass, and a
// channel hears of it.
func glassRig(t *testing.T) (*rig, *approvalstest.BreakGlassPolicy) {
	r := newRig(t)
	law := &approvalstest.BreakGlassPolicy{}
	law.Permit()
	r.Service.Glass = approvals.BreakGlassRules{Policy: law, Channel: "C-SEC"}
	return r, law
}

// smash is amy's break-glass for read-only access.
func (r *rig) smash(edit func(*approvals.Ask)) (approvals.Request, error) {
	r.asked++
	ask := approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly, Reason: "payments are down", Key: fmt.Sprintf("glass:%d", r.asked)}
	if edit != nil {
		edit(&ask)
	}
	return r.Service.BreakGlass(r.t.Context(), by(ask.Requester), ask)
}

func (r *rig) smashed(edit func(*approvals.Ask)) approvals.Request {
	r.t.Helper()
	req, err := r.smash(edit)
	if err != nil {
		r.t.Fatal(err)
	}
	return req
}

func (r *rig) glass(id approvals.RequestID) approvals.BreakGlassReview {
	r.t.Helper()
	b, err := r.Store.BreakGlassReview(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

func TestBreakGlassOpensAtOnceAndTellsEverybody(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	req := r.smashed(nil)

	same(t, "request", [3]any{approvals.KindBreakGlass, approvals.RequestApproved, time.Hour}, [3]any{req.Kind, req.State, req.Duration})
	g := r.grant(req.Grant)
	same(t, "grant", [3]any{approvals.GrantScheduled, approvals.PrincipalID("amy"), time.Hour}, [3]any{g.State, g.Principal, g.Duration})
	same(t, "the law behind the grant", []approvals.PolicyRef{{ID: "emergency", Effect: "permit"}}, g.Ground.Policies)
	same(t, "tasks", []string{"break_glass " + string(req.ID) + " +24h0m0s", "provision " + string(g.ID) + " +0s"}, r.tasks())
	same(t, "events", []approvals.EventKind{approvals.EventRequestSubmitted, approvals.EventBreakGlassOpened, approvals.EventGrantScheduled}, r.kinds(0))
	same(t, "told", []approvals.PrincipalID{"", "sol", "sue", "olga", "mia"}, r.told(approvals.NoticeBreakGlass))
	for _, n := range r.Store.Notices() {
		if n.Kind == approvals.NoticeBreakGlass && n.To == "" && n.Channel != "C-SEC" {
			t.Errorf("a card goes to the channel %q, want C-SEC", n.Channel)
		}
	}
	if !slices.Contains(r.told(approvals.NoticeHome), "adam") {
		t.Error("the admin's Home tab is not drawn anew")
	}
	again, err := r.Service.BreakGlass(t.Context(), by("amy"), approvals.Ask{Requester: "amy", Key: req.Key})
	if err != nil || again.ID != req.ID {
		t.Errorf("the same key gives %s and %v, want %s", again.ID, err, req.ID)
	}
	for _, step := range []func(){
		func() { r.activate(g.ID) },
		func() {
			_, err := r.Service.Release(t.Context(), by("amy"), g.ID)
			code(t, "", err)
			_, err = r.Service.Revoked(t.Context(), g.ID, approvals.Removal{}, "absent")
			code(t, "", err)
		},
	} {
		before := len(r.Store.Notices())
		step()
		drawn := slices.DeleteFunc(r.Store.Notices()[before:], func(n approvals.Notice) bool { return n.Kind != approvals.NoticeBreakGlass })
		same(t, "cards that say whether access works", 5, len(drawn))
	}
	if len(r.Store.Learned()) != 0 {
		t.Error("the score learns an emergency as somebody's approval")
	}
}

func TestBreakGlassIsNotStoppedByWhatAnEmergencyIsLike(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*rig){
		"stale directory": func(r *rig) { r.Directory.SetState(approvals.DirectoryState{Source: "test", Stale: true}) },
		"no score":        func(r *rig) { r.Scorer.Says.Problem = "no weights" },
		"no evidence":     func(r *rig) { r.Scorer.Fault = approvals.Errorf(approvals.CodeUnavailable, "The past is gone.") },
		"no ticket": func(r *rig) {
			r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.TicketRequired = true })
		},
		"a request that nobody answers": func(r *rig) { r.ask(nil) },
		"ordinary requests are refused": func(r *rig) { r.Policy.Rule(approvalstest.Refused("never")) },
		"a duty that people may waive": func(r *rig) {
			r.hold(func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin })
			r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) {
				e.Segregation = []approvals.Segregation{{Rule: "apart", Reason: "Four eyes.", Ask: true, With: []approvals.EntitlementID{approvalstest.Admin}}}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := glassRig(t)
			edit(r)
			req := r.smashed(nil)
			if g := r.activate(req.Grant); g.State != approvals.GrantActive {
				t.Errorf("access is %s, want active", g.State)
			}
			d, err := r.Store.Decision(t.Context(), req.ID)
			if err != nil {
				t.Fatal(err)
			}
			if shown := len(d.Ruling.Problems) > 0; shown != (name == "a duty that people may waive") {
				t.Errorf("what is shown: %q", d.Ruling.Problems)
			}
		})
	}
}

func TestBreakGlassIsRefused(t *testing.T) {
	t.Parallel()
	forbid := approvals.Verdict{Forbidden: true, Policies: []approvals.PolicyRef{{ID: "never", Effect: "forbid", Reason: "Contractors never."}}}
	for name, c := range map[string]struct {
		world func(*rig, *approvalstest.BreakGlassPolicy)
		ask   func(*approvals.Ask)
		code  approvals.Code
		words string
	}{
		"no policy":       {world: func(r *rig, _ *approvalstest.BreakGlassPolicy) { r.Service.Glass.Policy = nil }, code: approvals.CodeForbidden, words: "no policy permits it"},
		"not permitted":   {world: func(_ *rig, p *approvalstest.BreakGlassPolicy) { p.Say(verdict(approvals.Verdict{})) }, code: approvals.CodeForbidden, words: "No policy lets you"},
		"forbidden":       {world: func(_ *rig, p *approvalstest.BreakGlassPolicy) { p.Say(verdict(forbid)) }, code: approvals.CodeForbidden, words: "Contractors never."},
		"nameless permit": {world: func(_ *rig, p *approvalstest.BreakGlassPolicy) { p.Say(verdict(approvals.Verdict{Allowed: true})) }, code: approvals.CodeForbidden, words: "No policy lets you"},
		"no reason":       {ask: func(a *approvals.Ask) { a.Reason = "  " }, code: approvals.CodeInvalid, words: "what you need it for"},
		"too long":        {ask: func(a *approvals.Ask) { a.Duration = 9 * time.Hour }, code: approvals.CodeInvalid, words: "at most 8 h"},
		"no such access":  {ask: func(a *approvals.Ask) { a.Entitlement = "nothing" }, code: approvals.CodeNotFound},
		"left":            {ask: func(a *approvals.Ask) { a.Requester = "ivan" }, code: approvals.CodeForbidden, words: "deactivated"},
		"no key":          {ask: func(a *approvals.Ask) { a.Key = "" }, code: approvals.CodeInvalid},
		"held already":    {world: func(r *rig, _ *approvalstest.BreakGlassPolicy) { r.hold(nil) }, code: approvals.CodeConflict, words: "no glass to break"},
		"duties apart": {world: func(r *rig, _ *approvalstest.BreakGlassPolicy) {
			r.hold(func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin })
			r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) {
				e.Segregation = []approvals.Segregation{{Rule: "apart", Reason: "Four eyes.", With: []approvals.EntitlementID{approvalstest.Admin}}}
			})
		}, code: approvals.CodeForbidden, words: "Four eyes."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, law := glassRig(t)
			if c.world != nil {
				c.world(r, law)
			}
			before := len(r.Store.Notices())
			_, err := r.smash(c.ask)
			code(t, c.code, err)
			if !strings.Contains(approvals.ErrorMessage(err), c.words) {
				t.Errorf("the words are %q, want %q in them", approvals.ErrorMessage(err), c.words)
			}
			if open, err := r.Store.OpenBreakGlass(t.Context(), 9); err != nil || len(open) != 0 || len(r.Store.Notices()) != before {
				t.Errorf("what was refused left %d reviews (%v) and told somebody", len(open), err)
			}
		})
	}
}

func verdict(v approvals.Verdict) func(approvals.Facts, approvals.Assessment) approvals.Verdict {
	return func(f approvals.Facts, _ approvals.Assessment) approvals.Verdict {
		if f.Kind != approvals.KindAccess {
			return approvals.Verdict{Problems: []string{"the policy is asked about another kind of request"}}
		}
		return v
	}
}

func TestOnlyAPersonBreaksGlass(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	for _, actor := range []approvals.Actor{
		{Kind: approvals.ActorPerson, Principal: "amy", OnBehalfOf: "bob", Via: "test"}, approvals.System("worker"), by("bob"),
	} {
		_, err := r.Service.BreakGlass(t.Context(), actor, approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly, Reason: "down", Key: "k"})
		code(t, approvals.CodeForbidden, err)
	}
}

func TestOpenReviewSuspendsThePersonByEveryAccount(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	r.Directory.Put(approvals.Principal{ID: "amy-admin", Name: "Amy (admin)", Email: "amy-admin@example.com", SameAs: "amy"})
	first := r.smashed(func(a *approvals.Ask) { a.Beneficiary = "bob" })
	for _, who := range []approvals.PrincipalID{"amy", "amy-admin", "bob"} {
		_, err := r.smash(func(a *approvals.Ask) { a.Requester, a.Entitlement = who, approvalstest.Admin })
		code(t, approvals.CodeForbidden, err)
		if !strings.Contains(approvals.ErrorMessage(err), "not reviewed yet") {
			t.Errorf("%s is told %q", who, approvals.ErrorMessage(err))
		}
	}
	_, err := r.smash(func(a *approvals.Ask) { a.Requester, a.Beneficiary, a.Entitlement = "mia", "bob", approvalstest.Admin })
	code(t, approvals.CodeForbidden, err)
	if _, err := r.Service.ReviewBreakGlass(t.Context(), by("sol"), first.ID, approvals.Justified, ""); err != nil {
		t.Fatal(err)
	}
	r.smashed(func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin })
}

func TestTwoEmergenciesAtOnceAreOne(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	inside := false
	r.Store.Before(func(c approvals.Change) error {
		if len(c.BreakGlass) > 0 && !inside {
			inside = true
			r.smashed(func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin })
		}
		return nil
	})
	_, err := r.smash(nil)
	code(t, approvals.CodeForbidden, err)
	open, err := r.Store.OpenBreakGlass(t.Context(), 9)
	if err != nil || len(open) != 1 || open[0].Entitlement != approvalstest.Admin {
		t.Errorf("open are %v, %v, want that of the faster one", open, err)
	}
}

func TestForbiddenMeanwhileIsNotProvisioned(t *testing.T) {
	t.Parallel()
	r, law := glassRig(t)
	req := r.smashed(nil)
	law.Say(verdict(approvals.Verdict{Forbidden: true}))
	g, err := r.Service.Provision(t.Context(), req.Grant, false, r.now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if g.State != approvals.GrantFailed {
		t.Errorf("access that is forbidden by now is %s, want failed", g.State)
	}
}

func TestChangedLawIsHeldAgainstRunningBreakGlass(t *testing.T) {
	t.Parallel()
	r, law := glassRig(t)
	g := r.activate(r.smashed(nil).Grant)
	r.Directory.Change("amy", func(p *approvals.Principal) { p.Title = "Staff engineer" })
	if g, err := r.Service.Review(t.Context(), g.ID); err != nil || g.State != approvals.GrantActive {
		t.Errorf("what is still permitted is %s (%v), want active", g.State, err)
	}
	r.Directory.Change("amy", func(p *approvals.Principal) { p.Contractor = true })
	law.Say(verdict(approvals.Verdict{Forbidden: true}))
	if g, err := r.Service.Review(t.Context(), g.ID); err != nil || g.State != approvals.GrantRevoking {
		t.Errorf("what is forbidden by now is %s (%v), want revoking", g.State, err)
	}
}
