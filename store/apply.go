package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Apply stores a change whole, or not at all. See approvals.Store. What is
// inserted gets version 1, what is swapped the given version plus one. Two
// tasks of one kind and key count as the last of them; a task that is both
// cancelled and put is put. When ctx ends first the change may still be made,
// and the error's sentence says so.
func (s *Store) Apply(ctx context.Context, c approvals.Change) error {
	if err := c.Validate(); err != nil {
		return err
	}
	return s.submit(ctx, "apply a change", &pending{change: c})
}

// writer stores one or several changes inside one transaction.
type writer struct {
	store *Store
	tx    *sql.Tx
	ctx   context.Context // of the transaction: a writer lives no longer
}

// write stores changes that do not touch the same things. What waits for the
// audit log's lock comes last, so that it is held briefly.
func (w *writer) write(changes ...approvals.Change) error {
	all := merge(changes)
	steps := []func(approvals.Change) error{
		w.requests, w.grants, w.bindings, w.decisions, w.summaries, w.comments, w.breakGlass, w.drift, w.journaled, w.restores, w.accepted, w.reviews, w.spend, w.tasks,
		func(approvals.Change) error { return w.logged(changes) },
		w.notices,
		func(approvals.Change) error { return w.store.publish(w.ctx, w.tx, announced(changes)) },
	}
	for _, step := range steps {
		if err := step(all); err != nil {
			return err
		}
	}
	return nil
}

// merge puts changes behind each other.
func merge(changes []approvals.Change) approvals.Change {
	if len(changes) == 1 {
		return changes[0]
	}
	var all approvals.Change
	for _, c := range changes {
		all.Requests = append(all.Requests, c.Requests...)
		all.Grants = append(all.Grants, c.Grants...)
		all.Bindings = append(all.Bindings, c.Bindings...)
		all.Decisions = append(all.Decisions, c.Decisions...)
		all.Summaries = append(all.Summaries, c.Summaries...)
		all.Comments = append(all.Comments, c.Comments...)
		all.BreakGlass = append(all.BreakGlass, c.BreakGlass...)
		all.Drift = append(all.Drift, c.Drift...)
		all.Baselines = append(all.Baselines, c.Baselines...)
		all.Journal = append(all.Journal, c.Journal...)
		all.Restores = append(all.Restores, c.Restores...)
		all.Accepted = append(all.Accepted, c.Accepted...)
		all.Tasks = append(all.Tasks, c.Tasks...)
		all.Cancel = append(all.Cancel, c.Cancel...)
		all.Notices = append(all.Notices, c.Notices...)
		all.Spend = append(all.Spend, c.Spend...)
		all.Campaigns = append(all.Campaigns, c.Campaigns...)
		all.Items = append(all.Items, c.Items...)
		all.Exceptions = append(all.Exceptions, c.Exceptions...)
		all.Lapses = append(all.Lapses, c.Lapses...)
	}
	return all
}

// insert stores new rows; taken is what a person is told when one is there.
func (w *writer) insert(t *table, rows [][]any, taken string) error {
	err := w.put(t, rows, "")
	if err != nil && w.store.dialect.faultOf(err) == faultUnique {
		return &approvals.Error{Code: approvals.CodeDuplicate, Message: taken, Err: err}
	}
	return err
}

// put stores rows; onConflict says what to do with those that are there.
func (w *writer) put(t *table, rows [][]any, onConflict string) error {
	return t.insert(w.ctx, w.tx, w.store.dialect, rows, onConflict)
}

// swap replaces rows by compare-and-swap. Rows are taken in the order of their
// keys, so that two transactions never wait for each other.
func (w *writer) swap(t *table, what string, rows map[string][]any) error {
	if len(rows) == 0 {
		return nil
	}
	keys := slices.Sorted(maps.Keys(rows))
	ordered := make([][]any, len(keys))
	for i, k := range keys {
		ordered[i] = rows[k]
	}
	swapped, err := t.swap(w.ctx, w.tx, w.store.dialect, ordered)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !swapped[k] {
			return approvals.Errorf(approvals.CodeConflict, "%s %s was changed in the meantime; look at it again.",
				what, strings.ReplaceAll(k, "\x00", "/"))
		}
	}
	return nil
}

