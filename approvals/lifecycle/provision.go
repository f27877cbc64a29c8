package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// provision gives the access of a grant, or moves the system's own end date of
// one that is active.
func (w *Worker) provision(ctx context.Context, it *item, id approvals.GrantID) step {
	g, err := w.Store.Grant(ctx, id)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	switch g.State {
	case approvals.GrantActive:
		return w.setEnd(ctx, it, g)
	case approvals.GrantScheduled, approvals.GrantProvisioning:
	default:
		return unasked
	}
	if w.Now().Before(g.StartsAt) {
		return again(g.StartsAt)
	}
	r, err := w.restored(ctx)
	if err != nil || r.Open() {
		return w.held(ctx, it, err)
	}
	if why := w.hopeless(g, r.AcceptedAt); why != "" {
		return w.failed(ctx, it, g, why)
	}
	present := g.Standing
	if !g.Prechecked {
		var stop *step
		if present, stop = w.precheck(ctx, it, g); stop != nil {
			return *stop
		}
	}
	if fail := it.pool.admit(ctx); fail != nil {
		return w.provisionTrouble(ctx, it, g, "grant", fail)
	}
	tried := !g.CallUntil.IsZero()
	until := w.Now().Add(it.pool.limits.CallTimeout + callSettles)
	if g, err = w.Service.Provision(ctx, id, present, until); err != nil {
		return w.retried(ctx, it, err)
	}
	if g.State != approvals.GrantProvisioning { // it no longer holds, or was ended meanwhile
		return unasked
	}
	if s, wait := w.waitForRemoval(ctx, it, g); wait {
		return s
	}
	if g.Standing {
		return w.activate(ctx, it, g, nil)
	}
	if tried {
		return w.giveAgain(ctx, it, g)
	}
	return w.give(ctx, it, g)
}

// hopeless says why provisioning is not tried any longer, or "". Before freed it
// was not tried at all.
func (w *Worker) hopeless(g approvals.Grant, freed time.Time) string {
	begun := g.CreatedAt
	for _, later := range []time.Time{g.StartsAt, freed} {
		if later.After(begun) {
			begun = later
		}
	}
	switch age := w.Now().Sub(begun); {
	case age > w.GiveUp:
		return fmt.Sprintf("Access could not be given within %s. %s", approvals.Span(w.GiveUp), g.LastError)
	case g.Attempts >= provisionTries:
		return fmt.Sprintf("Access could not be given in %d tries. %s", g.Attempts, g.LastError)
	}
	return ""
}

// precheck learns what was there before the first effect. While another grant
// of the holding is live, the system cannot tell what was there before from
// what that grant gave, but it can: it looked when it came first.
func (w *Worker) precheck(ctx context.Context, it *item, g approvals.Grant) (present bool, stop *step) {
	others, err := w.sharing(ctx, g)
	if err != nil {
		s := w.retried(ctx, it, err)
		return false, &s
	}
	shared := false
	for _, o := range others {
		if shared = shared || o.Prechecked; o.Prechecked && o.Standing {
			return true, nil
		}
	}
	if shared {
		return false, nil
	}
	p, fail := ask(ctx, it.pool, "check", func(ctx context.Context) (approvals.Presence, error) { return it.pool.conn.Check(ctx, g, nil) })
	if fail != nil {
		s := w.provisionTrouble(ctx, it, g, "check", fail)
		return false, &s
	}
	return p.Present, nil
}

// waitForRemoval holds a grant back while another of the same holding is being
// taken away: its removal could take ours along. Each side stores its state
// before it looks at the other's, so that one of them sees the other.
func (w *Worker) waitForRemoval(ctx context.Context, it *item, g approvals.Grant) (step, bool) {
	others, err := w.sharing(ctx, g)
	if err != nil {
		return w.retried(ctx, it, err), true
	}
	it.shared = slices.ContainsFunc(others, func(o approvals.Grant) bool { return o.State == approvals.GrantActive })
	for _, o := range others {
		if !w.removing(o) {
			continue
		}
		if o.Attempts > 0 { // it may pause for long. Who has it in hand keeps it: a second call beside theirs could land after we gave
			if err := w.Store.Hasten(ctx, approvals.Task{Kind: approvals.TaskRevoke, Key: string(o.ID), RunAt: w.Now()}); err != nil {
				return w.retried(ctx, it, err), true
			}
		}
		return again(w.Now().Add(firstPause)), true
	}
	return step{}, false
}

// removing reports whether a grant's access is being taken away right now, or
// is about to be.
func (w *Worker) removing(g approvals.Grant) bool {
	if !g.Prechecked || g.Standing {
		return false
	}
	return g.State == approvals.GrantRevoking ||
		g.State == approvals.GrantResidual && !w.Now().Before(g.ResidualUntil.Add(-residualNear))
}

