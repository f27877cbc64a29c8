package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// remember fills a database with the requests that a folder's policies decided:
// one for each score from 0 to 99, for twenty minutes of billing-db:read-only.
func remember(t *testing.T, dir, url string) {
	t.Helper()
	set, _, err := policies(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
	for score := range 100 {
		c := storetest.Submission(fmt.Sprintf("req_%02d", score))
		f, a := storetest.Facts(), approvals.Assessment{Score: score, Confidence: approvals.ConfidenceHigh}
		f.At, f.Duration, f.Directory.AsOf, f.Ticket = at, 20*time.Minute, at, "INC-1"
		f.Beneficiary.Department = []string{"Payments", "Support"}[score%2]
		c.Decisions[0] = approvals.Decision{Request: c.Requests[0].ID, Sequence: 1, At: at.Add(time.Duration(score) * time.Second), Facts: f, Assessment: a,
			Ruling: approvals.Restrain(f, a, set.Decide(f, a))}
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// stricter lets read-only-with-ticket approve up to a score of 20 only.
func stricter(t *testing.T, dir string) {
	t.Helper()
	edit(t, dir, "policies/requests.cedar", "context has score && context.score <= 50 &&", "context has score && context.score <= 20 &&")
}

// Acceptance 30: a policy change replayed shows the exact flips, and the same
// replay shows the same.
func TestAcceptance30PolicyChangeReplayedShowsTheExactFlips(t *testing.T) {
	t.Parallel()
	dir := accessFolder(t, "", "", "")
	url := "sqlite:" + filepath.Join(t.TempDir(), "past.db")
	remember(t, dir, url)
	again := func(args ...string) (string, int) {
		var out, errs log
		code := run(t.Context(), append([]string{"replay", dir, "--database", url}, args...), &out, &errs)
		if errs.String() != "" {
			t.Errorf("%v: %s", args, errs.String())
		}
		return out.String(), code
	}
	if out, code := again(); code != 0 || out != "100 requests decided again, none would flip.\n" {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	stricter(t, dir)
	out, code := again("--json", "--since", "2h")
	if code != exitChanged {
		t.Errorf("exit code %d", code)
	}
	var r policy.Replay
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	turns := func(n int) []policy.Turn {
		return []policy.Turn{{From: approvals.AutoApprove, To: approvals.Route, Count: n}}
	}
	if diff := cmp.Diff(turns(30), r.Turns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]policy.Share{{Name: "read-only-with-ticket", Count: 30, Turns: turns(30)}}, r.ByRule); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]policy.Share{{Name: "Payments", Count: 15, Turns: turns(15)}, {Name: "Support", Count: 15, Turns: turns(15)}}, r.ByTeam); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]policy.Share{{Name: "billing-db:read-only", Count: 30, Turns: turns(30)}}, r.ByEntitlement); diff != "" {
		t.Error(diff)
	}
	if r.Decisions != 100 || r.Flips != 30 || len(r.Latest) != 20 || r.Latest[0].Request != "req_21" {
		t.Errorf("%+v", r)
	}
	if second, _ := again("--json", "--since", "2h"); second != out {
		t.Error("the same replay shows something else")
	}
	if out, code := again("--since", "30m"); code != 0 || !strings.HasPrefix(out, "0 requests") {
		t.Errorf("half an hour: exit code %d\n%s", code, out)
	}
	if out, code := again("--markdown"); code != exitChanged || !strings.Contains(out, "| approved at once | **asked of people** | 30 |") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func TestReplayTellsErrorsFromFlips(t *testing.T) {
	t.Parallel()
	dir := accessFolder(t, "", "", "")
	broken := accessFolder(t, "policies/requests.cedar", "context.score <= 50", "context.scroe <= 50")
	url := "sqlite:" + filepath.Join(t.TempDir(), "past.db")
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a policy that does not load", []string{broken}, 1, "requests.cedar:"},
		{"no folder", []string{filepath.Join(dir, "absent")}, 1, "hallpass.yaml"},
		{"a time that is none", []string{dir, "--since", "yesterday"}, 2, "write 365d"},
		{"too many forms", []string{dir, "--json", "--markdown"}, 1, "json markdown"},
		{"an empty database", []string{dir, "--since", "2026-01-31"}, 1, "migrate"},
	} {
		var out, errs log
		code := run(t.Context(), append([]string{"replay", "--database", url}, tc.args...), &out, &errs)
		if code != tc.code || !strings.Contains(errs.String(), tc.says) {
			t.Errorf("%s: exit code %d: %s", tc.name, code, errs.String())
		}
	}
}

func TestReplaySaysWhenADecisionCannotBeRead(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := show(&out, &policy.Replay{Decisions: 4, UnreadableAll: 1, Unreadable: []approvals.RequestID{"req_7"}}, false, false)
	if approvals.ErrorCode(err) == "" || !strings.Contains(out.String(), "req_7 could not be read") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := show(closedFile(t), &policy.Replay{}, false, false); err == nil {
		t.Error("a report that nobody got passes for one")
	}
}

func closedFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f
}