func (w *writer) requests(c approvals.Change) error {
	var created [][]any
	changed := make(map[string][]any)
	var settled []string
	for _, r := range c.Requests {
		row, err := requestRow(r)
		if err != nil {
			return err
		}
		if r.Version == 0 {
			created = append(created, row)
			continue
		}
		if _, twice := changed[string(r.ID)]; twice {
			return approvals.Errorf(approvals.CodeInternal, "Request %s is changed twice in one change.", r.ID)
		}
		changed[string(r.ID)] = row
		if r.State.Final() {
			settled = append(settled, string(r.ID))
		}
	}
	if err := w.insert(requestTable, created, "This request was stored already, under the same id or key."); err != nil {
		return err
	}
	if err := w.swap(requestTable, "Request", changed); err != nil {
		return err
	}
	return w.clearAskings(settled)
}

func (w *writer) grants(c approvals.Change) error {
	var created [][]any
	changed := make(map[string][]any)
	for _, g := range c.Grants {
		row, err := grantRow(g)
		if err != nil {
			return err
		}
		if g.Version == 0 {
			created = append(created, row)
			continue
		}
		if _, twice := changed[string(g.ID)]; twice {
			return approvals.Errorf(approvals.CodeInternal, "Grant %s is changed twice in one change.", g.ID)
		}
		changed[string(g.ID)] = row
	}
	if err := w.insert(grantTable, created, "This grant was stored already, under the same id."); err != nil {
		return err
	}
	return w.swap(grantTable, "Grant", changed)
}

func (w *writer) bindings(c approvals.Change) error {
	var created [][]any
	changed := make(map[string][]any)
	for _, b := range c.Bindings {
		if b.Version == 0 {
			created = append(created, bindingRow(b))
			continue
		}
		key := joinKey(b.Door, b.Workspace, b.Subject)
		if _, twice := changed[key]; twice {
			return approvals.Errorf(approvals.CodeInternal, "A binding is changed twice in one change.")
		}
		changed[key] = bindingRow(b)
	}
	if err := w.insert(bindingTable, created, "This account is bound already."); err != nil {
		return err
	}
	return w.swap(bindingTable, "Binding", changed)
}

// decisions appends decisions, and notes who may answer now where the request
// is still open.
func (w *writer) decisions(c approvals.Change) error {
	settled := make(map[approvals.RequestID]bool)
	for _, r := range c.Requests {
		settled[r.ID] = r.State.Final()
	}
	var rows, askings [][]any
	var again []string
	for _, d := range c.Decisions {
		row, err := decisionRow(d)
		if err != nil {
			return err
		}
		rows = append(rows, row)
		if settled[d.Request] {
			continue
		}
		if d.Sequence > 1 {
			again = append(again, string(d.Request))
		}
		for _, a := range d.Approvers {
			askings = append(askings, []any{string(d.Request), string(a)})
		}
	}
	if err := w.insert(decisionTable, rows, "This decision was stored already."); err != nil {
		return err
	}
	if err := w.clearAskings(again); err != nil {
		return err
	}
	return w.put(askingTable, askings, " ON CONFLICT DO NOTHING")
}

func (w *writer) clearAskings(requests []string) error {
	if len(requests) == 0 {
		return nil
	}
	among, args := w.store.dialect.among(requests)
	_, err := execute(w.ctx, w.tx, "DELETE FROM askings WHERE request_id"+among, args...)
	return err
}

func (w *writer) summaries(c approvals.Change) error {
	latest := make(map[string][]any)
	for _, s := range c.Summaries {
		latest[string(s.Request)] = []any{string(s.Request), s.Text, s.Model, s.Prompt, at(s.At)}
	}
	return w.put(summaryTable, slices.Collect(maps.Values(latest)),
		" ON CONFLICT (request_id) DO UPDATE SET text = excluded.text, model = excluded.model, prompt = excluded.prompt, at = excluded.at")
}
