package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
)

// listedAtMost bounds the reviews and the exceptions that are shown.
const listedAtMost = 50

func reviewStatusCommand() *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [REVIEW]",
		Short: "Show how reviews stand, what they found, and which rules stopped approving",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReviews(cmd.Context(), path, func(d reviewDesk) error {
				var all []approvals.Campaign
				var err error
				if len(args) == 1 {
					var c approvals.Campaign
					c, err = d.Campaign(cmd.Context(), approvals.CampaignID(args[0]))
					all = []approvals.Campaign{c}
				} else {
					all, err = d.store.Campaigns(cmd.Context(), false, listedAtMost)
				}
				if err != nil {
					return err
				}
				for _, c := range all {
					if err := d.print(cmd.Context(), cmd.OutOrStdout(), c, asJSON); err != nil {
						return err
					}
				}
				return d.lapses(cmd.Context(), cmd.OutOrStdout(), asJSON)
			})
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return cmd
}

// print shows one review.
func (d reviewDesk) print(ctx context.Context, w io.Writer, c approvals.Campaign, asJSON bool) error {
	found, err := d.store.ReviewExceptions(ctx, c.ID)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(w).Encode(struct {
			approvals.Campaign
			Exceptions []approvals.ReviewException `json:"exceptions"`
		}{c, found})
	}
	fmt.Fprintf(w, "review %s (%s), %s to %s: %s\n", c.ID, c.Kind, c.From.Format(time.DateOnly), c.To.Format(time.DateOnly), stands(c))
	fmt.Fprintf(w, "  frozen %s at %d events: %d decisions, %.12s…\n", c.FrozenAt.Format(time.RFC3339), c.Size, c.Population, c.Digest)
	fmt.Fprintf(w, "  computed again: %d, with %s\n", c.Checked, count(c.Found, "exception", "exceptions"))
	if c.Seed != "" {
		fmt.Fprintf(w, "  drawn by the checkpoint over %d events, seed %.12s…\n", c.SeedSize, c.Seed)
	}
	if len(c.Strata) > 0 {
		table := tabwriter.NewWriter(w, 2, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "  of\tsample\tright\twrong\tunsure\t  stratum")
		for _, s := range c.Strata {
			fmt.Fprintf(table, "  %d\t%d\t%d\t%d\t%d\t  %s%s\n", s.Population, s.Size, s.Right, s.Wrong, s.Unsure, s.Name, outcome(s))
		}
		_ = table.Flush() // a writer that fails says so below
	}
	for i, x := range found {
		if i == listedAtMost {
			fmt.Fprintf(w, "  … and %d more; see --json\n", len(found)-i)
			break
		}
		fmt.Fprintf(w, "  exception %s: %s\n", x.Request, x.Words)
	}
	_, err = fmt.Fprint(w, ending(c))
	return err
}

// stands says how far a review is.
func stands(c approvals.Campaign) string {
	answered, of := c.Progress()
	switch c.State {
	case approvals.CampaignFrozen:
		return fmt.Sprintf("being computed again, %d of %d", c.Checked, c.Population)
	case approvals.CampaignChecked:
		return "waits for the next signed checkpoint, which draws the sample"
	case approvals.CampaignOpen:
		return fmt.Sprintf("%s %d of %d reviewed, due %s", bar(answered, of), answered, of, c.DueAt.Format(time.DateOnly))
	}
	return "closed " + c.ClosedAt.Format(time.DateOnly)
}

// bar is how much of something is done.
func bar(done, of int) string {
	const width = 20
	full := width
	if of > 0 {
		full = width * done / of
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

func outcome(s approvals.Stratum) string {
	if s.Outcome == "" {
		return ""
	}
	return ": " + string(s.Outcome)
}

// ending is what a closed review ends in.
func ending(c approvals.Campaign) string {
	if c.State != approvals.CampaignClosed {
		return ""
	}
	return "  " + c.Words + "\n"
}

// lapses shows the rules that stopped approving by themselves.
func (d reviewDesk) lapses(ctx context.Context, w io.Writer, asJSON bool) error {
	st, err := d.Standing(ctx)
	if err != nil {
		return err
	}
	for _, l := range st.Lapses {
		switch current := d.Law.Version(l.Rule); {
		case asJSON:
			if err := json.NewEncoder(w).Encode(l); err != nil {
				return err
			}
		case current == l.Text:
			fmt.Fprintf(w, "rule %s asks people since %s: %s\n", l.Rule, l.Since.Format(time.DateOnly), l.Why)
		default:
			fmt.Fprintf(w, "rule %s stopped approving %s, and has been changed since: its new version approves\n", l.Rule, l.Since.Format(time.DateOnly))
		}
	}
	return nil
}
