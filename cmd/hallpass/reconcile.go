package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
)

func reconcileCommand() *cobra.Command {
	var db configuredStore
	var by, reason string
	cmd := &cobra.Command{
		Use:   "reconcile [--by EMAIL --reason TEXT]",
		Short: "Say how a restored database stands, or accept it as it is",
		Long: "After a backup was restored, nothing new is granted, nothing is repaired, and what may have been extended since the backup does not end,\n" +
			"until an admin accepts the database. Compare the systems first: hallpass drift lists what differs.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				if by == "" {
					r, err := s.LastRestore(cmd.Context())
					if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
						return err
					}
					return restoreState(cmd.OutOrStdout(), r)
				}
				service, actor, err := app.Acting(cmd.Context(), c, s, by)
				if err != nil {
					return err
				}
				if _, err := service.AcceptRestore(cmd.Context(), actor, reason); err != nil {
					return err
				}
				cmd.Println("Accepted. Grants and repairs go on, and what is over ends.")
				return nil
			})
		},
	}
	db.flag(cmd)
	cmd.Flags().StringVar(&by, "by", "", "who accepts it: the email address of an admin")
	cmd.Flags().StringVar(&reason, "reason", "", "what was compared, for the log")
	cmd.MarkFlagsRequiredTogether("by", "reason")
	return cmd
}

// restoreState says how a restore stands.
func restoreState(w io.Writer, r approvals.Restore) error {
	if !r.Open() {
		_, err := fmt.Fprintln(w, "The database is as new as it should be, or was accepted.")
		return err
	}
	ends := "What ends after that is held back: it may have been extended since."
	if r.Whole {
		ends = "The ends that were lost are known from this machine's marks."
	}
	listed := "none yet"
	if len(r.Listed) > 0 {
		listed = strings.Join(r.Listed, ", ")
	}
	_, err := fmt.Fprintf(w, "Found %s: the log has %d events and had %d. It knows what happened until %s. %s\nSystems that were asked since: %s.\n",
		r.FoundAt.Format(time.RFC3339), r.Had, r.Known, r.Until.Format(time.RFC3339), ends, listed)
	return err
}
