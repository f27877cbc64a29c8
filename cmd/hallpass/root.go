package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
)

// run executes one command line and gives the exit code: 0 for success, 1 for
// an error, 2 for a command line that makes no sense, and what the command
// says of itself where it answers by its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "hallpass",
		Short:         "Just-in-time access, asked for and answered in Slack",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(serveCommand(), demoCommand(), checkCommand(), replayCommand(), explainCommand(), policyCommand(), parseCommand(), migrateCommand(), scoreCommand(), auditCommand(), reviewCommand(), driftCommand(), reconcileCommand(), adoptCommand(), directoryCommand(), healthCommand(), versionCommand())
	ran, err := root.ExecuteContextC(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = stopped(ran.Name())
	}
	if err == nil {
		return 0
	}
	var answer exitError
	if errors.As(err, &answer) {
		return answer.code
	}
	explain(stderr, err)
	var usage usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

// stopped is how a command ends that was told to stop: what runs until then ends
// well, and all others did not come to their end. A script must not take half a
// verification for a whole one.
func stopped(name string) error {
	switch name {
	case "serve", "demo":
		return nil
	}
	return approvals.Errorf(approvals.CodeUnavailable, "Stopped before the end: what it did not say is not known.")
}

// exitError is an answer by exit code, with nothing more to say.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// explain prints an error for a person: each problem of a file on its own
// line, or the sentence with its mend, and no more of the cause than helps.
func explain(w io.Writer, err error) {
	var problems approvals.Problems
	var domain *approvals.Error
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			fmt.Fprintln(w, p)
		}
		fmt.Fprintf(w, "hallpass: %s found; nothing was started\n", count(len(problems), "problem", "problems"))
	case errors.As(err, &domain) && domain.Message != "":
		fmt.Fprintln(w, "hallpass:", domain.Message)
	default:
		fmt.Fprintln(w, "hallpass:", err)
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
