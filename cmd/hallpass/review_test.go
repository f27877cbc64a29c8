package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// reviews runs a sub-command of review on a folder, which must end with a code.
func reviews(t *testing.T, want int, dir string, args ...string) (out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"review"}, args...)
	if dir != "" {
		args = append(args, "--config", filepath.Join(dir, "hallpass.yaml"))
	}
	if got := run(t.Context(), args, &stdout, &stderr); got != want {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, want, stdout.String(), stderr.String())
	}
	return stdout.String() + stderr.String()
}

// yearBack is what a database is given to review.
type yearBack struct {
	store *store.Store
	set   *policy.Set
	from  time.Time
}

// reviewed is an access folder whose embedded database has automatic approvals,
// each an hour after the other, and what a test plants among them.
func reviewed(t *testing.T, n int, plant func(yearBack, int, *approvals.Change)) (dir string, from time.Time) {
	t.Helper()
	t.Setenv("DATABASE_URL", "")
	t.Setenv("HALLPASS_AUDIT_KEY", "")
	dir = accessFolder(t, "", "", "")
	set, _, err := policies(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	from = time.Now().UTC().AddDate(-1, 0, 1).Truncate(time.Hour)
	tampering(t, dir, func(s *store.Store) {
		p := yearBack{s, set, from}
		if err := errors.Join(s.KeepLaw(t.Context(), "policies", set.Version().Digest, set.Pin()),
			s.KeepLaw(t.Context(), "weights", scoring.Shipped().Model(), string(scoring.ShippedFile()))); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			c := p.approved(t, i)
			if plant != nil {
				plant(p, i, &c)
			}
			if err := s.Apply(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	})
	return dir, from
}

// approved is an automatic approval as the Service stores one, with a grant that
// has ended and was read back.
func (p yearBack) approved(t *testing.T, i int) approvals.Change {
	t.Helper()
	at := p.from.Add(time.Duration(i) * time.Hour)
	c := storetest.Submission(fmt.Sprintf("req_%04d", i))
	f := storetest.Facts()
	f.At, f.Duration, f.Directory.AsOf, f.Ticket = at, 20*time.Minute, at, "INC-1"
	f.Evidence.Counts = []approvals.Count{{Name: "own.entitlement", Of: 20}, {Name: "decided.all", Of: 400}, {Name: "peers.team", N: 9, Of: 9}}
	a := scoring.Shipped().Assess(f)
	d := approvals.Decision{Request: c.Requests[0].ID, Sequence: 1, At: at, Facts: f, Assessment: a, Ruling: approvals.Judge(f, a, p.set, p.set)}
	if d.Ruling.Outcome != approvals.AutoApprove {
		t.Fatalf("the sample is not approved at once: score %d, %v", a.Score, d.Ruling)
	}
	g := storetest.Grant(fmt.Sprintf("gr_%04d", i))
	g.Request, g.State, g.CreatedAt, g.EndsAt, g.RevokedAt = d.Request, approvals.GrantRevoked, at, at.Add(20*time.Minute), at.Add(21*time.Minute)
	r := &c.Requests[0]
	r.State, r.Requester, r.Beneficiary, r.DecidedAt, r.Grant, r.CreatedAt = approvals.RequestApproved, "bob", "bob", at, g.ID, at
	c.Decisions, c.Grants, c.Tasks, c.Notices = []approvals.Decision{d}, []approvals.Grant{g}, nil, nil
	ev := approvals.Event{At: at, Kind: approvals.EventRequestDecided, Actor: approvals.Actor{Kind: approvals.ActorPolicy, Via: "policy"}, Request: d.Request,
		Entitlement: f.Entitlement.ID, Beneficiary: "bob", Policies: d.Ruling.Policies, Version: d.Ruling.Version, FactsDigest: f.Digest(), Model: a.Model,
		Detail: map[string]string{"outcome": string(approvals.AutoApprove), "sensitivity": string(f.Entitlement.Sensitivity)}}
	end := approvals.Event{At: g.RevokedAt, Kind: approvals.EventGrantRevoked, Actor: approvals.System("worker"), Request: d.Request, Grant: g.ID,
		Operation: "revoke", ReadBack: "bob is no member of billing_ro"}
	c.Events = []approvals.Event{ev, end}
	return c
}

// started begins a review of a folder's year, and returns its id.
func started(t *testing.T, dir string, from time.Time) (id, out string) {
	t.Helper()
	out = reviews(t, 0, dir, "start", "--from", from.Format(time.DateOnly), "--to", time.Now().UTC().Format(time.DateOnly))
	fields := strings.Fields(out)
	if len(fields) < 2 || !strings.HasPrefix(fields[1], "rv_") {
		t.Fatalf("no review was started:\n%s", out)
	}
	return fields[1], out
}

// Three things are planted among a year's automatic approvals: facts that were
// changed after the decision, a decision that the policies of its time do not
// give, and access whose end nobody read back. Each is found and said in words.
func TestAYearIsComputedAgainAndWhatWasPlantedIsFound(t *testing.T) {
	var stricter *policy.Set
	dir, from := reviewed(t, 60, func(p yearBack, i int, c *approvals.Change) {
		switch i {
		case 7:
			c.Decisions[0].Facts.Entitlement.Sensitivity = approvals.Low
		case 11:
			if stricter == nil {
				stricter = strict(t)
				if err := p.store.KeepLaw(t.Context(), "policies", stricter.Version().Digest, stricter.Pin()); err != nil {
					t.Fatal(err)
				}
			}
			c.Decisions[0].Ruling.Version, c.Events[0].Version = stricter.Version(), stricter.Version()
		case 13:
			c.Events = c.Events[:1]
		}
	})
	id, out := started(t, dir, from)
	for _, want := range []string{
		"60 decisions", "computed again: 60, with 3 exceptions", "read-only-with-ticket | medium",
		"exception req_0007: The stored facts are not those that event 15 recorded: somebody changed them.",
		"exception req_0011: It was approved at once, but the policies of then (" + stricter.Version().Digest[:12] + ") do not say so:",
		"exception req_0013: Access is said to have ended", "but the audit log has no removal.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the review does not say %q:\n%s", want, out)
		}
	}
	if n := review.Size(60, 0, 5); !strings.Contains(out, fmt.Sprintf("0 of %d reviewed", n)) {
		t.Errorf("the sample is not of %d:\n%s", n, out)
	}
	reviews(t, 1, dir, "start", "--from", from.Format(time.DateOnly), "--to", time.Now().UTC().Format(time.DateOnly))
	if out := reviews(t, 0, dir, "status", id, "--json"); !strings.Contains(out, `"kind":"no_readback"`) {
		t.Errorf("status --json does not list the exceptions: %s", out)
	}
}

