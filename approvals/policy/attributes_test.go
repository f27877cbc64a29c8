package policy

import (
	"fmt"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// someone asks for something for somebody else, with every fact known.
func someone() (approvals.Facts, approvals.Assessment) {
	return approvals.Facts{
			At: time.Date(2026, 1, 30, 17, 45, 0, 0, time.UTC), Kind: approvals.KindExtension,
			Requester: approvals.Principal{ID: "tom", Title: "Lead", Groups: []string{"leads"}},
			Beneficiary: approvals.Principal{
				ID: "maya", Email: "maya@example.com", Title: "Engineer", Department: "Billing", Location: "Austin",
				Manager: "tom", Groups: []string{"support", "billing"}, Contractor: true, Admin: true,
			},
			Entitlement: approvals.Entitlement{
				ID: "billing-db:read-only", System: "postgres-prod", Resource: "billing-db", Level: "read-only", Environment: "production",
				Sensitivity: approvals.High, Tags: []string{"payments", "database"}, Owners: []approvals.PrincipalID{"priya"},
				Approvers:   []approvals.ApproverRef{"manager", "owner", "group:security", "person:sam"},
				MaxDuration: 8 * time.Hour, TicketRequired: true,
			},
			Duration: 90 * time.Minute, ReasonLength: 42, Ticket: "INC-1", Weekday: time.Saturday, MinuteOfDay: 105,
			Directory: approvals.DirectoryState{AsOf: time.Date(2026, 1, 30, 17, 0, 0, 0, time.UTC)}, AutoToday: 2,
		}, approvals.Assessment{
			Score: 37, Confidence: approvals.ConfidenceMedium,
		}
}

// judge gives a set of one permit with this condition. It must validate.
func judge(t *testing.T, scope, condition string) *Set {
	t.Helper()
	text := fmt.Sprintf(`@id("judge") @owner("o") @reason("r") @review_by("2030-01-01") permit (%s) when { %s };`, scope, condition)
	f, _ := someone()
	words := &vocabulary{}
	words.literals = map[cedar.EntityType][]string{typeEntitlement: {string(f.Entitlement.ID)}, typeSystem: {f.Entitlement.System}, typeResource: {f.Entitlement.Resource}}
	set, problems := compile([]file{{name: "a.cedar", path: "a.cedar", data: []byte(text)}}, words)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", condition, problems)
	}
	set.maxDirectoryAge = DefaultMaxDirectoryAge
	return set
}

// Each condition holds for someone's request; each says what one attribute of
// the schema means.
func TestEveryAttributeMeansWhatTheSchemaSays(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{
		`principal == User::"maya"`,
		`principal has email && principal.email == "maya@example.com"`,
		`principal has title && principal.title == "Engineer"`,
		`principal has department && principal.department == "Billing"`,
		`principal has location && principal.location == "Austin"`,
		`principal has manager && principal.manager == User::"tom"`,
		`principal.groups == ["billing", "support"]`,
		`principal in Group::"support" && principal in Group::"billing" && !(principal in Group::"leads")`,
		`principal is User in Group::"support"`,
		`principal.contractor && principal.admin`,
		`resource == Entitlement::"billing-db:read-only"`,
		`resource in Resource::"billing-db" && resource in System::"postgres-prod"`,
		`resource.system == "postgres-prod" && resource.resource == "billing-db" && resource.level == "read-only"`,
		`resource has environment && resource.environment == "production"`,
		`resource.sensitivity == "high" && resource.sensitivity_rank == 3`,
		`resource.tags.containsAll(["database", "payments"]) && resource.tags == ["payments", "database"]`,
		`resource.owners == [User::"priya"]`,
		`resource.approvers == [User::"sam"]`,
		`resource.approver_groups == [Group::"security"]`,
		`resource.manager_approves`,
		`resource.max_minutes == 480`,
		`resource.ticket_required`,
		`context.requester == User::"tom" && context.requester has title && context.requester.title == "Lead"`,
		`context.beneficiary == principal`,
		`context.on_behalf`,
		`context.kind == "extension"`,
		`context.duration_minutes == 90`,
		`context.reason_length == 42`,
		`context has ticket && context.ticket == "INC-1"`,
		`context.weekday == "saturday" && context.hour == 1 && context.minute_of_day == 105`,
		`context.day_of_month == 31 && context.days_left_in_month == 0`,
		`context has score && context.score == 37`,
		`context has score_confidence && context.score_confidence == "medium"`,
		`context.auto_today == 2`,
		`context.directory_age_minutes == 45 && !context.directory_stale`,
	} {
		set := judge(t, `principal, action == Action::"request", resource`, condition)
		f, a := someone()
		q := ask(f, a, nil)
		found := set.evaluate(q, set.request, actionRequest, f.At, parties(f)[:1])
		if !found.permitted || len(found.problems) > 0 {
			t.Errorf("does not hold: %s %v", condition, found.problems)
		}
	}
}

