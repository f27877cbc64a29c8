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
	cancel := distinct(c.Cancel)
	for n := range w.store.dialect.chunks(len(cancel)) {
		args := []any{at(w.store.now())}
		for _, t := range cancel[:n] {
			args = append(args, string(t.Kind), t.Key)
		}
		pairs := make([]string, n)
		for i := range pairs {
			pairs[i] = "(" + params(2+2*i, 2) + ")"
		}
		query := "UPDATE tasks SET done_at = $1, attempt = attempt + 1, leased_until = NULL WHERE done_at IS NULL AND (kind, key) IN (VALUES " +
			strings.Join(pairs, ", ") + ")"
		if _, err := execute(w.ctx, w.tx, query, args...); err != nil {
			return err
		}
		cancel = cancel[n:]
	}
	var rows [][]any
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
	now := w.store.now()
	var rows [][]any
	var homes []any
	for _, n := range c.Notices {
		if n.Kind == approvals.NoticeHome && !slices.Contains(homes, any(n.Slot)) {
			homes = append(homes, n.Slot)
		}
		rows = append(rows, []any{n.Slot, n.Order, string(n.Kind), string(n.Request), string(n.Grant), string(n.To), n.Channel, n.Words, at(now)})
	}
	if err := w.put(noticeTable, rows, ""); err != nil || len(homes) == 0 {
		return err
	}
	_, err := execute(w.ctx, w.tx, `DELETE FROM notices WHERE kind = 'home' AND leased_until IS NULL AND slot IN (`+params(1, len(homes))+`)
		AND EXISTS (SELECT 1 FROM notices later WHERE later.kind = 'home' AND later.slot = notices.slot AND later.leased_until IS NULL AND later.id > notices.id)`, homes...)
	return err
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
