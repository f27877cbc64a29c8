package understand_test

import (
	"fmt"

	"github.com/hallpass-dev/hallpass/bot/understand"
)

func ExampleParse() {
	wish := understand.Parse("read only on prod billing db for 2h, INC-4312 refunds stuck", world())
	fmt.Println(wish.Intent, wish.Entitlement, wish.Duration, wish.Ticket)
	fmt.Println(wish.Reason)

	wish = understand.Parse("billing db for 1h", world()) // which level was left open
	fmt.Printf("%q %q\n", wish.Entitlement, wish.Candidates)
	// Output:
	// request billing-db:read-only 2h0m0s INC-4312
	// refunds stuck
	// "" ["billing-db:read-only" "billing-db:read-write" "billing-db-staging:read-write"]
}