// What is not known is absent, so that a policy must ask with "has".
func TestWhatIsNotKnownIsAbsent(t *testing.T) {
	t.Parallel()
	nobody := func(f *approvals.Facts, a *approvals.Assessment) {
		f.Beneficiary = approvals.Principal{ID: "maya"}
		f.Entitlement.Environment, f.Ticket = "", ""
		a.Problem = "none"
	}
	for _, tc := range []struct{ condition, base string }{
		{`principal has email`, ""}, {`principal has title`, ""}, {`principal has department`, ""}, {`principal has location`, ""},
		{`principal has manager`, ""}, {`resource has environment`, ""}, {`context has ticket`, ""},
		{`context has score`, ""}, {`context has score_confidence`, ""},
	} {
		set := judge(t, `principal, action == Action::"request", resource`, tc.condition)
		f, a := someone()
		if found := set.evaluate(ask(f, a, nil), set.request, actionRequest, f.At, parties(f)[:1]); !found.permitted {
			t.Errorf("%s: known, yet absent", tc.condition)
		}
		nobody(&f, &a)
		if found := set.evaluate(ask(f, a, nil), set.request, actionRequest, f.At, parties(f)[:1]); found.permitted || len(found.problems) > 0 {
			t.Errorf("%s: not known, yet there: %v", tc.condition, found.problems)
		}
	}
}

func TestApproverIsThePrincipalOfApprove(t *testing.T) {
	t.Parallel()
	f, a := someone()
	f.Requester, a.Problem = f.Beneficiary, ""
	for _, tc := range []struct {
		scope, condition string
		approver         approvals.Principal
		allowed          bool
	}{
		{`principal, action == Action::"approve", resource`, `context.beneficiary has manager && context.beneficiary.manager == principal`, approvals.Principal{ID: "tom"}, true},
		{`principal, action == Action::"approve", resource`, `context.beneficiary has manager && context.beneficiary.manager == principal`, approvals.Principal{ID: "tim"}, false},
		{`principal, action == Action::"approve", resource`, `resource.owners.contains(principal)`, approvals.Principal{ID: "priya"}, true},
		{`principal, action == Action::"approve", resource`, `principal in resource.approver_groups`, approvals.Principal{ID: "x", Groups: []string{"security"}}, true},
		{`principal, action == Action::"approve", resource`, `principal in resource.approver_groups`, approvals.Principal{ID: "x", Groups: []string{"insecurity"}}, false},
		{`principal, action == Action::"approve", resource`, `resource.approvers.contains(principal)`, approvals.Principal{ID: "sam"}, true},
		{`principal in Group::"security", action in [Action::"approve", Action::"break_glass"], resource`, `true`, approvals.Principal{ID: "x", Groups: []string{"security"}}, true},
		{`principal is User in Group::"security", action == Action::"approve", resource is Entitlement`, `true`, approvals.Principal{ID: "x"}, false},
		{`principal, action == Action::"request", resource`, `true`, approvals.Principal{ID: "tom"}, false},
	} {
		v := judge(t, tc.scope, tc.condition).MayApprove(f, a, tc.approver)
		if v.Allowed != tc.allowed || v.Forbidden || len(v.Problems) > 0 {
			t.Errorf("%s when %s: %s: %+v", tc.scope, tc.condition, tc.approver.ID, v)
		}
	}
}
