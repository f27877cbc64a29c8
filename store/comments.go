package store

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
)

func (w *writer) comments(c approvals.Change) error {
	var rows [][]any
	for _, m := range c.Comments {
		rows = append(rows, []any{m.ID, string(m.Request), string(m.Author), m.Text, at(m.At), m.Key, m.Below})
	}
	return w.insert(commentTable, rows, "This comment was stored already, under the same id or key.")
}

// Comments lists what was said about a request, oldest first.
func (s *Store) Comments(ctx context.Context, id approvals.RequestID) ([]approvals.Comment, error) {
	return list(ctx, s, "list comments", func(scan scan) (m approvals.Comment, err error) {
		var said stamp
		err = scan(&m.ID, &m.Request, &m.Author, &m.Text, &said, &m.Key, &m.Below)
		m.At = said.Time
		return m, err
	}, "SELECT "+commentTable.list("")+" FROM comments WHERE request_id = $1 ORDER BY at, id", string(id))
}
