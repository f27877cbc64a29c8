package lifecycle

import (
	"context"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// revoke ends the access of a grant: it calls, reads back, and only then says
// so. It is tried until that is done.
func (w *Worker) revoke(ctx context.Context, it *item) step {
	if it.pool == w.house && it.grant.State == approvals.GrantActive {
		return w.expire(ctx, it)
	}
	// One reading tells how the grant stands now and what else backs it.
	live, err := w.Store.LiveGrants(ctx, it.grant.Principal, "")
	if err != nil {
		return w.retried(ctx, it, err)
	}
	i := slices.IndexFunc(live, func(g approvals.Grant) bool { return g.ID == it.grant.ID })
	if i < 0 {
		return unasked
	}
	g := live[i]
	if g.State == approvals.GrantActive {
		it.grant = g
		return w.expire(ctx, it)
	}
	if may, err := w.mayEnd(ctx, g); err != nil || !may {
		return w.held(ctx, it, err)
	}
	if it.pool == w.house && g.State.Live() { // it was ended between the queue and here: it belongs to its system's
		return again(w.Now())
	}
	switch g.State {
	case approvals.GrantResidual:
		if w.Now().Before(g.ResidualUntil) {
			return again(g.ResidualUntil)
		}
		return w.end(ctx, it, g, w.alike(live, g))
	case approvals.GrantRevoking:
		return w.end(ctx, it, g, w.alike(live, g))
	default:
		return unasked
	}
}

// expire orders the end of access whose time is up. The removal is a try of its
// own, for which the task, still held, moves to its system's pool. Before the
// end, because it was moved or this clock is ahead, the task waits for it.
func (w *Worker) expire(ctx context.Context, it *item) step {
	if may, err := w.mayEnd(ctx, it.grant); err != nil || !may {
		return w.held(ctx, it, err)
	}
	now, err := w.Service.Expire(ctx, it.grant.ID)
	if approvals.ErrorCode(err) == approvals.CodeConflict && w.Now().Before(now.EndsAt) {
		return again(now.EndsAt)
	}
	if err != nil {
		return w.retried(ctx, it, err)
	}
	it.grant = now
	return step{moved: true, skipped: true}
}

// end finds out whether anything is to be taken away. Access that was there
// before, or that another grant backs, stays.
func (w *Worker) end(ctx context.Context, it *item, g approvals.Grant, others []approvals.Grant) step {
	if !g.Prechecked {
		return w.keep(ctx, it, g, "absent: nothing had been given yet")
	}
	if g.Standing {
		return w.keep(ctx, it, g, "kept: standing access that was there before")
	}
	for _, o := range others {
		if !backs(o) {
			continue
		}
		if w.Now().Before(g.CallUntil) {
			return again(g.CallUntil)
		}
		if o.State == approvals.GrantActive { // the system's own end date may have been this grant's
			if err := w.put(ctx, approvals.Task{Kind: approvals.TaskProvision, Key: string(o.ID), RunAt: w.Now()}); err != nil {
				return w.retried(ctx, it, err)
			}
		}
		return w.keep(ctx, it, g, "kept: another grant ("+string(o.ID)+") backs it")
	}
	return w.remove(ctx, it, g)
}

// remove takes access away and reads back what remains.
func (w *Worker) remove(ctx context.Context, it *item, g approvals.Grant) step {
	removal, fail := ask(ctx, it.pool, "revoke", func(ctx context.Context) (approvals.Removal, error) {
		return it.pool.conn.Revoke(ctx, g, g.Receipt)
	})
	if fail != nil && fail.Kind != approvals.Ambiguous {
		return w.trouble(ctx, it, g, "revoke", fail, longestPause)
	}
	if ender, ok := it.pool.conn.(approvals.SessionEnder); ok {
		ended, fail := ask(ctx, it.pool, "end_sessions", func(ctx context.Context) (int, error) { return ender.EndSessions(ctx, g, g.Receipt) })
		if fail != nil && fail.Kind != approvals.Ambiguous {
			return w.trouble(ctx, it, g, "end_sessions", fail, longestPause)
		}
		removal.SessionsEnded += ended
	}
	if w.Now().Before(g.CallUntil) { // a call that gives access may still be on its way: prove it later
		return again(g.CallUntil)
	}
	p, fail := w.readBack(ctx, it, g, g.Receipt, false)
	lives := removal.ResidualUntil.After(w.Now())
	switch {
	case fail != nil:
		return w.trouble(ctx, it, g, "check", fail, longestPause)
	case p.Present:
		return w.trouble(ctx, it, g, "check", &failure{Kind: approvals.Retryable, After: firstPause,
			Message: "The system took the call, but access is still there."}, longestPause)
	case p.Sessions > 0 && !lives:
		return w.trouble(ctx, it, g, "end_sessions", &failure{Kind: approvals.Retryable, After: firstPause,
			Message: "Access is gone, but sessions that were open still work."}, longestPause)
	case lives && g.State == approvals.GrantResidual:
		return again(removal.ResidualUntil)
	}
	it.vacate(finished) // the system has said all: what is left is to store it
	return w.prove(ctx, it, g, removal, "absent: "+p.Detail)
}

// keep stores that a grant ended without anything being taken away.
func (w *Worker) keep(ctx context.Context, it *item, g approvals.Grant, why string) step {
	it.vacate(unasked)
	return w.prove(ctx, it, g, approvals.Removal{}, why)
}

// prove stores that access ended, with what was read back.
func (w *Worker) prove(ctx context.Context, it *item, g approvals.Grant, removal approvals.Removal, readBack string) step {
	now, err := w.Service.Revoked(ctx, g.ID, removal, readBack)
	s := w.retried(ctx, it, err)
	s.over = err == nil && now.State == approvals.GrantRevoked
	return s
}
