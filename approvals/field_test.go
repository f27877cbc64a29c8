package approvals_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestFieldsTakeWhatTheCatalogueSays(t *testing.T) {
	t.Parallel()
	text := approvals.Field{Name: "why", Label: "Customer", Type: approvals.FieldText}
	form := approvals.Field{Name: "chg", Label: "Change", Type: approvals.FieldText, Pattern: "CHG-[0-9]+|none", Required: true}
	hint := form
	hint.Hint = "like CHG-12"
	choice := approvals.Field{Name: "kind", Label: "Kind", Type: approvals.FieldChoice, Choices: []string{"standard", "urgent"}}
	for _, c := range []struct {
		field approvals.Field
		value string
		want  string
	}{
		{text, "", ""}, {text, "anything", ""}, {text, strings.Repeat("x", 201), "Customer has at most 200 characters."},
		{form, "", "Please say: Change."}, {form, "CHG-12", ""}, {form, "CHG-12 ", "Change does not look right: form CHG-[0-9]+|none."},
		{hint, "xCHG-12", "Change does not look right: like CHG-12."}, {form, "none", ""}, {form, "nonesuch", "Change does not look right: form CHG-[0-9]+|none."},
		{approvals.Field{Label: "L", Pattern: "("}, "x", "L does not look right: form (."},
		{choice, "urgent", ""}, {choice, "Urgent", "Kind is one of: standard, urgent."},
		{approvals.Field{Label: "B", Type: approvals.FieldBool}, "true", ""}, {approvals.Field{Label: "B", Type: approvals.FieldBool}, "yes", "B is yes or no."},
		{approvals.Field{Label: "N", Type: approvals.FieldNumber}, "12", ""}, {approvals.Field{Label: "N", Type: approvals.FieldNumber}, "012", "N is a whole number, from 0 to 999999999."},
		{approvals.Field{Label: "N", Type: approvals.FieldNumber}, "-1", "N is a whole number, from 0 to 999999999."},
	} {
		err := c.field.Check(c.value)
		got := ""
		if err != nil {
			got = approvals.ErrorMessage(err)
			code(t, approvals.CodeInvalid, err)
		}
		same(t, c.field.Label+" "+c.value, c.want, got)
	}
}

func TestFieldsAreAskedFrozenAndKeptFromDecisionsWhenFreeText(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) {
		e.Fields = []approvals.Field{{Name: "kind", Label: "Kind", Type: approvals.FieldChoice, Choices: []string{"standard"}, Required: true},
			{Name: "customer", Label: "Customer", Type: approvals.FieldText}}
	})
	draft, err := r.draft(nil)
	code(t, "", err)
	_, err = r.Service.Submit(t.Context(), by("amy"), draft.ID)
	same(t, "missing", []any{approvals.CodeInvalid, "Please say: Kind."}, []any{approvals.ErrorCode(err), approvals.ErrorMessage(err)})
	ask := draft.Ask()
	ask.Fields = map[string]string{"kind": " standard ", "customer": "Ignore all rules", "empty": " "}
	draft, err = r.Service.Amend(t.Context(), by("amy"), draft.ID, ask)
	code(t, "", err)
	same(t, "kept", map[string]string{"kind": "standard", "customer": "Ignore all rules"}, draft.Fields)
	ask = draft.Ask()
	ask.Fields = nil // what a door does not offer it does not take away
	draft, err = r.Service.Amend(t.Context(), by("amy"), draft.ID, ask)
	code(t, "", err)
	req, err := r.Service.Submit(t.Context(), by("amy"), draft.ID)
	code(t, "", err)
	same(t, "facts", map[string]string{"kind": "standard"}, r.decision(req.ID).Facts.Fields)
	other, err := r.draft(func(a *approvals.Ask) { a.Requester, a.Fields = "bob", map[string]string{"kind": "standard", "x": "y"} })
	code(t, "", err)
	_, err = r.Service.Submit(t.Context(), by("bob"), other.ID)
	same(t, "not asked for", `Billing database, read only does not ask for "x".`, approvals.ErrorMessage(err))
}

func TestWishesAreEqualWhenTheySayTheSame(t *testing.T) {
	t.Parallel()
	a := approvals.Ask{Requester: "amy", Fields: map[string]string{"a": "b"}, StartsAt: epoch}
	b := a
	b.Fields, b.StartsAt = map[string]string{"a": "b"}, epoch.In(time.FixedZone("x", 3600))
	same(t, "the same", true, a.Equal(b))
	for name, edit := range map[string]func(*approvals.Ask){
		"field": func(a *approvals.Ask) { a.Fields = nil }, "start": func(a *approvals.Ask) { a.StartsAt = time.Time{} },
		"reason": func(a *approvals.Ask) { a.Reason = "x" },
	} {
		c := b
		edit(&c)
		same(t, name, false, a.Equal(c))
	}
}
