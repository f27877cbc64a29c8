package approvals_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// open is a draft that says nothing but what is set.
func (r *rig) open(edit func(*approvals.Ask)) approvals.Request {
	r.t.Helper()
	d, err := r.draft(func(a *approvals.Ask) {
		a.Entitlement, a.Duration, a.Reason, a.Origin = "", 0, "", "D1"
		if edit != nil {
			edit(a)
		}
	})
	code(r.t, "", err)
	return d
}

func proposed(d approvals.Request) approvals.Proposal {
	return approvals.Proposal{Request: d.ID, Version: d.Version, Entitlement: approvalstest.ReadOnly, Duration: 30 * time.Minute,
		Reason: "a refund is stuck", Ticket: "INC-1", Origin: "D1, proposed", Model: "small", Prompt: "propose/v1"}
}

func TestProposalFillsWhatADraftLeavesOpen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.open(nil)
	got, err := r.Service.Propose(t.Context(), proposed(d))
	code(t, "", err)
	same(t, "draft", []any{approvals.RequestDraft, approvalstest.ReadOnly, 30 * time.Minute, "a refund is stuck", "INC-1", "D1, proposed"},
		[]any{got.State, got.Entitlement, got.Duration, got.Reason, got.Ticket, got.Origin})
	ev := r.only(approvals.EventRequestProposed)[0]
	same(t, "audited", []any{approvals.ActorSystem, map[string]string{"model": "small", "prompt": "propose/v1", "slots": "entitlement duration reason ticket"}}, []any{ev.Actor.Kind, ev.Detail})
	same(t, "nothing is decided", 0, len(r.only(approvals.EventRequestDecided)))
}

func TestProposalChangesNothingThatWasSaid(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.open(func(a *approvals.Ask) {
		a.Entitlement, a.Duration, a.Reason, a.Ticket = approvalstest.Admin, 10*time.Minute, "mine", "T-9"
	})
	events := len(r.Store.Events())
	got, err := r.Service.Propose(t.Context(), proposed(d))
	code(t, "", err)
	same(t, "draft", d, got)
	same(t, "events", events, len(r.Store.Events()))
}

func TestProposalsThatCannotBeAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*approvals.Proposal)
		want []any // entitlement, duration, reason
	}{
		"not in the catalogue": {func(p *approvals.Proposal) { p.Entitlement = "root:everything" }, []any{approvals.EntitlementID(""), time.Duration(0), "a refund is stuck"}},
		"longer than allowed":  {func(p *approvals.Proposal) { p.Duration = 9000 * time.Hour }, []any{approvalstest.ReadOnly, time.Hour, "a refund is stuck"}},
		"a negative length":    {func(p *approvals.Proposal) { p.Duration = -time.Hour }, []any{approvalstest.ReadOnly, time.Hour, "a refund is stuck"}},
		"endless words":        {func(p *approvals.Proposal) { p.Reason = strings.Repeat("x", 3000) }, []any{approvalstest.ReadOnly, 30 * time.Minute, ""}},
		"length without what":  {func(p *approvals.Proposal) { p.Entitlement = "" }, []any{approvals.EntitlementID(""), time.Duration(0), "a refund is stuck"}},
	} {
		r := newRig(t)
		r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.DefaultDuration = time.Hour })
		p := proposed(r.open(nil))
		c.edit(&p)
		got, err := r.Service.Propose(t.Context(), p)
		code(t, "", err)
		same(t, name, c.want, []any{got.Entitlement, got.Duration, got.Reason})
	}
}

func TestProposalReachesDraftsAlone(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]func(*rig, approvals.Request) error{
		"amended": func(r *rig, d approvals.Request) error {
			_, err := r.Service.Amend(r.t.Context(), by("amy"), d.ID, approvals.Ask{Requester: "amy", Reason: "other words"})
			return err
		},
		"cancelled": func(r *rig, d approvals.Request) error {
			_, err := r.Service.Cancel(r.t.Context(), by("amy"), d.ID)
			return err
		},
	} {
		r := newRig(t)
		d := r.open(nil)
		p := proposed(d)
		code(t, "", step(r, d))
		_, err := r.Service.Propose(t.Context(), p)
		code(t, approvals.CodeConflict, err)
		if n := len(r.only(approvals.EventRequestProposed)); n != 0 {
			t.Errorf("%s: proposed all the same", name)
		}
	}
	r := newRig(t)
	sent := r.ask(nil)
	_, err := r.Service.Propose(t.Context(), proposed(sent))
	code(t, approvals.CodeConflict, err)
	_, err = r.Service.Propose(t.Context(), approvals.Proposal{Request: "req_none"})
	code(t, approvals.CodeNotFound, err)
}

func TestAProposedWishIsDecidedLikeATypedOne(t *testing.T) {
	t.Parallel()
	for name, ruling := range map[string]approvals.Ruling{"routed": approvalstest.Routed(2), "automatic": approvalstest.Automatic(), "refused": approvalstest.Refused("Never.")} {
		typed, read := newRig(t), newRig(t)
		typed.Policy.Rule(ruling)
		read.Policy.Rule(ruling)
		want := typed.decision(typed.ask(func(a *approvals.Ask) {
			a.Entitlement, a.Duration, a.Reason, a.Ticket = approvalstest.ReadOnly, 30*time.Minute, "a refund is stuck", "INC-1"
		}).ID)
		d, err := read.Service.Propose(t.Context(), proposed(read.open(nil)))
		code(t, "", err)
		sent, err := read.Service.Submit(t.Context(), by("amy"), d.ID)
		code(t, "", err)
		got := read.decision(sent.ID)
		got.Request = want.Request
		same(t, name, want, got)
		same(t, name+": facts", want.Facts.Digest(), got.Facts.Digest())
	}
}
