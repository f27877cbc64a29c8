package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
)

// configuredStore is the database that the configuration file names, for a
// command that works on it.
type configuredStore struct {
	path string // of the configuration file
}

func (d *configuredStore) flag(cmd *cobra.Command) {
	configFlag(cmd, &d.path)
}

func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "config", "access/hallpass.yaml", "the configuration file, in the access folder")
}

// with opens the database for one piece of work.
func (d *configuredStore) with(ctx context.Context, work func(config.Config, *store.Store) error) (err error) {
	c, err := config.Load(d.path)
	if err != nil {
		return err
	}
	s, err := app.OpenStore(ctx, c, app.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing(s)) }()
	return work(c, s)
}

// listing prints rows as a table for people or, with --json, one object a line
// for programs.
type listing struct {
	json bool
}

func (l *listing) flag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.json, "json", false, "one JSON object a line")
}

// printRows prints them as the listing was asked for.
func printRows[T any](l listing, w io.Writer, rows []T, table func(io.Writer, []T) error) error {
	if !l.json {
		return table(w, rows)
	}
	out := json.NewEncoder(w)
	for _, row := range rows {
		if err := out.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

// printJSON prints one value for programs, as people can read it too.
func printJSON(w io.Writer, v any) error {
	to := json.NewEncoder(w)
	to.SetIndent("", "  ")
	to.SetEscapeHTML(false)
	return to.Encode(v)
}
