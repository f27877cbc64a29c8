package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/tracing"
)

func serveCommand() *cobra.Command {
	var path, level string
	cmd := &cobra.Command{
		Use:   "serve --config access/hallpass.yaml",
		Short: "Run the bot against Slack and the configured systems",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			var min slog.Level
			if err := min.UnmarshalText([]byte(level)); err != nil {
				return usageError{err}
			}
			lines := slog.NewJSONHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: min})
			c, err := config.Load(path)
			if err != nil {
				return err
			}
			collector, err := tracing.Endpoint(os.Getenv)
			if err != nil {
				return err
			}
			traces, err := tracing.Start(cmd.Context(), collector, version, slog.New(lines))
			if err != nil {
				return err
			}
			defer traces.Close(context.WithoutCancel(cmd.Context()))
			log := slog.New(traces.Logs(lines))
			a, err := app.New(cmd.Context(), c, app.Options{Logger: log, Trace: traces.Trace()})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, closing(a)) }()
			log.Info("hallpass starts", "version", version, "database", a.Store.Engine(), "listen", c.Listen)
			err = a.Run(cmd.Context())
			log.Info("hallpass stopped")
			return err
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	return cmd
}

// closing closes the database, and says so of an error.
func closing(c io.Closer) error {
	if err := c.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

func migrateCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "migrate --config access/hallpass.yaml",
		Short: "Bring the database's schema up to date; safe to run again",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			c, err := config.Load(path)
			if err != nil {
				return err
			}
			s, err := app.OpenStore(cmd.Context(), c, app.Options{})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, closing(s)) }()
			if err := s.Migrate(cmd.Context()); err != nil {
				return err
			}
			cmd.Printf("The %s schema is up to date.\n", s.Engine())
			return nil
		},
	}
	configFlag(cmd, &path)
	return cmd
}
