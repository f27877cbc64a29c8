package approvals_test

import (
	"context"
	"slices"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// unreached tells the service that a notice could not be delivered.
func (r *rig) unreached(n approvals.Notice) {
	r.t.Helper()
	n.Kind = approvals.NoticeApproval
	code(r.t, "", r.Service.Unreached(r.t.Context(), "test", n, "is_archived"))
}

func (r *rig) decision(id approvals.RequestID) approvals.Decision {
	r.t.Helper()
	d, err := r.Store.Decision(context.Background(), id)
	code(r.t, "", err)
	return d
}

func TestApproversAreAskedDirectlyWhenTheirChannelIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ruling := approvalstest.Routed(1)
	ruling.Channel = "CAPP"
	r.Policy.Rule(ruling)
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) {
		e.Approvers = []approvals.ApproverRef{"manager", "group:security"}
	})
	req := r.ask(nil)
	same(t, "asked in", []string{"CAPP"}, r.decision(req.ID).AskedIn)
	r.unreached(approvals.Notice{Request: req.ID, Channel: "CAPP"})

	d := r.decision(req.ID)
	same(t, "asked", []any{[]approvals.PrincipalID{"mia", "sol", "sue"}, 0, []string{"CAPP"}, false}, []any{d.Asked, len(d.AskedIn), d.UnreachedIn, d.Fallback})
	events := r.Store.Events()
	i := slices.IndexFunc(events, func(e approvals.Event) bool { return e.Kind == approvals.EventRequestUnreached })
	if i < 0 {
		t.Fatal("it is not audited")
	}
	same(t, "audited", map[string]string{"channel": "CAPP", "why": "is_archived"}, events[i].Detail)
	same(t, "alerted", []approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert))
	same(t, "cards", []approvals.PrincipalID{"", "mia", "sol", "sue"}, r.told(approvals.NoticeApproval))

	n := len(events)
	r.unreached(approvals.Notice{Request: req.ID, Channel: "CAPP"})
	same(t, "events of a second telling", n, len(r.Store.Events()))
	same(t, "a later look asks the channel no more", 0, len(must(r.Service.Decide(t.Context(), by("olga"), req.ID))(t, r).AskedIn))
	_, err := r.Service.Approve(t.Context(), by("sue"), req.ID, "")
	code(t, "", err)
}

// must takes a step and gives the decision that holds after it.
func must(req approvals.Request, err error) func(*testing.T, *rig) approvals.Decision {
	return func(t *testing.T, r *rig) approvals.Decision {
		t.Helper()
		code(t, "", err)
		return r.decision(req.ID)
	}
}

func TestTheNextIsAskedWhenSomebodyCannotBeReached(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) {
		e.Approvers = []approvals.ApproverRef{"person:mia", "person:bob"}
	})
	req := r.ask(nil)
	r.unreached(approvals.Notice{Request: req.ID, To: "mia"})
	d := r.decision(req.ID)
	same(t, "one is left", []any{[]approvals.PrincipalID{"mia", "bob"}, []approvals.PrincipalID{"bob"}, false}, []any{d.Approvers, d.Asked, d.Fallback})
	r.unreached(approvals.Notice{Request: req.ID, To: "bob"})
	d = r.decision(req.ID)
	same(t, "nobody is left", []any{[]approvals.PrincipalID{"mia", "bob", "sol", "sue"}, []approvals.PrincipalID{"sol", "sue"}, true},
		[]any{d.Approvers, d.Asked, d.Fallback})
	_, err := r.Service.Approve(t.Context(), by("mia"), req.ID, "")
	code(t, "", err) // who could not be told may still answer, from elsewhere
}

func TestOnlyWhatAsksForAnAnswerIsAskedOfOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	before := len(r.Store.Events())
	for _, n := range []approvals.Notice{
		{Kind: approvals.NoticeRequest, Request: req.ID, To: "amy"}, {Kind: approvals.NoticeHome, To: "mia"}, {Kind: approvals.NoticeAlert, To: "mia"},
	} {
		code(t, "", r.Service.Unreached(t.Context(), "test", n, "user_not_found"))
	}
	_, err := r.Service.Cancel(t.Context(), by("amy"), req.ID)
	code(t, "", err)
	r.unreached(approvals.Notice{Request: req.ID, To: "mia"})
	same(t, "events", before+1, len(r.Store.Events()))
}

func TestUnreachedYieldsToWhoeverChangesTheRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	once := true
	r.Store.Before(func(approvals.Change) error {
		if once {
			once = false
			_, err := r.Service.Decide(context.Background(), by("olga"), req.ID)
			return err
		}
		return nil
	})
	r.unreached(approvals.Notice{Request: req.ID, To: "mia"})
	same(t, "unreached", []approvals.PrincipalID{"mia"}, r.decision(req.ID).Unreached)
}
