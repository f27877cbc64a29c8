package approvals_test

import (
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func admin(a *approvals.Ask) { a.Entitlement = approvalstest.Admin }

func TestApprovalGrantsAndIsLearned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	got, err := r.Service.Approve(t.Context(), by("mia"), req.ID, " go ahead ")
	code(t, "", err)
	same(t, "request", []any{approvals.RequestApproved, approvals.PrincipalID("mia"), "go ahead"}, []any{got.State, got.DecidedBy, got.Note})
	same(t, "events", []approvals.EventKind{approvals.EventRequestApproved, approvals.EventGrantScheduled}, r.kinds(3))
	same(t, "tasks", []string{"provision " + string(got.Grant) + " +0s"}, r.tasks())
	same(t, "learned", []approvals.Learned{{Sequence: 4, At: epoch, Request: req.ID, Entitlement: approvalstest.ReadOnly, Beneficiary: "amy", Manager: "mia",
		Title: "Engineer", Department: "Payments", Function: "Payments work", Approver: "mia", Approved: true, Duration: time.Hour}}, r.Store.Learned())
	answers, err := r.Store.Approvals(t.Context(), req.ID)
	code(t, "", err)
	d, err := r.Store.Decision(t.Context(), req.ID)
	code(t, "", err)
	same(t, "answer", []approvals.Approval{{Request: req.ID, Approver: "mia", Answer: approvals.Approved, Note: "go ahead", At: epoch,
		FactsDigest: d.Facts.Digest(), Version: approvals.PolicyVersion{Digest: "law-1"}, Policies: []approvals.PolicyRef{{ID: "approve", Effect: "permit"}}, Via: "test"}}, answers)
}

func TestDenialSettlesAndIsLearned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	got, err := r.Service.Deny(t.Context(), by("mia"), req.ID, "not today")
	code(t, "", err)
	same(t, "request", []any{approvals.RequestDenied, approvals.PrincipalID("mia"), "not today"}, []any{got.State, got.DecidedBy, got.Note})
	same(t, "tasks", 0, len(r.tasks()))
	if l := r.Store.Learned(); len(l) != 1 || l[0].Approved {
		t.Errorf("learned %+v", l)
	}
}

func TestApproversComeInTheCataloguesOrder(t *testing.T) {
	t.Parallel()
	allow := func(ids ...approvals.PrincipalID) func(approvals.Facts, approvals.Assessment, approvals.Principal) approvals.Verdict {
		return func(_ approvals.Facts, _ approvals.Assessment, p approvals.Principal) approvals.Verdict {
			for _, id := range ids {
				if p.ID == id {
					return approvals.Verdict{Allowed: true}
				}
			}
			return approvals.Verdict{}
		}
	}
	for name, c := range map[string]struct {
		refs     []approvals.ApproverRef
		set      func(*rig)
		want     []approvals.PrincipalID
		fallback bool
	}{
		"manager":                  {refs: []approvals.ApproverRef{"manager"}, want: []approvals.PrincipalID{"mia"}},
		"owner, then group":        {refs: []approvals.ApproverRef{"owner", "group:security"}, want: []approvals.PrincipalID{"olga", "sol", "sue"}},
		"named, each once":         {refs: []approvals.ApproverRef{"person:sue", "group:security"}, want: []approvals.PrincipalID{"sue", "sol"}},
		"requester is left out":    {refs: []approvals.ApproverRef{"person:amy", "group:payments"}, want: []approvals.PrincipalID{"bob", "mia"}},
		"the left are left out":    {refs: []approvals.ApproverRef{"person:ivan", "manager"}, want: []approvals.PrincipalID{"mia"}},
		"unknown kinds are nobody": {refs: []approvals.ApproverRef{"everybody", "manager"}, want: []approvals.PrincipalID{"mia"}},
		"nobody named":             {want: []approvals.PrincipalID{"sol", "sue"}, fallback: true},
		"nobody there":             {refs: []approvals.ApproverRef{"group:empty", "person:zoe"}, want: []approvals.PrincipalID{"sol", "sue"}, fallback: true},
		"policy allows some": {refs: []approvals.ApproverRef{"group:security"}, set: func(r *rig) { r.Policy.ApproverBy(allow("sue")) },
			want: []approvals.PrincipalID{"sue"}},
		"queue where nobody is permitted": {refs: []approvals.ApproverRef{"manager"}, set: func(r *rig) { r.Policy.ApproverBy(allow()) },
			want: []approvals.PrincipalID{"sol", "sue"}, fallback: true},
		"never where forbidden": {refs: []approvals.ApproverRef{"manager"}, set: func(r *rig) {
			r.Policy.ApproverBy(func(approvals.Facts, approvals.Assessment, approvals.Principal) approvals.Verdict {
				return approvals.Verdict{Allowed: true, Forbidden: true}
			})
		}, fallback: true},
		"queue without those who left": {set: func(r *rig) { r.Service.Fallback = []approvals.PrincipalID{"ivan", "zoe", "sol"} },
			want: []approvals.PrincipalID{"sol"}, fallback: true},
	} {
		r := newRig(t)
		r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = c.refs })
		if c.set != nil {
			c.set(r)
		}
		d, err := r.Store.Decision(t.Context(), r.ask(nil).ID)
		code(t, "", err)
		same(t, name, c.want, d.Approvers)
		same(t, name+": fallback", c.fallback, d.Fallback)
	}
}

