package app

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/examples"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
)

// lines is a log that can be waited on.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// reloading is an App with its folder, its store and what a reload needs.
func reloading(t *testing.T) (*App, string, *lines) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, examples.Access); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "access")
	c, err := config.Load(filepath.Join(dir, "hallpass.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	a := &App{config: c, log: slog.New(slog.NewTextHandler(log, nil)), metrics: newMetrics(), world: scoring.NewWorld(scoring.Options{})}
	if a.Access, err = LoadAccess(t.Context(), c, Options{}); err != nil {
		t.Fatal(err)
	}
	if a.Store, err = store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "h.db")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Store.Close() })
	if err := a.Store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Service = &approvals.Service{Store: a.Store, Directory: a.Access.People}
	a.folder = folder{paths: []string{filepath.Join(dir, "people.yaml"), filepath.Join(dir, "catalog"), filepath.Join(dir, "policies")}}
	a.folder.take()
	return a, dir, log
}

// change replaces a text in a file of the folder and lets the App look twice.
func (a *App) change(t *testing.T, path, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, replacement, 1)
	if changed == string(text) {
		t.Fatalf("%s does not have %q", path, old)
	}
	put(t, path, changed)
	a.glance(t.Context())
	a.glance(t.Context())
}

// kinds lists the kinds of the audit events so far.
func (a *App) kinds(t *testing.T) (kinds []string) {
	t.Helper()
	events, err := a.Store.Events(t.Context(), store.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		kinds = append(kinds, string(e.Kind))
	}
	return kinds
}

// Acceptance 33: what does not load changes nothing, and says file, line, mend.
func TestAcceptance33BrokenPolicyFileDoesNotLoadAndTheOldSetStays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, file, old, broken, says string }{
		{"a typo", "requests.cedar", "permit (principal, action", "permit (principle, action", "requests.cedar:8: "},
		{"an unknown attribute", "guardrails.cedar", "resource.sensitivity ==", "resource.sensitivityy ==", `guardrails.cedar:29: resource has no attribute "sensitivityy"; did you mean "sensitivity"?`},
		{"a forbid on a missing field", "guardrails.cedar", "context has score && context.score", "context.score", `guardrails.cedar:44: context.score can be absent, and the policy "unusual-is-asked" does not ask for it first; write context has score && … before it`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, dir, log := reloading(t)
			before := a.Access.Policy.Version()
			path := filepath.Join(dir, "policies", tc.file)
			a.change(t, path, tc.old, tc.broken)
			if a.Access.Policy.Version() != before {
				t.Error("the old set did not stay")
			}
			if !strings.Contains(log.String(), tc.file) || !strings.Contains(strings.ReplaceAll(log.String(), `\"`, `"`), tc.says) {
				t.Errorf("the log does not say %q:\n%s", tc.says, log)
			}
			if a.rejected(t) != 1 {
				t.Error("the metric does not stand")
			}
			if got := a.kinds(t); len(got) != 1 || got[0] != string(approvals.EventPolicyRejected) {
				t.Errorf("events %v", got)
			}
			a.told(t, tc.says)
			a.glance(t.Context())
			if got := a.kinds(t); len(got) != 1 {
				t.Errorf("the same mistake alarms again: %v", got)
			}
			a.change(t, path, tc.broken, tc.old+" ")
			if a.rejected(t) != 0 || len(a.kinds(t)) != 2 {
				t.Errorf("mended, the metric is %v, the events %v", a.rejected(t), a.kinds(t))
			}
		})
	}
}

// rejected is what the metric shows.
func (a *App) rejected(t *testing.T) float64 {
	t.Helper()
	all, err := a.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() == "hallpass_access_folder_rejected" {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("there is no such metric")
	return 0
}

// told checks that each admin gets the words.
func (a *App) told(t *testing.T, words string) {
	t.Helper()
	people, err := a.Access.People.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	admins := 0
	for _, p := range people {
		if p.Admin && !p.Inactive {
			admins++
		}
	}
	alerts := 0
	due, err := a.Store.ClaimNotices(t.Context(), time.Now().Add(time.Hour), time.Minute, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range due {
		if n.Kind == approvals.NoticeAlert && strings.Contains(n.Words, words) {
			alerts++
		}
	}
	if admins == 0 || alerts != admins {
		t.Errorf("%d of %d admins are told %q", alerts, admins, words)
	}
}

func TestChangedPolicyIsTakenAndRecorded(t *testing.T) {
	t.Parallel()
	a, dir, _ := reloading(t)
	before := a.Access.Policy.Version()
	a.change(t, filepath.Join(dir, "policies", "requests.cedar"), "for up to four hours", "for up to 4 hours")
	after := a.Access.Policy.Version()
	if after == before {
		t.Error("the change was not taken")
	}
	events, err := a.Store.Events(t.Context(), store.EventFilter{})
	if err != nil || len(events) != 1 || events[0].Kind != approvals.EventPolicyLoaded || events[0].Version != after {
		t.Errorf("%v, %+v", err, events)
	}
	a.change(t, filepath.Join(dir, "policies", "requests_test.yaml"), "# Each policy", "# Every policy")
	if got := a.kinds(t); len(got) != 1 {
		t.Errorf("a change that decides nothing is recorded: %v", got)
	}
}

func TestBrokenPeopleOrCatalogueStayAsTheyWere(t *testing.T) {
	t.Parallel()
	for file, says := range map[string]string{"people.yaml": "people: ", "catalog/databases.yaml": "catalogue: "} {
		a, dir, log := reloading(t)
		put(t, filepath.Join(dir, file), "{nonsense: [")
		a.glance(t.Context())
		a.glance(t.Context())
		all, err := a.Access.Catalogue.All(t.Context())
		people, err2 := a.Access.People.People(t.Context())
		if err != nil || err2 != nil || len(all) == 0 || len(people) == 0 {
			t.Errorf("%s: %d entitlements, %d people, %v, %v", file, len(all), len(people), err, err2)
		}
		if !strings.Contains(log.String(), "not reloaded; what was in force stays in force") {
			t.Errorf("%s: the log says\n%s", file, log)
		}
		a.told(t, says)
	}
}

func TestManyProblemsAreToldInAFewLines(t *testing.T) {
	t.Parallel()
	var ps approvals.Problems
	for i := range 9 {
		ps = append(ps, approvals.Problem{File: "a.cedar", Line: i + 1, What: "it is wrong", Mend: "mend it"})
	}
	got := said("policies", ps)
	if n := strings.Count(got, "\n") + 1; n != 6 || !strings.HasSuffix(got, "policies: and more; run hallpass check") {
		t.Errorf("%d lines:\n%s", n, got)
	}
	if got := said("people", approvals.Errorf(approvals.CodeUnavailable, "It is away.")); got != "people: It is away." {
		t.Error(got)
	}
}

func TestSIGHUPReadsTheFolderAgain(t *testing.T) {
	t.Parallel()
	guard := make(chan os.Signal, 1) // so that a signal before the App listens does not end the test
	signal.Notify(guard, syscall.SIGHUP)
	defer signal.Stop(guard)
	a, _, _ := reloading(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.watch(ctx) }()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for len(a.kinds(t)) == 0 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		<-again.C
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := a.kinds(t); got[0] != string(approvals.EventPolicyLoaded) {
		t.Errorf("events %v", got)
	}
}
