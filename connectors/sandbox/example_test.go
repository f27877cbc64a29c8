package sandbox_test

import (
	"context"
	"fmt"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

func Example() {
	ctx := context.Background()
	s, err := sandbox.New(sandbox.Config{Resources: []sandbox.Resource{{Name: "billing-db", Levels: []string{"read-only"}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	g := approvals.Grant{ID: "g1", Account: "maya", Target: map[string]string{"resource": "billing-db", "level": "read-only"}}
	receipt, err := s.Grant(ctx, g)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s.Login("maya", "billing-db"); err != nil {
		fmt.Println(err)
		return
	}
	removal, err := s.Revoke(ctx, g, receipt)
	fmt.Println("sessions ended:", removal.SessionsEnded, err)
	presence, err := s.Check(ctx, g, receipt)
	fmt.Println(presence.Detail, err)
	// Output:
	// sessions ended: 1 <nil>
	// maya is no member of billing-db (read-only); open sessions: 0 <nil>
}
