package store

import (
	"context"
	"database/sql"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// hashPage is how many events of an earlier version are hashed in one
// transaction.
const hashPage = 1024

// hashEvents gives the events of an earlier version their leaf hashes, byte for
// byte as they are stored, and makes the tree over them. It may be broken off
// and run again, also by several processes at once: writers have to wait only
// for the last page.
func (s *Store) hashEvents(ctx context.Context) error {
	const op = "hash the audit events of an earlier version"
	heads, err := collect(ctx, s.db, readHead, selectHead)
	if err != nil || len(heads) != 1 || heads[0].frontier != nil || heads[0].sequence == 0 {
		return s.dialect.wrap(op, err) // a lost head row is said by whoever writes next
	}
	var tree auditlog.Frontier
	for done := false; !done; {
		before := tree.Clone()
		err := s.transact(ctx, op, func(tx *sql.Tx) (err error) {
			tree = before.Clone()
			done, err = s.hashPage(ctx, tx, &tree)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hashPage hashes the events that follow the tree, and reports whether nothing
// is left to do. The last page is hashed under the lock of the head row.
func (s *Store) hashPage(ctx context.Context, tx *sql.Tx, tree *auditlog.Frontier) (done bool, err error) {
	w := &writer{store: s, tx: tx, ctx: ctx}
	page, err := w.unhashed(tree)
	if err != nil || page == hashPage {
		return false, err
	}
	heads, err := collect(ctx, tx, readHead, selectHead+s.dialect.lockRow)
	if err != nil || len(heads) != 1 || heads[0].frontier != nil {
		return true, err
	}
	if _, err := w.unhashed(tree); err != nil { // what was written until the lock was got
		return false, err
	}
	if tree.Size() != heads[0].sequence {
		return true, approvals.Errorf(approvals.CodeInternal,
			"The audit log ends with event %d and says that it has %d: it was changed before this version. Restore the database.", tree.Size(), heads[0].sequence)
	}
	_, err = execute(ctx, tx, "UPDATE event_head SET frontier = $1 WHERE id = 1", tree.Bytes())
	return true, err
}

// unhashed hashes one page, and says how many events it had.
func (w *writer) unhashed(tree *auditlog.Frontier) (int, error) {
	records, err := collect(w.ctx, w.tx, readRecord,
		"SELECT sequence, body, leaf FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2", tree.Size(), int64(hashPage))
	if err != nil {
		return 0, err
	}
	var rows [][]any
	for _, r := range records {
		if r.Sequence != tree.Size()+1 {
			return 0, approvals.Errorf(approvals.CodeInternal,
				"The audit log has a gap before event %d: it was changed before this version. Restore the database.", r.Sequence)
		}
		leaf := auditlog.LeafHash(r.Body)
		tree.Append(leaf)
		if r.Leaf == nil {
			rows = append(rows, []any{r.Sequence, leaf[:]})
		}
	}
	err = leafTable.run(w.ctx, w.tx, w.store.dialect, rows, "WITH v (sequence, leaf) AS (",
		") UPDATE events SET leaf = v.leaf FROM v WHERE events.sequence = v.sequence AND events.leaf IS NULL")
	return len(records), err
}

// readRecord reads an event as it was hashed.
func readRecord(scan scan) (r auditlog.Record, err error) {
	var body string
	var leaf []byte
	if err := scan(&r.Sequence, &body, &leaf); err != nil {
		return r, err
	}
	r.Body = []byte(body)
	if len(leaf) == len(auditlog.Hash{}) {
		h := auditlog.Hash(leaf)
		r.Leaf = &h
	}
	return r, nil
}
