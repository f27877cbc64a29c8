package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// Whoever supports the billing database may open it in an emergency, with a
// reason of twenty characters; guests never.
const (
	openInEmergency = `@id("open")
@owner("security@example.com")
@reason("Support opens the billing database in an emergency.")
@review_by("2027-06-30")
permit (principal in Group::"support", action == Action::"break_glass", resource == Entitlement::"billing-db:read-only")
when { context.reason_length >= 20 };

@id("guests-never-open")
@owner("security@example.com")
@reason("Guests open nothing.")
@review_by("2027-06-30")
forbid (principal in Group::"guests", action == Action::"break_glass", resource);

@id("overflows")
@owner("security@example.com")
@reason("Breaks on a reason of a million characters.")
@review_by("2027-06-30")
forbid (principal, action == Action::"break_glass", resource)
when { context.reason_length * 9223372036854 < 0 };
`
	openInEmergencyTest = `defaults:
  ask: billing-db:read-only
  who: {groups: [support]}
examples:
  - {name: support opens, expect: may_break_glass, by: [open], not: [guests-never-open, overflows]}
  - {name: too short a reason, reason_length: 19, expect: may_not_break_glass, not: [open]}
  - {name: a guest, who: {groups: [guests]}, expect: may_not_break_glass, by: [guests-never-open]}
  - {name: a negative length, reason_length: -1, expect: may_not_break_glass, by: [overflows]}
`
)

func emergencySet(tb testing.TB) *policy.Set {
	tb.Helper()
	return mustLoad(tb, map[string]string{"open.cedar": openInEmergency, "open_test.yaml": openInEmergencyTest})
}

func TestEmergencyOpensWithoutScoreTicketOrFreshDirectory(t *testing.T) {
	t.Parallel()
	set := emergencySet(t)
	f, _ := maya(t)
	f.ReasonLength, f.Ticket, f.Directory = 30, "", approvals.DirectoryState{Stale: true}
	f.Problems = []string{"past decisions and peers could not be read"}
	want := approvals.Verdict{Allowed: true, Policies: []approvals.PolicyRef{{
		ID: "open", Effect: "permit", Owner: "security@example.com", Reason: "Support opens the billing database in an emergency.",
	}}}
	if diff := cmp.Diff(want, set.MayBreakGlass(f, approvals.Assessment{Problem: "no memory"})); diff != "" {
		t.Error(diff)
	}
}

// Each case changes one thing about an opening that is allowed.
func TestNothingDoubtfulIsOpenedAtOnce(t *testing.T) {
	t.Parallel()
	set := emergencySet(t)
	for _, tc := range []struct {
		name      string
		change    func(*approvals.Facts)
		problem   string
		forbidden bool
	}{
		{"no permit", func(f *approvals.Facts) { f.ReasonLength = 5 }, "", false},
		{"a forbid", func(f *approvals.Facts) { f.Beneficiary.Groups = []string{"support", "guests"} }, "", true},
		{"a forbid that fails to evaluate", func(f *approvals.Facts) { f.ReasonLength = 1 << 40 }, `"overflows" could not be evaluated`, true},
		{"the requester is not permitted", func(f *approvals.Facts) { f.Requester = approvals.Principal{ID: "tom"} }, "", false},
		{"the beneficiary is not permitted", func(f *approvals.Facts) { f.Beneficiary = approvals.Principal{ID: "tom"} }, "", false},
		{"past its review", func(f *approvals.Facts) { f.At = time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC) }, "due for review by 30 June 2027", false},
		{"nobody asks", func(f *approvals.Facts) { f.Requester.ID = "" }, "not known who asks", false},
		{"somebody who left", func(f *approvals.Facts) { f.Beneficiary.Inactive = true }, "has left", false},
		{"nothing is asked for", func(f *approvals.Facts) { f.Entitlement.ID = "" }, "what is asked for", false},
		{"no duration", func(f *approvals.Facts) { f.Duration = 0 }, "no duration", false},
		{"longer than the catalogue allows", func(f *approvals.Facts) { f.Duration = 100 * time.Hour }, "is more than", false},
		{"no maximum", func(f *approvals.Facts) { f.Entitlement.MaxDuration = 0 }, "no maximum", false},
		{"an unknown kind", func(f *approvals.Facts) { f.Kind = "renewal" }, "not a kind", false},
		{"a day after Saturday", func(f *approvals.Facts) { f.Weekday = 7 }, "do not fit the policies' schema", true},
	} {
		f, a := maya(t)
		f.ReasonLength = 30
		if !set.MayBreakGlass(f, a).Allowed {
			t.Fatal("not allowed before the change")
		}
		tc.change(&f)
		v := set.MayBreakGlass(f, a)
		if v.Allowed || v.Forbidden != tc.forbidden || !strings.Contains(strings.Join(v.Problems, "\n"), tc.problem) {
			t.Errorf("%s: %+v", tc.name, v)
		}
	}
}

func TestNobodyOpensWithoutAPolicyThatSaysSo(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest})
	f, a := maya(t)
	if v := set.MayBreakGlass(f, a); v.Allowed {
		t.Errorf("a permit to request opens: %+v", v)
	}
	if v := exampleSet(t).MayBreakGlass(f, a); v.Allowed {
		t.Errorf("the example folder opens: %+v", v)
	}
}