func TestNobodyDecidesForThemselvesByAnyPath(t *testing.T) {
	t.Parallel()
	onBehalf := func(agent, human approvals.PrincipalID) approvals.Actor {
		a := by(agent)
		a.OnBehalfOf = human
		return a
	}
	for name, c := range map[string]struct {
		refs        []approvals.ApproverRef
		requester   approvals.PrincipalID
		beneficiary approvals.PrincipalID
		actor       approvals.Actor
	}{
		"directly":                 {[]approvals.ApproverRef{"person:amy", "manager"}, "amy", "amy", by("amy")},
		"as owner":                 {[]approvals.ApproverRef{"owner"}, "olga", "olga", by("olga")},
		"as manager who asks":      {[]approvals.ApproverRef{"manager"}, "mia", "amy", by("mia")},
		"as the beneficiary":       {[]approvals.ApproverRef{"group:security"}, "amy", "sol", by("sol")},
		"as requester for another": {[]approvals.ApproverRef{"group:security"}, "sol", "amy", by("sol")},
		"by a group":               {[]approvals.ApproverRef{"group:security"}, "sol", "sol", by("sol")},
		"by the security queue":    {nil, "sol", "sol", by("sol")},
		"by an agent of one's own": {[]approvals.ApproverRef{"manager", "person:bob"}, "amy", "amy", onBehalf("bob", "amy")},
		"by the holder's agent":    {[]approvals.ApproverRef{"person:bob"}, "amy", "sol", onBehalf("bob", "sol")},
		"by the command line":      {[]approvals.ApproverRef{"group:security"}, "sol", "sol", approvals.Person("sol", "cli", "")},
	} {
		r := newRig(t)
		r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Approvers = c.refs })
		req := r.ask(func(a *approvals.Ask) { a.Requester, a.Beneficiary = c.requester, c.beneficiary })
		for say, answer := range map[string]func() error{
			"approve": func() error { _, err := r.Service.Approve(t.Context(), c.actor, req.ID, ""); return err },
			"deny":    func() error { _, err := r.Service.Deny(t.Context(), c.actor, req.ID, ""); return err },
		} {
			if got := approvals.ErrorCode(answer()); got != approvals.CodeSelfApproval {
				t.Errorf("%s: %s gives %q", name, say, got)
			}
			refused := r.Store.Events()[len(r.Store.Events())-1]
			same(t, name+": audited", []any{approvals.EventActionRefused, "self_approval", say, c.actor},
				[]any{refused.Kind, refused.Detail["code"], refused.Detail["action"], refused.Actor})
		}
		same(t, name+": state", approvals.RequestPending, r.request(req.ID).State)
	}
}

