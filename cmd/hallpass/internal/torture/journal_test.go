package torture

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
	"github.com/hallpass-dev/hallpass/store"
)

// TestWhatWasTakenAwayWithoutTheDatabaseSurvivesKills covers a database that
// takes no writes while access ends: the process takes it away, is killed, is
// begun again and goes on, is killed once more, and the database takes writes.
func TestWhatWasTakenAwayWithoutTheDatabaseSurvivesKills(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it kills processes for many seconds; left out with -short")
	}
	// Long enough for both to work at once on a slow machine, and far enough apart
	// for a process to take away the first and be killed before the second.
	w := newWorld(t, plan{seed: 22, engine: "postgres", replicas: 1, people: 2, outage: time.Minute, wishes: []wish{
		{Key: "journal:0", Who: "p0", What: "sales:view", Duration: 15 * time.Second},
		{Key: "journal:1", Who: "p1", What: "sales:view", Duration: 45 * time.Second},
	}})
	w.specs[0].DataDir, w.specs[0].Database = filepath.Join(w.dir, "data"), w.database
	taken := func(n int) func() bool {
		return func() bool {
			return len(w.endpoint.journal()) == len(w.wishes)+n && len(w.endpoint.held()) == len(w.wishes)-n
		}
	}
	w.until("both work", w.active, nil)
	w.until("the first is taken away", taken(1), func() { w.writable(false) })
	w.until("the second is taken away by the next process", taken(2), nil)
	kept, err := os.ReadFile(filepath.Join(w.specs[0].DataDir, "revocations.journal"))
	if n := strings.Count(string(kept), `"read_back"`); n != 2 || err != nil {
		t.Fatalf("the journal has %d entries, %v; want two", n, err)
	}
	w.writable(true)
	w.until("all of it is told", w.quiet, nil)
	w.check()
	w.checkMerged()
}

// until lets a process live until something is so for a second, and kills it;
// a thing that happens meanwhile does when it has begun.
func (w *world) until(what string, is func() bool, happens func()) {
	w.t.Helper()
	cmd, err := process.Command(w.specs[0])
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	defer kill(cmd)
	if happens != nil {
		happens()
	}
	if err := w.await(w.t.Context(), patience, 10, is); err != nil {
		said, _ := os.ReadFile(w.specs[0].Log)
		w.t.Fatalf("it never comes that %s: %v\n%s", what, err, said)
	}
}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait() // it was killed
}

// active reports whether all that was wished for works, and is stored.
func (w *world) active() bool {
	return w.stored(func(db *store.Store) bool {
		active, err := db.GrantsIn(w.t.Context(), []approvals.GrantState{approvals.GrantActive}, "", 10)
		return err == nil && len(active) == len(w.wishes)
	})
}

// stored looks at the database.
func (w *world) stored(look func(*store.Store) bool) bool {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), store.Config{URL: w.database})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // it only read
	return look(db)
}

// writable makes the database take writes, or none, and ends who is connected.
func (w *world) writable(yes bool) {
	w.t.Helper()
	c, err := pgx.ParseConfig(w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	value := map[bool]string{true: "off", false: "on"}[yes]
	w.exec(w.database, "SET default_transaction_read_only = off", "ALTER DATABASE "+pgx.Identifier{c.Database}.Sanitize()+" SET default_transaction_read_only = "+value,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
}

// checkMerged sees to it that the log has both ends from the journal, and that
// the admins heard of it once.
func (w *world) checkMerged() {
	w.t.Helper()
	w.stored(func(db *store.Store) bool {
		events, err := db.Events(context.Background(), store.EventFilter{Limit: 1000})
		if err != nil {
			w.t.Fatal(err)
		}
		merged := 0
		for _, e := range events {
			if e.Kind == approvals.EventGrantRevoked && e.Detail["journal"] != "" {
				merged++
			}
		}
		if merged != 2 {
			w.t.Errorf("%d ends in the log are the journal's, want two", merged)
		}
		return true
	})
	told := 0
	mia := w.desk.As("UM")
	for _, m := range mia.Messages(mia.DMChannel()) {
		if strings.Contains(m.Plain(), "2 accesses whose time was up were taken away") {
			told++
		}
	}
	if told != 1 {
		w.t.Errorf("the admins were told %d times of two ends, want once", told)
	}
}
