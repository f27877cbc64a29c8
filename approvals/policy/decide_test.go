package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

func policyIDs(refs []approvals.PolicyRef) (ids []string) {
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestDecideNamesThePolicyThatApproved(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	f, a := maya(t)
	want := approvals.Ruling{
		Outcome: approvals.AutoApprove,
		Policies: []approvals.PolicyRef{{
			ID: "read-only-with-ticket", Effect: "permit", Owner: "security@northwind.example",
			Reason: "Low-risk reading of production with a ticket, for up to four hours.",
		}},
		Version: set.Version(),
		Words:   "Low-risk reading of production with a ticket, for up to four hours.",
	}
	if diff := cmp.Diff(want, set.Decide(f, a)); diff != "" {
		t.Error(diff)
	}
}

// Each case changes one thing about a request that is approved at once.
func TestNothingDoubtfulIsApprovedOrRefusedAtOnce(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	for _, tc := range []struct {
		name    string
		change  func(*approvals.Facts, *approvals.Assessment)
		problem string
	}{
		{"something could not be learned", func(f *approvals.Facts, _ *approvals.Assessment) { f.Problems = []string{"peers could not be read"} }, "peers could not be read"},
		{"no score", func(_ *approvals.Facts, a *approvals.Assessment) { a.Problem = "the world is loading" }, "the world is loading"},
		{"a score below its range", func(_ *approvals.Facts, a *approvals.Assessment) { a.Score = -1 }, "not between 0 and 100"},
		{"a score above its range", func(_ *approvals.Facts, a *approvals.Assessment) { a.Score = 101 }, "not between 0 and 100"},
		{"a stale directory", func(f *approvals.Facts, _ *approvals.Assessment) { f.Directory.Stale = true }, "out of date"},
		{"a directory older than allowed", func(f *approvals.Facts, _ *approvals.Assessment) { f.Directory.AsOf = f.At.Add(-24*time.Hour - 1) }, "out of date"},
		{"a directory without a date", func(f *approvals.Facts, _ *approvals.Assessment) { f.Directory.AsOf = time.Time{} }, "out of date"},
		{"a directory from tomorrow", func(f *approvals.Facts, _ *approvals.Assessment) { f.Directory.AsOf = f.At.Add(24 * time.Hour) }, "from the future"},
		{"longer than the catalogue allows", func(f *approvals.Facts, _ *approvals.Assessment) { f.Entitlement.MaxDuration = 10 * time.Minute }, "20m0s is more than the 10m0s"},
		{"no maximum", func(f *approvals.Facts, _ *approvals.Assessment) { f.Entitlement.MaxDuration = 0 }, "no maximum"},
		{"no duration", func(f *approvals.Facts, _ *approvals.Assessment) { f.Duration = 0 }, "no duration"},
		{"a negative duration", func(f *approvals.Facts, _ *approvals.Assessment) { f.Duration = -time.Hour }, "no duration"},
		{"a ticket that the catalogue asks for", func(f *approvals.Facts, _ *approvals.Assessment) {
			f.Entitlement.TicketRequired, f.Ticket = true, ""
		}, "asks for a ticket"},
		{"nobody asks", func(f *approvals.Facts, _ *approvals.Assessment) { f.Requester.ID = "" }, "not known who asks"},
		{"for nobody", func(f *approvals.Facts, _ *approvals.Assessment) { f.Beneficiary.ID = "" }, "not known who asks"},
		{"somebody who left asks", func(f *approvals.Facts, _ *approvals.Assessment) { f.Requester.Inactive = true }, "has left"},
		{"for somebody who left", func(f *approvals.Facts, _ *approvals.Assessment) { f.Beneficiary.Inactive = true }, "has left"},
		{"nothing is asked for", func(f *approvals.Facts, _ *approvals.Assessment) { f.Entitlement.ID = "" }, "what is asked for"},
		{"an unknown kind", func(f *approvals.Facts, _ *approvals.Assessment) { f.Kind = "renewal" }, "not a kind"},
		{"a minute after midnight that is none", func(f *approvals.Facts, _ *approvals.Assessment) { f.MinuteOfDay = 1440 }, "not a time"},
		{"a day after Saturday", func(f *approvals.Facts, _ *approvals.Assessment) { f.Weekday = 7 }, "not a time"},
		{"a day before Sunday", func(f *approvals.Facts, _ *approvals.Assessment) { f.Weekday = -1 }, "do not fit the policies' schema"},
		{"a policy past its review", func(f *approvals.Facts, _ *approvals.Assessment) {
			f.At = time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)
			f.Directory.AsOf = f.At
		}, `"read-only-with-ticket" would permit it, but was due for review by 30 June 2027`},
	} {
		for _, guest := range []bool{false, true} {
			f, a := maya(t)
			if guest {
				f.Requester.Groups = []string{"guests"}
				f.Beneficiary = f.Requester
			}
			if r := set.Decide(f, a); r.Outcome == approvals.Route {
				t.Fatalf("before the change: %+v", r)
			}
			tc.change(&f, &a)
			r := set.Decide(f, a)
			overdue := strings.Contains(tc.name, "review")
			if overdue && guest {
				if r.Outcome != approvals.Refuse {
					t.Errorf("%s: a forbid past its review no longer holds: %+v", tc.name, r)
				}
				continue
			}
			if r.Outcome != approvals.Route || r.Quorum < 1 || r.Words == "" || len(r.Problems) == 0 {
				t.Errorf("%s, guest %v: %+v", tc.name, guest, r)
			}
			if !strings.Contains(strings.Join(r.Problems, "\n"), tc.problem) {
				t.Errorf("%s, guest %v: problems %q lack %q", tc.name, guest, r.Problems, tc.problem)
			}
		}
	}
}

