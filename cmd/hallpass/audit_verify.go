package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

func auditVerifyCommand() *cobra.Command {
	var db configuredStore
	var keys []string
	var known []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify [FOLDER] --key FILE",
		Short: "Say whether the log is what was signed, and where it is not",
		Long: "With a FOLDER that `hallpass audit export` or `hallpass audit evidence` wrote, nothing else is needed: neither database nor\n" +
			"network. Of evidence every file is compared with the signed manifest, and the log in it is verified. Without a FOLDER the configured database is verified, by the configured keys too. A checkpoint that you have from elsewhere, an anchor or an\n" +
			"earlier export, tells whether the log was rolled back or cut off since: name it with --known.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			notes, err := readFiles(known)
			if err != nil {
				return err
			}
			public, err := readFiles(keys)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return verifyBundle(cmd.Context(), cmd.OutOrStdout(), args[0], public, notes, asJSON)
			}
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				configured, err := app.LoadAuditKeys(c, false)
				if err != nil {
					return err
				}
				for _, text := range public {
					configured.Public = append(configured.Public, string(text))
				}
				verifiers, err := configured.Verifiers()
				if err != nil {
					return err
				}
				report, err := s.VerifyLog(cmd.Context(), verifiers, notes...)
				if err != nil {
					return err
				}
				return say(cmd.OutOrStdout(), report, asJSON)
			})
		},
	}
	db.flag(cmd)
	cmd.Flags().StringArrayVar(&keys, "key", nil, "file of public keys, one a line; may be given again")
	cmd.Flags().StringArrayVar(&known, "known", nil, "file with a signed checkpoint from elsewhere; may be given again")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

func readFiles(paths []string) (texts [][]byte, err error) {
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fileError(path, err)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func verifyBundle(ctx context.Context, out io.Writer, dir string, public, known [][]byte, asJSON bool) error {
	if len(public) == 0 {
		return usageError{errors.New("name a file of public keys with --key: a bundle's own word for its key would prove nothing")}
	}
	verifiers, err := publicKeys(public)
	if err != nil {
		return err
	}
	report, err := auditlog.VerifyFolder(ctx, dir, verifiers, known...)
	if err != nil {
		return unreadable(dir, err)
	}
	return say(out, report, asJSON)
}

func publicKeys(texts [][]byte) (note.Verifiers, error) {
	var all []byte
	for _, text := range texts {
		all = append(append(all, text...), '\n')
	}
	keys, err := auditlog.Verifiers(string(all))
	if err != nil {
		return nil, &approvals.Error{Code: approvals.CodeInvalid, Op: "read public keys", Err: err, Message: "The public keys can't be used: " + err.Error() + "."}
	}
	return keys, nil
}

func unreadable(dir string, err error) error {
	return &approvals.Error{Code: approvals.CodeInvalid, Op: "read " + dir, Err: err, Message: fmt.Sprintf("%s is no bundle that can be read: %v.", dir, err)}
}

// say prints a report, and is an error when something is wrong.
func say(out io.Writer, r auditlog.Report, asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return err
		}
	} else {
		for _, f := range r.Changed {
			fmt.Fprintln(out, f)
		}
		for _, f := range r.Findings {
			fmt.Fprintln(out, f)
		}
		if r.Files > 0 {
			fmt.Fprintf(out, "%s as they were signed.\n", count(r.Files, "file is", "files are"))
		}
		fmt.Fprintf(out, "%s, %d to %d; signed up to %d by %s; %s compared, %d erased or not handed out.\n",
			count(int(r.Events), "event", "events"), r.First, r.Last, r.Signed, count(r.Checkpoints, "checkpoint", "checkpoints"),
			count(int(r.Texts), "text", "texts"), r.Absent)
	}
	if !r.Sound() {
		return approvals.Errorf(approvals.CodeInvalid, "This is NOT what was signed: %s.", count(len(r.Findings)+len(r.Changed), "finding", "findings"))
	}
	if !asJSON {
		fmt.Fprintln(out, "The log is sound.")
	}
	return nil
}
