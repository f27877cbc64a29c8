package approvals_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestDraftFillsInTheCataloguesDefaults(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req, err := r.draft(func(a *approvals.Ask) {
		a.Duration, a.Reason, a.Ticket = 0, "  refund stuck \n", " INC-1 "
	})
	if err != nil {
		t.Fatal(err)
	}
	want := approvals.Request{ID: "req_1", Version: 1, Kind: approvals.KindAccess, State: approvals.RequestDraft, Requester: "amy", Beneficiary: "amy",
		Entitlement: approvalstest.ReadOnly, Duration: time.Hour, Reason: "refund stuck", Ticket: "INC-1", Key: "test:1", CreatedAt: epoch}
	same(t, "draft", want, req)
	same(t, "stored", want, r.request(req.ID))
	again, err := r.Service.Draft(t.Context(), by("amy"), approvals.Ask{Requester: "amy", Key: "test:1"})
	code(t, "", err)
	same(t, "the same key", want, again)
	same(t, "events", []approvals.EventKind{approvals.EventRequestDrafted}, r.kinds(0))
	same(t, "shown to", []approvals.PrincipalID{"amy"}, r.told(approvals.NoticeDraft))
}

func TestDraftsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		actor approvals.PrincipalID
		edit  func(*approvals.Ask)
		want  approvals.Code
	}{
		"by somebody else":      {"bob", func(*approvals.Ask) {}, approvals.CodeForbidden},
		"no key":                {"amy", func(a *approvals.Ask) { a.Key = "" }, approvals.CodeInvalid},
		"unknown requester":     {"zoe", func(a *approvals.Ask) { a.Requester = "zoe" }, approvals.CodeForbidden},
		"deactivated requester": {"ivan", func(a *approvals.Ask) { a.Requester = "ivan" }, approvals.CodeForbidden},
		"for the deactivated":   {"amy", func(a *approvals.Ask) { a.Beneficiary = "ivan" }, approvals.CodeForbidden},
		"unknown entitlement":   {"amy", func(a *approvals.Ask) { a.Entitlement = "moon" }, approvals.CodeNotFound},
	} {
		r := newRig(t)
		ask := approvals.Ask{Requester: "amy", Entitlement: approvalstest.ReadOnly, Reason: "x", Key: "k"}
		c.edit(&ask)
		_, err := r.Service.Draft(t.Context(), by(c.actor), ask)
		if got := approvals.ErrorCode(err); got != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		same(t, name+": events", 0, len(r.Store.Events()))
	}
}

func TestDirectoryThatDoesNotAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Directory.Fail(approvals.Errorf(approvals.CodeUnavailable, "down"))
	_, err := r.draft(nil)
	code(t, approvals.CodeUnavailable, err)
	same(t, "events", 0, len(r.Store.Events()))
}

func TestRedeliveredDraftThatLosesTheRaceGetsTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Store.Before(func(c approvals.Change) error {
		r.Store.Before(nil)
		if _, err := r.Service.Draft(t.Context(), by("amy"), approvals.Ask{Requester: "amy", Reason: "first", Key: "test:1"}); err != nil {
			t.Error(err)
		}
		return nil
	})
	req, err := r.draft(nil)
	code(t, "", err)
	same(t, "whose words", "first", req.Reason)
	same(t, "events", 1, len(r.Store.Events()))
}

func TestDraftIsAmendedByItsRequesterUntilItIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req, err := r.draft(func(a *approvals.Ask) { a.Entitlement = "" })
	code(t, "", err)
	wish := approvals.Ask{Entitlement: approvalstest.Admin, Duration: 90*time.Minute + time.Second, Reason: "migration"}
	_, err = r.Service.Amend(t.Context(), by("bob"), req.ID, wish)
	code(t, approvals.CodeForbidden, err)
	got, err := r.Service.Amend(t.Context(), by("amy"), req.ID, wish)
	code(t, "", err)
	same(t, "amended", []any{approvalstest.Admin, 90 * time.Minute, "migration", int64(2)}, []any{got.Entitlement, got.Duration, got.Reason, got.Version})
	_, err = r.Service.Amend(t.Context(), by("amy"), req.ID, approvals.Ask{Entitlement: "moon"})
	code(t, approvals.CodeNotFound, err)
	_, err = r.Service.Amend(t.Context(), by("amy"), "req_99", wish)
	code(t, approvals.CodeNotFound, err)
	if _, err = r.Service.Submit(t.Context(), by("amy"), req.ID); err != nil {
		t.Fatal(err)
	}
	_, err = r.Service.Amend(t.Context(), by("amy"), req.ID, wish)
	code(t, approvals.CodeAlreadyDecided, err)
	same(t, "events", []approvals.EventKind{approvals.EventRequestDrafted, approvals.EventActionRefused, approvals.EventRequestAmended,
		approvals.EventRequestSubmitted, approvals.EventRequestDecided}, r.kinds(0))
}

func TestIncompleteRequestsAreSentBackWithWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*approvals.Ask)
		want string
	}{
		"no entitlement": {func(a *approvals.Ask) { a.Entitlement = "" }, "Say which access you need."},
		"too long":       {func(a *approvals.Ask) { a.Duration = 9 * time.Hour }, "Billing database, read only can be had for at most 8 hours at a time."},
		"no reason":      {func(a *approvals.Ask) { a.Reason = " \t" }, "Say in a few words what you need it for: the approver and the audit log want to know."},
		"long reason":    {func(a *approvals.Ask) { a.Reason = strings.Repeat("ø", 2001) }, "Please say it in at most 2000 characters."},
		"long ticket":    {func(a *approvals.Ask) { a.Ticket = strings.Repeat("1", 101) }, "A ticket number has at most 100 characters."},
		"no ticket":      {func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin }, "Billing database, admin needs a ticket number."},
	} {
		r := newRig(t)
		r.Catalogue.Change(approvalstest.Admin, func(e *approvals.Entitlement) { e.TicketRequired = true })
		req, err := r.draft(c.edit)
		code(t, "", err)
		_, err = r.Service.Submit(t.Context(), by("amy"), req.ID)
		code(t, approvals.CodeInvalid, err)
		same(t, name, c.want, approvals.ErrorMessage(err))
		same(t, name+": state", approvals.RequestDraft, r.request(req.ID).State)
	}
	r := newRig(t)
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.DefaultDuration = 0 })
	req, err := r.draft(func(a *approvals.Ask) { a.Duration = 59 * time.Second })
	code(t, "", err)
	_, err = r.Service.Submit(t.Context(), by("amy"), req.ID)
	same(t, "no duration", "Say for how long: at least one minute.", approvals.ErrorMessage(err))
}

func TestAutomaticApprovalGrantsInOneStep(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Automatic())
	r.Directory.Change("amy", func(p *approvals.Principal) { p.Accounts = map[string]string{"postgres": "adeyemi"} })
	req := r.ask(nil)
	same(t, "request", []any{approvals.RequestApproved, approvals.PrincipalID(""), "Low risk, permitted at once.", approvals.GrantID("gr_2"), req.Version},
		[]any{req.State, req.DecidedBy, req.Note, req.Grant, r.request(req.ID).Version})
	same(t, "grant", approvals.Grant{ID: "gr_2", Version: 1, Request: req.ID, Entitlement: approvalstest.ReadOnly, Principal: "amy",
		State: approvals.GrantScheduled, Connector: "postgres", Account: "adeyemi", Target: map[string]string{"resource": "billing-db", "level": "read-only"},
		Duration: time.Hour, CreatedAt: epoch, Ground: r.grant(req.Grant).Ground}, r.grant(req.Grant))
	same(t, "events", []approvals.EventKind{approvals.EventRequestDrafted, approvals.EventRequestSubmitted, approvals.EventRequestDecided,
		approvals.EventGrantScheduled}, r.kinds(0))
	ground := r.Store.Events()[3]
	same(t, "the grant's ground", []any{"auto", "law-1", 12, "test-1", approvals.ActorPolicy},
		[]any{ground.Policies[0].ID, ground.Version.Digest, *ground.Score, ground.Model, ground.Actor.Kind})
	same(t, "tasks", []string{"provision gr_2 +0s"}, r.tasks())
	same(t, "learned from a policy", 0, len(r.Store.Learned()))
	again, err := r.Service.Submit(t.Context(), by("amy"), req.ID)
	code(t, approvals.CodeAlreadyDecided, err)
	same(t, "again", req.Grant, again.Grant)
}

func TestRoutedRequestAsksAndWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Service.Explain = true
	req := r.ask(func(a *approvals.Ask) { a.Beneficiary = "bob" })
	same(t, "state", []any{approvals.RequestPending, epoch.Add(8 * time.Hour)}, []any{req.State, req.LapsesAt})
	same(t, "asked", []approvals.PrincipalID{"mia"}, r.told(approvals.NoticeApproval))
	same(t, "shown", []approvals.PrincipalID{"amy", "bob"}, r.told(approvals.NoticeRequest))
	same(t, "details for", []approvals.PrincipalID{"mia"}, r.told(approvals.NoticeDetail))
	same(t, "homes", []approvals.PrincipalID{"amy", "bob", "mia"}, r.told(approvals.NoticeHome))
	same(t, "tasks", []string{"chase req_1 +4h0m0s", "explain req_1 +0s", "lapse req_1 +8h0m0s"}, r.tasks())
}

