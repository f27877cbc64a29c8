// Command eval measures the checks of language-model summaries and proposals over recorded
// cases and, where an endpoint is configured, a real model over the same cases.
//
// The recorded part needs no network: an endpoint in this process replays every
// recorded answer through the real client. It is a tool of whoever changes a
// prompt, a check or a model, and no part of Hallpass links it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

func main() {
	cases, err := loadCases(recorded)
	if err == nil {
		err = run(context.Background(), os.Stdout, os.Getenv, cases)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "prompt-eval:", err)
		os.Exit(1)
	}
}

// run prints both parts. Its error is a recorded answer that was judged wrongly;
// what a real model does is a figure, no error.
func run(ctx context.Context, w io.Writer, getenv func(string) string, cases []evalCase) error {
	m, err := replay(ctx, cases)
	if err != nil {
		return err
	}
	m.print(w)
	forms, err := loadProposals(recordedProposals)
	if err != nil {
		return err
	}
	p, err := replayProposals(ctx, forms)
	if err != nil {
		return err
	}
	p.print(w, len(forms))
	m.wrong = append(m.wrong, p.wrong...)
	if cfg, ok := realConfig(getenv); ok {
		askReal(ctx, cfg, cases).print(w, cfg.Model)
		passed, slots := askForProposals(ctx, cfg, forms)
		fmt.Fprintf(w, "  forms filled in            %s, slots right %s\n", passed, slots)
	} else {
		fmt.Fprintln(w, "real model: SKIPPED; set HALLPASS_PROMPT_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL, to ask one")
	}
	if n := len(m.wrong); n > 0 {
		return fmt.Errorf("%d recorded answers or inputs were judged wrongly; they are listed above", n)
	}
	return nil
}
