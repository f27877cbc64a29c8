package prompts_test

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/prompts"
)

// A caller always has its own words ready: without a model, or with one that
// fails, they are what is shown.
func ExampleClient_Summarize() {
	client, err := prompts.New(prompts.Config{}) // No model is configured.
	if err != nil {
		fmt.Println(err)
		return
	}
	shown := "Score 42: high sensitivity +25; 3 of 9 teammates hold it -18."
	summary, err := client.Summarize(context.Background(), prompts.SummaryInput{
		Kind: "database role", Sensitivity: "high", Duration: 2 * time.Hour, Score: 42,
		Factors: []prompts.Factor{{Name: "peers.team", Points: -18, Words: "3 of 9 teammates hold it"}},
	})
	if err == nil {
		shown = summary.Text
	}
	fmt.Println(prompts.CodeOf(err))
	fmt.Println(shown)
	// Output:
	// disabled
	// Score 42: high sensitivity +25; 3 of 9 teammates hold it -18.
}
