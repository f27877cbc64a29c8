package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/notary"
)

// site is a folder with an embedded database, and an App over it that only
// knows how to find out what was lost.
type site struct {
	*App
	t   *testing.T
	dir string
}

// newSite has a key and a folder as anchor.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	secret, _, err := auditlog.NewKey("log.example/test")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "key"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	return s
}

// start is what a new process does before anything acts.
func (s *site) start() {
	s.t.Helper()
	c, err := config.Parse(filepath.Join(s.dir, "hallpass.yaml"), []byte("audit:\n  key: file:key\n  anchors: [{kind: folder, path: anchored}]\n"))
	if err != nil {
		s.t.Fatal(err)
	}
	db, err := store.Open(s.t.Context(), store.Config{URL: "sqlite:" + filepath.Join(s.dir, "data")})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := db.Migrate(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.App = &App{config: c, options: Options{Database: "sqlite:" + filepath.Join(s.dir, "data")}, Store: db, log: slog.New(slog.DiscardHandler),
		Service: approvalstest.NewWorld(db).Service}
	s.Service.NewID = nil
	if err := s.reconcile(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) stop() {
	s.t.Helper()
	if err := s.Store.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// happen lets events happen, and a checkpoint of them be carried away.
func (s *site) happen(n int) {
	s.t.Helper()
	for range n {
		ev := approvals.Event{At: time.Now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("test")}
		if err := s.Store.Apply(s.t.Context(), approvals.Change{Events: []approvals.Event{ev}}); err != nil {
			s.t.Fatal(err)
		}
	}
	keys, err := LoadAuditKeys(s.config, false)
	if err != nil {
		s.t.Fatal(err)
	}
	_, point, err := s.Store.Seal(s.t.Context(), keys.Signers[0].Name(), keys.Signers...)
	if err == nil {
		err = notary.Folder{Path: filepath.Join(s.dir, "anchored")}.Put(s.t.Context(), point)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// overtaken makes a backup of five events, after which seven more happen, and
// stops.
func (s *site) overtaken() (backup []byte) {
	s.t.Helper()
	s.happen(5)
	s.stop()
	backup = s.read()
	s.start()
	s.open(false)
	s.happen(7)
	if err := s.mark(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.stop()
	return backup
}

// database is the file of the stopped database.
func (s *site) database() string { return filepath.Join(s.dir, "data", "hallpass.db") }

func (s *site) read() []byte {
	s.t.Helper()
	data, err := os.ReadFile(s.database())
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

func (s *site) write(data []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.database(), data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// open fails the test unless a restore is open as wanted.
func (s *site) open(want bool) approvals.Restore {
	s.t.Helper()
	r, err := s.Store.LastRestore(context.Background())
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		s.t.Fatal(err)
	}
	if r.Open() != want {
		s.t.Fatalf("a restore is open: %v, want %v: %+v", r.Open(), want, r)
	}
	return r
}

func (s *site) accept() {
	s.t.Helper()
	if _, err := s.Service.AcceptRestore(s.t.Context(), approvals.Person("adam", "cli", ""), "compared"); err != nil {
		s.t.Fatal(err)
	}
}

func TestARestoredBackupIsNoticedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lose  []string // of what is known elsewhere
		known bool     // the ends that were lost
		found bool
	}{
		"by marks and anchors": {nil, true, true},
		"by marks alone":       {[]string{"anchored"}, true, true},
		"by anchors alone":     {[]string{"data/marks.json"}, false, true},
		"not at all":           {[]string{"anchored", "data/marks.json"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			backup := s.overtaken()
			s.write(backup)
			for _, lost := range c.lose {
				if err := os.RemoveAll(filepath.Join(s.dir, lost)); err != nil {
					t.Fatal(err)
				}
			}
			s.start()
			r := s.open(c.found)
			if c.found && (r.Had != 5 || r.Known != 12 || r.Whole != c.known) {
				t.Errorf("found %+v, want 5 of 12 events, and the ends known: %v", r, c.known)
			}
			if !c.found {
				s.stop()
				return
			}
			registry := prometheus.NewRegistry()
			registry.MustRegister(newDrifting(s.Store))
			said, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range said {
				if m.GetName() == "hallpass_database_restored" && m.GetMetric()[0].GetGauge().GetValue() != 1 {
					t.Errorf("the metric says %v", m)
				}
			}
			s.stop()
			s.start() // a restart finds the same one
			if again := s.open(true); again.ID != r.ID {
				t.Errorf("found anew: %+v", again)
			}
			s.accept()
			s.stop()
			s.start()
			s.open(false)
			s.stop()
		})
	}
}

func TestASecondRestoreIsNoticedAsWell(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.happen(5)
	s.stop()
	backup := s.read()
	for range 2 {
		s.start()
		s.happen(7)
		if err := s.mark(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.stop()
		if err := os.RemoveAll(filepath.Join(s.dir, "anchored")); err != nil { // two histories: the anchor would refuse the second
			t.Fatal(err)
		}
		s.write(backup)
		s.start()
		s.open(true)
		s.accept()
		s.stop()
	}
}

// TestADatabaseThatGrewAfterItWasRestoredIsNoticed covers a backup that others
// worked with until it had more events than the lost one: its length says
// nothing then, what its first events are does.
func TestADatabaseThatGrewAfterItWasRestoredIsNoticed(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]int{"as long as before": 7, "longer": 9, "longer by tiles of the tree": 700} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			backup := s.overtaken()
			marks := filepath.Join(s.dir, "data", marksName)
			kept, err := os.ReadFile(marks)
			if err == nil {
				err = errors.Join(os.Remove(marks), os.RemoveAll(filepath.Join(s.dir, "anchored")))
			}
			if err != nil {
				t.Fatal(err)
			}
			s.write(backup)
			s.start() // on a machine that knows nothing
			s.happen(more)
			s.stop()
			if err := os.WriteFile(marks, kept, 0o600); err != nil {
				t.Fatal(err)
			}
			s.start()
			if r := s.open(true); r.Had != int64(5+more) || r.Known != 12 || !r.Whole {
				t.Errorf("found %+v, want 12 lost events of a log of %d", r, 5+more)
			}
			s.accept()
			s.stop()
			s.start()
			s.open(false)
			s.stop()
		})
	}
}
