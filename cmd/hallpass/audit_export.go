package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog/export"
)

// exportOptions are the flags of audit export.
type exportOptions struct {
	format, out, from, to string
	request               string
	texts                 bool
	since                 []int64
}

func auditExportCommand() *cobra.Command {
	var db configuredStore
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export --format bundle|jsonl|csv|cloudevents --out PATH",
		Short: "Write events for an auditor, a spreadsheet or a log analysis",
		Long: "A bundle is a folder that proves itself: `hallpass audit verify`, or docs/verify.py without Hallpass, checks it with nothing but\n" +
			"the public key. The other formats prove nothing and go to one file, or to standard output with --out -.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return db.with(cmd.Context(), func(c config.Config, s *store.Store) error {
				return o.run(cmd.Context(), c, s, cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
		},
	}
	db.flag(cmd)
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "bundle", "bundle, jsonl, csv or cloudevents")
	f.StringVar(&o.out, "out", "", "the new folder for a bundle, or the file; - is standard output")
	f.StringVar(&o.from, "from", "", "only events from this day or time on, UTC, like 2026-01-01")
	f.StringVar(&o.to, "to", "", "only events before this day or time")
	f.StringVar(&o.request, "request", "", "only events of this request; in a bundle each with its proof")
	f.BoolVar(&o.texts, "texts", false, "bundle: hand out what people wrote, as far as it is not erased")
	f.Int64SliceVar(&o.since, "since", nil, "bundle: sizes of checkpoints that the reader has from earlier, to be proved consistent")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func (o exportOptions) run(ctx context.Context, c config.Config, s *store.Store, stdout, stderr io.Writer) error {
	first, last, err := o.span(ctx, s)
	if err != nil {
		return err
	}
	switch o.format {
	case "bundle":
		return o.bundle(ctx, c, s, stderr, first, last)
	case "jsonl", "csv", "cloudevents":
	default:
		return usageError{errors.New("the format is bundle, jsonl, csv or cloudevents")}
	}
	if o.out == "-" {
		return o.events(ctx, s, stdout, first, last)
	}
	f, err := os.OpenFile(o.out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fileError(o.out, err)
	}
	return errors.Join(o.events(ctx, s, f, first, last), f.Close())
}

// span turns times into sequences; 0: no limit.
func (o exportOptions) span(ctx context.Context, s *store.Store) (first, last int64, err error) {
	if o.from == "" && o.to == "" {
		return 0, 0, nil
	}
	from, err := instant(o.from)
	if err != nil {
		return 0, 0, err
	}
	to, err := instant(o.to)
	if err != nil {
		return 0, 0, err
	}
	return s.Between(ctx, from, to)
}

// instant reads a day or a time; empty is the zero time.
func instant(text string) (t time.Time, err error) {
	if text == "" {
		return t, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return t, usageError{errors.New("write a time like 2026-01-31 or 2026-01-31T12:00:00Z")}
}

func (o exportOptions) bundle(ctx context.Context, c config.Config, s *store.Store, stderr io.Writer, first, last int64) error {
	if o.out == "-" {
		return usageError{errors.New("a bundle is a folder; name a new one with --out")}
	}
	// What is not signed yet is signed first, if this configuration can.
	if _, err := seal(ctx, c, s); err != nil {
		if _, none := s.LastCheckpoint(ctx); none != nil {
			return err
		}
		if err := explainNote(stderr, "Events since the last checkpoint may be left out: "+approvals.ErrorMessage(err)); err != nil {
			return err
		}
	}
	h, err := s.WriteBundle(ctx, o.out, store.BundleScope{First: first, Last: last, Only: approvals.RequestID(o.request), Texts: o.texts, Since: o.since})
	if err != nil {
		return err
	}
	return explainNote(stderr, "Events "+numbers(h.First, h.Last)+" of "+h.Origin+" are in "+o.out+". Verify them with: hallpass audit verify "+o.out+" --key FILE")
}

// events writes events one after the other.
func (o exportOptions) events(ctx context.Context, s *store.Store, w io.Writer, first, last int64) (err error) {
	write := func(e approvals.Event, _ []byte) error { return json.NewEncoder(w).Encode(e) }
	switch o.format {
	case "jsonl":
		write = func(_ approvals.Event, body []byte) error { _, err := w.Write(append(body, '\n')); return err }
	case "csv":
		c := export.NewCSV(w)
		defer func() { err = errors.Join(err, c.Close()) }()
		write = func(e approvals.Event, _ []byte) error { return c.Event(e) }
	case "cloudevents":
		write = func(e approvals.Event, _ []byte) error {
			line, err := export.CloudEvent(e, app.EventSource)
			if err != nil {
				return err
			}
			_, err = w.Write(append(line, '\n'))
			return err
		}
	}
	return eachEvent(ctx, s, max(first-1, 0), func(e approvals.Event, body []byte) (bool, error) {
		if last > 0 && e.Sequence > last {
			return false, nil
		}
		if o.request != "" && string(e.Request) != o.request {
			return true, nil
		}
		return true, write(e, body)
	})
}

// eachEvent visits the events after a sequence, until visit says no.
func eachEvent(ctx context.Context, s *store.Store, after int64, visit func(approvals.Event, []byte) (bool, error)) error {
	for {
		page, err := s.Records(ctx, after, 1000)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, r := range page {
			var e approvals.Event
			if err := json.Unmarshal(r.Body, &e); err != nil {
				return err
			}
			if more, err := visit(e, r.Body); err != nil || !more {
				return err
			}
			after = r.Sequence
		}
	}
}

// explainNote says something beside the output.
func explainNote(w io.Writer, words string) error {
	_, err := io.WriteString(w, strings.TrimSpace(words)+"\n")
	return err
}
