package lifecycle

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Journal keeps what was done while the database could not be written. Append
// keeps an entry also when it returns an error, as long as the process lives.
type Journal interface {
	Append(approvals.JournalEntry) error
	Entries() []approvals.JournalEntry
	Forget(n int) error
}

// bypassAtOnce bounds how many grants one pass looks at.
const bypassAtOnce = 1000

// bypass takes away access whose time is up while the database takes no
// writes, and access that it did not take down, and records it in the journal;
// and merges that into the audit log when it does. It runs every few seconds,
// one pass at a time.
func (w *Worker) bypass(ctx context.Context) {
	if w.Journal == nil || ctx.Err() != nil {
		return
	}
	w.merge(ctx)
	done := map[approvals.GrantID]bool{}
	for _, e := range w.Journal.Entries() {
		done[e.Grant] = true
	}
	w.withdraw(ctx, done)
	if w.Store.Refused() == nil {
		return
	}
	due, err := w.Store.GrantsDue(ctx, w.Now(), bypassAtOnce)
	if err != nil {
		w.Logger.ErrorContext(ctx, "the database takes no writes, and does not say whose time is up", "error", err)
		return
	}
	for _, g := range due {
		if ctx.Err() == nil && !done[g.ID] {
			w.around(ctx, g, done)
		}
	}
}

// around takes one access away without the database, unless it is standing or
// another grant that still runs backs it.
func (w *Worker) around(ctx context.Context, g approvals.Grant, done map[approvals.GrantID]bool) {
	now := w.Now()
	ending := g.State == approvals.GrantRevoking || g.State == approvals.GrantActive && g.Expired(now)
	p := w.hands[g.Connector]
	if !ending || !g.Prechecked || g.Standing || now.Before(g.CallUntil) || p == nil {
		return
	}
	if may, err := w.mayEnd(ctx, g); err != nil || !may {
		return
	}
	others, err := w.sharing(ctx, g)
	if err != nil {
		w.Logger.ErrorContext(ctx, "who else has an access can't be read", "grant", g.ID, "error", err)
		return
	}
	for _, o := range others {
		if backs(o) && !o.Expired(now) && !done[o.ID] {
			return
		}
	}
	it := &item{pool: p, class: revoking}
	removal, read, fail := w.proved(ctx, it, g)
	if fail != nil {
		w.Logger.WarnContext(ctx, "a connector call failed", "connector", p.name, "operation", "revoke", "grant", g.ID, "error", fail.Message)
		return
	}
	done[g.ID] = true
	w.Logger.WarnContext(ctx, "the database takes no writes; access whose time is up was taken away, and is in the journal", "grant", g.ID, "connector", p.name)
	w.journal(ctx, w.entry(g, removal, read))
}

// entry is what the journal keeps of access that was taken away now.
func (w *Worker) entry(g approvals.Grant, removal approvals.Removal, read string) approvals.JournalEntry {
	e := approvals.JournalEntry{ID: "jr_" + rand.Text(), At: w.Now(), Grant: g.ID, Entitlement: g.Entitlement, Connector: g.Connector, Account: g.Account,
		ReadBack: read, SessionsEnded: removal.SessionsEnded}
	if removal.ResidualUntil.After(w.Now()) {
		e.ResidualUntil, e.Residue = removal.ResidualUntil, removal.Reason
	}
	return e
}

// journal keeps an entry until it can be merged.
func (w *Worker) journal(ctx context.Context, e approvals.JournalEntry) {
	if err := w.Journal.Append(e); err != nil {
		w.Logger.ErrorContext(ctx, "the journal can't be written; what was done is known to this process only", "grant", e.Grant, "error", err)
	}
}

// proved takes access away and reads back that it is gone.
func (w *Worker) proved(ctx context.Context, it *item, g approvals.Grant) (removal approvals.Removal, read string, fail *failure) {
	removal, fail = ask(ctx, it.pool, "revoke", func(ctx context.Context) (approvals.Removal, error) { return it.pool.conn.Revoke(ctx, g, g.Receipt) })
	if fail != nil && fail.Kind != approvals.Ambiguous {
		return removal, "", fail
	}
	if ender, ok := it.pool.conn.(approvals.SessionEnder); ok {
		ended, fail := ask(ctx, it.pool, "end_sessions", func(ctx context.Context) (int, error) { return ender.EndSessions(ctx, g, g.Receipt) })
		if fail != nil && fail.Kind != approvals.Ambiguous {
			return removal, "", fail
		}
		removal.SessionsEnded += ended
	}
	p, fail := w.readBack(ctx, it, g, g.Receipt, false)
	if fail == nil && (p.Present || p.Sessions > 0 && !removal.ResidualUntil.After(w.Now())) {
		fail = &failure{Kind: approvals.Retryable, After: firstPause, Message: "The system took the call, but access is still there."}
	}
	return removal, "absent: " + p.Detail, fail
}

// merge records in the audit log what the journal tells, and says so; ok says
// that nothing is left in it. What cannot be stored stays, and until it is
// stored no task is taken: the log tells things as they happened.
func (w *Worker) merge(ctx context.Context) (ok bool) {
	if w.Journal == nil {
		return true
	}
	w.merging.Lock()
	defer w.merging.Unlock()
	all := w.Journal.Entries()
	merged := 0
	for _, e := range all {
		err := w.Service.MergeJournal(ctx, e)
		if approvals.ErrorCode(err) == approvals.CodeNotFound { // another database than the journal is about
			w.Logger.ErrorContext(ctx, "the journal tells of a grant that is not in the database", "grant", e.Grant, "account", e.Account, "at", e.At)
			err = nil
		}
		if err != nil {
			if !w.unmerged { // said once: it is tried all the time
				w.Logger.WarnContext(ctx, "the journal can't be merged into the audit log yet", "entries", len(all)-merged, "error", err)
			}
			break
		}
		merged++
	}
	if merged > 0 {
		if err := errors.Join(w.Service.JournalMerged(ctx, all[:merged]), w.Journal.Forget(merged)); err != nil {
			w.Logger.ErrorContext(ctx, "that the journal was merged could not be told, or it could not be emptied", "error", err)
		}
		w.Logger.WarnContext(ctx, "the database takes writes again; the journal was merged into the audit log", "entries", merged)
	}
	w.unmerged = merged < len(all)
	return !w.unmerged
}
