package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
)

// exitChanged is the exit code of replay when requests would flip, and of
// policy diff when sets differ.
const exitChanged = 3

func replayCommand() *cobra.Command {
	var since, database string
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use:   "replay DIR --since 365d",
		Short: "Decide stored requests again by a changed policy folder, and show which would flip",
		Long: `Decides the first decision of every stored request again by the policies in DIR,
from the facts and the score that were stored with it, and compares the answers.
It reads the database that DIR/hallpass.yaml names, or --database, and writes
nothing. An embedded SQLite file can't be read while a server has it open: replay
on a backup of it.

Exit codes: 0 no request would flip, 3 some would, 1 an error, 2 a command line
that makes no sense.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := start(since, time.Now())
			if err != nil {
				return usageError{err}
			}
			r, err := replay(cmd.Context(), args[0], database, from)
			if err != nil {
				return err
			}
			return show(cmd.OutOrStdout(), r, asJSON, asMarkdown)
		},
	}
	f := cmd.Flags()
	f.StringVar(&since, "since", "365d", "from when on: so many days or hours ago, such as 30d or 12h, or a date such as 2026-01-31")
	f.StringVar(&database, "database", "", "URL of the database (default: what DIR/hallpass.yaml names)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.BoolVar(&asMarkdown, "markdown", false, "print Markdown for the comment of a pull request")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

// start reads --since.
func start(since string, now time.Time) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, since); err == nil {
		return day, nil
	}
	if days, ok := strings.CutSuffix(since, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36_500 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(since); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("--since %q is no time: write 365d, 12h or 2026-01-31", since)
}

func replay(ctx context.Context, dir, database string, since time.Time) (r *policy.Replay, err error) {
	set, c, err := policies(ctx, dir)
	if err != nil {
		return nil, err
	}
	s, err := app.OpenStore(ctx, c, app.Options{Database: database})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closing(s)) }()
	return set.Replay(func(yield func(policy.Stored) error) error {
		return s.FirstDecisions(ctx, since, func(id approvals.RequestID, facts, assessment, ruling []byte) error {
			return yield(policy.Stored{Request: id, Facts: facts, Assessment: assessment, Ruling: ruling})
		})
	})
}

// policies loads the policy set of an access folder.
func policies(ctx context.Context, dir string) (*policy.Set, config.Config, error) {
	c, err := config.Load(filepath.Join(dir, "hallpass.yaml"))
	if err != nil {
		return nil, c, err
	}
	access, err := app.LoadAccess(ctx, c, app.Options{})
	if err != nil {
		return nil, c, err
	}
	return access.Policy.Set(), c, nil
}

// show prints a report and says by the exit code whether anything flips.
func show(w io.Writer, r *policy.Replay, asJSON, asMarkdown bool) error {
	var err error
	switch {
	case asJSON:
		err = printJSON(w, r)
	case asMarkdown:
		err = r.WriteMarkdown(w)
	default:
		err = r.WriteText(w)
	}
	if err != nil {
		return fmt.Errorf("print the replay: %w", err)
	}
	if r.UnreadableAll > 0 {
		return approvals.Errorf(approvals.CodeInternal, "%d stored decisions could not be read, so the replay is not complete.", r.UnreadableAll)
	}
	if r.Flips > 0 {
		return exitError{code: exitChanged}
	}
	return nil
}