func TestPermitHoldsThroughTheDayOfItsReview(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	f, a := maya(t)
	f.At = time.Date(2027, 6, 30, 23, 59, 59, 0, time.UTC)
	f.Directory.AsOf = f.At
	if r := set.Decide(f, a); r.Outcome != approvals.AutoApprove {
		t.Errorf("%+v", r)
	}
}

func TestOverduePermitDoesNotSpoilAnother(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{
		"read.cedar": permitRead,
		"old.cedar":  strings.NewReplacer(`"read"`, `"old"`, "2027-06-30", "2026-02-01").Replace(permitRead),
		"read_test.yaml": strings.NewReplacer("by: [read]", "by: [old, read]", "not: [read]", "not: [old, read]").
			Replace(permitReadTest),
	})
	f, a := maya(t)
	f.At = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	f.Directory.AsOf = f.At
	r := set.Decide(f, a)
	if diff := cmp.Diff([]string{"read"}, policyIDs(r.Policies)); r.Outcome != approvals.AutoApprove || diff != "" {
		t.Errorf("%+v\n%s", r, diff)
	}
}

func TestForbidWinsOverEveryPermit(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	f, a := maya(t)
	f.AutoToday = 5
	r := set.Decide(f, a)
	want := []string{"daily-budget"}
	if diff := cmp.Diff(want, policyIDs(r.Policies)); diff != "" || r.Outcome != approvals.Route || len(r.Problems) != 0 {
		t.Errorf("%+v\n%s", r, diff)
	}
	if r.Words != "Five automatic approvals a day are enough; a person looks at the next." {
		t.Errorf("words %q", r.Words)
	}
}

func TestRefusalSpeaksThePolicysOwnWords(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	f, a := maya(t)
	f.Beneficiary.Contractor = true
	f.Beneficiary.Groups = []string{"guests"}
	f.Requester = f.Beneficiary
	f.Entitlement = entitlement(t, "aws-production:admin")
	r := set.Decide(f, a)
	if diff := cmp.Diff([]string{"contractors-never-change-production", "guests-never"}, policyIDs(r.Policies)); diff != "" {
		t.Error(diff)
	}
	want := "Contractors do not change production. A colleague on staff can do it with you. Guests get no access through Hallpass. Ask the person who invited you."
	if r.Outcome != approvals.Refuse || r.Words != want {
		t.Errorf("%s: %q", r.Outcome, r.Words)
	}
}

func TestBothRequesterAndBeneficiaryMustBePermitted(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest})
	for _, tc := range []struct {
		name                   string
		requester, beneficiary []string
		want                   approvals.Outcome
	}{
		{"both are", []string{"support"}, []string{"support"}, approvals.AutoApprove},
		{"the requester is not", []string{"sales"}, []string{"support"}, approvals.Route},
		{"the beneficiary is not", []string{"support"}, []string{"sales"}, approvals.Route},
		{"neither is", nil, nil, approvals.Route},
	} {
		f, a := maya(t)
		f.Requester.ID, f.Requester.Groups, f.Beneficiary.Groups = "tom", tc.requester, tc.beneficiary
		if r := set.Decide(f, a); r.Outcome != tc.want {
			t.Errorf("%s: %+v", tc.name, r)
		}
	}
}

