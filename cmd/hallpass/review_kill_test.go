package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

func TestMain(m *testing.M) { process.Main(m, reviewChild) }

// fate is when a process of a review is killed: at its first write, before or
// just after that is stored; or never.
type fate struct {
	Dir, URL, Key string
	Dies, After   bool
}

// killedDay is when the decisions were taken that a killed process reviews.
var killedDay = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

func killedNow() time.Time { return killedDay.AddDate(1, 0, 0) }

// reviewChild is a process that reviews from wherever the one before it died.
func reviewChild(spec string) error {
	var f fate
	if err := json.Unmarshal([]byte(spec), &f); err != nil {
		return err
	}
	s, err := store.Open(context.Background(), store.Config{URL: f.URL, Now: killedNow})
	if err != nil {
		return err
	}
	if err := reviewToItsEnd(context.Background(), f, s); err != nil {
		return err
	}
	return s.Close()
}

// mortalReviews is a store whose process is killed as its fate says.
type mortalReviews struct {
	review.Store
	fate
}

func (m mortalReviews) Apply(ctx context.Context, c approvals.Change) error {
	var err error
	if m.After || !m.Dies {
		err = m.Store.Apply(ctx, c)
	}
	if m.Dies {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return err
}

// reviewToItsEnd starts a review, or goes on with it: the first of what is
// looked at was right, and the second wrong.
func reviewToItsEnd(ctx context.Context, f fate, s *store.Store) error {
	signer, err := auditlog.Signer(f.Key)
	if err != nil {
		return err
	}
	r, err := serviceOf(ctx, f.Dir, s, killedNow, signer)
	if err != nil {
		return err
	}
	r.Store = mortalReviews{r.Store, f}
	c, err := r.Start(ctx, approvals.System("test"), review.Plan{ID: "rv_killed", Kind: approvals.CampaignYearly, From: killedDay, To: killedDay.AddDate(0, 1, 0)})
	for err == nil && c.State != approvals.CampaignClosed {
		switch c.State {
		case approvals.CampaignChecked:
			_, _, err = s.Seal(ctx, signer.Name(), signer)
		case approvals.CampaignOpen:
			err = answersAll(ctx, r, c)
		}
		if err == nil {
			_, err = r.Advance(ctx, c.ID)
		}
		if err == nil {
			c, err = r.Campaign(ctx, c.ID)
		}
	}
	return err
}

func answersAll(ctx context.Context, r *review.Service, c approvals.Campaign) error {
	items, err := r.Store.ReviewItems(ctx, c.ID)
	slices.SortFunc(items, func(a, b approvals.ReviewItem) int { return a.Place - b.Place })
	for _, i := range items {
		verdict := approvals.VerdictRight
		if i.Place > 1 {
			verdict = approvals.VerdictWrong
		}
		if err == nil && i.Open() {
			_, err = r.Answer(ctx, approvals.Person(i.Asked, "test", ""), c.ID, i.Request, verdict, "looked at it")
		}
	}
	return err
}

// ended is what a review leaves behind.
type ended struct {
	Campaign approvals.Campaign
	Items    []approvals.ReviewItem
	Lapses   []approvals.Lapse
	Events   []string
}

func left(t *testing.T, s *store.Store) (e ended) {
	t.Helper()
	var err error
	if e.Campaign, err = s.Campaign(t.Context(), "rv_killed"); err != nil {
		t.Fatal(err)
	}
	if e.Items, err = s.ReviewItems(t.Context(), "rv_killed"); err != nil {
		t.Fatal(err)
	}
	if e.Lapses, err = s.Lapses(t.Context()); err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(t.Context(), store.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range events {
		e.Events = append(e.Events, fmt.Sprintf("%d %s %s %s %s", ev.Sequence, ev.Kind, ev.Actor.Principal, ev.Request, ev.Detail["verdict"]))
	}
	return e
}

// A process that is killed at each of its writes in turn, once before it is
// stored and once just after, leaves the review that one leaves which nobody
// killed: to the seed, the verdicts, the lapse and the signature.
func TestAReviewThatIsKilledAtEachOfItsWritesEndsTheSame(t *testing.T) {
	t.Parallel()
	secret, _, err := auditlog.NewKey("log.example/killed")
	if err != nil {
		t.Fatal(err)
	}
	dir := accessFolder(t, "", "", "")
	engines := map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "killed")}
	if os.Getenv("HALLPASS_KILL_STORY") != "" {
		engines["postgres"] = pgtest.Start(t).Database(t)
	}
	want := undisturbed(t, fate{Dir: dir, URL: "sqlite:" + filepath.Join(t.TempDir(), "whole"), Key: secret})
	for engine, url := range engines {
		f := fate{Dir: dir, URL: url, Key: secret}
		within(t, f.URL, func(s *store.Store) { decided(t, dir, s) })
		deaths := 0
		for f.Dies = true; dies(t, f); f.After = !f.After {
			if deaths++; deaths > 100 {
				t.Fatal("it does not come to an end")
			}
		}
		if writes := 6; deaths != 2*writes { // start, compute, draw, two verdicts, close
			t.Errorf("%s: it was killed %d times, want twice at each of %d writes", engine, deaths, writes)
		}
		within(t, f.URL, func(s *store.Store) {
			if diff := cmp.Diff(want, left(t, s)); diff != "" {
				t.Errorf("%s: what was killed (+) ends in another way than what was not (-):\n%s", engine, diff)
			}
		})
	}
}

// undisturbed is what a review leaves behind that nobody killed.
func undisturbed(t *testing.T, f fate) (e ended) {
	t.Helper()
	within(t, f.URL, func(s *store.Store) {
		decided(t, f.Dir, s)
		if err := reviewToItsEnd(t.Context(), f, s); err != nil {
			t.Fatal(err)
		}
		e = left(t, s)
	})
	return e
}

// within opens a database for a while.
func within(t *testing.T, url string, work func(*store.Store)) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url, Now: killedNow})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	work(s)
}

// decided gives a new database two decisions to review.
func decided(t *testing.T, dir string, s *store.Store) {
	t.Helper()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	keepYear(t, dir, s, killedDay, 2)
}

// dies runs a process with its fate, and reports whether it was killed.
func dies(t *testing.T, f fate) bool {
	t.Helper()
	cmd, err := process.Command(f)
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}