// give calls the connector and reads back whether access works. An answer that
// got lost is resolved by the read-back.
func (w *Worker) give(ctx context.Context, it *item, g approvals.Grant) step {
	if !w.Now().Before(g.CallUntil.Add(-callSettles)) { // this machine was asleep: nobody waits for this call any longer
		return again(w.Now())
	}
	grant := func(ctx context.Context) (approvals.Receipt, error) { return it.pool.conn.Grant(ctx, g) }
	receipt, fail := call(ctx, it.pool, "grant", grant)
	if fail != nil && fail.Kind != approvals.Ambiguous {
		return w.provisionTrouble(ctx, it, g, "grant", fail)
	}
	return w.activate(ctx, it, g, receipt)
}

// giveAgain looks whether an earlier call gave access, and calls only if it did
// not: a second call that lands after somebody ended the grant would give it
// anew. What another grant gave looks the same, so that beside one it calls.
func (w *Worker) giveAgain(ctx context.Context, it *item, g approvals.Grant) step {
	others, err := w.sharing(ctx, g)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	if slices.ContainsFunc(others, backs) {
		return w.give(ctx, it, g)
	}
	p, fail := ask(ctx, it.pool, "check", func(ctx context.Context) (approvals.Presence, error) { return it.pool.conn.Check(ctx, g, nil) })
	switch {
	case fail != nil:
		return w.provisionTrouble(ctx, it, g, "check", fail)
	case p.Present:
		return w.works(ctx, it, g, nil, p)
	}
	return w.give(ctx, it, g)
}

// activate starts the clock once the system says that access works.
func (w *Worker) activate(ctx context.Context, it *item, g approvals.Grant, receipt approvals.Receipt) step {
	p, fail := w.readBack(ctx, it, g, receipt, true)
	if fail == nil && !p.Present {
		fail = &failure{Kind: approvals.Retryable, After: firstPause, Message: "The system took the call, but access is not there yet."}
	}
	if fail != nil {
		return w.provisionTrouble(ctx, it, g, "check", fail)
	}
	return w.works(ctx, it, g, receipt, p)
}

// works stores that access is there, as was read back.
func (w *Worker) works(ctx context.Context, it *item, g approvals.Grant, receipt approvals.Receipt, p approvals.Presence) step {
	word := "present: " + p.Detail
	if g.Standing {
		word = "standing: " + p.Detail
	}
	active, err := w.Service.Activate(ctx, g.ID, receipt, word)
	if approvals.ErrorCode(err) == approvals.CodeConflict {
		active, err = w.Store.Grant(ctx, g.ID)
	}
	if err != nil {
		g.Receipt = receipt
		w.unrecorded.note(g, it.shared)
		return w.retried(ctx, it, err)
	}
	w.unrecorded.forget(g.ID)
	switch active.State {
	case approvals.GrantActive:
		return w.setEnd(ctx, it, active)
	case approvals.GrantProvisioning:
		return again(w.Now().Add(conflictPause))
	default: // ended while the call was under way
		return w.late(ctx, it, active, receipt)
	}
}

// setEnd gives the system the end date, where it can keep one, so that access
// ends even if nobody is there to end it. Standing access gets none. An end that
// moves while a call is under way has a task of its own, whose call may arrive
// before this one: so it looks again, and goes on until what it set is the end.
func (w *Worker) setEnd(ctx context.Context, it *item, g approvals.Grant) step {
	expirer, ok := it.pool.conn.(approvals.Expirer)
	if !ok || g.Standing || g.Expired(w.Now()) {
		return unasked
	}
	for set := (time.Time{}); ; {
		live, err := w.Store.LiveGrants(ctx, g.Principal, "")
		if err != nil {
			return w.retried(ctx, it, err)
		}
		i := slices.IndexFunc(live, func(o approvals.Grant) bool { return o.ID == g.ID })
		if i < 0 || live[i].State != approvals.GrantActive || live[i].Expired(w.Now()) { // its revocation sees to the rest
			return finished
		}
		g = live[i]
		others := w.alike(live, g)
		if slices.ContainsFunc(others, func(o approvals.Grant) bool { return o.Standing && backs(o) }) {
			return finished
		}
		end := nativeEnd(g, others)
		if end.Equal(set) {
			return finished
		}
		_, fail := ask(ctx, it.pool, "set_end", func(ctx context.Context) (struct{}, error) {
			return struct{}{}, expirer.SetEnd(ctx, g, g.Receipt, end)
		})
		if fail != nil {
			s := w.trouble(ctx, it, g, "set_end", fail, provisionPause)
			if fail.Kind == approvals.Permanent || fail.Kind == approvals.Misconfigured {
				return finished
			}
			return s
		}
		set = end
	}
}

// provisionTrouble tries again, or ends what cannot come to anything.
func (w *Worker) provisionTrouble(ctx context.Context, it *item, g approvals.Grant, operation string, f *failure) step {
	if f.Kind == approvals.Permanent || f.Kind == approvals.Misconfigured {
		w.Logger.WarnContext(ctx, "access cannot be given", "connector", it.pool.name, "operation", operation, "grant", g.ID, "kind", f.Kind, "error", f.Message)
		return w.failed(ctx, it, g, f.Message)
	}
	return w.trouble(ctx, it, g, operation, f, provisionPause)
}

func (w *Worker) failed(ctx context.Context, it *item, g approvals.Grant, why string) step {
	_, err := w.Service.ProvisionFailed(ctx, g.ID, why)
	return w.retried(ctx, it, err)
}