func TestWhoMayNotAnswerSettlesNothingWhenThePolicyHasChanged(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]approvals.Ruling{
		"it refuses now": approvalstest.Refused("Frozen."), "it permits now": approvalstest.Automatic(),
	} {
		r := newRig(t)
		req := r.ask(nil)
		r.Policy.Rule(now)
		_, err := r.Service.Approve(t.Context(), by("bob"), req.ID, "")
		code(t, approvals.CodeForbidden, err)
		same(t, name+": state", approvals.RequestPending, r.request(req.ID).State)
		same(t, name+": last event", approvals.EventActionRefused, r.kinds(0)[len(r.kinds(0))-1])
	}
}

func TestWhoMayNotAnswerIsRefused(t *testing.T) {
	t.Parallel()
	for name, actor := range map[string]approvals.Actor{
		"not asked":       by("bob"),
		"unknown":         by("zoe"),
		"deactivated":     by("ivan"),
		"an admin":        by("adam"),
		"the system":      approvals.System("worker"),
		"nobody":          {},
		"agent of mia":    {Kind: approvals.ActorPerson, Principal: "bot-1", OnBehalfOf: "mia"},
		"policy as actor": {Kind: approvals.ActorPolicy, Principal: "mia"},
	} {
		r := newRig(t)
		req := r.ask(nil)
		_, err := r.Service.Approve(t.Context(), actor, req.ID, "")
		if got := approvals.ErrorCode(err); got != approvals.CodeForbidden {
			t.Errorf("%s: %v", name, err)
		}
		same(t, name+": last event", approvals.EventActionRefused, r.kinds(0)[len(r.kinds(0))-1])
		same(t, name+": state", approvals.RequestPending, r.request(req.ID).State)
	}
	r := newRig(t)
	draft, err := r.draft(nil)
	code(t, "", err)
	_, err = r.Service.Approve(t.Context(), by("mia"), draft.ID, "")
	code(t, approvals.CodeForbidden, err)
	_, err = r.Service.Approve(t.Context(), by("mia"), "req_9", "")
	code(t, approvals.CodeNotFound, err)
}

func TestRefusalStandsWhenItCannotBeRecorded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	full := approvals.Errorf(approvals.CodeUnavailable, "disk full")
	r.Store.Before(func(approvals.Change) error { return full })
	_, err := r.Service.Approve(t.Context(), by("amy"), req.ID, "")
	code(t, approvals.CodeSelfApproval, err)
}

func TestQuorumCountsPeopleWhoMayStillAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Service.Fallback = nil
	r.Policy.Rule(approvalstest.Routed(3))
	req := r.ask(admin)
	for _, who := range []approvals.PrincipalID{"olga", "sol"} {
		got, err := r.Service.Approve(t.Context(), by(who), req.ID, "")
		code(t, "", err)
		same(t, "after "+string(who), approvals.RequestPending, got.State)
	}
	_, err := r.Service.Approve(t.Context(), by("sol"), req.ID, "")
	code(t, approvals.CodeAlreadyDecided, err)
	r.Directory.Change("sol", func(p *approvals.Principal) { p.Groups = nil }) // no longer security
	r.Policy.Rule(approvalstest.Routed(2))
	r.Directory.Change("olga", func(p *approvals.Principal) { p.Inactive = true })
	got, err := r.Service.Approve(t.Context(), by("sue"), req.ID, "")
	code(t, "", err)
	same(t, "two gone, one of two there", approvals.RequestPending, got.State)
	r.Directory.Change("olga", func(p *approvals.Principal) { p.Inactive = false })
	r.Directory.Change("bob", func(p *approvals.Principal) { p.Groups = []string{"security"} })
	r.Policy.Rule(approvalstest.Routed(3))
	got, err = r.Service.Approve(t.Context(), by("bob"), req.ID, "")
	code(t, "", err)
	same(t, "olga, sue and bob", approvals.RequestApproved, got.State)
	same(t, "events", []approvals.EventKind{approvals.EventApprovalGiven, approvals.EventApprovalGiven, approvals.EventApprovalGiven,
		approvals.EventRequestApproved, approvals.EventGrantScheduled}, r.kinds(3))
	same(t, "only the answer that settled it is learned", 1, len(r.Store.Learned()))
}

