package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// whole is a review of one population from its start to its signed result.
type whole struct {
	Campaign approvals.Campaign
	Items    []approvals.ReviewItem
	Lapses   []approvals.Lapse
	Result   string // as the bundle has it
	Drawn    string // as hallpass review redraw says it, from a bundle
	Python   string // the same of docs/verify.py
}

// The same events, the same clock and the same key give the same review: its
// seed, its sample, the enlargement after a deviation, whom it asks and its
// signed result. What was drawn is drawn again from either engine's log, by
// Hallpass and by the Python file.
func TestAWholeReviewIsTheSameOnBothEnginesAndInPython(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	secret, public, err := auditlog.NewKey("log.example/review")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := auditlog.Signer(secret)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key.pub")
	if err := os.WriteFile(key, []byte(public+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := accessFolder(t, "", "", "")
	all := map[string]whole{}
	for engine, url := range map[string]string{"sqlite": "sqlite:" + t.TempDir(), "postgres": pgtest.Start(t).Database(t)} {
		bundle := filepath.Join(t.TempDir(), "bundle")
		w := playWhole(t, dir, url, signer, bundle)
		w.Result = resultIn(t, bundle)
		w.Drawn = reviews(t, 0, "", "redraw", "rv_whole", "--bundle", bundle)
		out, err := exec.CommandContext(t.Context(), python, filepath.Join("..", "..", "docs", "verify.py"), "--key", key, "--redraw", "rv_whole", bundle).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", engine, err, out)
		}
		if w.Python = string(out); w.Python != w.Drawn {
			t.Errorf("%s: drawn in Python\n%s\nby Hallpass\n%s", engine, w.Python, w.Drawn)
		}
		all[engine] = w
	}
	if diff := cmp.Diff(all["sqlite"], all["postgres"]); diff != "" {
		t.Errorf("the review on PostgreSQL (+) is another than on SQLite (-):\n%s", diff)
	}
	c := all["postgres"].Campaign
	if st := c.Strata[0]; c.State != approvals.CampaignClosed || st.Outcome != approvals.StratumPassed || !st.Enlarged || st.Wrong != 1 || st.Size != review.Size(60, 1, 5) {
		t.Errorf("the review ended as %+v", c)
	}
	if _, err := note.Open([]byte(all["postgres"].Result), note.VerifierList(verifierOf(t, public))); err != nil || all["postgres"].Result != c.Result {
		t.Errorf("the result that the log has is not signed by its key, or another: %v\n%s", err, all["postgres"].Result)
	}
}

// resultIn is the result of the review that a bundle of the log has.
func resultIn(t *testing.T, bundle string) (result string) {
	t.Helper()
	err := eachLine(filepath.Join(bundle, "events.jsonl"), func(e approvals.Event) {
		if e.Kind == approvals.EventReviewClosed {
			result = e.Detail["result"]
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func verifierOf(t *testing.T, public string) note.Verifier {
	t.Helper()
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// playWhole reviews 60 automatic approvals, of which the third that is looked
// at was wrong, on a database of its own, and writes the bundle of its log.
func playWhole(t *testing.T, dir, url string, signer note.Signer, bundle string) (w whole) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	from := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return from.AddDate(1, 0, 0) }
	s, err := store.Open(ctx, store.Config{URL: url, Now: now})
	must(err)
	defer func() { must(s.Close()) }()
	must(s.Migrate(ctx))
	keepYear(t, dir, s, from, 60)
	r, err := serviceOf(ctx, dir, s, now, signer)
	must(err)
	_, err = r.Start(ctx, approvals.System("test"), review.Plan{ID: "rv_whole", Kind: approvals.CampaignYearly, From: from, To: from.AddDate(0, 6, 0)})
	must(err)
	_, _, err = s.Seal(ctx, signer.Name(), signer)
	must(err)
	for range 3 {
		_, err = r.Advance(ctx, "rv_whole")
		must(err)
	}
	for range 2 { // what enlarges the sample comes afterwards
		w.Items, err = s.ReviewItems(ctx, "rv_whole")
		must(err)
		for _, i := range w.Items {
			if !i.Open() {
				continue
			}
			verdict, words := approvals.VerdictRight, ""
			if i.Place == 3 {
				verdict, words = approvals.VerdictWrong, "the ticket was another"
			}
			_, err = r.Answer(ctx, approvals.Person(i.Asked, "test", ""), "rv_whole", i.Request, verdict, words)
			must(err)
		}
	}
	_, err = r.Advance(ctx, "rv_whole")
	must(err)
	w.Campaign, err = r.Campaign(ctx, "rv_whole")
	must(err)
	w.Items, err = s.ReviewItems(ctx, "rv_whole")
	must(err)
	w.Lapses, err = s.Lapses(ctx)
	must(err)
	_, _, err = s.Seal(ctx, signer.Name(), signer)
	must(err)
	_, err = s.WriteBundle(ctx, bundle, store.BundleScope{})
	must(err)
	return w
}

// yearOf is so many automatic approvals in one change.
func yearOf(t *testing.T, p yearBack, n int) (all approvals.Change) {
	t.Helper()
	for i := range n {
		c := p.approved(t, i)
		all.Requests, all.Decisions = append(all.Requests, c.Requests...), append(all.Decisions, c.Decisions...)
		all.Grants, all.Events = append(all.Grants, c.Grants...), append(all.Events, c.Events...)
	}
	return all
}

// keepYear stores so many automatic approvals from a day on, with what decided
// them.
func keepYear(t *testing.T, dir string, s *store.Store, from time.Time, n int) {
	t.Helper()
	set, _, err := policies(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Apply(t.Context(), yearOf(t, yearBack{s, set, from}, n)),
		s.KeepLaw(t.Context(), "policies", set.Version().Digest, set.Pin()),
		s.KeepLaw(t.Context(), "weights", scoring.Shipped().Model(), string(scoring.ShippedFile()))); err != nil {
		t.Fatal(err)
	}
}

// serviceOf is the service that reviews, as a server has it.
func serviceOf(ctx context.Context, dir string, s *store.Store, now func() time.Time, signer note.Signer) (*review.Service, error) {
	c, err := config.Load(filepath.Join(dir, "hallpass.yaml"))
	if err != nil {
		return nil, err
	}
	access, err := app.LoadAccess(ctx, c, app.Options{Now: now})
	if err != nil {
		return nil, err
	}
	r, err := app.Reviews(ctx, c, access, s, app.Options{Now: now, Database: "given"})
	if err != nil {
		return nil, err
	}
	r.Sign = func(text string) (string, error) {
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		return string(signed), err
	}
	return r, nil
}