func TestRefusedRequestSaysThePolicysWords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Refused("Contractors never get production."))
	req := r.ask(nil)
	same(t, "request", []any{approvals.RequestDenied, "Contractors never get production."}, []any{req.State, req.Note})
	same(t, "events", []approvals.EventKind{approvals.EventRequestDecided, approvals.EventRequestDenied}, r.kinds(2))
	same(t, "tasks", 0, len(r.tasks()))
}

func TestPolicyNamesAChannelForAll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ruling := approvalstest.Routed(1)
	ruling.Channel = "C-approvals"
	r.Policy.Rule(ruling)
	req := r.ask(nil)
	same(t, "asked one by one", []approvals.PrincipalID{""}, r.told(approvals.NoticeApproval))
	for range 2 { // looking again asks the same channel
		if _, err := r.Service.Decide(t.Context(), approvals.System("directory"), req.ID); err != nil {
			t.Fatal(err)
		}
	}
	d, err := r.Store.Decision(t.Context(), req.ID)
	code(t, "", err)
	same(t, "asked in", []string{"C-approvals"}, d.AskedIn)
	same(t, "decisions", 3, d.Sequence)
}

func TestNobodyAsksForWhatTheyHaveOrWaitFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	submit := func() error {
		req, err := r.draft(nil)
		code(t, "", err)
		_, err = r.Service.Submit(t.Context(), by("amy"), req.ID)
		return err
	}
	waiting := r.ask(nil)
	code(t, approvals.CodeConflict, submit())
	if _, err := r.Service.Cancel(t.Context(), by("amy"), waiting.ID); err != nil {
		t.Fatal(err)
	}
	g := r.hold(nil)
	code(t, approvals.CodeConflict, submit())
	if _, err := r.Service.Release(t.Context(), by("amy"), g.ID); err != nil {
		t.Fatal(err)
	}
	code(t, "", submit())
}

func TestOnlyTheRequesterSubmits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req, err := r.draft(nil)
	code(t, "", err)
	_, err = r.Service.Submit(t.Context(), by("mia"), req.ID)
	code(t, approvals.CodeForbidden, err)
	_, err = r.Service.Submit(t.Context(), by("mia"), "req_9")
	code(t, approvals.CodeNotFound, err)
	r.Catalogue.Remove(approvalstest.ReadOnly)
	_, err = r.Service.Submit(t.Context(), by("amy"), req.ID)
	code(t, approvals.CodeNotFound, err)
	same(t, "state", approvals.RequestDraft, r.request(req.ID).State)
}

func TestSecondLookFollowsTheWorld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ruling approvals.Ruling
		want   approvals.RequestState
	}{
		"permitted now": {approvalstest.Automatic(), approvals.RequestApproved},
		"forbidden now": {approvalstest.Refused("Frozen."), approvals.RequestDenied},
		"asked still":   {approvalstest.Routed(2), approvals.RequestPending},
	} {
		r := newRig(t)
		req := r.ask(nil)
		r.pass(5 * time.Hour)
		before := len(r.tasks())
		r.Policy.Rule(c.ruling)
		r.Directory.Change("amy", func(p *approvals.Principal) { p.Manager = "olga" })
		got, err := r.Service.Decide(t.Context(), approvals.System("directory"), req.ID)
		code(t, "", err)
		same(t, name, c.want, got.State)
		d, err := r.Store.Decision(t.Context(), req.ID)
		code(t, "", err)
		same(t, name+": sequence", 2, d.Sequence)
		if c.want == approvals.RequestPending {
			same(t, "asked in all: olga alone is no quorum", []approvals.PrincipalID{"mia", "olga", "sol", "sue"}, d.Asked)
			same(t, "tasks: approvers are not reminded anew", before, len(r.tasks()))
			continue
		}
		_, err = r.Service.Decide(t.Context(), approvals.System("directory"), req.ID)
		code(t, approvals.CodeAlreadyDecided, err)
	}
	r := newRig(t)
	_, err := r.Service.Decide(t.Context(), approvals.System("x"), "req_9")
	code(t, approvals.CodeNotFound, err)
}

func TestAutomaticApprovalsOfTheDayAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var seen []int
	r.Policy.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
		seen = append(seen, f.AutoToday)
		return approvalstest.Automatic()
	})
	req := r.ask(nil)
	r.ask(func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin })
	if _, err := r.Service.Provision(t.Context(), req.Grant, false, epoch.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	r.pass(25 * time.Hour)
	r.ask(func(a *approvals.Ask) { a.Entitlement = approvalstest.Twin })
	same(t, "first, second, second look at the first, next day", []int{0, 1, 1, 0}, seen)
}