func TestPolicyIsAskedAgainAtTheClick(t *testing.T) {
	t.Parallel()
	t.Run("it refuses now", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		req := r.ask(nil)
		r.Policy.Rule(approvalstest.Refused("Payments is frozen."))
		got, err := r.Service.Approve(t.Context(), by("mia"), req.ID, "")
		code(t, approvals.CodeForbidden, err)
		same(t, "words", "The policy has changed and now refuses this: Payments is frozen.", approvals.ErrorMessage(err))
		same(t, "state", approvals.RequestDenied, got.State)
		same(t, "tasks", 0, len(r.tasks()))
	})
	t.Run("this approver is no longer allowed", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		req := r.ask(nil)
		r.Directory.Change("amy", func(p *approvals.Principal) { p.Manager = "bob" })
		_, err := r.Service.Approve(t.Context(), by("mia"), req.ID, "")
		code(t, approvals.CodeForbidden, err)
		_, err = r.Service.Approve(t.Context(), by("bob"), req.ID, "")
		code(t, "", err)
	})
	t.Run("it would permit now", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		req := r.ask(nil)
		r.Policy.Rule(approvalstest.Automatic())
		_, err := r.Service.Approve(t.Context(), by("bob"), req.ID, "")
		code(t, approvals.CodeForbidden, err)
		got, err := r.Service.Deny(t.Context(), by("mia"), req.ID, "")
		code(t, "", err)
		same(t, "a person's no counts", approvals.RequestDenied, got.State)
	})
	t.Run("the requester has left", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		req := r.ask(nil)
		r.Directory.Change("amy", func(p *approvals.Principal) { p.Inactive = true })
		_, err := r.Service.Approve(t.Context(), by("mia"), req.ID, "")
		code(t, approvals.CodeForbidden, err)
	})
}

func TestLateAnswersChangeNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(admin)
	if _, err := r.Service.Deny(t.Context(), by("olga"), req.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err := r.Service.Approve(t.Context(), by("sol"), req.ID, "")
	code(t, approvals.CodeAlreadyDecided, err)
	same(t, "who was first", "Already denied by Olga Olsen.", approvals.ErrorMessage(err))

	lapsed := r.ask(admin)
	r.pass(8 * time.Hour)
	_, err = r.Service.Approve(t.Context(), by("sol"), lapsed.ID, "")
	code(t, approvals.CodeLapsed, err)
	same(t, "the worker has not come by yet", approvals.RequestPending, r.request(lapsed.ID).State)
	if _, err := r.Service.Lapse(t.Context(), lapsed.ID); err != nil {
		t.Fatal(err)
	}
	_, err = r.Service.Approve(t.Context(), by("sol"), lapsed.ID, "")
	code(t, approvals.CodeLapsed, err)

	cancelled := r.ask(admin)
	if _, err := r.Service.Cancel(t.Context(), by("amy"), cancelled.ID); err != nil {
		t.Fatal(err)
	}
	_, err = r.Service.Approve(t.Context(), by("sol"), cancelled.ID, "")
	code(t, approvals.CodeAlreadyDecided, err)
}

