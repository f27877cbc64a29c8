package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// stuck is a whole path from request to proof over a database that can be made
// to take no writes.
type stuck struct {
	*approvalstest.World
	t       *testing.T
	db      *Store
	box     *sandbox.Sandbox
	hand    approvals.Connector // the box, or what stands before it
	ahead   atomic.Int64        // how far the clock is ahead
	path    string              // of the journal
	journal *Journal
	asked   int
}

// ways are the ways in which a database takes no writes. Each blocks, and
// returns what frees it.
var ways = map[string]func(t *testing.T) (url string, block func(*stuck) (free func())){
	"SQLite, read-only": func(t *testing.T) (string, func(*stuck) func()) {
		return "sqlite:" + t.TempDir(), func(w *stuck) func() {
			w.exec("PRAGMA query_only = 1")
			return func() { w.exec("PRAGMA query_only = 0") }
		}
	},
	"SQLite, full": func(t *testing.T) (string, func(*stuck) func()) {
		return "sqlite:" + t.TempDir(), func(w *stuck) func() {
			w.exec("PRAGMA max_page_count = 1") // which SQLite takes for: no more than there are
			for i := 0; w.db.Refused() == nil; i++ {
				err := w.db.Apply(context.Background(), filling(w.now()))
				if err != nil && w.db.Refused() == nil {
					w.t.Fatal(err)
				}
			}
			return func() { w.exec("PRAGMA max_page_count = 1000000") }
		}
	},
	"PostgreSQL, read-only": func(t *testing.T) (string, func(*stuck) func()) {
		url := pgtest.Start(t).Database(t)
		// By a connection of its own: one of the pool may be in use, and would be
		// left to write.
		set := func(value string) {
			conn := connect(t, url)
			for _, q := range []string{"SET default_transaction_read_only = off",
				"ALTER DATABASE " + pgx.Identifier{conn.Config().Database}.Sanitize() + " SET default_transaction_read_only = " + value,
				"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"} {
				if _, err := conn.Exec(context.Background(), q); err != nil {
					t.Fatal(err)
				}
			}
		}
		return url, func(*stuck) func() {
			set("on")
			return func() { set("off") }
		}
	},
}

// filling is a change that takes some kilobytes.
func filling(at time.Time) approvals.Change {
	return approvals.Change{Events: []approvals.Event{{At: at, Kind: approvals.EventPolicyLoaded,
		Actor: approvals.System("test"), Detail: map[string]string{"fill": strings.Repeat("x", 4000)}}}}
}

func (w *stuck) exec(query string) {
	w.t.Helper()
	var err error
	for range 20 { // a pooled connection may have been ended
		if _, err = w.db.db.Exec(query); err == nil {
			return
		}
	}
	w.t.Fatalf("%s: %v", query, err)
}

func newStuck(t *testing.T, url string) *stuck {
	t.Helper()
	w := &stuck{t: t, path: filepath.Join(t.TempDir(), "revocations.journal")}
	var err error
	if w.box, err = sandbox.New(sandbox.Config{Resources: []sandbox.Resource{{System: "postgres", Name: "billing-db", Levels: []string{"read-only", "admin"}}}}); err != nil {
		t.Fatal(err)
	}
	w.hand = w.box
	w.db = openInside(t, url)
	if err := w.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.World = approvalstest.NewWorld(w.db)
	w.Policy.Rule(approvalstest.Automatic())
	w.Service.Now = w.now
	w.journal = journalAt(t, w.path, "")
	return w
}

func (w *stuck) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// works runs a worker until the condition holds, and no longer.
func (w *stuck) works(what string, done func() bool) {
	w.t.Helper()
	worker, err := lifecycle.New(lifecycle.Config{Service: w.Service, Store: w.db, Journal: w.journal, Now: w.now, Watch: 20 * time.Millisecond,
		Connectors: map[string]approvals.Connector{"postgres": w.hand}})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for over := false; !over && !done(); {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Errorf("it never happens: %s", what)
			over = true
		}
	}
	cancel()
	if err := <-ended; err != nil {
		w.t.Error(err)
	}
}

func (w *stuck) ask(who approvals.PrincipalID, what approvals.EntitlementID) (approvals.Request, error) {
	w.asked++
	actor := approvals.Person(who, "test", "")
	req, err := w.Service.Draft(context.Background(), actor, approvals.Ask{Requester: who, Entitlement: what, Duration: 30 * time.Minute, Reason: "a refund", Key: fmt.Sprint("k", w.asked)})
	if err == nil {
		req, err = w.Service.Submit(context.Background(), actor, req.ID)
	}
	return req, err
}

func (w *stuck) state(id approvals.GrantID) approvals.GrantState {
	g, _ := w.db.Grant(context.Background(), id)
	return g.State
}

// has reports whether somebody's access works in the system itself.
func (w *stuck) has(who approvals.PrincipalID, level string) bool {
	for _, m := range w.box.Snapshot().Members {
		if m.Account == string(who)+"@example.com" && m.Level == level {
			return true
		}
	}
	return false
}

// told counts the audit events of a kind, and those that a journal told of.
func (w *stuck) told(kind approvals.EventKind) (all, journaled int) {
	w.t.Helper()
	events, err := w.db.Events(context.Background(), EventFilter{Limit: 100_000})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == kind {
			all++
			if e.Detail["journal"] != "" {
				journaled++
			}
		}
	}
	return all, journaled
}

