package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/demo"
)

func demoCommand() *cobra.Command {
	var o demo.Options
	var story, verbose bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try Hallpass: a local Slack workspace, the bot and a sandbox system in one process",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			level := slog.LevelError
			switch {
			case verbose:
				level = slog.LevelDebug
			case story: // an outage is played in it: what the log says then is meant
				level = slog.LevelError + 1
			}
			o.Logger = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
			kept := o.Data
			if kept == "" {
				if o.Data, err = os.MkdirTemp("", "hallpass-demo-"); err != nil {
					return &approvals.Error{Code: approvals.CodeUnavailable, Op: "make the demo's folder", Err: err,
						Message: "The demo finds no place for temporary files. Name a folder that it may write to with --data."}
				}
				defer func() { err = errors.Join(err, os.RemoveAll(o.Data)) }()
			}
			if story {
				o.Listen, o.Rates = cmp.Or(o.Listen, "127.0.0.1:0"), demo.StoryRates
			}
			return runDemo(cmd.Context(), o, kept, story, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&o.Listen, "listen", "", "address of the page (default "+demo.DefaultListen+", or any free port)")
	cmd.Flags().StringVar(&o.Database, "database", "", "postgres://… instead of embedded SQLite")
	cmd.Flags().StringVar(&o.Data, "data", "", "folder to keep data in (default: a new one, removed at the end)")
	cmd.Flags().StringVar(&o.Access, "access", "", "access folder to run on (default: the built-in copy of examples/access)")
	cmd.Flags().BoolVar(&story, "story", false, "play the story without a browser, print its transcript, and exit")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "log everything to standard error")
	return cmd
}

func runDemo(ctx context.Context, o demo.Options, kept string, story bool, out io.Writer) error {
	d, err := demo.Start(ctx, o)
	if err != nil {
		return err
	}
	defer d.Close()
	if story {
		return d.Story(ctx, out)
	}
	d.Welcome(out, kept)
	return d.Run(ctx)
}