// strict is the example's policies, but for bob.
func strict(t *testing.T) *policy.Set {
	t.Helper()
	dir := accessFolder(t, "", "", "")
	edit(t, dir, "policies/requests.cedar", "!principal.contractor &&", "!principal.contractor && principal != User::\"bob\" &&")
	set, _, err := policies(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Whoever has the log draws the same sample: from the database, from a bundle
// without one, and with the Python file.
func TestTheSampleIsDrawnAgainByEverybody(t *testing.T) {
	dir, from := reviewed(t, 120, nil)
	id, _ := started(t, dir, from)
	want := reviews(t, 0, dir, "redraw", id)
	if n := strings.Count(want, "\treq_"); n != review.Size(120, 0, 5) || !strings.Contains(want, "identical: this is the sample that was reviewed") {
		t.Fatalf("redrawn from the database, %d:\n%s", n, want)
	}
	bundle := filepath.Join(t.TempDir(), "bundle")
	audit(t, 0, "export", "--out", bundle, "--config", filepath.Join(dir, "hallpass.yaml"))
	if got := reviews(t, 0, "", "redraw", id, "--bundle", bundle); got != want {
		t.Errorf("redrawn from a bundle:\n%s\nwant\n%s", got, want)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	script, key := filepath.Join("..", "..", "docs", "verify.py"), publicKey(t, dir)
	got, err := exec.CommandContext(t.Context(), python, script, "--key", key, "--redraw", id, bundle).CombinedOutput()
	if err != nil || string(got) != want {
		t.Errorf("redrawn in Python: %v\n%s\nwant\n%s", err, got, want)
	}
	events := filepath.Join(bundle, "events.jsonl")
	edit(t, filepath.Dir(events), "events.jsonl", `"request":"req_0042"`, `"request":"req_9942"`)
	if out := reviews(t, 1, "", "redraw", id, "--bundle", bundle); !strings.Contains(out, "The population is not the one that was frozen") {
		t.Errorf("a changed population is not found: %s", out)
	}
	if out, err := exec.CommandContext(t.Context(), python, script, "--key", key, "--redraw", id, bundle).CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "is not the one that was frozen") {
		t.Errorf("a changed population is not found in Python: %v %s", err, out)
	}
}

// A review that nobody answered ends in rules that no longer approve, and says
// so; an admin lifts that with a reason, nobody else.
func TestAReviewThatNobodyAnsweredEndsItsRules(t *testing.T) {
	dir, from := reviewed(t, 10, nil)
	id, _ := started(t, dir, from)
	out := reviews(t, 0, dir, "close", id)
	if !strings.Contains(out, "1 were not reviewed in time") && !strings.Contains(out, "late") {
		t.Errorf("the result is not said: %s", out)
	}
	reviews(t, 1, dir, "close", id)
	out = reviews(t, 0, dir, "status")
	if !strings.Contains(out, "rule read-only-with-ticket asks people since") || !strings.Contains(out, "only 0 of 10 of its decisions") {
		t.Errorf("the lapse is not shown: %s", out)
	}
	tampering(t, dir, func(s *store.Store) {
		c, err := s.Campaign(t.Context(), approvals.CampaignID(id))
		if err != nil || !strings.Contains(c.Result, "hallpass review result 1\n") || !strings.Contains(c.Result, "\n\n— ") {
			t.Errorf("the result is not signed: %v\n%s", err, c.Result)
		}
	})
	lift := []string{"lift", "read-only-with-ticket", "--note", "looked at all of them", "--by"}
	if out := reviews(t, 1, dir, append(lift, "erik.nakamura@northwind.example")...); !strings.Contains(out, "Only an admin") {
		t.Errorf("somebody else lifts it: %s", out)
	}
	reviews(t, 0, dir, append(lift, "sam.weber@northwind.example")...)
	if out := reviews(t, 0, dir, "status"); strings.Contains(out, "asks people") {
		t.Errorf("the lapse is still shown: %s", out)
	}
}
