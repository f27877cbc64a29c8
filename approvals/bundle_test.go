package approvals_test

import (
	"context"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// profiles is a catalogue's profiles.
type profiles map[string]approvals.Profile

func (p profiles) Profile(_ context.Context, name string) (approvals.Profile, error) {
	if found, ok := p[name]; ok {
		return found, nil
	}
	return approvals.Profile{}, approvals.Errorf(approvals.CodeNotFound, "There is no such profile.")
}

func (p profiles) AllProfiles(context.Context) ([]approvals.Profile, error) { return nil, nil }

func newHire(key string) approvals.Ask {
	return approvals.Ask{Requester: "mia", Beneficiary: "bob", Duration: 24 * time.Hour, Reason: "Bob starts today", Key: key}
}

func TestABundleIsAskedTogetherAndDecidedOneByOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	both := []approvals.EntitlementID{approvalstest.ReadOnly, approvalstest.Admin}
	drafts, err := r.Service.DraftBundle(t.Context(), by("mia"), newHire("k"), both)
	code(t, "", err)
	same(t, "drafts", 2, len(drafts))
	for _, d := range drafts {
		same(t, "draft", []any{drafts[0].Bundle, 8 * time.Hour, approvals.PrincipalID("bob"), int64(1)}, []any{d.Bundle, d.Duration, d.Beneficiary, d.Version})
	}
	again, err := r.Service.DraftBundle(t.Context(), by("mia"), newHire("k"), both)
	code(t, "", err)
	same(t, "the same key is the same bundle", drafts, again)
	r.Policy.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
		if f.Entitlement.ID == approvalstest.ReadOnly {
			return approvalstest.Automatic()
		}
		return approvalstest.Routed(1)
	})
	before := len(r.Store.Notices())
	sent, unsent, err := r.Service.SubmitBundle(t.Context(), by("mia"), drafts[0].Bundle)
	code(t, "", err)
	same(t, "sent", []any{approvals.RequestApproved, approvals.RequestPending, 0}, []any{sent[0].State, sent[1].State, len(unsent)})
	for _, n := range r.Store.Notices()[before:] {
		if n.Kind == approvals.NoticeRequest || n.Kind == approvals.NoticeBundle && n.Slot != "bundle/"+string(drafts[0].Bundle) && n.Slot != "bundle/"+string(drafts[0].Bundle)+"/beneficiary" {
			t.Errorf("it is not shown as one: %+v", n)
		}
	}
	_, err = r.Service.Deny(t.Context(), by("olga"), sent[1].ID, "")
	code(t, "", err)
	same(t, "the other stands", approvals.RequestApproved, r.request(sent[0].ID).State)
	sent, _, err = r.Service.SubmitBundle(t.Context(), by("mia"), drafts[0].Bundle)
	code(t, "", err)
	same(t, "sent again, nothing happens", []any{approvals.RequestApproved, approvals.RequestDenied}, []any{sent[0].State, sent[1].State})
}

func TestWhatStopsOneOfABundleStopsNoOther(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	drafts, err := r.Service.DraftBundle(t.Context(), by("amy"), approvals.Ask{Requester: "amy", Reason: "x", Key: "k"},
		[]approvals.EntitlementID{approvalstest.ReadOnly, approvalstest.Admin})
	code(t, "", err)
	r.Catalogue.Remove(approvalstest.ReadOnly)
	sent, unsent, err := r.Service.SubmitBundle(t.Context(), by("amy"), drafts[0].Bundle)
	code(t, "", err)
	same(t, "states", []any{approvals.RequestDraft, approvals.RequestPending}, []any{sent[0].State, sent[1].State})
	code(t, approvals.CodeNotFound, unsent[drafts[0].ID])
}

