package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
)

func directoryCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "directory", Short: "See how old the people's data is, and accept a true loss"}
	cmd.AddCommand(directoryStatusCommand(), directoryAcceptCommand())
	return cmd
}

func directoryStatusCommand() *cobra.Command {
	var db configuredStore
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say from when the people are that Hallpass works with, and what it refused",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withDirectory(cmd.Context(), &db, func(_ config.Config, _ *store.Store, r approvals.DirectoryRecord) error {
				return describe(cmd.OutOrStdout(), r)
			})
		},
	}
	db.flag(cmd)
	return cmd
}

func directoryAcceptCommand() *cobra.Command {
	var db configuredStore
	var by string
	cmd := &cobra.Command{
		Use:   "accept --by EMAIL",
		Short: "Say that what the directory's last reading had lost is really gone",
		Long: "The next reading that has lost no more than this is taken, within 24 hours: a source that is read again and again is\n" +
			"taken within minutes, a file at SIGHUP or at the next start. The audit log says who accepted what.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withDirectory(cmd.Context(), &db, func(c config.Config, s *store.Store, r approvals.DirectoryRecord) error {
				service, actor, err := app.Acting(cmd.Context(), c, s, by)
				if err != nil {
					return err
				}
				accepted, err := service.AcceptLoss(cmd.Context(), actor, r)
				if err == nil {
					cmd.Printf("Accepted by %s: %s.\n", actor.Principal, approvals.Losses(accepted))
				}
				return err
			})
		},
	}
	db.flag(cmd)
	cmd.Flags().StringVar(&by, "by", "", "who accepts it: the email address of an admin")
	_ = cmd.MarkFlagRequired("by")
	return cmd
}

// withDirectory finds what the database keeps of the configured source.
func withDirectory(ctx context.Context, db *configuredStore, work func(config.Config, *store.Store, approvals.DirectoryRecord) error) error {
	return db.with(ctx, func(c config.Config, s *store.Store) error {
		from, err := app.PeopleSource(ctx, c, app.Options{})
		if err != nil {
			return err
		}
		r, err := s.Directory(ctx, from.Name())
		if err != nil {
			return err
		}
		return work(c, s, r)
	})
}

func describe(out io.Writer, r approvals.DirectoryRecord) error {
	if r.People == nil {
		_, err := fmt.Fprintf(out, "Nothing of %s has been kept yet.\n", r.Source)
		return err
	}
	if _, err := fmt.Fprintf(out, "The people are those of %s as of %s.\n", r.Source, r.AsOf.Format(time.RFC3339)); err != nil {
		return err
	}
	if len(r.Refused) > 0 {
		_, err := fmt.Fprintf(out, "Since %s what it says is refused: %s.\n", r.RefusedAt.Format(time.RFC3339), approvals.Losses(r.Refused))
		return err
	}
	return nil
}
