package policy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// request draws a request with all that the example policies look at.
func request(t *rapid.T, all []approvals.Entitlement) (approvals.Facts, approvals.Assessment) {
	person := func(name string) approvals.Principal {
		p := approvals.Principal{
			ID:         approvals.PrincipalID(rapid.SampledFrom([]string{"ada", "ben", "cy"}).Draw(t, name)),
			Contractor: rapid.IntRange(0, 4).Draw(t, name+" contractor") == 0,
			Manager:    approvals.PrincipalID(rapid.SampledFrom([]string{"", "ada", "dot"}).Draw(t, name+" manager")),
		}
		for _, g := range []string{"support", "engineering", "on-call", "finance", "guests", "security"} {
			if rapid.IntRange(0, 3).Draw(t, g) == 0 {
				p.Groups = append(p.Groups, g)
			}
		}
		return p
	}
	at := monday.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, "at")) * time.Minute)
	f := approvals.Facts{
		At: at, Kind: rapid.SampledFrom([]approvals.RequestKind{approvals.KindAccess, approvals.KindExtension}).Draw(t, "kind"),
		Requester: person("requester"), Entitlement: rapid.SampledFrom(all).Draw(t, "entitlement"),
		Duration: time.Duration(rapid.IntRange(-10, 800).Draw(t, "minutes")) * time.Minute,
		Ticket:   rapid.SampledFrom([]string{"", "INC-1"}).Draw(t, "ticket"),
		Weekday:  at.Weekday(), MinuteOfDay: at.Hour()*60 + at.Minute(),
		AutoToday: rapid.IntRange(0, 6).Draw(t, "auto today"),
		Directory: approvals.DirectoryState{AsOf: at.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "age")) * time.Hour)},
	}
	f.Beneficiary = f.Requester
	if rapid.Bool().Draw(t, "on behalf") {
		f.Beneficiary = person("beneficiary")
	}
	if rapid.IntRange(0, 9).Draw(t, "problem") == 0 {
		f.Problems = []string{"unknown"}
	}
	a := approvals.Assessment{Score: rapid.IntRange(0, 100).Draw(t, "score"), Confidence: approvals.ConfidenceMedium}
	if rapid.IntRange(0, 9).Draw(t, "unscored") == 0 {
		a = approvals.Assessment{Problem: "unscored"}
	}
	return f, a
}

// TestRulingsKeepTheLawsThatNoPolicyCanLift draws requests and holds every
// ruling and verdict to what is promised whatever the policies say.
func TestRulingsKeepTheLawsThatNoPolicyCanLift(t *testing.T) {
	t.Parallel()
	set := exampleSet(t)
	all, err := exampleCatalogue(t).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		f, a := request(t, all)
		before := f.Digest()
		r := set.Decide(f, a)
		doubtful := len(f.Problems) > 0 || a.Problem != "" || f.At.Sub(f.Directory.AsOf) > 24*time.Hour
		switch r.Outcome {
		case approvals.AutoApprove:
			named := slices.ContainsFunc(r.Policies, func(p approvals.PolicyRef) bool { return p.Effect == "permit" && p.Owner != "" })
			if doubtful || len(r.Problems) > 0 || !named || f.Duration <= 0 || f.Duration > f.Entitlement.MaxDuration || f.Entitlement.Sensitivity == approvals.Critical {
				t.Fatalf("approved: %+v", r)
			}
		case approvals.Refuse:
			if doubtful || r.Words == "" || len(r.Policies) == 0 {
				t.Fatalf("refused: %+v", r)
			}
		case approvals.Route:
			if r.Quorum < 1 || r.Words == "" || doubtful && len(r.Problems) == 0 {
				t.Fatalf("routed: %+v", r)
			}
		default:
			t.Fatalf("outcome %q", r.Outcome)
		}
		for _, id := range []approvals.PrincipalID{"ada", "ben", "cy", "dot"} {
			v := set.MayApprove(f, a, approvals.Principal{ID: id})
			if v.Allowed && (v.Forbidden || len(v.Problems) > 0 || id == f.Requester.ID || id == f.Beneficiary.ID) {
				t.Fatalf("%s may approve: %+v", id, v)
			}
		}
		if f.Digest() != before {
			t.Fatal("deciding changed the facts")
		}
	})
}

func TestEqualFactsGiveEqualBytes(t *testing.T) {
	t.Parallel()
	one, other := exampleSet(t), exampleSet(t)
	all, err := exampleCatalogue(t).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer := func(s *policy.Set, f approvals.Facts, a approvals.Assessment) string {
		b, err := json.Marshal([]any{s.Decide(f, a), s.MayApprove(f, a, approvals.Principal{ID: "dot", Groups: []string{"security"}})})
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	rapid.Check(t, func(t *rapid.T) {
		f, a := request(t, all)
		want := answer(one, f, a)
		slices.Reverse(f.Requester.Groups)
		for range 3 {
			if got := answer(other, f, a); got != want {
				t.Fatal(cmp.Diff(want, got))
			}
		}
	})
}

// many gives n policies that look alike and hold for maya's request; every
// other one is a forbid that does not.
func many(n int) map[string]string {
	var cedar, examples strings.Builder
	examples.WriteString("defaults: {ask: billing-db:read-only, score: 10, ticket: T-1}\nexamples:\n")
	var permits, forbids []string
	for i := range n {
		id := fmt.Sprintf("policy-%d", i)
		fmt.Fprintf(&cedar, "@id(%q) @owner(\"o\") @reason(\"r\") @review_by(\"2027-01-01\")\n", id)
		if i%2 == 0 {
			permits = append(permits, id)
			fmt.Fprintf(&cedar, `permit (principal in Group::"support", action == Action::"request", resource)
when { resource.sensitivity_rank <= 2 && context has score && context.score <= %d && !principal.contractor && context has ticket };
`, 20+i)
			continue
		}
		forbids = append(forbids, id)
		fmt.Fprintf(&cedar, `forbid (principal, action == Action::"request", resource in System::"postgres-prod")
when { principal.contractor && ["read-write", "admin"].contains(resource.level) || context.duration_minutes > %d };
`, 400+i)
	}
	permitted, forbidden := strings.Join(permits, ", "), strings.Join(forbids, ", ")
	fmt.Fprintf(&examples, "  - {name: a, who: {groups: [support]}, expect: auto_approve, by: [%s], not: [%s]}\n", permitted, forbidden)
	fmt.Fprintf(&examples, "  - {name: b, who: {contractor: true}, ask: billing-db:read-write, expect: route, by: [%s], not: [%s]}\n", forbidden, permitted)
	return map[string]string{"many.cedar": cedar.String(), "many_test.yaml": examples.String()}
}

func BenchmarkDecideExampleAccess(b *testing.B) {
	set := exampleSet(b)
	f, a := maya(b)
	b.ReportAllocs()
	for b.Loop() {
		set.Decide(f, a)
	}
}

func BenchmarkLoad500Policies(b *testing.B) {
	o := policy.Options{Dir: folder(b, many(500)), Catalogue: exampleCatalogue(b)}
	for b.Loop() {
		if _, err := policy.Load(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}
