package torture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// witness looks at the audit log whenever a process has died, and remembers
// every checkpoint that it saw: what was signed once stays true.
type witness struct {
	keys        note.Verifiers
	known       [][]byte // the checkpoints that it remembers
	checkpoints int      // that were seen
	bundles     int      // that were written and found sound
}

// exportsOf is how often a look at the log is one at a bundle of it too.
const exportsOf = 5

// verify proves the audit log, as it is in the database and as a bundle of it
// says to somebody who has nothing else. A database that has no schema yet has
// no log. Rounds that are over it compares with what is stored.
func (w *world) verify(ctx context.Context) error {
	w.looking.Lock() // one at a time: what is signed meanwhile is for the next
	defer w.looking.Unlock()
	db, err := store.Open(ctx, store.Config{URL: w.database})
	for range 50 { // a program that the dead one was just starting holds its lock for a moment
		if approvals.ErrorCode(err) != approvals.CodeUnavailable {
			break
		}
		<-time.After(100 * time.Millisecond)
		db, err = store.Open(ctx, store.Config{URL: w.database})
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	over := w.pending
	w.pending = nil
	w.mu.Unlock()
	for _, r := range over {
		w.compare(ctx, db, r)
	}
	err = w.witness.look(ctx, db)
	return errors.Join(err, db.Close())
}

func (v *witness) look(ctx context.Context, db *store.Store) error {
	if err := db.Ping(ctx); approvals.ErrorCode(err) == approvals.CodeUnavailable {
		return nil
	}
	report, err := db.VerifyLog(ctx, v.keys, v.known...)
	if err != nil {
		return err
	}
	if !report.Sound() {
		return fmt.Errorf("the audit log is not sound: %v", report.Findings)
	}
	last, err := db.LastCheckpoint(ctx)
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	v.known = append(v.known, last.Note)
	v.checkpoints++
	if v.checkpoints%exportsOf != 1 {
		return nil
	}
	return v.export(ctx, db)
}

// export writes a bundle and reads it back.
func (v *witness) export(ctx context.Context, db *store.Store) error {
	dir, err := os.MkdirTemp("", "bundle")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears what is left
	dir += "/log"
	if _, err := db.WriteBundle(ctx, dir, store.BundleScope{}); err != nil {
		return err
	}
	report, err := auditlog.VerifyFolder(ctx, dir, v.keys, v.known...)
	if err == nil && !report.Sound() {
		err = fmt.Errorf("an exported bundle is not sound: %v", report.Findings)
	}
	if err == nil {
		v.bundles++
	}
	return err
}