func TestAccessEndsWhileTheDatabaseTakesNoWrites(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, block := way(t)
			w := newStuck(t, url)
			req, err := w.ask("amy", approvalstest.Admin)
			if err != nil {
				t.Fatal(err)
			}
			other, err := w.ask("bob", approvalstest.ReadOnly)
			if err != nil {
				t.Fatal(err)
			}
			w.works("access works", func() bool {
				return w.state(req.Grant) == approvals.GrantActive && w.state(other.Grant) == approvals.GrantActive
			})
			free := block(w)
			for range 20 { // connections that were ended are found out one by one
				if _, err = w.ask("mia", approvalstest.ReadOnly); w.db.Refused() != nil {
					break
				}
			}
			if approvals.ErrorCode(err) != approvals.CodeUnavailable || !strings.Contains(approvals.ErrorMessage(err), "takes no writes") {
				t.Errorf("a new request: %v, want it refused because the database takes no writes", err)
			}
			w.ahead.Add(int64(31 * time.Minute))
			w.works("access is gone", func() bool {
				return !w.has("amy", "admin") && !w.has("bob", "read-only") && len(w.journal.Entries()) == 2
			})
			if got := w.state(req.Grant); got != approvals.GrantActive {
				t.Errorf("the row says %s, which nobody could write", got)
			}
			w.killed()
			free()
			w.works("the journal is merged", func() bool { return len(w.journal.Entries()) == 0 })
			if a, b := w.state(req.Grant), w.state(other.Grant); a != approvals.GrantRevoked || b != approvals.GrantRevoked {
				t.Errorf("the grants are %s and %s, want both revoked", a, b)
			}
			if all, journaled := w.told(approvals.EventGrantRevoked); all != 2 || journaled != 2 {
				t.Errorf("%d proofs, %d of them of the journal; want 2 and 2", all, journaled)
			}
			secret, _, err := auditlog.NewKey("test")
			if err != nil {
				t.Fatal(err)
			}
			key, err := auditlog.Signer(secret)
			if err != nil {
				t.Fatal(err)
			}
			if sealed, _, err := w.db.Seal(t.Context(), "test", key); err != nil || !sealed { // which hashes every event again
				t.Errorf("the log is not what was written: %v", err)
			}
		})
	}
}

// killed is what a SIGKILL leaves of the process: the file, and nothing else.
func (w *stuck) killed() {
	w.t.Helper()
	if err := w.journal.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.journal = journalAt(w.t, w.path, "")
}

func TestAJournalIsMergedOnceHoweverOftenItIsRead(t *testing.T) {
	t.Parallel()
	url, block := ways["SQLite, read-only"](t)
	w := newStuck(t, url)
	req, err := w.ask("amy", approvalstest.Admin)
	if err != nil {
		t.Fatal(err)
	}
	w.works("access works", func() bool { return w.state(req.Grant) == approvals.GrantActive })
	free := block(w)
	_, _ = w.ask("mia", approvalstest.ReadOnly)
	w.ahead.Add(int64(31 * time.Minute))
	w.works("access is gone", func() bool { return len(w.journal.Entries()) == 1 })
	free()
	e := w.journal.Entries()[0]
	for range 3 { // a crash after each, before the journal is emptied
		if err := w.Service.MergeJournal(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	second := e
	second.ID = "another" // another replica did the same
	if err := w.Service.MergeJournal(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if all, journaled := w.told(approvals.EventGrantRevoked); all != 1 || journaled != 1 {
		t.Errorf("%d proofs, %d of them of the journal; want one", all, journaled)
	}
	if all, _ := w.told(approvals.EventJournalMerged); all != 1 {
		t.Errorf("%d notes of what was proved already, want the other replica's", all)
	}
	g, err := w.db.Grant(t.Context(), req.Grant)
	if err != nil || !g.RevokedAt.Equal(e.At.UTC().Truncate(time.Millisecond)) {
		t.Errorf("revoked at %s, %v; want when it happened, %s", g.RevokedAt, err, e.At)
	}
}

func TestStandingAndBackedAccessStaysWhileTheDatabaseTakesNoWrites(t *testing.T) {
	t.Parallel()
	url, block := ways["SQLite, read-only"](t)
	w := newStuck(t, url)
	if err := w.box.Seat("billing-db", "admin", "amy@example.com"); err != nil {
		t.Fatal(err)
	}
	standing, err := w.ask("amy", approvalstest.Admin)
	if err != nil {
		t.Fatal(err)
	}
	short, err := w.ask("bob", approvalstest.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	w.works("access works", func() bool {
		return w.state(standing.Grant) == approvals.GrantActive && w.state(short.Grant) == approvals.GrantActive
	})
	w.ahead.Add(int64(20 * time.Minute))
	long, err := w.ask("bob", approvalstest.Twin)
	if err != nil {
		t.Fatal(err)
	}
	w.works("the second access works", func() bool { return w.state(long.Grant) == approvals.GrantActive })
	block(w)
	_, _ = w.ask("mia", approvalstest.ReadOnly)
	w.ahead.Add(int64(11 * time.Minute))
	again, err := w.ask("sol", approvalstest.ReadOnly)
	if err == nil {
		t.Errorf("%s was taken", again.ID)
	}
	w.works("a second pass", func() func() bool { n := 0; return func() bool { n++; return n > 30 } }())
	if !w.has("amy", "admin") || !w.has("bob", "read-only") || len(w.journal.Entries()) != 0 {
		t.Error("standing access, or what another grant backs, was taken away")
	}
	w.ahead.Add(int64(20 * time.Minute))
	w.works("the last grant took it away", func() bool { return !w.has("bob", "read-only") })
	if !w.has("amy", "admin") {
		t.Error("standing access was taken away")
	}
}
