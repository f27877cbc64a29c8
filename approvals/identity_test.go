package approvals_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// account is amy's in the workspace, edited.
func account(edit func(*approvals.Account)) approvals.Account {
	a := approvals.Account{Door: "slack", Workspace: "T1", Subject: "U-amy", Email: "amy@example.com"}
	if edit != nil {
		edit(&a)
	}
	return a
}

func TestAccountSpeaksForItsPrincipal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 2 {
		p, err := r.Service.Identify(t.Context(), account(func(a *approvals.Account) { a.Email = "Amy@Example.com" }))
		code(t, "", err)
		same(t, "principal", approvals.PrincipalID("amy"), p.ID)
	}
	same(t, "bound once", []approvals.EventKind{approvals.EventIdentityBound}, r.kinds(0))
}

func TestWhoSpeaksForNobody(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*approvals.Account){
		"guest":        func(a *approvals.Account) { a.Guest = true },
		"bot":          func(a *approvals.Account) { a.Bot = true },
		"outsider":     func(a *approvals.Account) { a.Outsider = true },
		"deactivated":  func(a *approvals.Account) { a.Deactivated = true },
		"no subject":   func(a *approvals.Account) { a.Subject = "" },
		"no workspace": func(a *approvals.Account) { a.Workspace = "" },
		"unknown":      func(a *approvals.Account) { a.Email = "zoe@example.com" },
		"no email":     func(a *approvals.Account) { a.Email = "" },
		"left":         func(a *approvals.Account) { a.Subject, a.Email = "U-ivan", "ivan@example.com" },
	} {
		r := newRig(t)
		r.Directory.Put(approvals.Principal{ID: "nomail", Name: "No Mail"})
		_, err := r.Service.Identify(t.Context(), account(edit))
		if got := approvals.ErrorCode(err); got != approvals.CodeForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBoundAccountThatBecomesAGuestIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	_, err = r.Service.Identify(t.Context(), account(func(a *approvals.Account) { a.Guest = true }))
	code(t, approvals.CodeForbidden, err)
}

func TestChangedEmailMovesNothingAndBlocks(t *testing.T) {
	t.Parallel()
	for name, learn := range map[string]func(*rig, approvals.Account) error{
		"at the next word": func(r *rig, a approvals.Account) error { _, err := r.Service.Identify(r.t.Context(), a); return err },
		"by the door's event": func(r *rig, a approvals.Account) error {
			if err := r.Service.AccountChanged(r.t.Context(), a); err != nil {
				return err
			}
			_, err := r.Service.Identify(r.t.Context(), a)
			return err
		},
	} {
		r := newRig(t)
		_, err := r.Service.Identify(t.Context(), account(nil))
		code(t, "", err)
		moved := account(func(a *approvals.Account) { a.Email = "mia@example.com" }) // an approver's address
		code(t, approvals.CodeForbidden, learn(r, moved))
		same(t, name+": events", []approvals.EventKind{approvals.EventIdentityBound, approvals.EventIdentityBlocked}, r.kinds(0))
		same(t, name+": alert", []approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert))
		_, err = r.Service.Identify(t.Context(), account(nil))
		code(t, approvals.CodeForbidden, err) // changing it back frees nothing
		code(t, "", r.Service.AccountChanged(t.Context(), moved))
		same(t, name+": blocked once", 2, len(r.Store.Events()))
	}
}

func TestSecondAccountOfAPersonIsBlocked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	second := account(func(a *approvals.Account) { a.Subject = "U-other" })
	for range 2 {
		_, err = r.Service.Identify(t.Context(), second)
		code(t, approvals.CodeForbidden, err)
	}
	same(t, "alert", []approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert))
	_, err = r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
}

func TestOnlyAnotherAdminConfirms(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	changed := account(func(a *approvals.Account) { a.Email = "amy.new@example.com" })
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	_, err = r.Service.Identify(t.Context(), changed)
	code(t, approvals.CodeForbidden, err)
	for who, want := range map[approvals.PrincipalID]approvals.Code{"mia": approvals.CodeForbidden, "amy": approvals.CodeForbidden, "ivan": approvals.CodeForbidden} {
		code(t, want, r.Service.Confirm(t.Context(), by(who), changed))
	}
	code(t, "", r.Service.Confirm(t.Context(), by("adam"), changed))
	p, err := r.Service.Identify(t.Context(), changed)
	code(t, "", err)
	same(t, "principal", approvals.PrincipalID("amy"), p.ID)
	same(t, "who confirmed", approvals.PrincipalID("adam"), r.only(approvals.EventIdentityCleared)[0].Actor.Principal)
	code(t, approvals.CodeNotFound, r.Service.Confirm(t.Context(), by("adam"), account(func(a *approvals.Account) { a.Subject = "U-zoe" })))

	own := approvals.Account{Door: "slack", Workspace: "T1", Subject: "U-adam", Email: "adam@example.com"}
	_, err = r.Service.Identify(t.Context(), own)
	code(t, "", err)
	code(t, approvals.CodeForbidden, r.Service.Confirm(t.Context(), by("adam"), own))
}

func TestDeactivatedAccountLosesEverything(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	g := r.hold(nil)
	gone := account(func(a *approvals.Account) { a.Deactivated = true })
	code(t, "", r.Service.AccountChanged(t.Context(), gone))
	same(t, "grant", approvals.EndDeactivated, r.grant(g.ID).EndReason)
	code(t, "", r.Service.AccountChanged(t.Context(), account(func(a *approvals.Account) { a.Subject = "U-nobody" })))
	code(t, "", r.Service.AccountChanged(t.Context(), account(func(a *approvals.Account) { a.Email = "" })))
}

func TestTwoFirstWordsAtOnceBindOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Store.Before(func(approvals.Change) error {
		r.Store.Before(nil)
		_, err := r.Service.Identify(t.Context(), account(nil))
		return err
	})
	p, err := r.Service.Identify(t.Context(), account(nil))
	code(t, "", err)
	same(t, "principal", approvals.PrincipalID("amy"), p.ID)
	same(t, "bound once", 1, len(r.Store.Events()))
}

func TestWithoutADirectoryNobodyIsBound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Directory.Fail(approvals.Errorf(approvals.CodeUnavailable, "down"))
	_, err := r.Service.Identify(t.Context(), account(nil))
	code(t, approvals.CodeUnavailable, err)
	same(t, "events", 0, len(r.Store.Events()))
}

func TestDatabaseThatFailsFailsTheStep(t *testing.T) {
	t.Parallel()
	down := approvals.Errorf(approvals.CodeUnavailable, "The database does not answer.")
	for name, step := range map[string]func(*rig) error{
		"draft":    func(r *rig) error { _, err := r.draft(nil); return err },
		"identify": func(r *rig) error { _, err := r.Service.Identify(r.t.Context(), account(nil)); return err },
		"submit": func(r *rig) error {
			req, _ := r.Store.RequestByKey(r.t.Context(), "test:1")
			_, err := r.Service.Submit(r.t.Context(), by("amy"), req.ID)
			return err
		},
	} {
		r := newRig(t)
		if _, err := r.draft(nil); err != nil {
			t.Fatal(err)
		}
		r.Policy.Rule(approvalstest.Automatic())
		r.Store.Before(func(approvals.Change) error { return down })
		if err := step(r); approvals.ErrorCode(err) != approvals.CodeUnavailable {
			t.Errorf("%s: %v", name, err)
		}
		same(t, name+": events", 1, len(r.Store.Events()))
	}
}
