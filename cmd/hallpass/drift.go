package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
)

func driftCommand() *cobra.Command {
	var db configuredStore
	var out listing
	var standing, all bool
	cmd := &cobra.Command{
		Use:   "drift",
		Short: "List where systems and grants differ: access that nobody granted, grants whose access is gone",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd.Context(), func(_ config.Config, s *store.Store) error {
				found, err := drifts(cmd.Context(), s, standing, all)
				if err != nil {
					return err
				}
				return printRows(out, cmd.OutOrStdout(), found, driftTable)
			})
		},
	}
	db.flag(cmd)
	out.flag(cmd)
	cmd.Flags().BoolVar(&standing, "standing", false, "list standing access: what was there at the first look, or was accepted")
	cmd.Flags().BoolVar(&all, "all", false, "also what is resolved")
	cmd.AddCommand(driftAcceptCommand())
	return cmd
}

// drifts reads the exceptions, or standing access; the oldest first.
func drifts(ctx context.Context, s *store.Store, standing, all bool) (found []approvals.Drift, err error) {
	f := approvals.DriftFilter{Open: !all, Limit: 1000,
		Kinds: []approvals.DriftKind{approvals.DriftOutside, approvals.DriftChanged, approvals.DriftVanished, approvals.DriftShrunk}}
	if standing {
		f.Kinds = []approvals.DriftKind{approvals.DriftStanding}
	}
	for {
		page, err := s.Drifts(ctx, f)
		if err != nil {
			return nil, err
		}
		found = append(found, page...)
		if len(page) < f.Limit {
			break
		}
		f.After = page[len(page)-1].ID
	}
	slices.SortStableFunc(found, func(a, b approvals.Drift) int { return a.FirstSeen.Compare(b.FirstSeen) })
	return found, nil
}

func driftTable(w io.Writer, found []approvals.Drift) error {
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "Systems and grants agree.")
		return err
	}
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tKIND\tENTITLEMENT\tACCOUNT\tPERSON\tSINCE\tLAST SEEN\tWHAT IS DONE")
	for _, d := range found {
		person := string(d.Principal)
		if person == "" {
			person = "-"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.ID, d.Kind, d.Entitlement, d.Account, person,
			d.FirstSeen.Format(time.RFC3339), d.LastSeen.Format(time.RFC3339), driftState(d))
	}
	return out.Flush()
}

// driftState says what is or was done about a difference.
func driftState(d approvals.Drift) string {
	switch {
	case !d.Open():
		return string(d.Resolution)
	case d.Attempts > 0:
		return fmt.Sprintf("%s; failed %s, the last time: %s", d.Repair, count(d.Attempts, "time", "times"), d.LastError)
	default:
		return string(d.Repair)
	}
}

func driftAcceptCommand() *cobra.Command {
	var db configuredStore
	var by, reason string
	cmd := &cobra.Command{
		Use:   "accept ID --by EMAIL --reason TEXT",
		Short: "Say that a difference is right: the access stays as standing access, or the short list is believed",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				service, actor, err := app.Acting(cmd.Context(), c, s, by)
				if err != nil {
					return err
				}
				d, err := service.AcceptDrift(cmd.Context(), actor, approvals.DriftID(args[0]), reason)
				if err != nil {
					return err
				}
				if d.Kind == approvals.DriftShrunk {
					cmd.Printf("The next list of %s is believed, however short it is.\n", d.Entitlement)
					return nil
				}
				cmd.Printf("The access of %s to %s is standing access from now on.\n", d.Account, d.Entitlement)
				return nil
			})
		},
	}
	db.flag(cmd)
	cmd.Flags().StringVar(&by, "by", "", "who accepts it: the email address of an owner or an admin")
	cmd.Flags().StringVar(&reason, "reason", "", "why it is right, for the log")
	for _, required := range []string{"by", "reason"} {
		_ = cmd.MarkFlagRequired(required)
	}
	return cmd
}
