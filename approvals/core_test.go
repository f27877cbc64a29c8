package approvals_test

import (
	"context"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// blind does not see a key at first, as when the same words come twice in one
// moment and the other is stored meanwhile.
type blind struct {
	*approvalstest.Store
	once sync.Once
}

func (s *blind) RequestByKey(ctx context.Context, key string) (r approvals.Request, err error) {
	unseen := false
	s.once.Do(func() { unseen = true })
	if unseen {
		return r, approvals.Errorf(approvals.CodeNotFound, "There is no such request.")
	}
	return s.Store.RequestByKey(ctx, key)
}

func TestARedeliveryThatIsFasterIsTheSame(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	glass := approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly, Reason: "down", Key: "glass"}
	first, err := r.Service.BreakGlass(t.Context(), by("amy"), glass)
	code(t, "", err)
	_, err = r.Service.ReviewBreakGlass(t.Context(), by("sol"), first.ID, approvals.NotJustified, "no second emergency")
	code(t, "", err)
	wish := approvals.Ask{Requester: "amy", Reason: "x", Key: "b"}
	both, err := r.Service.DraftBundle(t.Context(), by("amy"), wish, []approvals.EntitlementID{approvalstest.Admin, approvalstest.Twin})
	code(t, "", err)

	r.Service.Store = &blind{Store: r.Store}
	again, err := r.Service.BreakGlass(t.Context(), by("amy"), glass)
	code(t, "", err)
	same(t, "the same break-glass", first.ID, again.ID)
	r.Service.Store = &blind{Store: r.Store}
	all, err := r.Service.DraftBundle(t.Context(), by("amy"), wish, []approvals.EntitlementID{approvalstest.Admin, approvalstest.Twin})
	code(t, "", err)
	same(t, "the same bundle", both, all)
}

// busy is a store in which somebody else is always faster.
type busy struct{ *approvalstest.Store }

func (busy) Apply(context.Context, approvals.Change) error {
	return approvals.Errorf(approvals.CodeConflict, "Somebody was faster.")
}

func TestAReviewThatOthersKeepChangingIsLeft(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	req := r.smashed(nil)
	r.Service.Store = busy{r.Store}
	_, err := r.Service.ReviewBreakGlass(t.Context(), by("sol"), req.ID, approvals.Justified, "")
	code(t, approvals.CodeUnavailable, err)
	same(t, "open", true, r.glass(req.ID).Open())
}

func TestWhoReviewedIsNamedAlsoWhenTheyHaveLeft(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	req := r.smashed(nil)
	_, err := r.Service.ReviewBreakGlass(t.Context(), by("sol"), req.ID, approvals.Justified, "")
	code(t, "", err)
	r.change("sol", func(p *approvals.Principal) { p.Name = "" })
	_, err = r.Service.ReviewBreakGlass(t.Context(), by("sue"), req.ID, approvals.Justified, "")
	same(t, "who", "Already reviewed by sol.", approvals.ErrorMessage(err))
}

func TestWithoutAQueueAndAChannelAdminsHearOfAnEmergency(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	r.Service.Glass.Channel, r.Service.Fallback = "", nil
	same(t, "told", ids{"adam", "olga", "mia"}, r.glass(r.smashed(nil).ID).Told)
}

func TestAnAccountThatIsNotConfirmedBreaksNoGlass(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	_, err := r.Service.Identify(t.Context(), approvals.Account{Door: "test", Workspace: "T", Subject: "U1", Email: "amy@example.com"})
	code(t, "", err)
	_, err = r.smash(nil)
	code(t, approvals.CodeUnconfirmed, err)
	_, err = r.smash(func(a *approvals.Ask) { a.Entitlement = "" })
	code(t, approvals.CodeUnconfirmed, err)
}

func TestABundleTakesTheFieldsThatEachAsks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.entry(func(e *approvals.Entitlement) { e.Fields = []approvals.Field{{Name: "run", Type: approvals.FieldText}} })
	drafts, err := r.Service.DraftBundle(t.Context(), by("amy"), approvals.Ask{Requester: "amy", Reason: "x", Key: "b",
		Fields: map[string]string{"run": "weekly", "other": "x"}}, []approvals.EntitlementID{approvalstest.ReadOnly, approvalstest.Admin})
	code(t, "", err)
	same(t, "fields", []map[string]string{{"run": "weekly"}, nil}, []map[string]string{drafts[0].Fields, drafts[1].Fields})
}

