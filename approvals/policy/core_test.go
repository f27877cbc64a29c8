package policy

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestProgramThatCarriesABrokenLawDoesNotStart(t *testing.T) {
	t.Parallel()
	defer func() {
		if v := recover(); v == nil || !strings.Contains(v.(string), "the schema does not load: cut short") {
			t.Errorf("recovered %v", v)
		}
	}()
	embedded("the schema", nil)
	embedded("the schema", errors.New("cut short"))
}

func TestEntityThatDoesNotFitTheSchemaIsFound(t *testing.T) {
	t.Parallel()
	q := ask(approvals.Facts{}, approvals.Assessment{}, nil)
	bare := cedar.Entity{UID: user("bare")}
	q.entities = append(q.entities, bare)
	if err := q.check(user("bare"), actionRequest); err == nil || !strings.Contains(err.Error(), `check User::"bare"`) {
		t.Errorf("error %v", err)
	}
}

func TestEveryReferenceToApproversReachesThePolicies(t *testing.T) {
	t.Parallel()
	e := entitlementOf(approvals.Entitlement{ID: "x:y", Owners: []approvals.PrincipalID{"olga"},
		Approvers: []approvals.ApproverRef{"manager", "skip-level-manager", "owner", "group:security", "slack-group:dba", "person:kim", "on-call:PI7DH85"}})
	got := map[string]string{}
	for _, name := range []cedar.String{"owners", "approvers", "approver_groups", "manager_approves", "skip_level_approves"} {
		value, ok := e.Attributes.Get(name)
		if !ok {
			t.Fatalf("no attribute %s", name)
		}
		got[string(name)] = asWritten(value)
	}
	want := map[string]string{"owners": `[User::"olga"]`, "approvers": `[User::"kim"]`,
		"approver_groups": `[Group::"security", Group::"slack-group:dba"]`, "manager_approves": "true", "skip_level_approves": "true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyFieldsWithAListOfValuesAreSeen(t *testing.T) {
	t.Parallel()
	f := approvals.Facts{
		Entitlement: approvals.Entitlement{Fields: []approvals.Field{
			{Name: "change", Type: approvals.FieldChoice, Choices: []string{"standard", "urgent"}},
			{Name: "downtime", Type: approvals.FieldBool}, {Name: "tested", Type: approvals.FieldBool},
			{Name: "rows", Type: approvals.FieldNumber}, {Name: "why", Type: approvals.FieldText},
			{Name: "kind", Type: approvals.FieldChoice, Choices: []string{"a"}},
		}},
		Fields: map[string]string{"change": "urgent", "downtime": "true", "tested": "perhaps", "rows": "7", "why": "change=standard", "kind": "b", "gone": "x"},
	}
	if diff := cmp.Diff(`["change=urgent", "downtime=true"]`, asWritten(fieldsOf(f))); diff != "" {
		t.Error(diff)
	}
}

func TestStageNamesWhomItsPolicyNames(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]approvals.ApproverRef{
		`principal == User::"kim"`: "person:kim", `principal in Group::"security"`: "group:security",
		`principal is User in Group::"security"`: "group:security", `principal`: "", `principal is User`: "",
	} {
		s := written(t, `permit (`+head+`, action == Action::"approve", resource);`)
		if got := s.approve[len(s.approve)-1].named(); got != want {
			t.Errorf("%s: %q, want %q", head, got, want)
		}
	}
}
