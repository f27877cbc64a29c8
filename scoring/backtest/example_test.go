package backtest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/scoring/backtest"
)

// With few decisions of its own, an organisation scores requests with the
// weights that come with the program and its own counts.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "backtest")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	history, requests := filepath.Join(dir, "history.csv"), filepath.Join(dir, "requests.csv")
	for name, text := range map[string]string{
		history:  "approved,entitlement,manager\n" + strings.Repeat("1,wiki,grace\n", 40) + strings.Repeat("0,payroll,grace\n", 9),
		requests: "entitlement,manager\nwiki,grace\npayroll,grace\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	var out strings.Builder
	err = backtest.Run(context.Background(), backtest.Options{History: history, Requests: requests, Out: "-", Shipped: scoring.ShippedFile()}, &out)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		fields := strings.Split(line, ",")
		fmt.Println(fields[0], fields[1])
	}
	// Output:
	// p_deny score
	// 0.006424 7
	// 0.692813 100
}