func TestBundlesThatCannotBe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	many := make([]approvals.EntitlementID, 21)
	for name, c := range map[string]struct {
		actor approvals.PrincipalID
		key   string
		list  []approvals.EntitlementID
		want  approvals.Code
	}{
		"no key":        {"mia", "", many[:1], approvals.CodeInvalid},
		"nothing":       {"mia", "a", nil, approvals.CodeInvalid},
		"too many":      {"mia", "b", many, approvals.CodeInvalid},
		"one twice":     {"mia", "c", []approvals.EntitlementID{approvalstest.ReadOnly, approvalstest.ReadOnly}, approvals.CodeInvalid},
		"one unknown":   {"mia", "d", []approvals.EntitlementID{"x:y"}, approvals.CodeNotFound},
		"somebody else": {"amy", "e", []approvals.EntitlementID{approvalstest.ReadOnly}, approvals.CodeForbidden},
	} {
		_, err := r.Service.DraftBundle(t.Context(), by(c.actor), newHire(c.key), c.list)
		if got := approvals.ErrorCode(err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	same(t, "nothing was stored", 0, len(r.Store.Events()))
	_, _, err := r.Service.SubmitBundle(t.Context(), by("mia"), "bun_9")
	code(t, approvals.CodeNotFound, err)
}

func TestAProfileAsksForWhatIsMissing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Service.DraftProfile(t.Context(), by("mia"), newHire("k"), "payments")
	code(t, approvals.CodeNotFound, err)
	r.Service.Profiles = profiles{"payments": {Name: "payments", Title: "Payments engineer",
		Entitlements: []approvals.EntitlementID{approvalstest.ReadOnly, approvalstest.Admin}}}
	_, err = r.Service.DraftProfile(t.Context(), by("mia"), newHire("k"), "finance")
	code(t, approvals.CodeNotFound, err)
	r.hold(forBob)
	drafts, err := r.Service.DraftProfile(t.Context(), by("mia"), newHire("k"), "payments")
	code(t, "", err)
	same(t, "what bob has not", []any{1, approvalstest.Admin, "payments"}, []any{len(drafts), drafts[0].Entitlement, drafts[0].Profile})
	_, unsent, err := r.Service.SubmitBundle(t.Context(), by("mia"), drafts[0].Bundle)
	code(t, "", err)
	same(t, "unsent", 0, len(unsent))
	_, err = r.Service.DraftProfile(t.Context(), by("mia"), newHire("k2"), "payments")
	same(t, "nothing is missing", []any{approvals.CodeConflict, "Everything of Payments engineer is there already, or is asked for."}, []any{approvals.ErrorCode(err), approvals.ErrorMessage(err)})
}

func TestABundlesDraftsAreChangedTogether(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	drafts, err := r.Service.DraftBundle(t.Context(), by("mia"), newHire("k"), []approvals.EntitlementID{approvalstest.ReadOnly, approvalstest.Admin})
	code(t, "", err)
	bundle, before := drafts[0].Bundle, len(r.Store.Notices())
	ask := drafts[0].Ask()
	ask.Reason, ask.Duration, ask.Ticket = "first day in support", time.Hour, "HR-7"
	_, err = r.Service.AmendBundle(t.Context(), by("bob"), bundle, ask)
	code(t, approvals.CodeForbidden, err)
	changed, err := r.Service.AmendBundle(t.Context(), by("mia"), bundle, ask)
	code(t, "", err)
	for i, c := range changed {
		same(t, "changed", []any{drafts[i].Entitlement, "first day in support", time.Hour, "HR-7", bundle}, []any{c.Entitlement, c.Reason, c.Duration, c.Ticket, c.Bundle})
	}
	one := changed[0].Ask()
	one.Reason = "the queue alone"
	_, err = r.Service.Amend(t.Context(), by("mia"), changed[0].ID, one)
	code(t, "", err)
	for _, n := range r.Store.Notices()[before:] {
		if n.Kind != approvals.NoticeBundle && n.Kind != approvals.NoticeHome {
			t.Errorf("a changed draft is not shown with the others: %+v", n)
		}
	}
	for _, d := range drafts {
		_, err := r.Service.Cancel(t.Context(), by("mia"), d.ID)
		code(t, "", err)
	}
	_, err = r.Service.AmendBundle(t.Context(), by("mia"), bundle, ask)
	code(t, approvals.CodeAlreadyDecided, err)
}
