package lifecycle

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// unrecordedFor is how long access may be there that the database did not take
// down, beyond the time that its call was given. Then it is taken back: nobody
// would end it.
const unrecordedFor = 15 * time.Second

// unrecorded are the grants whose access this process gave and could not
// record, as they were then.
type unrecorded struct {
	mu  sync.Mutex
	all map[approvals.GrantID]given
}

// given is a grant whose call was made; shared says that another was behind
// its holding then.
type given struct {
	approvals.Grant
	shared bool
}

func (u *unrecorded) note(g approvals.Grant, shared bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all == nil {
		u.all = map[approvals.GrantID]given{}
	}
	u.all[g.ID] = given{g, shared}
}

func (u *unrecorded) forget(id approvals.GrantID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.all, id)
}

func (u *unrecorded) list() (all []given) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, g := range u.all {
		all = append(all, g)
	}
	return all
}

// withdraw takes back access that was given, or may have been, and cannot be
// recorded: while the database takes no writes, also what an earlier process
// left; while it does not answer at all, what this one gave. The grant goes on
// as soon as it can be recorded.
func (w *Worker) withdraw(ctx context.Context, done map[approvals.GrantID]bool) {
	all := w.unrecorded.list()
	if w.Store.Refused() != nil {
		stored, err := w.Store.GrantsIn(ctx, []approvals.GrantState{approvals.GrantProvisioning}, "", bypassAtOnce)
		if err != nil {
			w.Logger.ErrorContext(ctx, "the database takes no writes, and does not say what was being given", "error", err)
		}
		for _, g := range stored { // the rows know the latest try, this process the receipt
			if !slices.ContainsFunc(all, func(known given) bool { return known.ID == g.ID }) {
				all = append(all, given{Grant: g})
			}
		}
	}
	for _, g := range all {
		if ctx.Err() == nil && !done[g.ID] && w.Now().After(g.CallUntil.Add(unrecordedFor)) && w.unheld(ctx, g) {
			w.takeUnrecorded(ctx, g.Grant, done)
		}
	}
}

// unheld reports whether nothing but a grant that cannot be recorded is behind
// its access.
func (w *Worker) unheld(ctx context.Context, g given) bool {
	p := w.hands[g.Connector]
	if p == nil || g.CallUntil.IsZero() || !g.Prechecked || g.Standing {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	now, err := w.Store.Grant(ctx, g.ID)
	if err == nil {
		if now.State != approvals.GrantProvisioning || now.CallUntil.Sub(g.CallUntil).Abs() > time.Second { // somebody has it in hand
			w.unrecorded.forget(g.ID)
			return false
		}
		if w.Store.Refused() == nil { // it is recorded with the next try
			return false
		}
	}
	others, err := w.sharing(ctx, g.Grant)
	if err != nil { // no database: this process alone knows of it
		return !g.shared
	}
	return !slices.ContainsFunc(others, func(o approvals.Grant) bool { return o.State == approvals.GrantActive && !o.Expired(w.Now()) })
}

// takeUnrecorded takes access back, and keeps in the journal that it did.
func (w *Worker) takeUnrecorded(ctx context.Context, g approvals.Grant, done map[approvals.GrantID]bool) {
	p := w.hands[g.Connector]
	removal, read, fail := w.proved(ctx, &item{pool: p, class: revoking}, g)
	if fail != nil {
		w.Logger.WarnContext(ctx, "access that could not be recorded is not taken back yet", "connector", p.name, "grant", g.ID, "error", fail.Message)
		return
	}
	e := w.entry(g, removal, read)
	e.Unrecorded = true
	done[g.ID] = true
	w.unrecorded.forget(g.ID)
	w.Logger.WarnContext(ctx, "the database did not take down that access works; it was taken back, and is given again when it does", "grant", g.ID, "connector", p.name)
	w.journal(ctx, e)
}
