package approvals_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

// slackActor is amy, speaking through the account that Identify bound.
func slackActor() approvals.Actor { return approvals.Person("amy", "slack", "D1") }

func TestFirstRequestWaitsUntilItsPersonSaysWhoTheyAre(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	req, err := r.draft(nil)
	code(t, "", err)
	_, err = r.Service.Submit(t.Context(), slackActor(), req.ID)
	code(t, approvals.CodeUnconfirmed, err)
	same(t, "state", approvals.RequestDraft, r.request(req.ID).State)

	for range 2 {
		p, err := r.Service.ConfirmOwn(t.Context(), account(nil))
		code(t, "", err)
		same(t, "principal", approvals.PrincipalID("amy"), p.ID)
	}
	owned := r.only(approvals.EventIdentityOwned)
	same(t, "audited once, by the person", []any{1, approvals.PrincipalID("amy")}, []any{len(owned), owned[0].Actor.Principal})
	got, err := r.Service.Submit(t.Context(), slackActor(), req.ID)
	code(t, "", err)
	same(t, "state", approvals.RequestPending, got.State)
}

func TestADoorWithoutAccountsAsksNobodyWhoTheyAre(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	same(t, "state", approvals.RequestPending, r.ask(nil).State) // by the test's own door
}

func TestSomebodyElsesAccountIsHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	code(t, "", r.Service.NotMe(t.Context(), account(nil)))
	same(t, "alert", []approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert))
	for name, step := range map[string]func() error{
		"speaks":   func() error { _, err := r.Service.Identify(t.Context(), account(nil)); return err },
		"confirms": func() error { _, err := r.Service.ConfirmOwn(t.Context(), account(nil)); return err },
		"denies":   func() error { return r.Service.NotMe(t.Context(), account(nil)) },
	} {
		if got := approvals.ErrorCode(step()); got != approvals.CodeForbidden {
			t.Errorf("%s: %q", name, got)
		}
	}
	code(t, "", r.Service.Confirm(t.Context(), by("adam"), account(nil)))
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
}

func TestUnconfirmedAccountWhoseEmailChangesIsBlocked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	moved := account(func(a *approvals.Account) { a.Email = "mia@example.com" })
	code(t, "", r.Service.AccountChanged(t.Context(), moved))
	_, err = r.Service.ConfirmOwn(t.Context(), moved)
	code(t, approvals.CodeForbidden, err)
	same(t, "nobody owns it", 0, len(r.only(approvals.EventIdentityOwned)))
}

func TestEachHoldIsHeardOfAndEndsOnItsOwnCard(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	var slots []string
	for _, email := range []string{"one@example.com", "two@example.com"} {
		a := account(func(a *approvals.Account) { a.Email = email })
		code(t, "", r.Service.AccountChanged(t.Context(), a))
		code(t, "", r.Service.Confirm(t.Context(), by("adam"), a))
		code(t, approvals.CodeAlreadyDecided, r.Service.Confirm(t.Context(), by("adam"), a))
	}
	homes := 0
	for _, n := range r.Store.Notices() {
		switch n.Kind {
		case approvals.NoticeAlert:
			slots = append(slots, n.Slot)
		case approvals.NoticeHome:
			homes++
		}
	}
	same(t, "slots", []string{"alert/identity/U-amy/1/adam", "alert/identity/U-amy/1/adam", "alert/identity/U-amy/3/adam", "alert/identity/U-amy/3/adam"}, slots)
	same(t, "Home tabs of admins", 4, homes)
}
