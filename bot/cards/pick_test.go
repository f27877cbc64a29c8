package cards_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// offer is a draft that leaves open which of some entitlements is meant.
func offer(t *testing.T, of ...approvals.Entitlement) string {
	t.Helper()
	b, err := json.Marshal(cards.Request(cards.View{Request: approvals.Request{ID: "req_1", State: approvals.RequestDraft}, Offered: of}))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatIsOfferedIsToldApart(t *testing.T) {
	t.Parallel()
	east := approvals.Entitlement{ID: "a", Name: "Billing, read only", System: "postgres-east", Resource: "billing-db", Level: "read-only", Environment: "production", Description: "Reads every table."}
	west, staging, other := east, east, east
	west.ID, west.System = "b", "postgres-west"
	staging.ID, staging.Environment = "c", "staging"
	other.ID, other.Description = "d", "Reads invoices."
	for name, tt := range map[string]struct {
		of     []approvals.Entitlement
		counts map[string]int
	}{
		"a shared description is said once":       {[]approvals.Entitlement{east, west}, map[string]int{"Reads every table.": 1, "in postgres-east": 1, "in postgres-west": 1, "This one": 2}},
		"one system goes without saying":          {[]approvals.Entitlement{east, staging}, map[string]int{"postgres": 0, "· production": 1, "· staging": 1, "Reads every table.": 1}},
		"descriptions of their own stay":          {[]approvals.Entitlement{east, other}, map[string]int{"Reads every table.": 1, "Reads invoices.": 1}},
		"what two of three share is said once":    {[]approvals.Entitlement{east, other, staging}, map[string]int{"Reads every table.": 1, "Reads invoices.": 1}},
		"a single one keeps all that is said":     {[]approvals.Entitlement{east}, map[string]int{"Reads every table.": 1, "postgres": 0}},
		"no description leaves no empty line":     {[]approvals.Entitlement{{ID: "e", Name: "E"}, {ID: "f", Name: "F"}}, map[string]int{`"text":""`: 0}},
		"what shares a description is not shared": {[]approvals.Entitlement{west, other, staging, east}, map[string]int{"Reads every table.": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := offer(t, tt.of...)
			for words, want := range tt.counts {
				if n := strings.Count(got, words); n != want {
					t.Errorf("it says %q %d times, want %d:\n%s", words, n, want, got)
				}
			}
		})
	}
	if s := cards.Several([]approvals.Entitlement{east, staging}).Text; !strings.Contains(s, "(production)") || !strings.Contains(s, "(staging)") {
		t.Errorf("two of one name are not told apart: %s", s)
	}
}
