package torture

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
	"github.com/hallpass-dev/hallpass/store"
)

// unwritable are the ways in which a database takes no writes any more while a
// process works on it, or when the next one begins. Each gives what makes it
// take writes again.
var unwritable = map[string]struct {
	engine string
	while  func(*world) (free func()) // nil: only between two processes
	before func(*world) (free func())
}{
	"PostgreSQL, read-only": {engine: "postgres", while: func(w *world) func() {
		w.writable(false)
		return func() { w.writable(true) }
	}},
	"SQLite, on a disk that takes no more": {engine: "sqlite", before: func(w *world) func() {
		w.specs[0].Room = 64 << 10 // the journal is written below it, and nobody else writes there
		return func() { w.specs[0].Room = 0 }
	}},
	"SQLite, a file that is read-only": {engine: "sqlite", before: func(w *world) func() {
		w.stamp(3)
		return func() { w.stamp(2) }
	}},
}

// TestWhatWasTakenAwayWithoutTheDatabaseSurvivesKills covers a database that
// takes no writes while access ends: the process takes it away, is killed, is
// begun again and goes on, is killed once more, and the database takes writes.
func TestWhatWasTakenAwayWithoutTheDatabaseSurvivesKills(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it kills processes for many seconds; left out with -short")
	}
	for name, way := range unwritable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Long enough for both to work at once on a slow machine, and far enough apart
			// for a process to take away the first and be killed before the second.
			w := newWorld(t, plan{seed: 22, engine: way.engine, replicas: 1, people: 2, outage: time.Minute, wishes: []wish{
				{Key: "journal:0", Who: "p0", What: "sales:view", Duration: 15 * time.Second},
				{Key: "journal:1", Who: "p1", What: "sales:view", Duration: 45 * time.Second},
			}})
			w.specs[0].DataDir, w.specs[0].Database = filepath.Join(w.dir, "data"), w.database
			w.survives(way.before, way.while)
			w.check()
			w.checkMerged()
		})
	}
}

// survives goes through the lives of four processes, of which all but the first
// and the last can write nothing.
func (w *world) survives(before, while func(*world) func()) {
	w.t.Helper()
	taken := func(n int) func() bool {
		return func() bool {
			return len(w.endpoint.journal()) == len(w.wishes)+n && len(w.endpoint.held()) == len(w.wishes)-n
		}
	}
	w.until("both work", w.active, nil)
	free := func() {}
	if before != nil {
		free = before(w)
	}
	w.until("the first is taken away", taken(1), func() {
		if while != nil {
			free = while(w)
		}
	})
	w.until("the second is taken away by the next process", taken(2), nil)
	kept, err := os.ReadFile(filepath.Join(w.specs[0].DataDir, "revocations.journal"))
	if n := strings.Count(string(kept), `"read_back"`); n != 2 || err != nil {
		w.t.Fatalf("the journal has %d entries, %v; want two", n, err)
	}
	free()
	w.until("all of it is told", w.quiet, nil)
}

// stamp says in an SQLite file which version of its format it takes to write
// it: 2 is the write-ahead log, and what is higher than SQLite knows makes the
// file one that it only reads. Source: sqlite.org/fileformat.html, 1.3.3.
func (w *world) stamp(version byte) {
	w.t.Helper()
	path := filepath.Join(strings.TrimPrefix(w.database, "sqlite:"), "hallpass.db")
	db, err := sql.Open("sqlite", path)
	if err == nil {
		_, err = db.ExecContext(w.t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err == nil {
		err = db.Close()
	}
	var f *os.File
	if err == nil {
		f, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte{version}, 18)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
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

// active reports whether all that was wished for works, and is stored: nobody
// is told before that.
func (w *world) active() bool {
	told := 0
	for _, v := range w.wishes {
		if slices.ContainsFunc(w.desk.messages(string(v.Who), 0), func(m slacksim.Message) bool { return strings.Contains(m.Plain(), "You have access") }) {
			told++
		}
	}
	return told == len(w.wishes)
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
		if strings.Contains(m.Plain(), "access was taken away from 2 grants whose time was up") {
			told++
		}
	}
	if told != 1 {
		w.t.Errorf("the admins were told %d times of two ends, want once", told)
	}
}
