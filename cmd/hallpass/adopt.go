package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
)

func adoptCommand() *cobra.Command {
	var db configuredStore
	var wish approvals.Adoption
	var until, by string
	var out listing
	cmd := &cobra.Command{
		Use:   "adopt ENTITLEMENT --until DATE --reason TEXT --by EMAIL",
		Short: "Give today's standing access an end, which its holders can renew the ordinary way",
		Long: "Each holder whom the directory knows gets a grant that ends at the date: they are told at once and again before the end, and extend it or let it go.\n" +
			"Holders are those that the server's last look at the system found. Accounts that nobody owns are listed and stay as they are. DATE is 2026-12-31,\n" +
			"a time such as 2026-12-31T18:00:00Z, or a span such as 30d. Try it first with --dry-run.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			end, err := untilWhen(until, time.Now())
			if err != nil {
				return usageError{err}
			}
			wish.Entitlement, wish.Until = approvals.EntitlementID(args[0]), end
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				service, actor, err := app.Acting(cmd.Context(), c, s, by)
				if err != nil {
					return err
				}
				all, err := service.Adopt(cmd.Context(), actor, wish)
				table := func(w io.Writer, all []approvals.Adopted) error { return adoptedTable(w, wish, all) }
				return errors.Join(printRows(out, cmd.OutOrStdout(), all, table), err)
			})
		},
	}
	db.flag(cmd)
	cmd.Flags().StringVar(&until, "until", "", "when it ends for whoever has not renewed it")
	cmd.Flags().StringVar(&wish.Reason, "reason", "", "why, for the holders and the log")
	cmd.Flags().StringVar(&by, "by", "", "who orders it: the email address of an owner or an admin")
	cmd.Flags().BoolVar(&wish.Dry, "dry-run", false, "only say what would be done")
	out.flag(cmd)
	for _, required := range []string{"until", "reason", "by"} {
		_ = cmd.MarkFlagRequired(required)
	}
	cmd.AddCommand(adoptReportCommand())
	return cmd
}

// untilWhen reads a date, which means its end in UTC, a time, or a span in days.
func untilWhen(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	var days int
	if _, err := fmt.Sscanf(text+"\n", "%dd\n", &days); err == nil && days > 0 {
		return now.AddDate(0, 0, days), nil
	}
	return time.Time{}, fmt.Errorf("--until %q is neither a date such as 2026-12-31, nor a time such as 2026-12-31T18:00:00Z, nor a span such as 30d", text)
}

func adoptedTable(w io.Writer, wish approvals.Adoption, all []approvals.Adopted) error {
	adopted := 0
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(out, "ACCOUNT\tPERSON\tGRANT\tNOT ADOPTED BECAUSE")
	for _, a := range all {
		if a.Why == "" {
			adopted++
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", a.Account, a.Name, a.Grant, a.Why)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	did := "adopted"
	if wish.Dry {
		did = "would be adopted"
	}
	_, err := fmt.Fprintf(w, "%d of %s %s, until %s.\n", adopted, count(len(all), "holder", "holders"), did, wish.Until.UTC().Format(time.RFC3339))
	return err
}

func adoptReportCommand() *cobra.Command {
	var db configuredStore
	var out listing
	cmd := &cobra.Command{
		Use:   "report [ENTITLEMENT]",
		Short: "Say what became of adopted access: renewed, ended, or given back",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd.Context(), func(_ config.Config, s *store.Store) error {
				sums, err := fallOff(cmd.Context(), s, args)
				if err != nil {
					return err
				}
				return printRows(out, cmd.OutOrStdout(), sums, fallOffTable)
			})
		},
	}
	db.flag(cmd)
	out.flag(cmd)
	return cmd
}

func fallOff(ctx context.Context, s *store.Store, args []string) ([]approvals.FallOff, error) {
	var e approvals.EntitlementID
	if len(args) == 1 {
		e = approvals.EntitlementID(args[0])
	}
	all, err := s.AdoptedGrants(ctx, e)
	return approvals.FallOffs(all), err
}

func fallOffTable(w io.Writer, sums []approvals.FallOff) error {
	if len(sums) == 0 {
		_, err := fmt.Fprintln(w, "No standing access was adopted yet.")
		return err
	}
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(out, "ENTITLEMENT\tADOPTED\tRENEWED\tRUNNING\tENDED\tLEFT EARLY\tGONE\tLAST END")
	for _, f := range sums {
		last := "-"
		if !f.Ending.IsZero() {
			last = f.Ending.Format(time.RFC3339)
		}
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\t%d\t%d %%\t%s\n", f.Entitlement, f.Adopted, f.Renewed, f.Running, f.Ended, f.Left,
			100*(f.Ended+f.Left)/f.Adopted, last)
	}
	return out.Flush()
}
