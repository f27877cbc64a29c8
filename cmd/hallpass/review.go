package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
)

func reviewCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "review", Short: "Review what was approved automatically, and see what came of it"}
	cmd.AddCommand(reviewStartCommand(), reviewStatusCommand(), reviewCloseCommand(), reviewRedrawCommand(), reviewLiftCommand())
	return cmd
}

// reviewDesk is what a sub-command works with.
type reviewDesk struct {
	*review.Service
	access app.Access
	config config.Config
	store  *store.Store
}

// withReviews opens the configured database for one piece of work.
func withReviews(ctx context.Context, path string, work func(reviewDesk) error) error {
	db := configuredStore{path: path}
	return db.with(ctx, func(c config.Config, s *store.Store) error {
		access, err := app.LoadAccess(ctx, c, app.Options{})
		if err != nil {
			return err
		}
		r, err := app.Reviews(ctx, c, access, s, app.Options{})
		if err != nil {
			return err
		}
		return work(reviewDesk{Service: r, access: access, config: c, store: s})
	})
}

// operator is whoever has the command line and the database.
var operator = approvals.System("cli")

func reviewStartCommand() *cobra.Command {
	var path, kind, from, to string
	cmd := &cobra.Command{
		Use:   "start [--from 2025-01-01 --to 2026-01-01]",
		Short: "Freeze a year's automatic approvals, compute them again, and draw the sample that people look at",
		Long: `Freezes what was approved automatically from one day (inclusive) until another
(exclusive), computes all of it again by the policies and the score of then, and
draws a sample by the first signed checkpoint after the freeze. Without --from and
--to it is the year, or with --kind blind the month, that ends now. The server asks
the reviewers in Slack as soon as it runs.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := planned(kind, from, to, time.Now())
			if err != nil {
				return usageError{err}
			}
			return withReviews(cmd.Context(), path, func(d reviewDesk) error {
				c, err := d.Start(cmd.Context(), operator, plan)
				if err != nil {
					return err
				}
				if c, err = d.untilOpen(cmd.Context(), c); err != nil {
					return err
				}
				return d.print(cmd.Context(), cmd.OutOrStdout(), c, false)
			})
		},
	}
	configFlag(cmd, &path)
	f := cmd.Flags()
	f.StringVar(&kind, "kind", string(approvals.CampaignYearly), "yearly, or blind: a sample whose verdicts teach the score")
	f.StringVar(&from, "from", "", "the first day")
	f.StringVar(&to, "to", "", "the day after the last")
	cmd.MarkFlagsRequiredTogether("from", "to")
	return cmd
}

// planned reads what a review is to cover.
func planned(kind, from, to string, now time.Time) (p review.Plan, err error) {
	p.Kind = approvals.CampaignKind(kind)
	if from == "" {
		p.To = now.UTC().Truncate(time.Millisecond)
		if p.From = p.To.AddDate(-1, 0, 0); p.Kind == approvals.CampaignBlind {
			p.From = p.To.AddDate(0, -1, 0)
		}
		return p, nil
	}
	for day, into := range map[string]*time.Time{from: &p.From, to: &p.To} {
		if *into, err = time.Parse(time.DateOnly, day); err != nil {
			return p, fmt.Errorf("%q is no day: write 2026-01-31", day)
		}
	}
	return p, nil
}

// untilOpen computes again and draws, and signs the checkpoint that draws.
func (d reviewDesk) untilOpen(ctx context.Context, c approvals.Campaign) (approvals.Campaign, error) {
	for c.State == approvals.CampaignFrozen || c.State == approvals.CampaignChecked {
		if c.State == approvals.CampaignChecked {
			if _, err := seal(ctx, d.config, d.store); err != nil {
				return c, err
			}
		}
		_, err := d.Advance(ctx, c.ID)
		if err != nil && approvals.ErrorCode(err) != approvals.CodeConflict { // the server may be at it as well
			return c, err
		}
		if c, err = d.Campaign(ctx, c.ID); err != nil {
			return c, err
		}
	}
	return c, nil
}

func reviewCloseCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "close REVIEW",
		Short: "End a review now: rules that were not reviewed stop approving by themselves",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReviews(cmd.Context(), path, func(d reviewDesk) error {
				c, err := d.Close(cmd.Context(), operator, approvals.CampaignID(args[0]))
				if err != nil {
					return err
				}
				return d.print(cmd.Context(), cmd.OutOrStdout(), c, false)
			})
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func reviewLiftCommand() *cobra.Command {
	var path, by, note string
	cmd := &cobra.Command{
		Use:   "lift RULE --by admin@example.com --note WHY",
		Short: "Let a rule approve by itself again that a review ended; an admin's act, on the record",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReviews(cmd.Context(), path, func(d reviewDesk) error {
				p, err := d.access.People.ByEmail(cmd.Context(), by)
				if err != nil {
					return usageError{errors.New("nobody in the directory has the email " + by)}
				}
				if err := d.Lift(cmd.Context(), approvals.Person(p.ID, "cli", ""), args[0], note); err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "The rule %s approves by itself again.\n", args[0])
				return err
			})
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&by, "by", "", "email of the admin who answers for it")
	cmd.Flags().StringVar(&note, "note", "", "why")
	_ = cmd.MarkFlagRequired("by")
	_ = cmd.MarkFlagRequired("note")
	return cmd
}
