package policy_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// standings lists the policies of an explanation that say something.
func standings(x policy.Explanation) map[string]policy.Standing {
	said := map[string]policy.Standing{}
	for _, p := range x.Policies {
		if p.Standing != policy.Indiffers {
			said[p.ID] = p.Standing
		}
	}
	return said
}

func TestExplanationSaysHowEachPolicyStands(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	failing := mustLoad(t, map[string]string{"read.cedar": permitRead + `
@id("overflows") @owner("o") @reason("r") @review_by("2027-06-30")
forbid (principal, action == Action::"request", resource) when { context.reason_length * 9223372036854 < 0 };
`, "read_test.yaml": permitReadTest + `  - {name: c, reason_length: -1, who: {groups: [support]}, expect: route, by: [overflows]}
  - {name: d, who: {groups: [support]}, expect: auto_approve, by: [read], not: [overflows]}
`})
	for _, tc := range []struct {
		name string
		set  *policy.Set
		edit func(*approvals.Facts, *approvals.Assessment)
		want map[string]policy.Standing
	}{
		{"approved", set, func(*approvals.Facts, *approvals.Assessment) {}, map[string]policy.Standing{"read-only-with-ticket": policy.Decides}},
		{"a forbid wins", set, func(f *approvals.Facts, _ *approvals.Assessment) { f.AutoToday = 5 },
			map[string]policy.Standing{"read-only-with-ticket": policy.Permits, "daily-budget": policy.Decides}},
		{"a refusal wins over the other forbids", set, func(f *approvals.Facts, _ *approvals.Assessment) {
			f.AutoToday, f.Beneficiary.Groups = 5, []string{"guests"}
			f.Requester = f.Beneficiary
		}, map[string]policy.Standing{"read-only-with-ticket": policy.Permits, "daily-budget": policy.Forbids, "guests-never": policy.Decides}},
		{"a doubt wins", set, func(f *approvals.Facts, _ *approvals.Assessment) { f.Directory.Stale = true },
			map[string]policy.Standing{"read-only-with-ticket": policy.Permits}},
		{"past its review", set, func(f *approvals.Facts, _ *approvals.Assessment) {
			f.At = time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)
			f.Directory.AsOf = f.At
		}, map[string]policy.Standing{"read-only-with-ticket": policy.Overdue}},
		{"an error", failing, func(f *approvals.Facts, _ *approvals.Assessment) { f.ReasonLength = 1 << 40 },
			map[string]policy.Standing{"read": policy.Permits, "overflows": policy.Failed}},
		{"facts that fit no schema", set, func(f *approvals.Facts, _ *approvals.Assessment) { f.Weekday = 9 }, map[string]policy.Standing{}},
	} {
		f, a := maya(t)
		tc.edit(&f, &a)
		x := tc.set.Explain(f, a)
		if diff := cmp.Diff(tc.want, standings(x)); diff != "" {
			t.Errorf("%s\n%s", tc.name, diff)
		}
		if diff := cmp.Diff(approvals.Restrain(f, a, tc.set.Decide(f, a)), x.Ruling); diff != "" {
			t.Errorf("%s: the explanation answers otherwise than Decide\n%s", tc.name, diff)
		}
	}
}

func TestAccountReadsWellInATerminal(t *testing.T) {
	t.Parallel()
	then, now := mustLoad(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest}), exampleSet(t)
	for _, tc := range []struct {
		name  string
		by    *policy.Set
		all   bool
		score int
		edit  func(*approvals.Facts)
	}{
		{"same-law", then, true, 10, func(*approvals.Facts) {}},
		{"flips", now, false, 80, func(f *approvals.Facts) { f.Requester = approvals.Principal{ID: "tom", Groups: []string{"support"}} }},
		{"agrees", now, false, 10, func(f *approvals.Facts) { f.Directory.Stale = true }},
	} {
		f, a := maya(t)
		a.Score = tc.score
		tc.edit(&f)
		d := approvals.Decision{Request: "req_1", Sequence: 1, At: f.At, Facts: f, Assessment: a, Ruling: approvals.Restrain(f, a, then.Decide(f, a))}
		d.Ruling.Version = then.Version()
		d.Ruling.Alternatives = []approvals.Alternative{{Duration: 2 * time.Hour, Ticket: true}}
		if tc.name == "flips" {
			d.Ruling.Outcome, d.Ruling.Version.Commit = approvals.AutoApprove, "c0ffee"
		}
		account := tc.by.Account(d)
		if account.SameLaw != (tc.by == then) || account.Flips() != (tc.name == "flips") {
			t.Errorf("%s: same law %v, flips %v", tc.name, account.SameLaw, account.Flips())
		}
		var b strings.Builder
		if err := account.WriteText(&b, tc.all); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(b.String(), account.Now.Policies[0].Place[:strings.LastIndex(account.Now.Policies[0].Place, "/")], "policies")
		for from, to := range map[string]string{then.Version().Digest[:12]: "<then>", now.Version().Digest[:12]: "<now>"} {
			text = strings.ReplaceAll(text, from, to)
		}
		text, facts, _ := strings.Cut(text, "\nFacts, as policies see them\n")
		for _, fact := range []string{`context.ticket +"INC-4312"`, `context.beneficiary.groups +\["billing-support", "support"\]`, `resource.sensitivity_rank +2`, `people as of 2026-01-05T09:00:00Z, from file:people.yaml`} {
			if !regexp.MustCompile(fact).MatchString(facts) {
				t.Errorf("%s: the fact %s is not shown in\n%s", tc.name, fact, facts)
			}
		}
		golden(t, filepath.Join("testdata", "explain", tc.name+".txt"), text)
	}
}
