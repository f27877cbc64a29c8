package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/hallpass-dev/hallpass/store/auditlog"
	"golang.org/x/mod/sumdb/note"
)

// VerifyLog looks at all that the database has of the audit log: every event
// with its columns, its hash and its texts, the tree, the head, and every
// checkpoint, against the keys and against checkpoints known from elsewhere. An
// error means that it could not be read; what is wrong is in the report.
func (s *Store) VerifyLog(ctx context.Context, keys note.Verifiers, known ...[]byte) (report auditlog.Report, err error) {
	if err := s.usable(); err != nil {
		return report, err
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return report, s.dialect.wrap("verify the audit log", err)
	}
	defer func() { _ = conn.Close() }() // It goes back to the pool.
	// One look at the database, however much is written meanwhile.
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.snapshot, ReadOnly: true})
	if err != nil {
		return report, s.dialect.wrap("verify the audit log", err)
	}
	defer func() { _ = tx.Rollback() }()
	return s.verifyLog(ctx, conn, tx, keys, known)
}

// verifyLog is VerifyLog inside a transaction on a connection.
func (s *Store) verifyLog(ctx context.Context, conn *sql.Conn, tx *sql.Tx, keys note.Verifiers, known [][]byte) (report auditlog.Report, err error) {
	heads, err := collect(ctx, tx, readHead, selectHead)
	if err != nil || len(heads) != 1 {
		return report, s.dialect.wrap("verify the audit log", errors.Join(err, errors.New("there is not one head row")))
	}
	checkpoints, err := collect(ctx, tx, readCheckpoint, "SELECT size, at, note FROM checkpoints ORDER BY size")
	if err != nil {
		return report, s.dialect.wrap("verify the audit log", err)
	}
	extra := &derived{ctx: ctx, tx: tx, nodes: map[nodePlace]auditlog.Hash{}, head: heads[0]}
	log := auditlog.Log{First: 1, Last: heads[0].sequence, Known: known, Records: s.records(ctx, conn, tx, extra), Perfect: extra.node, Tree: func(t auditlog.Frontier) { extra.tree = t }}
	for _, c := range checkpoints {
		log.Checkpoints = append(log.Checkpoints, c.Note)
		extra.checkpoint(c)
	}
	report, err = auditlog.Verify(ctx, log, keys)
	if err == nil {
		err = extra.finish()
	}
	if err != nil {
		return report, s.dialect.wrap("verify the audit log", err)
	}
	for _, f := range extra.findings {
		report.Add(f)
	}
	return report, nil
}

// derived compares what the database keeps of the tree with the events.
type derived struct {
	ctx      context.Context
	tx       *sql.Tx
	head     logHead
	tree     auditlog.Frontier // as it follows from the kept leaf hashes
	nodes    map[nodePlace]auditlog.Hash
	findings []auditlog.Finding
}

// nodePlace is where a stored node stands.
type nodePlace struct{ height, position int64 }

func (d *derived) find(kind auditlog.Kind, at int64, format string, args ...any) {
	d.findings = append(d.findings, auditlog.Finding{Kind: kind, From: at, To: at, Words: fmt.Sprintf(format, args...)})
}

// checkpoint compares the columns of a checkpoint with its note.
func (d *derived) checkpoint(p SignedCheckpoint) {
	said, err := auditlog.Peek(p.Note)
	if err == nil && (said.Size != p.Size || !said.At.Equal(p.At)) {
		d.find(auditlog.BadCheckpoint, p.Size, "a checkpoint of %d events is kept as one of %d", said.Size, p.Size)
	}
}

// textsBetween reads the texts of a range of events.
func textsBetween(ctx context.Context, q querier, from, to int64) (map[int64][]auditlog.Text, error) {
	all, err := collect(ctx, q, func(scan scan) (t auditlog.Text, err error) {
		return t, scan(&t.Sequence, &t.Name, &t.Salt, &t.Text)
	}, "SELECT sequence, name, salt, text FROM texts WHERE sequence >= $1 AND sequence <= $2 ORDER BY sequence, name", from, to)
	texts := make(map[int64][]auditlog.Text)
	for _, t := range all {
		texts[t.Sequence] = append(texts[t.Sequence], t)
	}
	return texts, err
}

// node hears of the nodes that follow from the leaf hashes.
func (d *derived) node(height int, index int64, root auditlog.Hash) {
	if height%nodeStep == 0 {
		d.nodes[nodePlace{int64(height), index}] = root
	}
}

// finish compares the stored nodes and the head with what follows from the events.
func (d *derived) finish() error {
	if d.tree.Size() == d.head.sequence && !bytes.Equal(d.tree.Bytes(), d.head.frontier) {
		d.find(auditlog.DerivedChanged, max(1, d.head.sequence), "the head row's hashes are not those that follow from the events")
	}
	_, err := collect(d.ctx, d.tx, func(scan scan) (p nodePlace, err error) {
		var hash []byte
		if err := scan(&p.height, &p.position, &hash); err != nil {
			return p, err
		}
		want, ok := d.nodes[p]
		if !ok || !bytes.Equal(want[:], hash) {
			d.findings = append(d.findings, auditlog.Finding{Kind: auditlog.DerivedChanged, From: p.position<<p.height + 1, To: (p.position + 1) << p.height,
				Words: fmt.Sprintf("the stored node of height %d over them is not the one that follows from them", p.height)})
		}
		return p, nil
	}, "SELECT height, position, hash FROM event_nodes ORDER BY height, position")
	return err
}
