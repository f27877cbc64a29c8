package main

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
)

func explainCommand() *cobra.Command {
	var path, database string
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "explain REQUEST",
		Short: "Show why a request was decided as it was: policies, facts, and what would have been approved",
		Long: `Prints the latest stored decision of a request, and decides it again by the
policies as they are now, from the facts that were stored: which policies permitted,
forbade or failed, which of them decide, every fact that a policy could look at, and
what the requester could have asked for instead.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			set, c, err := policies(cmd.Context(), filepath.Dir(path))
			if err != nil {
				return err
			}
			s, err := app.OpenStore(cmd.Context(), c, app.Options{Database: database})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, closing(s)) }()
			d, err := s.Decision(cmd.Context(), approvals.RequestID(args[0]))
			if err != nil {
				return err
			}
			account := set.Account(d)
			if !asJSON {
				return account.WriteText(cmd.OutOrStdout(), all)
			}
			return printJSON(cmd.OutOrStdout(), account)
		},
	}
	f := cmd.Flags()
	configFlag(cmd, &path)
	f.StringVar(&database, "database", "", "URL of the database (default: what the configuration names)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.BoolVar(&all, "all", false, "show the policies that do not apply as well")
	return cmd
}
