package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

func policyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Compare policy sets, and say what the past speaks for"}
	var asJSON bool
	diff := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show in meaning what changed between two access folders",
		Long: `Compares the policies of two access folders by their @id: which were added and
removed, whose conditions or annotations changed, and on which examples of either
folder the answers differ. Comments, layout, order and file names do not count.

Exit codes: 0 the two mean the same, 3 they differ, 1 an error, 2 a command line that
makes no sense.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := difference(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), d)
			} else {
				err = d.WriteText(cmd.OutOrStdout())
			}
			if err != nil {
				return fmt.Errorf("print the difference: %w", err)
			}
			if !d.Empty() {
				return exitError{code: exitChanged}
			}
			return nil
		},
	}
	diff.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(diff, suggestCommand())
	return cmd
}

func difference(ctx context.Context, old, fresh string) (policy.Difference, error) {
	var both [2]policy.Options
	for i, dir := range []string{old, fresh} {
		things, err := catalog.Load(ctx, dir, nil)
		if err != nil {
			return policy.Difference{}, err
		}
		both[i] = policy.Options{Dir: dir, Catalogue: things}
	}
	return policy.Diff(ctx, both[0], both[1])
}