func TestManyAnswersAtOnceMakeOneDecision(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(admin)
	var wg sync.WaitGroup
	codes := make(chan approvals.Code, 60)
	for _, who := range []approvals.PrincipalID{"olga", "sol", "sue"} {
		for range 10 {
			wg.Go(func() {
				_, err := r.Service.Approve(t.Context(), by(who), req.ID, "")
				codes <- approvals.ErrorCode(err)
			})
			wg.Go(func() { _, err := r.Service.Deny(t.Context(), by(who), req.ID, ""); codes <- approvals.ErrorCode(err) })
		}
	}
	wg.Wait()
	close(codes)
	count := map[approvals.Code]int{}
	for c := range codes {
		count[c]++
	}
	if count[""] != 1 || count[approvals.CodeAlreadyDecided] != 59 {
		t.Errorf("answers ended as %v, want one that counts and 59 that were late", count)
	}
	settled := 0
	for _, k := range r.kinds(0) {
		if k == approvals.EventRequestApproved || k == approvals.EventRequestDenied {
			settled++
		}
	}
	same(t, "decisions in the log", 1, settled)
}

func TestAnswerIsTriedAgainAfterAConflict(t *testing.T) {
	t.Parallel()
	for conflicts, want := range map[int]approvals.Code{1: "", 4: "", 5: approvals.CodeConflict} {
		r := newRig(t)
		req := r.ask(nil)
		left := conflicts
		r.Store.Before(func(approvals.Change) error {
			if left--; left >= 0 {
				return approvals.Errorf(approvals.CodeConflict, "raced")
			}
			return nil
		})
		_, err := r.Service.Approve(t.Context(), by("mia"), req.ID, "")
		if got := approvals.ErrorCode(err); got != want {
			t.Errorf("after %d conflicts: %v", conflicts, err)
		}
	}
}

func TestCancelBelongsToThoseConcerned(t *testing.T) {
	t.Parallel()
	for who, want := range map[approvals.PrincipalID]approvals.Code{"amy": "", "bob": "", "mia": approvals.CodeForbidden} {
		r := newRig(t)
		req := r.ask(func(a *approvals.Ask) { a.Beneficiary = "bob" })
		_, err := r.Service.Cancel(t.Context(), by(who), req.ID)
		code(t, want, err)
		if want == "" {
			same(t, "tasks", 0, len(r.tasks()))
			_, err = r.Service.Cancel(t.Context(), by(who), req.ID)
			code(t, approvals.CodeAlreadyDecided, err)
		}
	}
	r := newRig(t)
	draft, err := r.draft(nil)
	code(t, "", err)
	got, err := r.Service.Cancel(t.Context(), by("amy"), draft.ID)
	code(t, "", err)
	same(t, "a draft", approvals.RequestCancelled, got.State)
	same(t, "no approver hears of a draft", 0, len(r.told(approvals.NoticeApproval)))
	_, err = r.Service.Cancel(t.Context(), by("amy"), "req_9")
	code(t, approvals.CodeNotFound, err)
}

func TestLapseAndChase(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Service.LapseAfter, r.Service.ChaseAfter = time.Hour, 10*time.Minute
	req := r.ask(nil)
	same(t, "tasks", []string{"chase req_1 +10m0s", "lapse req_1 +1h0m0s"}, r.tasks())
	code(t, "", r.Service.Chase(t.Context(), req.ID))
	same(t, "reminded", []approvals.PrincipalID{"mia"}, r.told(approvals.NoticeChase))
	r.pass(time.Hour - time.Millisecond)
	_, err := r.Service.Lapse(t.Context(), req.ID)
	code(t, approvals.CodeConflict, err)
	r.pass(time.Millisecond)
	got, err := r.Service.Lapse(t.Context(), req.ID)
	code(t, "", err)
	same(t, "state", approvals.RequestLapsed, got.State)
	_, err = r.Service.Lapse(t.Context(), req.ID)
	code(t, approvals.CodeLapsed, err)
	events := len(r.Store.Events())
	code(t, "", r.Service.Chase(t.Context(), req.ID))
	same(t, "nobody is reminded of what is over", events, len(r.Store.Events()))
	code(t, approvals.CodeNotFound, r.Service.Chase(t.Context(), "req_9"))
	_, err = r.Service.Lapse(t.Context(), "req_9")
	code(t, approvals.CodeNotFound, err)
}
