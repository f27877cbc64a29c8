package understand_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// What one message asks for together is told apart from what it leaves open.
// Neither is filled in.
func TestParseTellsWhatIsAskedForTogether(t *testing.T) {
	t.Parallel()
	type ids = []approvals.EntitlementID
	for text, want := range map[string]ids{
		"I need read on billing-db and write on orders-db for 2h":             {"billing-db:read-only", "orders-db:read-write"},
		"read on billing db, and write on orders db":                          {"billing-db:read-only", "orders-db:read-write"},
		"write on orders-db plus read only on billing-db please":              {"orders-db:read-write", "billing-db:read-only"},
		"read on billing-db and orders-db because a refund is stuck":          {"billing-db:read-only", "orders-db:read-only"},
		"zendesk and snowflake for 1h":                                        {"zendesk:agent", "snowflake:analyst"},
		"zendesk, snowflake, grafana and write on orders-db for a day please": {"zendesk:agent", "snowflake:analyst", "grafana:editor", "orders-db:read-write"},

		"read on billing-db or orders-db":                     nil, // one of them
		"zendesk or snowflake":                                nil,
		"billing-db and orders-db":                            nil, // levels are open
		"read and write on billing-db":                        nil,
		"read only and admin on customers-db":                 nil, // one thing
		"zendesk":                                             nil,
		"what do I have on zendesk and snowflake":             nil,
		"zendesk and snowflake were slow yesterday":           nil,
		"release zendesk and snowflake":                       nil,
		"read on billing-db and write on the frobnicator":     nil,
		"read on billing-db but not write on orders-db today": nil,
	} {
		wish := understand.Parse(text, world())
		if diff := cmp.Diff(want, wish.Together); diff != "" {
			t.Errorf("%q: -want +got\n%s%+v", text, diff, wish)
		}
		if want != nil && (wish.Entitlement != "" || wish.Intent != understand.Request || len(wish.Candidates) < 2) {
			t.Errorf("%q is filled in, or offers nothing: %+v", text, wish)
		}
	}
}
