package policy_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

func TestSetNamesItsPoliciesInOrder(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{
		"z.cedar": permitRead, "a.cedar": anyoneApproves, "z_test.yaml": permitReadTest, "a_test.yaml": anyoneApprovesTest,
		"README.md": "notes are welcome", ".hidden": "and so are hidden files",
	})
	want := []approvals.PolicyRef{
		{ID: "anyone", Effect: "permit", Owner: "o", Reason: "r"},
		{ID: "hallpass.no-self-approval", Effect: "forbid", Owner: "hallpass", Reason: "Nobody answers a request of their own, or one for their own benefit."},
		{ID: "read", Effect: "permit", Owner: "security@example.com", Reason: "Support may read."},
	}
	if diff := cmp.Diff(want, set.Policies()); diff != "" {
		t.Error(diff)
	}
}

func TestFoldersThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	tooMany := strings.Builder{}
	for i := range policy.MaxPolicies {
		fmt.Fprintf(&tooMany, "@id(\"p%d\") @owner(\"o\") @reason(\"r\") @review_by(\"2027-01-01\") forbid (principal, action == Action::\"request\", resource);\n", i)
	}
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"empty", nil, "policies: there is no policy; write one that says who may approve"},
		{"only examples", map[string]string{"a_test.yaml": permitReadTest}, "policies: there is no policy; write one that says who may approve"},
		{"only comments", map[string]string{"a.cedar": "// nothing yet\n"}, "policies: there is no policy; write one that says who may approve"},
		{"a file without end", map[string]string{"a.cedar": strings.Repeat("// x\n", policy.MaxFileBytes/5+1)}, "a.cedar: the file is larger than 1 MiB; split it"},
		{"policies without end", map[string]string{"a.cedar": tooMany.String()}, "policies: there are too many policies; merge those that differ in a name only"},
		{"another ending", map[string]string{"a.cedar": permitRead, "b.yaml": permitReadTest}, "b.yaml: this would not be read; name it *.cedar or *_test.yaml, directly in policies/, or remove it"},
		{"examples that are no YAML", map[string]string{"a.cedar": permitRead, "a_test.yaml": "examples: {"}, "a_test.yaml:1: this is not YAML"},
	} {
		dir := folder(t, tc.files)
		_, err := policy.Load(t.Context(), policy.Options{Dir: dir, Catalogue: exampleCatalogue(t)})
		if err == nil {
			t.Errorf("%s: loads", tc.name)
			continue
		}
		got := strings.ReplaceAll(err.Error(), filepath.ToSlash(dir)+"/policies/", "")
		if !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %s", tc.name, got)
		}
	}
	if _, err := policy.Open(t.Context(), policy.Options{Dir: filepath.Join(t.TempDir(), "nowhere"), Catalogue: exampleCatalogue(t)}); err == nil || !strings.Contains(err.Error(), "there is no such folder") {
		t.Errorf("error %v", err)
	}
}

// silent is a catalogue that does not answer.
type silent struct{ approvals.Catalogue }

func (silent) All(context.Context) ([]approvals.Entitlement, error) {
	return nil, approvals.Errorf(approvals.CodeUnavailable, "The catalogue does not answer.")
}

func TestPoliciesNeedTheCatalogueThatTheySpeakOf(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest})
	if _, err := policy.Load(t.Context(), policy.Options{Dir: dir}); approvals.ErrorCode(err) != approvals.CodeInvalid {
		t.Errorf("without one: %v", err)
	}
	_, err := policy.Load(t.Context(), policy.Options{Dir: dir, Catalogue: silent{}})
	var coded *approvals.Error
	if !errors.As(err, &coded) || coded.Code != approvals.CodeUnavailable {
		t.Errorf("with one that does not answer: %v", err)
	}
}

// A break-glass policy is held to its examples like every other.
func TestBreakGlassPoliciesProveThemselves(t *testing.T) {
	t.Parallel()
	const open = `@id("open") @owner("o") @reason("r") @review_by("2027-01-01")
permit (principal in Group::"on-call", action == Action::"break_glass", resource) when { context.reason_length >= 20 };
`
	const examples = `defaults: {ask: aws-production:admin, who: {groups: [on-call]}, score: 90}
examples:
  - {name: a, expect: may_break_glass, by: [open]}
  - {name: b, reason_length: 19, expect: may_not_break_glass, not: [open]}
`
	set := mustLoad(t, map[string]string{"a.cedar": open, "a_test.yaml": examples})
	f, a := maya(t)
	f.Beneficiary.Groups = []string{"on-call"}
	f.Requester, f.ReasonLength = f.Beneficiary, 100
	if r := set.Decide(f, a); r.Outcome != approvals.Route || len(r.Policies) > 0 {
		t.Errorf("a permit to break glass approves an ordinary request: %+v", r)
	}
	if v := set.MayApprove(f, a, approvals.Principal{ID: "x", Groups: []string{"on-call"}}); v.Allowed {
		t.Errorf("a permit to break glass lets people approve: %+v", v)
	}
	_, err := load(t, map[string]string{"a.cedar": strings.Replace(open, ">= 20", ">= 10", 1), "a_test.yaml": examples})
	want := `the example "b" expects may_not_break_glass by no policy, but the answer is may_break_glass by open`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v", err)
	}
}

// Attribute names that are shown in a policy's own record, or reached by a
// path that the schema does not have, are the engine's to judge.
func TestTheEnginesOwnValidatorHasTheLastWord(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{
		`{a: 1}.b == 1`,
		`context.requester.manager.titel == "x"`,
		`if principal.contractor then 1 else "one"`,
		`principal.contractor + 1 == 2`,
		`resource.tags.contains(3)`,
		`resource.owners.contains(resource)`,
		`principal like "x*"`,
		`context.score <= 30`,
		`context has score || context.score <= 30`,
		`!(context has score) && context.score <= 30`,
		`(context has ticket || principal.contractor) && context.ticket == "x"`,
		`ip("not an address").isLoopback()`,
		`decimal(context.ticket).lessThan(decimal("1.0"))`,
		`[] == resource.tags`,
		`resource.environment == "production"`,
	} {
		_, err := load(t, map[string]string{
			"a.cedar":     strings.Replace(permitRead, "context has score && context.score <= 30", condition, 1),
			"a_test.yaml": permitReadTest,
		})
		problems, ok := err.(approvals.Problems) //nolint:errorlint // the type itself is what is promised
		if !ok || len(problems) == 0 {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		for _, p := range problems {
			if strings.Contains(p.What, "no example") {
				t.Errorf("%s: found by its examples alone: %s", condition, p)
			}
		}
	}
}
