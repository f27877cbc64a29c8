package lifecycle

import (
	"context"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// observe asks one connector who holds what now, for the score's peers and for
// people who look. It changes no grant. What cannot be listed keeps its last
// known holders.
func (w *Worker) observe(ctx context.Context, it *item, connector string) step {
	entitlements, err := w.Service.Catalogue.All(ctx)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	people, err := w.Service.Directory.People(ctx)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	for _, e := range entitlements {
		if e.Connector != connector || it.pool.conn == nil {
			continue
		}
		held, fail := ask(ctx, it.pool, func(ctx context.Context) ([]approvals.Holding, error) { return it.pool.conn.List(ctx, e) })
		if fail != nil {
			w.Logger.WarnContext(ctx, "a system does not say who holds an entitlement", "connector", connector, "entitlement", e.ID, "error", fail.Message)
			if unanswered(fail) {
				return finished // it is asked again with the next tick
			}
			continue
		}
		owners := accounts(people, e.System)
		for i := range held {
			held[i].Entitlement = e.ID
			held[i].Principal = owners[strings.ToLower(held[i].Account)]
			if held[i].AsOf.IsZero() {
				held[i].AsOf = w.Now()
			}
		}
		if err := w.Store.SaveHoldings(ctx, e.ID, held); err != nil {
			return w.retried(ctx, it, err)
		}
	}
	return finished
}

// accounts maps account names in a system, in lower case, to people. A name
// that two people claim is nobody's.
func accounts(people []approvals.Principal, system string) map[string]approvals.PrincipalID {
	owners := make(map[string]approvals.PrincipalID, len(people))
	for _, p := range people {
		name := strings.ToLower(p.Account(system))
		if name == "" {
			continue
		}
		if _, taken := owners[name]; taken {
			owners[name] = ""
			continue
		}
		owners[name] = p.ID
	}
	return owners
}
