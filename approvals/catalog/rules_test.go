package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
)

const withRules = `systems:
  - name: finance
    connector: sandbox
    owners: [ada@example.com]
    approvers: [owner]
    sensitivity: high
    default_duration: 1h
    max_duration: 4h
    fields:
      - {name: change, label: Kind of change, type: choice, choices: [standard, urgent], required: true}
    resources:
      - name: ledger
        levels:
          - name: view
          - name: post
            fields:
              - {name: period, label: Period, pattern: "[0-9]{4}-[0-9]{2}", hint: like 2026-11}
              - {name: change, label: What changes, type: bool}
      - name: payments
        levels:
          - name: release
segregation:
  - name: post-and-pay
    reason: Whoever posts an entry does not release the payment.
    entitlements: ["ledger:*", "payments:release"]
    on_conflict: ask
profiles:
  - name: accountant
    title: Accountant
    entitlements: ["ledger:view", "ledger:post"]
`

func TestRulesFieldsAndProfilesAreRead(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": withRules}), team)
	if err != nil {
		t.Fatal(err)
	}
	rule := func(with ...approvals.EntitlementID) []approvals.Segregation {
		return []approvals.Segregation{{Rule: "post-and-pay", Reason: "Whoever posts an entry does not release the payment.", Ask: true, With: with}}
	}
	choice := approvals.Field{Name: "change", Label: "Kind of change", Type: approvals.FieldChoice, Choices: []string{"standard", "urgent"}, Required: true}
	for id, want := range map[approvals.EntitlementID]struct {
		fields []approvals.Field
		rules  []approvals.Segregation
	}{
		"ledger:view": {[]approvals.Field{choice}, rule("payments:release")},
		"ledger:post": {[]approvals.Field{{Name: "change", Label: "What changes", Type: approvals.FieldBool},
			{Name: "period", Label: "Period", Type: approvals.FieldText, Pattern: "[0-9]{4}-[0-9]{2}", Hint: "like 2026-11"}}, rule("payments:release")},
		"payments:release": {[]approvals.Field{choice}, rule("ledger:post", "ledger:view")},
	} {
		e, err := c.Entitlement(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]any{want.fields, want.rules}, []any{e.Fields, e.Segregation}); diff != "" {
			t.Errorf("%s: -want +got\n%s", id, diff)
		}
	}
	want := approvals.Profile{Name: "accountant", Title: "Accountant", Entitlements: []approvals.EntitlementID{"ledger:view", "ledger:post"}}
	live, err := catalog.Open(t.Context(), folder(t, map[string]string{"a.yaml": withRules}), team)
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []approvals.Profiles{c, live} {
		got, err := source.Profile(t.Context(), "accountant")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v -want +got\n%s", err, diff)
		}
		all, err := source.AllProfiles(t.Context())
		if diff := cmp.Diff([]approvals.Profile{want}, all); diff != "" || err != nil {
			t.Errorf("%v -want +got\n%s", err, diff)
		}
		_, err = source.Profile(t.Context(), "acountant")
		if want := `The catalogue has no profile "acountant"; the nearest is accountant.`; approvals.ErrorMessage(err) != want || approvals.ErrorCode(err) != approvals.CodeNotFound {
			t.Errorf("%v", err)
		}
	}
}

func TestMistakesInRulesAreNamedWithLineAndMend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ old, new, want string }{
		{"name: post-and-pay", "name: Post And Pay", `a.yaml:23: "Post And Pay" cannot be the name of a rule`},
		{"    reason: Whoever posts an entry does not release the payment.\n", "", `a.yaml:23: the rule "post-and-pay" has no reason that can be shown`},
		{`"payments:release"]`, `"payments:relase"]`, `a.yaml:25: the catalogue has no "payments:relase"; did you mean "payments:release"?`},
		{`["ledger:*", "payments:release"]`, `["ledger:*"]`, `a.yaml:25: the rule "post-and-pay" keeps nothing apart`},
		{`["ledger:*", "payments:release"]`, `["ledger:*", "ledger:post"]`, `a.yaml:25: "ledger:post" is on two sides of the rule "post-and-pay"`},
		{"on_conflict: ask", "on_conflict: aks", `a.yaml:26: "aks" is not what can be done about a conflict; did you mean "ask"?`},
		{"title: Accountant", "title:", `a.yaml:29: the profile "accountant" has no title that can be shown`},
		{`["ledger:view", "ledger:post"]`, `["ledger:*"]`, `a.yaml:30: a profile does not take all levels of a resource; name each level by itself`},
		{`["ledger:view", "ledger:post"]`, `["ledger:view", "ledger:view"]`, `a.yaml:30: "ledger:view" is in the profile "accountant" twice`},
		{`["ledger:view", "ledger:post"]`, `[]`, `a.yaml:30: the profile "accountant" has 0 entitlements`},
		{"type: bool", "type: boolean", `a.yaml:18: "boolean" is not a type of field`},
		{"type: bool", "type: choice", `a.yaml:18: type and choices of the field "change" do not go together`},
		{"type: bool", `type: bool, pattern: "x"`, `a.yaml:18: a pattern says nothing for the field "change"`},
		{`pattern: "[0-9]{4}-[0-9]{2}"`, `pattern: "[0-9"`, `a.yaml:17: the pattern of the field "period" cannot be read`},
		{"label: Period, ", "", `a.yaml:17: the field "period" has no label that can be shown`},
		{"name: period", "name: Period", `a.yaml:17: "Period" cannot be the name of a field`},
		{"name: period", "name: change", `a.yaml:18: the field "change" is declared twice; keep one of them`},
		{"choices: [standard, urgent]", "choices: [standard, standard]", `a.yaml:10: "standard" cannot be a choice of the field "change"`},
	} {
		dir := folder(t, map[string]string{"a.yaml": strings.Replace(withRules, tc.old, tc.new, 1)})
		_, err := catalog.Load(t.Context(), dir, team)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s:\n got %v\nwant %s", tc.new, err, tc.want)
		}
	}
	twice := withRules + "  - {name: accountant, title: Again, entitlements: [\"ledger:view\"]}\n"
	_, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": twice}), team)
	if err == nil || !strings.Contains(err.Error(), `a.yaml:31: the profile "accountant" was described at`) {
		t.Error(err)
	}
	if _, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": "profiles: []\n"}), team); err == nil {
		t.Error("a file that describes nothing passes")
	}
}