func TestLeavingItToOthersWhoSaidEnoughApproves(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Routed(2))
	req := r.ask(admin)
	_, err := r.Service.Approve(t.Context(), by("sol"), req.ID, "fine")
	code(t, "", err)
	r.Policy.Rule(approvalstest.Routed(1))
	done, err := r.Service.Abstain(t.Context(), by("olga"), req.ID, "")
	code(t, "", err)
	same(t, "approved by who said so", []any{approvals.RequestApproved, approvals.PrincipalID("sol"), "fine"}, []any{done.State, done.DecidedBy, done.Note})
}

func TestARuleThatLapsedIsAmongTheFacts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	lapse := func(rule string, lifted bool) approvals.Lapse {
		l := approvals.Lapse{Rule: rule, Text: "t-" + rule, Campaign: "c1", Why: "wrong too often", Since: epoch}
		if lifted {
			l.LiftedAt, l.LiftedBy = epoch, "adam"
		}
		return l
	}
	code(t, "", r.Store.Apply(t.Context(), approvals.Change{
		Lapses: []approvals.Lapse{lapse("z", false), lapse("lifted", true), lapse("a", false)},
		Events: []approvals.Event{{Kind: approvals.EventRuleLapsed}}}))
	same(t, "lapsed", []approvals.LapsedRule{{Rule: "a", Text: "t-a", Campaign: "c1"}, {Rule: "z", Text: "t-z", Campaign: "c1"}},
		r.decision(r.ask(nil).ID).Facts.Lapsed)
}

// Standing access is refused where a request for it would be, and else is for
// the person who adopts it to say, whatever a policy would approve.
func TestTheLawOnStandingAccess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		law  approvals.Ruling
		want approvals.Ruling
	}{
		"permitted": {approvalstest.Automatic(), approvals.Ruling{Outcome: approvals.Route, Quorum: 1, Words: "Standing access was given an end."}},
		"asked":     {approvalstest.Routed(3), approvals.Ruling{Outcome: approvals.Route, Quorum: 1, Words: "Standing access was given an end."}},
		"refused":   {approvalstest.Refused("Never."), approvals.Ruling{Outcome: approvals.Refuse, Quorum: 1, Words: "Never."}},
	} {
		law := &approvalstest.Policy{}
		law.Rule(c.law)
		f := approvals.Facts{Kind: approvals.KindAdoption, Duration: 1000, Entitlement: approvals.Entitlement{MaxDuration: 10}}
		got := approvals.Judge(f, approvals.Assessment{}, law, nil)
		got.Version, got.Policies = approvals.PolicyVersion{}, nil
		same(t, name, c.want, got)
	}
}

// What was adopted was approved by nobody in the ordinary way: that no permit
// allows it ends nothing, that a policy refuses it does.
func TestAdoptedAccessIsLookedAtAsWhatItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Automatic())
	g := r.hold(nil)
	req := r.request(g.Request)
	req.Kind = approvals.KindAdoption
	code(t, "", r.Store.Apply(t.Context(), approvals.Change{Requests: []approvals.Request{req}, Events: []approvals.Event{{Kind: approvals.EventGrantReviewed}}}))
	asked := approvalstest.Routed(1)
	asked.Version.Digest = "law-3"
	r.Policy.Rule(asked)
	same(t, "goes on", approvals.GrantActive, r.review(g.ID).State)
	r.Policy.Rule(approvalstest.Refused("Never."))
	same(t, "ends", approvals.GrantRevoking, r.review(g.ID).State)
}

func TestConflictsAreInTheOrderOfTheirRules(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hold(nil)
	r.hold(twin)
	with := func(rule string, others ...approvals.EntitlementID) approvals.Segregation {
		return approvals.Segregation{Rule: rule, Reason: apart, Ask: true, With: others}
	}
	r.Catalogue.Change(approvalstest.Admin, func(e *approvals.Entitlement) {
		e.Segregation = []approvals.Segregation{with("z", approvalstest.Twin), with("a", approvalstest.Twin, approvalstest.ReadOnly)}
	})
	var got []string
	for _, c := range r.decision(r.ask(admin).ID).Facts.Conflicts {
		got = append(got, c.Rule+" "+string(c.With))
	}
	same(t, "conflicts", []string{"a " + string(approvalstest.ReadOnly), "a " + string(approvalstest.Twin), "z " + string(approvalstest.Twin)}, got)
}
