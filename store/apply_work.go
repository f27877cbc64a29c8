package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// tasks cancels and puts tasks. A cancelled row stays, finished, with a new
// attempt: a lease from before can never be taken for one of after.
func (w *writer) tasks(c approvals.Change) error {
	now := at(w.store.now())
	var over, rows [][]any
	for _, t := range distinct(c.Cancel) {
		over = append(over, []any{string(t.Kind), t.Key, now})
	}
	_, err := cancelTable.touch(w.ctx, w.tx, w.store.dialect, over, `SET done_at = v.done_at, attempt = tasks.attempt + 1, leased_until = NULL FROM v
		WHERE tasks.kind = v.kind AND tasks.key = v.key AND tasks.done_at IS NULL`)
	if err != nil {
		return err
	}
	for _, t := range distinct(c.Tasks) {
		rows = append(rows, []any{string(t.Kind), t.Key, at(t.RunAt)})
	}
	return w.put(taskTable, rows, ` ON CONFLICT (kind, key) DO UPDATE SET run_at = excluded.run_at,
		attempt = tasks.attempt + CASE WHEN tasks.leased_until IS NULL THEN 0 ELSE 1 END,
		leased_until = NULL, holder = NULL, done_at = NULL, last_error = ''`)
}

// distinct keeps the last task of each kind and key, ordered by both, so that
// transactions lock rows in one order.
func distinct(tasks []approvals.Task) []approvals.Task {
	type id struct {
		kind approvals.TaskKind
		key  string
	}
	last := make(map[id]int, len(tasks))
	for i, t := range tasks {
		last[id{t.Kind, t.Key}] = i
	}
	var kept []approvals.Task
	for i, t := range tasks {
		if last[id{t.Kind, t.Key}] == i {
			kept = append(kept, t)
		}
	}
	slices.SortFunc(kept, func(a, b approvals.Task) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return kept
}

// notices come after the audit log's lock, so that their ids are in the order
// of the events that they tell of.
func (w *writer) notices(c approvals.Change) error {
	now := at(w.store.now())
	var rows [][]any
	var homes []string
	drawn := map[string]bool{}
	for _, n := range c.Notices {
		if n.Kind == approvals.NoticeHome {
			if drawn[n.Slot] {
				continue
			}
			drawn[n.Slot] = true
			homes = append(homes, n.Slot)
		}
		rows = append(rows, []any{n.Slot, n.Order, string(n.Kind), string(n.Request), string(n.Grant), string(n.To), n.Channel, n.Words, now})
	}
	if len(homes) > 0 { // a Home tab is drawn as things are then: there is no need of one that waits already
		among, args := w.store.dialect.among(homes)
		query := "DELETE FROM notices WHERE kind = 'home' AND leased_until IS NULL AND slot" + among
		if _, err := execute(w.ctx, w.tx, query, w.store.dialect.planned(args)...); err != nil {
			return err
		}
	}
	return w.put(noticeTable, rows, "")
}

// params is "$2, $3" for two of them from 2 on.
func params(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(from+i))
	}
	return b.String()
}
