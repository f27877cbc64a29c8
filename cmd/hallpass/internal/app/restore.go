package app

import (
	"context"
	"path/filepath"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// marksName is the file in the data directory that remembers how far the
// database had come.
const marksName = "marks.json"

const (
	markEvery    = 10 * time.Second
	markLast     = 2 * time.Second  // for the marks to be written when the program ends
	beyondWithin = 10 * time.Second // for one anchor to say what it holds
)

// reconcile finds out, before anything acts, whether the database is older than
// what this process or an anchor knows of it.
func (a *App) reconcile(ctx context.Context) (err error) {
	if dir := a.dataDir(); dir != "" {
		if a.marks, err = store.OpenMarks(filepath.Join(dir, marksName)); err != nil {
			return err
		}
	}
	if err := a.compare(ctx, a.beyond); err != nil {
		return err
	}
	if a.marks == nil {
		return nil
	}
	if err := a.marks.Follow(ctx, a.Store, true); err != nil {
		a.log.WarnContext(ctx, "how far the database has come can't be kept; a restored backup may not be noticed", "error", err)
	}
	return nil
}

// compare looks for what is known more than the log has. Beyond says what else
// knows of it; nil: nobody is asked.
func (a *App) compare(ctx context.Context, beyond func(context.Context, int64) (int64, error)) error {
	head, err := a.Store.Head(ctx)
	if err != nil {
		return err
	}
	last, err := a.Store.LastRestore(ctx)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return err
	}
	var lost approvals.Lost
	if a.marks != nil {
		// Marks from before the last restore tell of that one.
		l, ok, err := a.marks.Lost(ctx, a.Store, head)
		if err != nil {
			return err
		}
		if ok && (last.Open() || a.marks.At().After(last.FoundAt)) {
			lost = l
		}
	}
	if beyond != nil {
		known, err := beyond(ctx, head.Size())
		if err != nil {
			return err
		}
		if known > lost.Known && known > last.Known {
			lost = approvals.Lost{Known: known}
		}
	}
	if lost.Known == 0 {
		return nil
	}
	until, err := a.Store.LastEventAt(ctx)
	if err != nil {
		return err
	}
	r, err := a.Service.FoundRestore(ctx, head.Size(), until, lost)
	if err == nil {
		a.log.ErrorContext(ctx, "the database is older than it should be: nothing new is granted until an admin accepts it with hallpass reconcile",
			"restore", r.ID, "events", r.Had, "known", r.Known, "until", r.Until, "ends_known", r.Whole)
	}
	return err
}

// beyond is the size of the largest log that an anchor vouches for, if it is
// larger than this one; 0: none is. An anchor that can't be read is left out:
// whoever carries checkpoints there says so.
func (a *App) beyond(ctx context.Context, size int64) (known int64, err error) {
	keys, err := LoadAuditKeys(a.config, false)
	if err != nil || len(keys.Public) == 0 {
		return 0, err
	}
	verifiers, err := keys.Verifiers()
	if err != nil {
		return 0, err
	}
	anchors, err := Anchors(ctx, a.config, a.Store)
	if err != nil {
		return 0, err
	}
	for _, anchor := range anchors {
		ask, cancel := context.WithTimeout(ctx, beyondWithin)
		held, err := anchor.Beyond(ask, size)
		cancel()
		if err != nil || held == nil {
			continue
		}
		point, err := auditlog.OpenCheckpoint(held, verifiers)
		if err != nil {
			a.log.WarnContext(ctx, "an anchor holds a checkpoint that no known key signed", "anchor", anchor.Name(), "error", err)
			continue
		}
		known = max(known, point.Size)
	}
	return known, nil
}

// remember keeps the marks until the context ends, and notices when the
// database is restored under a running process.
func (a *App) remember(ctx context.Context) error {
	if a.marks == nil {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), markLast)
			err := a.marks.Follow(last, a.Store, false)
			cancel()
			if err != nil {
				a.log.WarnContext(ctx, "how far the database has come could not be kept", "error", err)
			}
			return nil
		case <-tick.C:
		}
		if err := a.mark(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "how far the database has come could not be kept; it is tried again", "error", err)
		}
	}
}

// mark compares, and takes over what is new.
func (a *App) mark(ctx context.Context) error {
	head, err := a.Store.Head(ctx)
	if err != nil {
		return err
	}
	_, other, err := a.marks.Lost(ctx, a.Store, head)
	if err != nil {
		return err
	}
	if err := a.compare(ctx, nil); err != nil {
		return err
	}
	return a.marks.Follow(ctx, a.Store, other)
}
