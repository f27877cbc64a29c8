package scoring_test

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring"
)

// A request is scored in two steps: the world is counted, and the counts, once
// stored with the request's facts, give the score again at any time.
func ExampleScorer() {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	world := scoring.NewWorld(scoring.Options{})
	ada := approvals.Principal{ID: "ada", Manager: "grace", Department: "data", Title: "Analyst"}
	world.SetPeople([]approvals.Principal{
		ada,
		{ID: "ben", Manager: "grace", Department: "data", Title: "Analyst"},
		{ID: "cem", Manager: "grace", Department: "data", Title: "Analyst"},
	}, approvals.DirectoryState{Source: "file:people.yaml", AsOf: now})
	world.SetHoldings("billing-db:read-only", []approvals.PrincipalID{"ben"})

	scorer := scoring.New(world, nil, nil)
	facts := approvals.Facts{
		At: now, Requester: ada, Beneficiary: ada, Duration: 2 * time.Hour,
		Entitlement: approvals.Entitlement{ID: "billing-db:read-only", Sensitivity: approvals.High},
	}
	evidence, err := scorer.Evidence(context.Background(), facts)
	if err != nil {
		fmt.Println(err)
		return
	}
	facts.Evidence = evidence
	a := scorer.Assess(facts)
	fmt.Println("confidence", a.Confidence)
	for _, f := range a.Factors {
		if f.Name == "sensitivity" || f.Name == "near" {
			fmt.Printf("%+d %s\n", f.Points, f.Words)
		}
	}
	// Output:
	// confidence low
	// +16 High sensitivity: it can do much harm.
	// -2 Somebody in the same team holds it.
}
