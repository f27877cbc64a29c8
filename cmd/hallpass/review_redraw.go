package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

func reviewRedrawCommand() *cobra.Command {
	var path, bundle string
	cmd := &cobra.Command{
		Use:   "redraw REVIEW [--bundle FOLDER]",
		Short: "Draw a review's sample again from the log and its checkpoint, and say whether it is the same",
		Long: `Draws the sample of a review again: from the database, or with --bundle from
an exported bundle alone, without a database. It prints the sample, one decision a
line, and says whether it is the one that was reviewed. Whether the bundle itself
is sound, hallpass audit verify says.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if bundle != "" {
				c, members, drawn, err := fromBundle(bundle, approvals.CampaignID(args[0]))
				if err != nil {
					return err
				}
				parts, err := review.Again(c, members)
				if err != nil {
					return err
				}
				return compareDraw(cmd.OutOrStdout(), parts, drawn)
			}
			return withReviews(cmd.Context(), path, func(d reviewDesk) error {
				c, err := d.Campaign(cmd.Context(), approvals.CampaignID(args[0]))
				if err != nil {
					return err
				}
				size, note, err := d.store.CheckpointAfter(cmd.Context(), c)
				if err != nil {
					return err
				}
				reviewed := c.Seed
				c.Seed, c.SeedSize = review.Seed(note), size
				parts, err := d.Redraw(cmd.Context(), c)
				if err != nil {
					return err
				}
				if reviewed == "" {
					return approvals.Errorf(approvals.CodeConflict, "The sample of this review is not drawn yet.")
				}
				events, err := d.store.ReviewEvents(cmd.Context(), c)
				if err != nil {
					return err
				}
				return compareDraw(cmd.OutOrStdout(), parts, drawnBy(events))
			})
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&bundle, "bundle", "", "a folder that hallpass audit export wrote, with the whole period and the review in it")
	return cmd
}

// drawnBy is what the log says of the sample that was reviewed.
func drawnBy(events []approvals.Event) map[string]string {
	for _, e := range events {
		if e.Kind == approvals.EventReviewDrawn {
			return e.Detail
		}
	}
	return nil
}

// compareDraw prints a sample and says whether it is the one that was reviewed.
func compareDraw(w io.Writer, parts []review.Part, drawn map[string]string) error {
	for _, p := range parts {
		for i, id := range p.Ordered[:p.Size] {
			if _, err := fmt.Fprintf(w, "%s\t%d\t%s\n", p.Name, i+1, id); err != nil {
				return err
			}
		}
	}
	digest := review.SampleDigest(parts)
	if digest != drawn["sample"] {
		return approvals.Errorf(approvals.CodeInvalid, "DIFFERENT: this sample is %.12s, the one that was reviewed is %.12s.", digest, drawn["sample"])
	}
	_, err := fmt.Fprintf(w, "identical: this is the sample that was reviewed, %s\n", digest)
	return err
}

// fromBundle reads a review and its population out of an exported bundle.
func fromBundle(folder string, id approvals.CampaignID) (c approvals.Campaign, members []review.Member, drawn map[string]string, err error) {
	var frozen approvals.Event
	var own []approvals.Event
	find := func(e approvals.Event) {
		if e.Detail["campaign"] == string(id) {
			if own = append(own, e); e.Kind == approvals.EventReviewFrozen {
				frozen = e
			}
		}
	}
	if err := eachLine(filepath.Join(folder, "events.jsonl"), find); err != nil {
		return c, nil, nil, err
	}
	if frozen.Sequence == 0 {
		return c, nil, nil, approvals.Errorf(approvals.CodeNotFound, "The bundle does not have the beginning of the review %s; export the whole log, or all of it since the period began.", id)
	}
	if c, err = frozenAs(frozen); err != nil {
		return c, nil, nil, err
	}
	var census review.Census
	err = eachLine(filepath.Join(folder, "events.jsonl"), func(e approvals.Event) {
		if e.Sequence <= c.Size && !e.At.Before(c.From) && e.At.Before(c.To) {
			census.Add(e)
		}
	})
	if err != nil {
		return c, nil, nil, err
	}
	err = eachLine(filepath.Join(folder, "checkpoints.jsonl"), func(note string) {
		point, bad := auditlog.Peek([]byte(note))
		if bad == nil && c.Seed == "" && point.Size >= frozen.Sequence {
			c.Seed, c.SeedSize = review.Seed([]byte(note)), point.Size
		}
	})
	if err == nil && c.Seed == "" {
		err = approvals.Errorf(approvals.CodeNotFound, "The bundle has no checkpoint after the review was frozen.")
	}
	return c, census.Members, drawnBy(own), err
}

// frozenAs reads a campaign off the event that froze it.
func frozenAs(e approvals.Event) (c approvals.Campaign, err error) {
	d := e.Detail
	c.ID, c.Kind, c.Digest = approvals.CampaignID(d["campaign"]), approvals.CampaignKind(d["kind"]), d["digest"]
	var errs [6]error
	c.From, errs[0] = time.Parse(time.RFC3339Nano, d["from"])
	c.To, errs[1] = time.Parse(time.RFC3339Nano, d["to"])
	c.Size, errs[2] = strconv.ParseInt(d["size"], 10, 64)
	c.Population, errs[3] = strconv.Atoi(d["population"])
	c.Limit, errs[4] = strconv.Atoi(d["limit"])
	c.Share, errs[5] = strconv.Atoi(d["share"])
	if err := errors.Join(errs[:]...); err != nil {
		return c, &approvals.Error{Code: approvals.CodeInvalid, Err: err, Message: fmt.Sprintf("Event %d does not say what the review covers.", e.Sequence)}
	}
	return c, nil
}

// eachLine reads a file of JSON values, one a line.
func eachLine[T any](path string, each func(T)) error {
	f, err := os.Open(path)
	if err != nil {
		return fileError(path, err)
	}
	defer func() { _ = f.Close() }() // it is only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for n := 1; lines.Scan(); n++ {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return &approvals.Error{Code: approvals.CodeInvalid, Err: err, Message: fmt.Sprintf("Line %d of %s can't be read.", n, path)}
		}
		each(v)
	}
	if err := lines.Err(); err != nil {
		return &approvals.Error{Code: approvals.CodeInvalid, Err: err, Message: path + " can't be read."}
	}
	return nil
}
