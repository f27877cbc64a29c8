package lifecycle

import (
	"context"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// mend repairs one drift, if that is still wanted.
func (w *Worker) mend(ctx context.Context, it *item, id approvals.DriftID) step {
	d, err := w.Store.Drift(ctx, id)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	wanted, err := w.Service.MayMend(ctx, d)
	if err != nil || !wanted {
		return w.retried(ctx, it, err)
	}
	if d.Repair == approvals.DriftRestore {
		return w.regive(ctx, it, d)
	}
	return w.takeAway(ctx, it, d)
}

// takeAway removes access that nobody granted, and reads back that it is gone.
func (w *Worker) takeAway(ctx context.Context, it *item, d approvals.Drift) step {
	removal, read, fail := w.proved(ctx, it, d.Holding())
	if fail != nil {
		return w.mendTrouble(ctx, it, d, "revoke", fail)
	}
	w.Logger.WarnContext(ctx, "access that nobody granted was taken away", "connector", it.pool.name, "entitlement", d.Entitlement, "account", d.Account)
	return w.retried(ctx, it, w.Service.Mended(ctx, d, removal, read))
}

// regive gives the access of an active grant again, and reads back that it
// works. If the grant was ended meanwhile, what was given is taken away again.
func (w *Worker) regive(ctx context.Context, it *item, d approvals.Drift) step {
	if fail := it.pool.admit(ctx); fail != nil {
		return w.mendTrouble(ctx, it, d, "grant", fail)
	}
	g, err := w.Service.Regive(ctx, d.Grant, w.Now().Add(it.pool.limits.CallTimeout+callSettles))
	if err != nil || g.State != approvals.GrantActive || g.Expired(w.Now()) {
		return w.retried(ctx, it, err)
	}
	receipt, fail := call(ctx, it.pool, "grant", func(ctx context.Context) (approvals.Receipt, error) { return it.pool.conn.Grant(ctx, g) })
	if fail != nil && fail.Kind != approvals.Ambiguous {
		return w.mendTrouble(ctx, it, d, "grant", fail)
	}
	p, fail := w.readBack(ctx, it, g, receipt, true)
	if fail == nil && !p.Present {
		fail = &failure{Kind: approvals.Retryable, After: firstPause, Message: "The system took the call, but access is not there yet."}
	}
	if fail != nil {
		return w.mendTrouble(ctx, it, d, "check", fail)
	}
	g, err = w.Service.Regiven(ctx, d, receipt, "present: "+p.Detail)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	if g.State != approvals.GrantActive {
		return w.late(ctx, it, g, receipt)
	}
	return w.setEnd(ctx, it, g)
}

// mendTrouble records a failed repair. It is tried again with growing pauses,
// and with each look.
func (w *Worker) mendTrouble(ctx context.Context, it *item, d approvals.Drift, operation string, f *failure) step {
	w.Logger.WarnContext(ctx, "a repair failed", "connector", it.pool.name, "operation", operation, "drift", d.ID, "failures", d.Attempts+1, "error", f.Message)
	if err := w.Service.MendFailed(ctx, d, operation, f.Message); err != nil && approvals.ErrorCode(err) != approvals.CodeConflict {
		w.Logger.WarnContext(ctx, "a failed repair could not be recorded", "drift", d.ID, "error", err)
	}
	return step{at: w.Now().Add(max(f.After, pause(d.Attempts+3, longestPause))), cause: f.Message, down: unanswered(f)}
}

// mends says which connector and drift a mend task is about.
func mends(key string) (connector string, id approvals.DriftID, ok bool) {
	rest, ok := strings.CutPrefix(key, approvals.MendKey)
	at := max(0, strings.LastIndexByte(rest, '@'))
	if !ok {
		return "", "", false
	}
	return rest[:at], approvals.DriftID(strings.TrimPrefix(rest[at:], "@")), true
}
