package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/auditlog/export"
)

func auditShowCommand() *cobra.Command {
	var db configuredStore
	cmd := &cobra.Command{
		Use:   "show REQUEST",
		Short: "Tell the history of one request, each event with its proof",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				entries, err := history(cmd.Context(), c, s, approvals.RequestID(args[0]))
				if err != nil {
					return err
				}
				return export.History(cmd.OutOrStdout(), entries, names(cmd.Context(), c))
			})
		},
	}
	db.flag(cmd)
	return cmd
}

// names looks people up in the directory, if it can be read.
func names(ctx context.Context, c config.Config) export.Names {
	access, err := app.LoadAccess(ctx, c, app.Options{})
	if err != nil {
		return nil
	}
	return func(id approvals.PrincipalID) string {
		p, err := access.People.Principal(ctx, id)
		if err != nil {
			return ""
		}
		return fmt.Sprintf("%s (%s)", p.Name, id)
	}
}

// history is a request's events, each with what people wrote and its proof.
func history(ctx context.Context, c config.Config, s *store.Store, id approvals.RequestID) (entries []export.Entry, err error) {
	prover, err := newProver(ctx, c, s)
	if err != nil {
		return nil, err
	}
	for after := int64(0); ; {
		page, err := s.Events(ctx, store.EventFilter{Request: id, After: after})
		if err != nil {
			return nil, err
		}
		if len(page) == 0 && len(entries) == 0 {
			return nil, approvals.Errorf(approvals.CodeNotFound, "The audit log knows no request %s.", id)
		}
		if len(page) == 0 {
			return entries, nil
		}
		for _, e := range page {
			texts, err := s.Texts(ctx, e.Sequence, e.Sequence)
			if err != nil {
				return nil, err
			}
			entry := export.Entry{Event: e, Words: map[string]string{}}
			for _, t := range texts[e.Sequence] {
				if hash, err := t.Commitment(); err == nil && hash == e.Texts[t.Name] {
					entry.Words[t.Name] = t.Text
				}
			}
			if entry.Proved, err = prover.say(ctx, s, e.Sequence); err != nil {
				return nil, err
			}
			entries, after = append(entries, entry), e.Sequence
		}
	}
}

// prover proves events by the last checkpoint.
type prover struct {
	point auditlog.Checkpoint // zero: there is none
	why   string              // no event can be proved
}

func newProver(ctx context.Context, c config.Config, s *store.Store) (*prover, error) {
	p := &prover{}
	last, err := s.LastCheckpoint(ctx)
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		p.why = "none: no checkpoint was signed yet"
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := app.LoadAuditKeys(c, false)
	if err != nil {
		return nil, err
	}
	verifiers, err := keys.Verifiers()
	if err != nil {
		p.why = "none: no key is configured"
		return p, nil //nolint:nilerr // The history is worth reading without proofs.
	}
	if p.point, err = auditlog.OpenCheckpoint(last.Note, verifiers); err != nil {
		p.why = "NONE: the last checkpoint is not signed by a configured key"
		return p, nil //nolint:nilerr // Said in the history.
	}
	return p, nil
}

// say proves one event, in words.
func (p *prover) say(ctx context.Context, s *store.Store, sequence int64) (string, error) {
	if p.why != "" {
		return fmt.Sprintf("event %d: %s", sequence, p.why), nil
	}
	if sequence > p.point.Size {
		return fmt.Sprintf("event %d: not signed yet; the next checkpoint will cover it", sequence), nil
	}
	records, err := s.Records(ctx, sequence-1, 1)
	if err != nil {
		return "", err
	}
	proof, err := s.Prove(ctx, sequence, p.point.Size)
	if err != nil {
		return "", err
	}
	if len(records) == 0 || !proof.Holds(records[0].Body, p.point) {
		return fmt.Sprintf("event %d: FAILS: this is not what was signed; run hallpass audit verify", sequence), nil
	}
	return fmt.Sprintf("event %d is among the %d that %s signed at %s", sequence, p.point.Size, p.point.Origin, p.point.At.Format(time.RFC3339)), nil
}

func auditTailCommand() *cobra.Command {
	var db configuredStore
	var follow bool
	var lines int64
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Print the last events, one JSON object a line",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd.Context(), func(_ config.Config, s *store.Store) error {
				head, err := s.Head(cmd.Context())
				if err != nil {
					return err
				}
				after := max(0, head.Size()-lines)
				for {
					err := eachEvent(cmd.Context(), s, after, func(e approvals.Event, body []byte) (bool, error) {
						after = e.Sequence
						_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n", body)
						return true, err
					})
					if err != nil || !follow {
						return err
					}
					select {
					case <-cmd.Context().Done():
						return nil
					case <-time.After(time.Second):
					}
				}
			})
		},
	}
	db.flag(cmd)
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on as events come; with PostgreSQL, since an embedded database is the server's alone")
	cmd.Flags().Int64VarP(&lines, "lines", "n", 10, "how many to begin with")
	return cmd
}

// numbers is "3 to 7".
func numbers(from, to int64) string { return fmt.Sprintf("%d to %d", from, to) }
