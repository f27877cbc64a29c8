package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

const (
	// lookFor is how long one task looks at a system. It then puts the next task,
	// as much later as it took: looking takes half of a slot at most, and what is
	// more urgent goes first in between.
	lookFor = 2 * time.Second
	// checkAtMost is how many grants whose access a list lacks are checked one by
	// one in one look.
	checkAtMost = 20
)

// resource is what can be had of one resource, level by level: looked at
// together, a role that was changed is told from one that was given.
type resource struct {
	name   string
	levels []approvals.Entitlement
}

// observe asks one connector who holds what now, for the score's peers and for
// people who look, and compares it with the grants. What cannot be listed keeps
// its last known holders. A task's key ends in the resource that the one before
// it came to: "observe/NAME@TICK#RESOURCE".
func (w *Worker) observe(ctx context.Context, it *item, connector string) step {
	if it.pool.conn == nil {
		return finished
	}
	key := it.lease.Key
	begin, after, _ := strings.Cut(key, "#")
	all, err := w.Service.Catalogue.All(ctx)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	people, err := w.Service.Directory.People(ctx)
	if err != nil {
		return w.retried(ctx, it, err)
	}
	all = slices.DeleteFunc(all, func(e approvals.Entitlement) bool { return e.Connector != connector })
	twins, begun := w.twinsOf(all), w.Now()
	resources := resourcesOf(all, after)
	for i, r := range resources {
		answered, err := w.lookAt(ctx, it, r, twins, people)
		if err != nil {
			return w.retried(ctx, it, err)
		}
		if !answered {
			return finished // it is asked again with the next tick
		}
		if took := w.Now().Sub(begun); took >= lookFor && i+1 < len(resources) {
			_, err := w.Store.Tick(ctx, approvals.Task{Kind: approvals.TaskSweep, Key: begin + "#" + r.name, RunAt: w.Now().Add(took)})
			return w.retried(ctx, it, err)
		}
	}
	return w.compared(ctx, it, connector)
}

// resourcesOf groups entitlements by resource, those after a name, by name.
func resourcesOf(all []approvals.Entitlement, after string) (rs []resource) {
	by := map[string][]approvals.Entitlement{}
	for _, e := range all {
		by[e.Resource] = append(by[e.Resource], e)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if name > after || after == "" {
			rs = append(rs, resource{name, by[name]})
		}
	}
	return rs
}

// twins are the entitlements that mean the same holding; the first by id stands
// for them.
type twins map[approvals.EntitlementID][]approvals.Entitlement

func (w *Worker) twinsOf(all []approvals.Entitlement) twins {
	t, same := twins{}, map[string][]approvals.Entitlement{}
	for _, e := range all {
		key := fmt.Sprint(e.Target) // in the order of its keys
		if h, ok := w.Service.Holders[e.Connector]; ok {
			if name, ok := h.Holding("", e.Target); ok {
				key = name
			}
		}
		same[key] = append(same[key], e)
	}
	for _, es := range same {
		for _, e := range es {
			t[e.ID] = slices.DeleteFunc(slices.Clone(es), func(o approvals.Entitlement) bool { return o.ID == e.ID })
		}
	}
	return t
}

// stands reports whether an entitlement stands for its twins. What it declares
// then holds for all: standing access of any, and a repair that all agree on.
func (t twins) stands(e approvals.Entitlement) (approvals.Entitlement, []approvals.EntitlementID, bool) {
	var ids []approvals.EntitlementID
	first := true
	for _, o := range t[e.ID] {
		ids, first = append(ids, o.ID), first && e.ID < o.ID
		e.Standing = slices.Concat(e.Standing, o.Standing)
		if o.Drift != e.Drift {
			e.Drift = approvals.DriftReport
		}
	}
	return e, ids, first
}

// lookAt lists the levels of one resource and compares them with the grants.
func (w *Worker) lookAt(ctx context.Context, it *item, r resource, t twins, people []approvals.Principal) (answered bool, err error) {
	var looks []approvals.Look
	for _, e := range r.levels {
		l := approvals.Look{At: w.Now()}
		held, fail := ask(ctx, it.pool, "list", func(ctx context.Context) ([]approvals.Holding, error) { return it.pool.conn.List(ctx, e) })
		if fail != nil {
			w.Logger.WarnContext(ctx, "a system does not say who holds an entitlement", "connector", it.pool.name, "entitlement", e.ID, "error", fail.Message)
			if unanswered(fail) {
				return false, nil
			}
			continue
		}
		l.Entitlement, l.Listed = e, w.owned(held, e, people)
		if l.Before, err = w.Store.Listed(ctx, e.ID); err != nil {
			return false, err
		}
		looks = append(looks, l)
	}
	replaced := map[approvals.PrincipalID]approvals.EntitlementID{}
	for i := range looks {
		looks[i].Replaced = replaced
		if answered, err := w.confirm(ctx, it, &looks[i], t); err != nil || !answered {
			return answered, err
		}
	}
	for _, l := range looks {
		believed := true
		if e, ids, first := t.stands(l.Entitlement); first {
			l.Entitlement, l.Twins = e, ids
			if believed, err = w.Service.Compare(ctx, l); err != nil {
				return false, err
			}
		}
		if !believed {
			w.Logger.ErrorContext(ctx, "a list is too short to be believed", "connector", it.pool.name, "entitlement", l.Entitlement.ID,
				"listed", len(l.Listed), "before", len(l.Before))
			continue
		}
		if err := w.Store.SaveHoldings(ctx, l.Entitlement.ID, l.Listed); err != nil {
			return false, err
		}
	}
	return true, nil
}

// confirm checks the grants whose access a list lacks one by one, since a list
// can be older than they are, or leave something out.
func (w *Worker) confirm(ctx context.Context, it *item, l *approvals.Look, t twins) (answered bool, err error) {
	e, ids, first := t.stands(l.Entitlement)
	if !first {
		return true, nil
	}
	missing, err := w.Service.Missing(ctx, approvals.Look{Entitlement: e, Twins: ids, Listed: l.Listed, Before: l.Before, At: l.At})
	if err != nil {
		return false, err
	}
	for _, g := range missing[:min(len(missing), checkAtMost)] {
		p, fail := ask(ctx, it.pool, "check", func(ctx context.Context) (approvals.Presence, error) { return it.pool.conn.Check(ctx, g, g.Receipt) })
		switch {
		case fail != nil && unanswered(fail):
			return false, nil
		case fail == nil && !p.Present:
			l.Gone = append(l.Gone, g)
			l.Replaced[g.Principal] = e.ID
		}
	}
	return true, nil
}

// owned says whose the listed accounts are.
func (w *Worker) owned(held []approvals.Holding, e approvals.Entitlement, people []approvals.Principal) []approvals.Holding {
	owners := accounts(people, e.System)
	for i := range held {
		held[i].Entitlement = e.ID
		held[i].Principal = owners[strings.ToLower(held[i].Account)]
		if held[i].AsOf.IsZero() {
			held[i].AsOf = w.Now()
		}
	}
	return held
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
