package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/examples"
	"github.com/hallpass-dev/hallpass/store"
)

// driftFolder is the example folder with a database in which a look at the
// ledger found somebody from the start, an outsider and a stranger.
func driftFolder(t *testing.T) (dir, configFile string) {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, examples.Access); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(root, "access")
	tampering(t, dir, func(s *store.Store) {
		now := time.Now().UTC().Truncate(time.Millisecond)
		found := func(id approvals.DriftID, kind approvals.DriftKind, account string, who approvals.PrincipalID) approvals.Drift {
			return approvals.Drift{ID: id, Kind: kind, Entitlement: "ledger:view", Connector: "sandbox", Target: map[string]string{"resource": "ledger", "level": "view"},
				Account: account, Principal: who, Repair: approvals.DriftReport, FirstSeen: now.Add(-time.Hour), LastSeen: now}
		}
		c := approvals.Change{
			Drift: []approvals.Drift{
				found("dr_1", approvals.DriftStanding, "erik.nakamura@northwind.example", "erik.nakamura"),
				found("dr_2", approvals.DriftOutside, "xin.sharma@northwind.example", "xin.sharma"),
				found("dr_3", approvals.DriftOutside, "svc-books", ""),
			},
			Baselines: []approvals.Baseline{{Entitlement: "ledger:view", Connector: "sandbox", Target: map[string]string{"resource": "ledger", "level": "view"}, At: now.Add(-time.Hour)}},
			Events:    []approvals.Event{{At: now, Kind: approvals.EventDriftBaseline, Actor: approvals.System("worker")}},
		}
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	})
	return dir, filepath.Join(dir, "hallpass.yaml")
}

// command runs the program, which must end with a code.
func command(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	if got := run(t.Context(), args, &out, &problems); got != want {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, want, out.String(), problems.String())
	}
	return out.String(), problems.String()
}

// says fails the test unless a text holds all words, and none of those that
// begin with "!".
func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if w, not := strings.CutPrefix(w, "!"); strings.Contains(text, w) == not {
			t.Errorf("it says %v %q:\n%s", not, w, text)
		}
	}
}

const admin = "sam.weber@northwind.example"

func TestDriftIsListedAndAccepted(t *testing.T) {
	t.Parallel()
	_, file := driftFolder(t)
	out, _ := command(t, 0, "drift", "--config", file)
	says(t, out, "dr_2", "dr_3", "outside", "xin.sharma", "ledger:view", "report", "!dr_1")
	out, _ = command(t, 0, "drift", "--standing", "--json", "--config", file)
	var d approvals.Drift
	if err := json.Unmarshal([]byte(out), &d); err != nil || d.ID != "dr_1" || d.Kind != approvals.DriftStanding {
		t.Errorf("standing access is %+v, %v", d, err)
	}
	_, problems := command(t, 1, "drift", "accept", "dr_3", "--by", "xin.sharma@northwind.example", "--reason", "ours", "--config", file)
	says(t, problems, "Only an owner of the resource or an admin can accept this.")
	_, problems = command(t, 1, "drift", "accept", "dr_3", "--by", "nobody@example.org", "--reason", "ours", "--config", file)
	says(t, problems, `Nobody in the directory has the email address "nobody@example.org"`)
	out, _ = command(t, 0, "drift", "accept", "dr_3", "--by", admin, "--reason", "the book-keeping robot", "--config", file)
	says(t, out, "The access of svc-books to ledger:view is standing access from now on.")
	out, _ = command(t, 0, "drift", "--all", "--config", file)
	says(t, out, "dr_2", "dr_3", "accepted")
	out, _ = command(t, 0, "drift", "--standing", "--config", file)
	says(t, out, "svc-books", "erik.nakamura")
	command(t, 1, "drift", "accept", "dr_2", "dr_3")
}

func TestStandingAccessIsAdoptedAndReported(t *testing.T) {
	t.Parallel()
	_, file := driftFolder(t)
	wish := []string{"adopt", "ledger:view", "--until", "30d", "--reason", "zero standing access", "--by", admin, "--config", file}
	out, _ := command(t, 0, append(wish, "--dry-run")...)
	says(t, out, "Erik Nakamura", "nobody in the directory has this account", "2 of 3 holders would be adopted", "!gr_")
	out, _ = command(t, 0, "adopt", "report", "--config", file)
	says(t, out, "No standing access was adopted yet.")
	out, _ = command(t, 0, wish...)
	says(t, out, "gr_", "2 of 3 holders adopted")
	out, _ = command(t, 0, wish...)
	says(t, out, "0 of 1 holder adopted")
	out, _ = command(t, 0, "adopt", "report", "ledger:view", "--json", "--config", file)
	var f approvals.FallOff
	if err := json.Unmarshal([]byte(out), &f); err != nil || f.Adopted != 2 || f.Running != 2 || f.Ending.IsZero() {
		t.Errorf("the report is %+v, %v", f, err)
	}
	out, _ = command(t, 0, "adopt", "report", "--config", file)
	says(t, out, "ledger:view", "0 %")
	wish[3] = "soon"
	_, problems := command(t, 2, wish...)
	says(t, problems, "neither a date")
}

func TestUntilIsADateATimeOrASpan(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-12-31":           time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		"2026-12-31T18:00:00Z": time.Date(2026, 12, 31, 18, 0, 0, 0, time.UTC),
		" 30d ":                now.AddDate(0, 0, 30),
		"30d12":                {}, "0d": {}, "-3d": {}, "30": {}, "": {}, "tomorrow": {},
	} {
		got, err := untilWhen(text, now)
		if !got.Equal(want) || (err == nil) == want.IsZero() {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestARestoredDatabaseIsShownAndAccepted(t *testing.T) {
	t.Parallel()
	dir, file := driftFolder(t)
	out, _ := command(t, 0, "reconcile", "--config", file)
	says(t, out, "as new as it should be")
	_, problems := command(t, 1, "reconcile", "--by", admin, "--reason", "x", "--config", file)
	says(t, problems, "There is nothing to reconcile")
	tampering(t, dir, func(s *store.Store) {
		service := &approvals.Service{Store: s, Directory: approvalstest.NewDirectory()}
		if _, err := service.FoundRestore(t.Context(), 5, time.Now(), approvals.Lost{Known: 12}); err != nil {
			t.Fatal(err)
		}
	})
	out, _ = command(t, 0, "reconcile", "--config", file)
	says(t, out, "the log has 5 events and had 12", "held back", "none yet")
	_, problems = command(t, 1, "reconcile", "--by", "xin.sharma@northwind.example", "--reason", "x", "--config", file)
	says(t, problems, "Only an admin can accept")
	out, _ = command(t, 0, "reconcile", "--by", admin, "--reason", "compared with the ledger", "--config", file)
	says(t, out, "Accepted.")
	command(t, 1, "reconcile", "--by", admin, "--config", file)
}
