package store

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// marking is a database and its marks.
type marking struct {
	t     *testing.T
	db    *Store
	path  string
	marks *Marks
}

func newMarking(t *testing.T) *marking {
	t.Helper()
	m := &marking{t: t, db: openInside(t, "sqlite:"+t.TempDir()), path: filepath.Join(t.TempDir(), "marks.json")}
	if err := m.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.reopen()
	return m
}

// reopen is what a new process does.
func (m *marking) reopen() {
	m.t.Helper()
	var err error
	if m.marks, err = OpenMarks(m.path); err != nil {
		m.t.Fatal(err)
	}
}

func (m *marking) follow(fresh bool) {
	m.t.Helper()
	if err := m.marks.Follow(m.t.Context(), m.db, fresh); err != nil {
		m.t.Fatal(err)
	}
}

// apply stores a grant with the event that tells of it.
func (m *marking) apply(kind approvals.EventKind, g approvals.Grant) {
	m.t.Helper()
	ev := approvals.Event{At: time.Now(), Kind: kind, Actor: approvals.System("test"), Grant: g.ID}
	if !g.EndsAt.IsZero() {
		ev.Detail = map[string]string{"ends_at": g.EndsAt.Format(time.RFC3339)}
	}
	c := approvals.Change{Events: []approvals.Event{ev}}
	g.CreatedAt = ev.At
	if g.State != "" {
		c.Grants = []approvals.Grant{g}
	}
	if err := m.db.Apply(m.t.Context(), c); err != nil {
		m.t.Fatal(err)
	}
}

// lost is what they know more than a log of so many events.
func (m *marking) lost(had int64) (approvals.Lost, bool) {
	m.t.Helper()
	var head auditlog.Frontier
	for range had {
		head.Append(auditlog.Hash{})
	}
	if now, err := m.db.Head(m.t.Context()); err == nil && now.Size() == had {
		head = now
	}
	lost, ok, err := m.marks.Lost(m.t.Context(), m.db, head)
	if err != nil {
		m.t.Fatal(err)
	}
	return lost, ok
}

// knows fails the test unless the marks know that much more than a log of no
// events.
func (m *marking) knows(size int64, ends map[approvals.GrantID]time.Time) {
	m.t.Helper()
	lost, ok := m.lost(0)
	if !ok || lost.Known != size {
		m.t.Errorf("they know of %d events, want %d", lost.Known, size)
	}
	if !maps.EqualFunc(lost.Ends, ends, time.Time.Equal) {
		m.t.Errorf("ends: %s", cmp.Diff(ends, lost.Ends))
	}
}

func TestMarksFollowTheEndsOfWhatRuns(t *testing.T) {
	t.Parallel()
	m := newMarking(t)
	if _, ok := m.lost(0); ok {
		t.Error("no marks know something")
	}
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	m.apply(approvals.EventGrantActive, approvals.Grant{ID: "a", State: approvals.GrantActive, EndsAt: noon})
	m.apply(approvals.EventGrantRevoked, approvals.Grant{ID: "old", State: approvals.GrantRevoked, EndsAt: noon})
	m.follow(false)
	m.knows(2, map[approvals.GrantID]time.Time{"a": noon})
	m.apply(approvals.EventGrantActive, approvals.Grant{ID: "b", EndsAt: noon})
	m.apply(approvals.EventGrantExtended, approvals.Grant{ID: "a", EndsAt: noon.Add(time.Hour)})
	m.apply(approvals.EventGrantAdopted, approvals.Grant{ID: "c", EndsAt: noon.Add(2 * time.Hour)})
	m.apply(approvals.EventGrantRevoking, approvals.Grant{ID: "b"})
	m.follow(false)
	m.reopen()
	want := map[approvals.GrantID]time.Time{"a": noon.Add(time.Hour), "c": noon.Add(2 * time.Hour)}
	m.knows(6, want)
	for had, known := range map[int64]bool{5: true, 6: false, 7: false} {
		if _, ok := m.lost(had); ok != known {
			t.Errorf("of a log of %d events something is lost: %v, want %v", had, ok, known)
		}
	}
	m.follow(true) // from the rows alone
	m.knows(6, map[approvals.GrantID]time.Time{"a": noon})
}

func TestMarksThatCantBeReadAreNotOverwritten(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"cut off": `{"format":"hallpass-ma`, "foreign": `{"format":"other/1"}`} {
		path := filepath.Join(t.TempDir(), "marks.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenMarks(path)
		if approvals.ErrorCode(err) != approvals.CodeUnavailable || !strings.Contains(approvals.ErrorMessage(err), path) {
			t.Errorf("%s: %v, want it refused with the path", name, err)
		}
		if kept, err := os.ReadFile(path); err != nil || string(kept) != text {
			t.Errorf("%s: the file is now %q, %v", name, kept, err)
		}
	}
}
