package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// company is a law of n policies as a company writes it: permits of its teams,
// each for a system that the team works with, and forbids about single systems
// and resources. staged adds approvals in two stages.
func company(n int, staged bool) (texts []string) {
	systems := []string{"postgres-prod", "finance-app", "support-console", "aws", "kubernetes", "github"}
	resources := []string{"billing-db", "ledger", "tickets", "aws-production", "cluster-production", "website"}
	if staged {
		for i := range n / 4 {
			texts = append(texts,
				fmt.Sprintf(`permit (principal in Group::"owners-%d", action == Action::"approve", resource in System::%q) when { resource.sensitivity_rank <= 3 };`, i, systems[i%6]),
				fmt.Sprintf(`permit (principal in Group::"security-%d", action == Action::"approve", resource in Resource::%q) when { context.duration_minutes > %d };`, i, resources[i%6], i))
		}
	}
	for i := 0; len(texts) < n; i++ {
		texts = append(texts,
			fmt.Sprintf(`permit (principal in Group::"team-%d", action == Action::"request", resource in System::%q)
when { resource.sensitivity_rank <= 2 && context has score && context.score <= %d && !principal.contractor && context has ticket };`, i, systems[i%6], 20+i%50),
			fmt.Sprintf(`forbid (principal, action == Action::"request", resource in Resource::%q)
when { principal.contractor && resource.level != "read-only" || context.duration_minutes > %d };`, resources[i%6], 400+i))
	}
	return texts
}

// uniform is a law of n policies of which each is about every request, and
// every other one decides it.
func uniform(n int) (texts []string) {
	for i := range n / 2 {
		texts = append(texts,
			fmt.Sprintf(`permit (principal in Group::"team-0", action == Action::"request", resource)
when { resource.sensitivity_rank <= 2 && context has score && context.score <= %d && !principal.contractor && context has ticket };`, 20+i),
			fmt.Sprintf(`forbid (principal, action == Action::"request", resource in System::"postgres-prod")
when { principal.contractor && ["read-write", "admin"].contains(resource.level) || context.duration_minutes > %d };`, 400+i))
	}
	return texts
}

// BenchmarkDecide200Policies decides one request again and again by laws of
// two hundred policies.
func BenchmarkDecide200Policies(b *testing.B) {
	p := newPast(b, 1, 1)
	who := approvals.Principal{ID: "maya", Department: "Billing Support", Manager: "tom", Groups: []string{"support", "team-0", "team-6", "team-42"}}
	i := slices.IndexFunc(p.things, func(e approvals.Entitlement) bool { return e.ID == "billing-db:read-only" })
	f := approvals.Facts{
		At: exampleAt, Kind: approvals.KindAccess, Requester: who, Beneficiary: who, Entitlement: p.things[i],
		Duration: 20 * time.Minute, ReasonLength: 12, Ticket: "INC-4312", Weekday: exampleAt.Weekday(), MinuteOfDay: 600,
		Directory: approvals.DirectoryState{AsOf: exampleAt},
	}
	for _, law := range []struct {
		name  string
		texts []string
		want  approvals.Outcome
		score int
	}{
		{"a company's, approved", company(200, false), approvals.AutoApprove, 18},
		{"a company's, routed in stages", company(200, true), approvals.Route, 90},
		{"each about it, half of them approve", uniform(200), approvals.AutoApprove, 18},
	} {
		set := written(b, law.texts...)
		for i, r := range set.approve { // every other permit to approve is of the second stage
			if r.permits() {
				r.stage, set.staged = 1+i%2, true
			}
		}
		b.Run(law.name, func(b *testing.B) {
			a := approvals.Assessment{Score: law.score, Confidence: approvals.ConfidenceLow}
			if r := set.Decide(f, a); r.Outcome != law.want || len(r.Problems) > 0 {
				b.Fatalf("%+v", r)
			}
			took := make([]time.Duration, 0, 1<<20)
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				set.Decide(f, a)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-µs")
		})
	}
}
