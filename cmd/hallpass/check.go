package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check DIR",
		Short: "Validate an access folder: configuration, people, catalogue, policies and their examples",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), args[0], cmd.OutOrStdout())
		},
	}
}

// check reads everything in an access folder and reports all problems of all
// files at once, as far as one does not hide another.
func check(ctx context.Context, dir string, out io.Writer) error {
	if _, err := os.Stat(dir); err != nil {
		return approvals.Problems{{File: dir, What: "there is no such folder", Mend: "name the folder that holds hallpass.yaml, catalog/ and policies/"}}
	}
	var all approvals.Problems
	keep := func(err error) error {
		var ps approvals.Problems
		if errors.As(err, &ps) {
			all = append(all, ps...)
			return nil
		}
		return err
	}
	c, err := config.Load(filepath.Join(dir, "hallpass.yaml"))
	if err := keep(err); err != nil {
		return err
	}
	c.Dir = dir
	c.Directory.Default()
	people, err := app.OpenPeople(ctx, c, app.Options{})
	if err != nil && c.Directory.Kind != "file" { // the folder may be sound where the source can't be reached, as in CI
		fmt.Fprintf(out, "The people were not read, so nobody whom the files name was looked up: %s\n", err)
		people, err = nil, nil
	}
	if err := keep(err); err != nil {
		return err
	}
	var known approvals.Directory
	if people != nil {
		known = people
	}
	things, err := catalog.Load(ctx, dir, known)
	if err := keep(err); err != nil {
		return err
	}
	if things != nil {
		entitlements, err := things.All(ctx)
		if err != nil {
			return err
		}
		all = append(all, c.Needs(entitlements)...)
		report, err := policy.Check(ctx, policy.Options{Dir: dir, Catalogue: things, MaxDirectoryAge: c.Directory.MaxAge}, time.Now())
		if err := keep(err); err != nil {
			return err
		}
		if len(all) == 0 {
			return summarise(ctx, out, dir, people, things, report)
		}
	}
	return all
}

func summarise(ctx context.Context, out io.Writer, dir string, people *directory.Directory, things *catalog.Catalogue, r policy.Report) error {
	var everybody []approvals.Principal
	var err error
	if people != nil {
		if everybody, err = people.People(ctx); err != nil {
			return err
		}
	}
	entitlements, err := things.All(ctx)
	if err != nil {
		return err
	}
	for _, note := range r.Notes {
		fmt.Fprintln(out, note)
	}
	_, err = fmt.Fprintf(out, "%s is sound: %s, %s, %s, %s that hold.\n", dir,
		count(len(everybody), "person", "people"), count(len(entitlements), "entitlement", "entitlements"),
		count(r.Policies, "policy", "policies"), count(r.Examples, "example", "examples"))
	return err
}
