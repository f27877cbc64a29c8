package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/evidence"
)

// evidenceOptions are the flags of audit evidence.
type evidenceOptions struct {
	from, to, system, out string
	keys                  []string
	texts                 bool
}

func auditEvidenceCommand() *cobra.Command {
	var db configuredStore
	var o evidenceOptions
	cmd := &cobra.Command{
		Use:   "evidence --from DAY --to DAY --out FOLDER",
		Short: "Write what an auditor asks for: one signed folder with a report",
		Long: "Writes a new folder about all requests that were submitted from --from to before --to: report.html to read and print, the whole\n" +
			"population and all exceptions as tables, the policies that held, the reviews, and the part of the audit log that proves it.\n" +
			"The folder is signed; `hallpass audit verify FOLDER`, or docs/verify.py without Hallpass, checks it with the public key alone.\n" +
			"The same log and database give the same bytes.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				return o.run(cmd.Context(), c, s, cmd.OutOrStdout())
			})
		},
	}
	db.flag(cmd)
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "requests from this day or time on, UTC, like 2026-01-01")
	f.StringVar(&o.to, "to", "", "and before this day or time")
	f.StringVar(&o.system, "system", "", "only requests for this system")
	f.StringVar(&o.out, "out", "", "the new folder")
	f.StringArrayVar(&o.keys, "key", nil, "file of a signing key of the log, instead of the configured one; may be given again")
	f.BoolVar(&o.texts, "texts", false, "hand out what people wrote, as far as it is not erased")
	for _, name := range []string{"from", "to", "out"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

func (o evidenceOptions) run(ctx context.Context, c config.Config, s *store.Store, out io.Writer) error {
	from, err := instant(o.from)
	if err != nil {
		return err
	}
	to, err := instant(o.to)
	if err != nil {
		return err
	}
	signers, keys, err := o.signing(c)
	if err != nil {
		return err
	}
	if err := sameLog(ctx, s, signers[0].Name()); err != nil {
		return err
	}
	if _, _, err := s.Seal(ctx, signers[0].Name(), signers...); err != nil {
		return err
	}
	e := evidence.Config{Log: s, From: from, To: to, System: o.system, Texts: o.texts, Signers: signers, Keys: keys,
		Commit: func(ctx context.Context, id string) (evidence.Commit, error) { return gitCommit(ctx, c.Dir, id) }}
	if err := recompute(ctx, c, s, &e); err != nil {
		return err
	}
	said, err := evidence.Write(ctx, o.out, e)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s in the database, %d in the log; %s where a control did not work, %d to look at.\n",
		count(said.Requests, "request", "requests"), said.Logged, count(said.Fails, "exception", "exceptions"), said.Look)
	fmt.Fprintf(out, "Read %s/report.html. Verify all of it with: hallpass audit verify %s --key FILE\n", o.out, o.out)
	return nil
}

// sameLog refuses a key of another log than the one that the database has.
func sameLog(ctx context.Context, s *store.Store, name string) error {
	last, err := s.LastCheckpoint(ctx)
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if signed, err := auditlog.Peek(last.Note); err == nil && signed.Origin != name {
		return approvals.Errorf(approvals.CodeInvalid, "The key is of the log %s, and this is the log %s.", name, signed.Origin)
	}
	return nil
}

// signing are the keys that sign the folder, and all that verify the log.
func (o evidenceOptions) signing(c config.Config) ([]note.Signer, note.Verifiers, error) {
	keys, err := app.LoadAuditKeys(c, true)
	if err != nil {
		return nil, nil, err
	}
	given, err := readFiles(o.keys)
	if err != nil {
		return nil, nil, err
	}
	if len(given) > 0 {
		keys.Signers = nil
	}
	for i, text := range given {
		signer, err := auditlog.Signer(string(text))
		if err != nil {
			return nil, nil, approvals.Errorf(approvals.CodeInvalid, "%s holds no signing key.", o.keys[i])
		}
		public, err := auditlog.VerifierOf(string(text))
		if err != nil {
			return nil, nil, err
		}
		keys.Signers, keys.Public = append(keys.Signers, signer), append(keys.Public, public)
	}
	if len(keys.Signers) == 0 {
		return nil, nil, approvals.Errorf(approvals.CodeInvalid, "Evidence is signed, and no signing key is configured; name one with --key, or make one with `hallpass audit key`.")
	}
	verifiers, err := keys.Verifiers()
	return keys.Signers, verifiers, err
}

// recompute lets decisions be computed again, and people be called by their
// names, where the access folder can be read.
func recompute(ctx context.Context, c config.Config, s *store.Store, e *evidence.Config) error {
	access, err := app.LoadAccess(ctx, c, app.Options{})
	if err != nil {
		return nil //nolint:nilerr // Whoever has no access folder beside the database gets evidence without it.
	}
	e.Names = func(id approvals.PrincipalID) string {
		p, err := access.People.Principal(ctx, id)
		if err != nil {
			return ""
		}
		return p.Name
	}
	reviews, err := app.Reviews(ctx, c, access, s, app.Options{})
	if err == nil {
		e.Judge = reviews.Law.Judge
	}
	return err
}

// gitCommit asks Git what a commit of the access folder is.
func gitCommit(ctx context.Context, dir, id string) (c evidence.Commit, err error) {
	if strings.Trim(id, "0123456789abcdef") != "" {
		return c, errors.New("this is no commit")
	}
	cmd := exec.CommandContext(ctx, "git", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "show", "--no-patch", "--format=%cI%x00%an%x00%s", id)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	said, err := cmd.Output()
	if err != nil {
		return c, err
	}
	parts := strings.SplitN(strings.TrimSpace(strings.ToValidUTF8(string(said), "")), "\x00", 3)
	if len(parts) != 3 {
		return c, errors.New("git said something else")
	}
	c.Author, c.Subject = parts[1], parts[2]
	c.At, err = time.Parse(time.RFC3339, parts[0])
	return c, err
}
