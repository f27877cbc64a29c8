package policy_test

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

func Example() {
	ctx := context.Background()
	c, err := catalog.Load(ctx, "../../examples/access", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := policy.Load(ctx, policy.Options{Dir: "../../examples/access", Catalogue: c})
	if err != nil {
		fmt.Println(err)
		return
	}
	billing, err := c.Entitlement(ctx, "billing-db:read-only")
	if err != nil {
		fmt.Println(err)
		return
	}
	maya := approvals.Principal{ID: "maya", Manager: "tom", Groups: []string{"support"}}
	at := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	facts := approvals.Facts{
		At: at, Kind: approvals.KindAccess, Requester: maya, Beneficiary: maya, Entitlement: billing,
		Duration: 20 * time.Minute, Ticket: "INC-4312", Weekday: time.Monday, MinuteOfDay: 600,
		Directory: approvals.DirectoryState{AsOf: at},
	}

	low := approvals.Assessment{Score: 12}
	r := set.Decide(facts, low)
	fmt.Println(r.Outcome, r.Policies[0].ID)

	facts.Ticket = ""
	r = set.Decide(facts, low)
	fmt.Println(r.Outcome, "-", r.Words)
	fmt.Println(set.MayApprove(facts, low, approvals.Principal{ID: "tom"}).Allowed)
	fmt.Println(set.MayApprove(facts, low, maya).Allowed)
	// Output:
	// auto_approve read-only-with-ticket
	// route - No policy approves this at once, so a person decides.
	// true
	// false
}
