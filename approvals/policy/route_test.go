package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

// lawText is a policy with the annotations that every one needs.
func lawText(id, more, body string) string {
	return `@id("` + id + `") @owner("sec@example.com") @reason("Because.") @review_by("2030-01-01") ` + more + "\n" + body + "\n"
}

// routedBy compiles policies and routes the given facts by them.
func routedBy(t *testing.T, f approvals.Facts, texts ...string) approvals.Ruling {
	t.Helper()
	return compiled(t, strings.Join(texts, "")).Decide(f, approvals.Assessment{Score: 20, Confidence: approvals.ConfidenceHigh})
}

func compiled(t *testing.T, text string) *Set {
	t.Helper()
	set, problems := compile([]file{{name: "x.cedar", path: "x.cedar", data: []byte(text)}}, &vocabulary{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	set.maxDirectoryAge = time.Hour
	return set
}

func routedFacts() approvals.Facts {
	return approvals.Facts{
		At: exampleAt, Kind: approvals.KindAccess, Duration: time.Hour, Weekday: exampleAt.Weekday(),
		Requester: approvals.Principal{ID: "amy"}, Beneficiary: approvals.Principal{ID: "amy", Manager: "mia"},
		Entitlement: approvals.Entitlement{ID: "db:admin", Resource: "db", System: "pg", Level: "admin",
			Sensitivity: approvals.Critical, MaxDuration: 8 * time.Hour, Owners: []approvals.PrincipalID{"olga"}},
		Directory: approvals.DirectoryState{AsOf: exampleAt},
	}
}

const (
	permitManager  = `permit (principal, action == Action::"approve", resource) when { context.beneficiary has manager && principal == context.beneficiary.manager };`
	permitSecurity = `permit (principal in Group::"security", action == Action::"approve", resource);`
	permitOlga     = `permit (principal == User::"olga", action == Action::"approve", resource);`
	permitLow      = `permit (principal, action == Action::"approve", resource) when { resource.sensitivity == "low" };`
	forbidCritical = `forbid (principal, action == Action::"request", resource) when { resource.sensitivity == "critical" };`
)

func TestPoliciesSayWhoIsAskedInWhichStage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		texts    []string
		stages   []approvals.Stage
		quorum   int
		channel  string
		escalate time.Duration
		lapse    time.Duration
	}{
		"nothing said": {texts: []string{lawText("a", "", permitManager)}, quorum: 1},
		"times without stages": {texts: []string{lawText("a", `@escalate_after("2h") @lapse_after("1d")`, permitManager), lawText("b", `@escalate_after("1h")`, permitOlga)},
			quorum: 1, escalate: time.Hour, lapse: 24 * time.Hour},
		"manager, or security in their place": {
			texts: []string{lawText("a", `@escalate_after("4h")`, permitManager), lawText("b", `@stage("2") @quorum("2") @channel("#sec")`, permitSecurity)},
			stages: []approvals.Stage{{Number: 1, Quorum: 1, EscalateAfter: 4 * time.Hour},
				{Number: 2, Quorum: 2, Channel: "#sec", Approvers: []approvals.ApproverRef{"group:security"}}},
			quorum: 1,
		},
		"standing in does not lower a forbid's quorum": {
			texts: []string{lawText("f", `@quorum("2")`, forbidCritical), lawText("a", `@escalate_after("4h")`, permitManager), lawText("b", `@stage("2")`, permitSecurity)},
			stages: []approvals.Stage{{Number: 1, Quorum: 2, EscalateAfter: 4 * time.Hour},
				{Number: 2, Quorum: 2, Approvers: []approvals.ApproverRef{"group:security"}}},
			quorum: 2,
		},
		"all must agree": {
			texts: []string{lawText("a", `@stage("1")`, permitManager), lawText("b", `@stage("3") @quorum("2")`, permitSecurity), lawText("c", `@stage("2")`, permitOlga)},
			stages: []approvals.Stage{{Number: 1, Quorum: 1}, {Number: 2, Quorum: 1, Approvers: []approvals.ApproverRef{"person:olga"}},
				{Number: 3, Quorum: 2, Approvers: []approvals.ApproverRef{"group:security"}}},
			quorum: 4,
		},
		"a forbid's quorum is what the last stage makes up to": {
			texts: []string{lawText("f", `@quorum("3") @channel("#all") @escalate_after("1h")`, forbidCritical), lawText("a", "", permitManager), lawText("b", `@stage("2")`, permitOlga)},
			stages: []approvals.Stage{{Number: 1, Quorum: 1, Channel: "#all"},
				{Number: 2, Quorum: 2, Channel: "#all", EscalateAfter: time.Hour, Approvers: []approvals.ApproverRef{"person:olga"}}},
			quorum: 3, channel: "#all",
		},
		"a stage that does not concern the request is none": {
			texts: []string{lawText("a", "", permitManager), lawText("b", `@stage("2")`, permitLow)}, quorum: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := routedBy(t, routedFacts(), c.texts...)
			got := []any{r.Outcome, r.Stages, r.Quorum, r.Channel, r.EscalateAfter, r.LapseAfter}
			want := []any{approvals.Route, c.stages, c.quorum, c.channel, c.escalate, c.lapse}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAVerdictSaysInWhichStagesSomebodyAnswers(t *testing.T) {
	t.Parallel()
	set := compiled(t, lawText("a", "", permitManager)+lawText("b", `@stage("2")`, permitSecurity)+lawText("c", `@stage("2")`, permitOlga))
	for id, want := range map[approvals.PrincipalID][]int{"mia": {1, 2}, "olga": {2}, "bob": nil} {
		who := approvals.Principal{ID: id}
		if id == "mia" {
			who.Groups = []string{"security"}
		}
		if diff := cmp.Diff(want, set.MayApprove(routedFacts(), approvals.Assessment{}, who).Stages); diff != "" {
			t.Errorf("%s: -want +got\n%s", id, diff)
		}
	}
	alias := approvals.Principal{ID: "amy-admin", SameAs: "amy", Groups: []string{"security"}}
	if v := set.MayApprove(routedFacts(), approvals.Assessment{}, alias); v.Allowed || !v.Forbidden {
		t.Errorf("a second account of the requester: %+v", v)
	}
}

func TestAnnotationsOfRoutingAreExact(t *testing.T) {
	t.Parallel()
	permitRequest := `permit (principal, action == Action::"request", resource);`
	for _, c := range []struct{ more, body, want string }{
		{`@stage("0")`, permitOlga, `"0" is not a @stage`},
		{`@stage("x")`, permitOlga, `"x" is not a @stage`},
		{`@stage("2")`, permitRequest, `@stage says nothing on the policy "a"`},
		{`@escalate_after("soon")`, permitOlga, `"soon" is not an @escalate_after`},
		{`@escalate_after("31d")`, permitOlga, `"31d" is not an @escalate_after`},
		{`@lapse_after("10s")`, permitOlga, `"10s" is not an @lapse_after`},
		{`@lapse_after("1h")`, permitRequest, `@lapse_after says nothing on the policy "a"`},
		{`@budget("0")`, permitRequest, `"0" is not a @budget`},
		{`@budget("5")`, permitOlga, `@budget says nothing on the policy "a"`},
		{`@escalate("1h")`, permitOlga, `the annotation @escalate is not known`},
	} {
		_, problems := compile([]file{{name: "x.cedar", path: "x.cedar", data: []byte("\n" + lawText("a", c.more, c.body))}}, &vocabulary{})
		if len(problems) != 1 || problems[0].What != c.want || problems[0].Line != 2 || problems[0].Mend == "" {
			t.Errorf("%s: %v, want %q in line 2", c.more, problems, c.want)
		}
	}
	if got := compiled(t, lawText("a", `@budget("50")`, permitRequest)).all.get("a").ref.Budget; got != 50 {
		t.Errorf("the budget is %d", got)
	}
}
