package policy

import (
	"fmt"
	"slices"
	"testing"

	"github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Heads and conditions that generated policies are put together from. Some
// conditions hold, some do not, some fail.
var (
	headPrincipals = []string{
		`principal`, `principal is User`, `principal == User::"ada"`, `principal == User::"ben"`, `principal in User::"ada"`,
		`principal in Group::"support"`, `principal in Group::"security"`, `principal in Group::"all"`, `principal is User in Group::"support"`,
	}
	headResources = []string{
		`resource`, `resource is Entitlement`, `resource == Entitlement::"billing-db:read-only"`, `resource == Entitlement::"ledger:post"`,
		`resource in Resource::"billing-db"`, `resource in Resource::"ledger"`, `resource in System::"postgres-prod"`,
		`resource in System::"finance-app"`, `resource is Entitlement in System::"finance-app"`, `resource in Entitlement::"ledger:post"`,
	}
	headConditions = []string{
		`true`, `principal.contractor`, `!principal.contractor`, `context.duration_minutes <= 60`,
		`context.reason_length * 9223372036854775807 > 5`, `context.hour + 9223372036854775807 > 0 && principal.contractor`,
		`context has ticket && context.ticket like "INC-*"`, `principal in [Group::"support", Group::"all"]`,
	}
)

// TestPoliciesAreLeftOutOnlyWhereTheEngineWouldLeaveThemOut holds every answer
// of the engine about the policies that are meant against its answer about all
// of them: the same decision, reasons and errors, in the same order.
func TestPoliciesAreLeftOutOnlyWhereTheEngineWouldLeaveThemOut(t *testing.T) {
	t.Parallel()
	things := newPast(t, 1, 1).things
	rapid.Check(t, func(t *rapid.T) {
		pick := func(from []string, name string) string { return rapid.SampledFrom(from).Draw(t, name) }
		var set rules
		for i := range rapid.IntRange(1, 30).Draw(t, "policies") {
			text := fmt.Sprintf("%s (%s, action == Action::\"request\", %s) when { %s };", pick([]string{"permit", "forbid"}, "effect"),
				pick(headPrincipals, "principal"), pick(headResources, "resource"), pick(headConditions, "condition"))
			var p cedar.Policy
			if err := p.UnmarshalCedar([]byte(text)); err != nil {
				t.Fatal(err)
			}
			set = append(set, &rule{policy: &p, head: headOf(&p), ref: approvals.PolicyRef{ID: fmt.Sprintf("p%02d", i)}, text: text})
		}
		f := approvals.Facts{Entitlement: rapid.SampledFrom(things).Draw(t, "entitlement"), ReasonLength: rapid.IntRange(0, 3).Draw(t, "reason"),
			Requester: somebody(t, "requester"), Beneficiary: somebody(t, "beneficiary")}
		approver := somebody(t, "approver")
		q := ask(f, approvals.Assessment{}, &approver)
		if rapid.Bool().Draw(t, "groups in groups") {
			q.entities = append(q.entities, cedar.Entity{UID: cedar.NewEntityUID(typeGroup, "support"),
				Parents: cedar.NewEntityUIDSet(cedar.NewEntityUID(typeGroup, "all"))})
		}
		for _, who := range []approvals.PrincipalID{"ada", "ben", "cy", "nobody"} {
			request := q.request(user(who), actionRequest)
			decision, diagnostic := cedar.Authorize(set, q.entities, request)
			got, said := cedar.Authorize(q.meant(set, user(who)), q.entities, request)
			if got != decision {
				t.Fatalf("%s: %v, of all policies %v", who, got, decision)
			}
			if diff := cmp.Diff(diagnostic, said); diff != "" {
				t.Fatal(who, diff)
			}
		}
		env := eval.Env{Principal: eval.Variable("principal"), Action: actionRequest, Resource: q.resource, Context: q.context, Entities: q.entities}
		for _, r := range set { // and where the principal is not known yet
			if _, keep := eval.PartialPolicy(env, (*xast.Policy)(r.policy.AST())); keep && !r.head.resource.fits(q.whereIs(q.resource)) {
				t.Fatalf("may hold, and is left out: %s", r.text)
			}
		}
	})
}

func somebody(t *rapid.T, name string) approvals.Principal {
	p := approvals.Principal{ID: approvals.PrincipalID(rapid.SampledFrom([]string{"ada", "ben", "cy"}).Draw(t, name)), Contractor: rapid.Bool().Draw(t, name+" contractor")}
	for _, g := range []string{"support", "security", "all"} {
		if rapid.Bool().Draw(t, name+" in "+g) {
			p.Groups = append(p.Groups, g)
		}
	}
	return p
}

// Of policies about others nothing is evaluated, so that a long law costs
// little; this is what the generated sets above must show to be harmless.
func TestPoliciesAboutOthersAreNotEvaluated(t *testing.T) {
	t.Parallel()
	set := written(t,
		`permit (principal in Group::"support", action == Action::"request", resource);`,
		`permit (principal in Group::"finance", action == Action::"request", resource);`,
		`forbid (principal, action == Action::"request", resource in System::"finance-app");`,
		`forbid (principal == User::"ben", action == Action::"request", resource);`,
		`forbid (principal, action == Action::"request", resource in Resource::"billing-db");`,
	)
	q := ask(approvals.Facts{Beneficiary: approvals.Principal{ID: "ada", Groups: []string{"support"}},
		Entitlement: approvals.Entitlement{ID: "billing-db:read-only", Resource: "billing-db", System: "postgres-prod"}}, approvals.Assessment{}, nil)
	var got []string
	for id := range q.meant(set.request, user("ada")).All() {
		got = append(got, string(id))
	}
	if diff := cmp.Diff([]string{"p0", "p4"}, slices.Sorted(slices.Values(got))); diff != "" {
		t.Error(diff)
	}
}

func TestLookingAtPoliciesCanStop(t *testing.T) {
	t.Parallel()
	set := written(t, `permit (principal, action == Action::"request", resource);`, `forbid (principal, action == Action::"request", resource);`)
	q := ask(approvals.Facts{Beneficiary: approvals.Principal{ID: "ada"}}, approvals.Assessment{}, nil)
	var got []string
	for id := range q.meant(set.request, user("ada")).All() {
		got = append(got, string(id))
		break
	}
	if diff := cmp.Diff([]string{"p0"}, got); diff != "" {
		t.Error(diff)
	}
}
