package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals/analytics"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/suggest"
)

func suggestCommand() *cobra.Command {
	var path, since, database string
	var asJSON, asDiff bool
	cmd := &cobra.Command{
		Use:   "suggest",
		Short: "Say what the past speaks for: permits to add, permits that nobody uses, personas, who stopped renewing",
		Long: fmt.Sprintf(`Reads the past and prints a report in Markdown, for a pull request: permits that
people's decisions speak for, each with the replay that bears it out; permits that
nobody uses; people who use the same access; who stopped renewing; and what is known
of access that was not used. Each proposal is a diff of the access folder, to review
and to apply with git apply in that folder. Nothing is applied or written here.

A permit is proposed from %d decisions of people on, without a denial in %d days, by
%d requesters and %d approvers, below high sensitivity. Automatic decisions and
break-glass never count. An embedded SQLite file can't be read while a server has it
open: run this on a backup of it.`, analytics.MinDecisions, analytics.QuietDays, analytics.MinRequesters, analytics.MinApprovers),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			from, err := start(since, now)
			if err != nil {
				return usageError{err}
			}
			if from.After(now.AddDate(0, 0, -analytics.QuietDays)) {
				return usageError{fmt.Errorf("--since %s is too short: a proposal takes %d days without a denial", since, analytics.QuietDays)}
			}
			found, err := suggestions(cmd.Context(), path, database, from, now)
			if err != nil {
				return err
			}
			return printSuggestions(cmd.OutOrStdout(), found, asJSON, asDiff)
		},
	}
	f := cmd.Flags()
	configFlag(cmd, &path)
	f.StringVar(&since, "since", fmt.Sprint(analytics.QuietDays, "d"), "from when on to count: so many days ago, or a date such as 2026-01-31")
	f.StringVar(&database, "database", "", "URL of the database (default: what the configuration names)")
	f.BoolVar(&asDiff, "diff", false, "print nothing but the diff of all proposals together")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("json", "diff")
	return cmd
}

func suggestions(ctx context.Context, path, database string, since, now time.Time) (found *suggest.Suggestions, err error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	from := suggest.Source{Now: now, Since: since, Dir: c.Dir}
	if err := access(ctx, c, &from); err != nil {
		return nil, err
	}
	s, err := app.OpenStore(ctx, c, app.Options{Database: database})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closing(s)) }()
	from.Past = s
	return suggest.Make(ctx, from)
}

// access reads what the access folder says.
func access(ctx context.Context, c config.Config, from *suggest.Source) error {
	a, err := app.LoadAccess(ctx, c, app.Options{})
	if err != nil {
		return err
	}
	var errs [4]error
	from.Catalogue, errs[0] = a.Catalogue.All(ctx)
	from.Profiles, errs[1] = a.Catalogue.AllProfiles(ctx)
	from.People, errs[2] = a.People.People(ctx)
	from.Folder, errs[3] = policy.OpenFolder(ctx, policy.Options{Dir: c.Dir, Catalogue: a.Catalogue, MaxDirectoryAge: c.Directory.MaxAge})
	return errors.Join(errs[:]...)
}

func printSuggestions(w io.Writer, found *suggest.Suggestions, asJSON, asDiff bool) error {
	var err error
	switch {
	case asDiff:
		_, err = io.WriteString(w, suggest.Patch(found.Edits))
	case asJSON:
		err = printJSON(w, found.Report)
	default:
		err = found.WriteMarkdown(w)
	}
	if err != nil {
		return fmt.Errorf("print the suggestions: %w", err)
	}
	return nil
}
