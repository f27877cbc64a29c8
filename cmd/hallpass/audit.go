package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Verify, export and read the audit log"}
	cmd.AddCommand(auditKeyCommand(), auditVerifyCommand(), auditExportCommand(), auditEvidenceCommand(), auditShowCommand(), auditTailCommand(),
		auditCheckpointCommand(), auditAnchorCommand(), auditEraseCommand())
	return cmd
}

func auditKeyCommand() *cobra.Command {
	var out, public string
	cmd := &cobra.Command{
		Use:   "key (NAME --out FILE | --public FILE)",
		Short: "Make a key that signs checkpoints, or print the public half of one",
		Long: "NAME names the log, for instance audit.example.com/hallpass. The signing key goes into a new file that only you can read;\n" +
			"its public half is printed: hand it to whoever verifies, and keep it where the database's owner cannot change it.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if public != "" {
				text, err := os.ReadFile(public)
				if err != nil {
					return fileError(public, err)
				}
				verifier, err := auditlog.VerifierOf(string(text))
				if err != nil {
					return approvals.Errorf(approvals.CodeInvalid, "%s holds no signing key.", public)
				}
				cmd.Println(verifier)
				return nil
			}
			if len(args) != 1 || out == "" {
				return usageError{errors.New("name the log, and the file for the key with --out")}
			}
			signer, verifier, err := auditlog.NewKey(args[0])
			if err != nil {
				return usageError{err}
			}
			f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return fileError(out, err)
			}
			if _, err := f.WriteString(signer + "\n"); err != nil {
				return errors.Join(err, f.Close())
			}
			if err := f.Close(); err != nil {
				return err
			}
			cmd.Println(verifier)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the new file for the signing key")
	cmd.Flags().StringVar(&public, "public", "", "print the public half of the signing key in this file")
	return cmd
}

// fileError says what is wrong with a file that a person named.
func fileError(path string, err error) error {
	return &approvals.Error{Code: approvals.CodeInvalid, Op: "open " + path, Err: err, Message: fmt.Sprintf("%s can't be used: %v.", path, errors.Unwrap(err))}
}

func auditCheckpointCommand() *cobra.Command {
	var db configuredStore
	cmd := &cobra.Command{
		Use:   "checkpoint",
		Short: "Sign a checkpoint over all events now, and print it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				signed, err := seal(cmd.Context(), c, s)
				if err == nil {
					_, err = cmd.OutOrStdout().Write(signed.Note)
				}
				return err
			})
		},
	}
	db.flag(cmd)
	return cmd
}

// seal signs what is not signed yet, and returns the newest checkpoint.
func seal(ctx context.Context, c config.Config, s *store.Store) (store.SignedCheckpoint, error) {
	keys, err := app.LoadAuditKeys(c, true)
	if err != nil {
		return store.SignedCheckpoint{}, err
	}
	if len(keys.Signers) == 0 {
		return store.SignedCheckpoint{}, approvals.Errorf(approvals.CodeInvalid, "No signing key is configured; make one with `hallpass audit key` and name it as audit.key in hallpass.yaml.")
	}
	_, signed, err := s.Seal(ctx, keys.Signers[0].Name(), keys.Signers...)
	if err == nil && signed.Size == 0 {
		err = approvals.Errorf(approvals.CodeNotFound, "The audit log has no event yet.")
	}
	return signed, err
}

func auditAnchorCommand() *cobra.Command {
	var db configuredStore
	cmd := &cobra.Command{
		Use:   "anchor",
		Short: "Sign a checkpoint, carry it to every configured anchor now, and say how each is",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				signed, err := seal(cmd.Context(), c, s)
				if err != nil {
					return err
				}
				anchors, err := app.Anchors(cmd.Context(), c, s)
				if err != nil {
					return err
				}
				if len(anchors) == 0 {
					return approvals.Errorf(approvals.CodeInvalid, "No anchor is configured; add one as audit.anchors in hallpass.yaml.")
				}
				failed := 0
				for _, a := range anchors {
					said, state := "has it", store.Anchor{Name: a.Name(), Size: signed.Size, At: time.Now()}
					if err := a.Put(cmd.Context(), signed); err != nil {
						failed++
						said = "does not have it: " + approvals.ErrorMessage(err)
						state = store.Anchor{Name: a.Name(), FailingSince: time.Now(), LastError: approvals.ErrorMessage(err)}
					}
					if err := s.SaveAnchor(cmd.Context(), state); err != nil {
						return err
					}
					cmd.Printf("checkpoint of %d events: %s %s\n", signed.Size, a.Name(), said)
				}
				if failed > 0 {
					return approvals.Errorf(approvals.CodeUnavailable, "The checkpoint did not reach %s.", count(failed, "anchor", "anchors"))
				}
				return nil
			})
		},
	}
	db.flag(cmd)
	return cmd
}

func auditEraseCommand() *cobra.Command {
	var db configuredStore
	var e store.Erasure
	var by string
	cmd := &cobra.Command{
		Use:   "erase (--request ID | --principal ID) --by NAME",
		Short: "Erase what people wrote; every proof of the log still holds",
		Long: "Erases reasons, tickets, notes, comments and summaries: of one request, or all that one person wrote and that was written in\n" +
			"requests by or for that person. Requests that wait for an answer keep theirs until they are settled. Messages in Slack and\n" +
			"backups are not reached. That words were erased, by whom and how many, is recorded in the log.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd.Context(), func(_ config.Config, s *store.Store) error {
				actor := approvals.System("cli")
				actor.Ref = strings.TrimSpace(by)
				n, err := s.Erase(cmd.Context(), actor, e)
				if err == nil {
					cmd.Printf("%s erased; the salted hashes stay, and every proof holds.\n", count(n, "text", "texts"))
				}
				return err
			})
		},
	}
	db.flag(cmd)
	cmd.Flags().StringVar((*string)(&e.Request), "request", "", "the request whose words are erased")
	cmd.Flags().StringVar((*string)(&e.Principal), "principal", "", "the person whose words are erased, by the directory's id")
	cmd.Flags().StringVar(&by, "by", "", "who orders it, for the log")
	_ = cmd.MarkFlagRequired("by")
	return cmd
}
