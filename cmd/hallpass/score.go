package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/scoring/backtest"
	"github.com/hallpass-dev/hallpass/store"
)

func scoreCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "score", Short: "Measure, fit and explain the risk score"}
	cmd.AddCommand(backtestCommand(), fitCommand(), explainScoreCommand())
	return cmd
}

func backtestCommand() *cobra.Command {
	var o backtest.Options
	var bot bool
	cmd := &cobra.Command{
		Use:   "backtest --history decisions.csv (--cross-validate 5 | --requests new.csv --out scores.csv)",
		Short: "See what the score would have said of past decisions, before a policy trusts it",
		Long: "The history is a CSV with a header: approved (1 or 0), entitlement, and any attributes of the requester.\n" +
			"With --cross-validate the score is measured on parts of the history that it has not learned from.\n" +
			"With --requests it learns from the history and scores the requests, row for row, without learning from them.\n" +
			"What is said on standard error names the weights that served and the columns that were not counted.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Shipped, o.Notes = scoring.ShippedFile(), cmd.ErrOrStderr()
			if bot {
				o.Layout = scoring.Layout()
			}
			return backtest.Run(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.History, "history", "", "CSV of decided requests")
	f.StringVar(&o.Requests, "requests", "", "CSV of requests to score, without the column approved")
	f.StringVar(&o.Out, "out", "", "where their scores go; - is standard output")
	f.IntVar(&o.CrossValidate, "cross-validate", 0, "into how many parts the history is cut, 2 to 100")
	f.StringVar(&o.Weights, "weights", "", `a weights file, or "shipped" (default: fitted on the history where it is long enough)`)
	f.BoolVar(&bot, "bot", false, "count by the attributes and pairs that the bot counts by, and by no others")
	f.StringVar(&o.Markdown, "markdown", "", "write a report for people to this file")
	f.StringVar(&o.HTML, "html", "", "write a self-contained page with curves to this file")
	f.Uint64Var(&o.Seed, "seed", 1, "deals the parts")
	_ = cmd.MarkFlagRequired("history")
	return cmd
}

func fitCommand() *cobra.Command {
	var o backtest.FitOptions
	cmd := &cobra.Command{
		Use:   "fit --history decisions.csv --out weights.json",
		Short: "Fit the score's weights to your own organisation's decisions",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Judged, o.Layout, o.Notes = scoring.ShippedFile(), scoring.Layout(), cmd.ErrOrStderr()
			return backtest.Fit(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.History, "history", "", "CSV of decided requests")
	f.StringVar(&o.Out, "out", "", "where the weights file goes; - is standard output")
	f.StringVar(&o.Version, "name", "own", "names the result")
	f.StringVar(&o.Fitted, "note", "", "on what and how it was fitted, for people")
	_ = cmd.MarkFlagRequired("history")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func explainScoreCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "explain REQUEST",
		Short: "Print a stored request's score with its counts, and compute it again from what is stored",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := config.Load(path)
			if err != nil {
				return err
			}
			s, err := app.OpenStore(cmd.Context(), c, app.Options{})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, closing(s)) }()
			r, err := s.Request(cmd.Context(), approvals.RequestID(args[0]))
			if err != nil {
				return err
			}
			d, err := s.Decision(cmd.Context(), r.ID)
			if err != nil {
				return err
			}
			weights, err := app.WeightsOf(cmd.Context(), c, s, d.Assessment.Model)
			if err != nil {
				return err
			}
			identical, err := weights.Explain(cmd.OutOrStdout(), d)
			if err == nil && !identical {
				err = approvals.Errorf(approvals.CodeInvalid, "The stored score is not shown to be right: see what is said of computing it again, above.")
			}
			return errors.Join(err, recorded(cmd, s, d))
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// recorded compares the stored facts' digest with what the audit log has of the
// request: a change of facts that the score does not read is found as well.
func recorded(cmd *cobra.Command, s *store.Store, d approvals.Decision) error {
	events, err := s.Events(cmd.Context(), store.EventFilter{Request: d.Request})
	if err != nil {
		return err
	}
	digest := d.Facts.Digest()
	for _, e := range events {
		if e.FactsDigest == digest {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "facts: as audit event %d recorded them\n", e.Sequence)
			return err
		}
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), "facts: DIFFERENT; the audit log recorded others"); err != nil {
		return err
	}
	return approvals.Errorf(approvals.CodeInvalid, "The stored facts are not those that the audit log recorded: no event of request %s has their digest.", d.Request)
}
