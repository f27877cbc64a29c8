package approvals_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestReviewIsClosedBySomebodyElse(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	r.Directory.Put(approvals.Principal{ID: "amy-admin", Name: "Amy (admin)", Email: "root@example.com", SameAs: "amy", Admin: true})
	r.Directory.Put(approvals.Principal{ID: "amy-2", Name: "Amy", Email: "AMY@example.com", Admin: true})
	r.Service.Fallback = append(r.Service.Fallback, "amy", "bob", "amy-2")
	req := r.smashed(func(a *approvals.Ask) { a.Beneficiary = "bob" })

	for name, c := range map[string]struct {
		actor approvals.Actor
		want  approvals.Code
	}{
		"requester":                  {by("amy"), approvals.CodeSelfApproval},
		"beneficiary":                {by("bob"), approvals.CodeSelfApproval},
		"second account":             {by("amy-admin"), approvals.CodeSelfApproval},
		"same address":               {by("amy-2"), approvals.CodeSelfApproval},
		"on behalf of the requester": {approvals.Actor{Kind: approvals.ActorPerson, Principal: "sol", OnBehalfOf: "amy"}, approvals.CodeSelfApproval},
		"no person":                  {approvals.System("worker"), approvals.CodeForbidden},
		"who has left":               {by("ivan"), approvals.CodeForbidden},
		"unknown":                    {by("nobody"), approvals.CodeForbidden},
	} {
		_, err := r.Service.ReviewBreakGlass(t.Context(), c.actor, req.ID, approvals.Justified, "fine")
		if got := approvals.ErrorCode(err); got != c.want {
			t.Errorf("%s: code %q, want %q: %v", name, got, c.want, err)
		}
	}
	r.Directory.Put(approvals.Principal{ID: "zoe", Name: "Zoe", Email: "zoe@example.com"})
	_, err := r.Service.ReviewBreakGlass(t.Context(), by("zoe"), req.ID, approvals.Justified, "")
	code(t, approvals.CodeForbidden, err)
	if b := r.glass(req.ID); !b.Open() {
		t.Fatalf("the review was closed by %s", b.ClosedBy)
	}
	for _, n := range r.Store.Notices() {
		if n.Kind == approvals.NoticeBreakGlass && slices.Contains([]approvals.PrincipalID{"amy", "bob", "amy-2"}, n.To) {
			t.Errorf("%s is asked to review what they did themselves", n.To)
		}
	}
}

func TestWhoMayCloseAReview(t *testing.T) {
	t.Parallel()
	for _, who := range []approvals.PrincipalID{"sol", "olga", "mia", "adam"} {
		r, _ := glassRig(t)
		req := r.smashed(nil)
		from, asked := len(r.Store.Events()), len(r.Store.Notices())
		b, err := r.Service.ReviewBreakGlass(t.Context(), by(who), req.ID, approvals.Justified, " seen the graph ")
		if err != nil {
			t.Fatal(err)
		}
		same(t, string(who), [4]any{approvals.Justified, who, "seen the graph", r.now()}, [4]any{b.Finding, b.ClosedBy, b.Note, b.ClosedAt})
		same(t, "stored", b, r.glass(req.ID))
		same(t, "events", []approvals.EventKind{approvals.EventBreakGlassReviewed}, r.kinds(from))
		ev := r.Store.Events()[from]
		same(t, "the log", [3]string{"justified", "seen the graph", string(who)}, [3]string{ev.Detail["finding"], ev.Words["note"], string(ev.Actor.Principal)})
		if cards := len(r.Store.Notices()) - asked; cards < 6 {
			t.Errorf("%d notices edit what was told, want the person's card, the channel's and those of the four who were told", cards)
		}
		same(t, "tasks", []string{"provision " + string(req.Grant) + " +0s"}, r.tasks())
		_, err = r.Service.ReviewBreakGlass(t.Context(), by("sue"), req.ID, approvals.NotJustified, "late")
		code(t, approvals.CodeAlreadyDecided, err)
	}
}

func TestWhatWasNotJustifiedEndsAtOnce(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	req := r.smashed(nil)
	g := r.activate(req.Grant)
	for _, f := range []approvals.Finding{approvals.NotJustified, "", "maybe"} {
		_, err := r.Service.ReviewBreakGlass(t.Context(), by("sol"), req.ID, f, " ")
		code(t, approvals.CodeInvalid, err)
	}
	_, err := r.Service.ReviewBreakGlass(t.Context(), by("sol"), req.ID, approvals.NotJustified, strings.Repeat("x", 2001))
	code(t, approvals.CodeInvalid, err)
	if _, err := r.Service.ReviewBreakGlass(t.Context(), by("sol"), req.ID, approvals.NotJustified, "nothing was down"); err != nil {
		t.Fatal(err)
	}
	g = r.grant(g.ID)
	same(t, "grant", [3]any{approvals.GrantRevoking, approvals.EndRevoked, "nothing was down"}, [3]any{g.State, g.EndReason, g.EndNote})
}

func TestUnreviewedBreakGlassEscalatesUntilItIsReviewed(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	r.Service.Glass.ReviewWithin = 2 * time.Hour
	req := r.smashed(nil)
	escalate := func() []approvals.Notice {
		before := len(r.Store.Notices())
		if err := r.Service.EscalateBreakGlass(t.Context(), req.ID); err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(r.Store.Notices()[before:], func(n approvals.Notice) bool { return n.Kind != approvals.NoticeAlert })
	}
	r.pass(2*time.Hour - time.Millisecond)
	if early := escalate(); len(early) != 0 {
		t.Fatalf("told before its time: %v", early)
	}
	r.pass(time.Millisecond)
	slots := map[string]bool{}
	for i := 1; i <= 2; i++ {
		told := escalate()
		var who []string
		for _, n := range told {
			who = append(who, string(n.To)+n.Channel)
			slots[n.Slot] = true
			if want := "The break-glass of Amy Adeyemi on "; !strings.HasPrefix(n.Words, want) {
				t.Errorf("the words are %q", n.Words)
			}
		}
		slices.Sort(who)
		same(t, "told", []string{"C-SEC", "adam", "sol", "sue"}, who)
		if again := escalate(); len(again) != 0 {
			t.Errorf("told twice in one turn: %v", again)
		}
		same(t, "times", i, r.glass(req.ID).Escalations)
		r.pass(2 * time.Hour)
	}
	if len(slots) != 8 {
		t.Errorf("%d messages, want four each time", len(slots))
	}
	_, err := r.smash(func(a *approvals.Ask) { a.Entitlement = "billing-db:admin" })
	code(t, approvals.CodeForbidden, err)
	if _, err := r.Service.ReviewBreakGlass(t.Context(), by("adam"), req.ID, approvals.Justified, ""); err != nil {
		t.Fatal(err)
	}
	r.pass(24 * time.Hour)
	if late := escalate(); len(late) != 0 {
		t.Errorf("a closed review is escalated: %v", late)
	}
	r.smashed(func(a *approvals.Ask) { a.Entitlement = "billing-db:admin" })
}

func TestNobodyReviewsWhileTheDirectoryIsSilent(t *testing.T) {
	t.Parallel()
	r, _ := glassRig(t)
	req := r.smashed(nil)
	r.Directory.Fail(approvals.Errorf(approvals.CodeUnavailable, "gone"))
	_, err := r.Service.ReviewBreakGlass(t.Context(), by("sol"), req.ID, approvals.Justified, "")
	code(t, approvals.CodeUnavailable, err)
}