func TestQuorumIsTheHighestThatApplies(t *testing.T) {
	t.Parallel()
	rule := func(id, annotations, rest string) string {
		return `@id("` + id + `") @owner("o") @reason("r") @review_by("2027-01-01") ` + annotations + "\n" + rest + "\n"
	}
	set := mustLoad(t, map[string]string{
		"a.cedar": rule("one", "", `permit (principal in Group::"leads", action == Action::"approve", resource);`) +
			rule("three-for-high", `@quorum("3") @channel("#high")`, `permit (principal in Group::"security", action == Action::"approve", resource) when { resource.sensitivity == "high" };`) +
			rule("two-at-night", `@quorum("2") @channel("#night")`, `permit (principal in Group::"leads", action == Action::"approve", resource) when { context.hour < 6 };`) +
			rule("four-on-sundays", `@quorum("4") @channel("#weekend")`, `forbid (principal, action == Action::"request", resource) when { context.weekday == "sunday" };`),
		"a_test.yaml": `defaults: {ask: billing-db:read-only, score: 10}
examples:
  - {name: a, approver: {groups: [leads]}, expect: may_approve, by: [one], not: [three-for-high, two-at-night]}
  - {name: b, approver: {}, expect: may_not_approve, not: [one]}
  - {name: c, ask: billing-db:read-write, approver: {groups: [security]}, expect: may_approve, by: [three-for-high]}
  - {name: d, approver: {groups: [leads]}, at: "2026-01-05T03:00:00Z", expect: may_approve, by: [one, two-at-night], quorum: 0}
  - {name: e, expect: route, at: "2026-01-04T12:00:00Z", by: [four-on-sundays], quorum: 4, channel: "#weekend"}
  - {name: f, expect: route, quorum: 1, not: [four-on-sundays]}
`,
	})
	for _, tc := range []struct {
		name    string
		id      approvals.EntitlementID
		minute  int
		day     time.Weekday
		quorum  int
		channel string
	}{
		{"nothing applies", "billing-db:read-only", 600, time.Monday, 1, ""},
		{"by sensitivity", "billing-db:read-write", 600, time.Monday, 3, "#high"},
		{"at night", "billing-db:read-only", 60, time.Monday, 2, "#night"},
		{"both", "billing-db:read-write", 60, time.Monday, 3, "#high"},
		{"the forbid speaks first", "billing-db:read-write", 60, time.Sunday, 4, "#weekend"},
	} {
		f, a := maya(t)
		f.Entitlement, f.MinuteOfDay, f.Weekday = entitlement(t, tc.id), tc.minute, tc.day
		r := set.Decide(f, a)
		if r.Outcome != approvals.Route || r.Quorum != tc.quorum || r.Channel != tc.channel {
			t.Errorf("%s: %s, quorum %d, channel %q", tc.name, r.Outcome, r.Quorum, r.Channel)
		}
	}
}

func TestDayOfMonthIsTheRequesters(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	for _, tc := range []struct {
		name string
		at   string // UTC
		day  time.Weekday
		want approvals.Outcome
	}{
		{"still the last day in California", "2026-02-01T05:00:00Z", time.Saturday, approvals.AutoApprove},
		{"the 28th in Berlin", "2026-01-28T12:00:00Z", time.Wednesday, approvals.Route},
		{"the 29th in Auckland, still the 28th in UTC", "2026-01-28T12:00:00Z", time.Thursday, approvals.AutoApprove},
		{"the third", "2026-02-03T12:00:00Z", time.Tuesday, approvals.AutoApprove},
		{"the fourth", "2026-02-04T12:00:00Z", time.Wednesday, approvals.Route},
		{"leap day", "2028-02-29T12:00:00Z", time.Tuesday, approvals.Route}, // past the review date
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		f, a := maya(t)
		f.At, f.Directory.AsOf, f.Weekday = at, at, tc.day
		f.Beneficiary.Groups = []string{"finance"}
		f.Requester = f.Beneficiary
		f.Entitlement = entitlement(t, "ledger:post")
		if r := set.Decide(f, a); r.Outcome != tc.want {
			t.Errorf("%s: %+v", tc.name, r)
		}
	}
}
