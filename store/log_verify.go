package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

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
	// One look at the database, however much is written meanwhile.
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.snapshot, ReadOnly: true})
	if err != nil {
		return report, s.dialect.wrap("verify the audit log", err)
	}
	defer func() { _ = tx.Rollback() }()
	return s.verifyLog(ctx, tx, keys, known)
}

// verifyLog is VerifyLog inside a transaction.
func (s *Store) verifyLog(ctx context.Context, tx *sql.Tx, keys note.Verifiers, known [][]byte) (report auditlog.Report, err error) {
	heads, err := collect(ctx, tx, readHead, selectHead)
	if err != nil || len(heads) != 1 {
		return report, s.dialect.wrap("verify the audit log", errors.Join(err, errors.New("there is not one head row")))
	}
	checkpoints, err := collect(ctx, tx, readCheckpoint, "SELECT size, at, note FROM checkpoints ORDER BY size")
	if err != nil {
		return report, s.dialect.wrap("verify the audit log", err)
	}
	extra := &columns{ctx: ctx, tx: tx, nodes: map[nodePlace]auditlog.Hash{}, head: heads[0]}
	log := auditlog.Log{First: 1, Last: heads[0].sequence, Known: known, Records: s.records(ctx, tx, extra), Perfect: extra.node, Tree: func(t auditlog.Frontier) { extra.tree = t }}
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

// columns compares what the database keeps beside the events with the events.
type columns struct {
	ctx      context.Context
	tx       *sql.Tx
	head     logHead
	tree     auditlog.Frontier // as it follows from the kept leaf hashes
	nodes    map[nodePlace]auditlog.Hash
	findings []auditlog.Finding
}

// nodePlace is where a stored node stands.
type nodePlace struct{ height, position int64 }

func (c *columns) find(kind auditlog.Kind, at int64, format string, args ...any) {
	c.findings = append(c.findings, auditlog.Finding{Kind: kind, From: at, To: at, Words: fmt.Sprintf(format, args...)})
}

// checkpoint compares the columns of a checkpoint with its note.
func (c *columns) checkpoint(p SignedCheckpoint) {
	said, err := auditlog.Peek(p.Note)
	if err == nil && (said.Size != p.Size || !said.At.Equal(p.At)) {
		c.find(auditlog.BadCheckpoint, p.Size, "a checkpoint of %d events is kept as one of %d", said.Size, p.Size)
	}
}

// event compares the columns of an event with its body.
func (c *columns) event(r auditlog.Record, row eventColumns) {
	want := map[string]string{"kind": row.kind, "request": row.request, "grant": row.grant, "at": row.at.UTC().Format(bodyTime)}
	err := auditlog.Members(r.Body, func(name, value []byte) {
		said, ok := want[string(name)]
		if !ok {
			return
		}
		delete(want, string(name))
		if !bytes.Equal(bytes.Trim(value, `"`), []byte(said)) && !sameText(value, said) {
			c.find(auditlog.ColumnChanged, r.Sequence, "its column for %s says %q and the event says %s", name, said, value)
		}
	})
	for name, value := range want {
		if err == nil && value != "" {
			c.find(auditlog.ColumnChanged, r.Sequence, "its column for %s says %q and the event says none", name, value)
		}
	}
}

// bodyTime is how an event's body says its time.
const bodyTime = "2006-01-02T15:04:05.999Z07:00"

// sameText compares JSON text that has escapes.
func sameText(value []byte, said string) bool {
	var text string
	return fromJSON(string(value), &text) == nil && text == said
}

type eventColumns struct {
	at                   stamp
	kind, request, grant string
}

// records are the events with their texts, as the database has them.
func (s *Store) records(ctx context.Context, tx *sql.Tx, c *columns) iter.Seq2[auditlog.Record, error] {
	return func(yield func(auditlog.Record, error) bool) {
		for after := int64(-1 << 62); ; {
			page, texts, err := s.page(ctx, tx, c, after)
			if err != nil {
				yield(auditlog.Record{}, err)
				return
			}
			if len(page) == 0 {
				for sequence := range texts {
					c.find(auditlog.TextChanged, max(1, sequence), "there is a text of an event that is not there")
				}
				return
			}
			for _, r := range page {
				if r.Texts = texts[r.Sequence]; !yield(r, nil) {
					return
				}
				delete(texts, r.Sequence)
			}
			for sequence := range texts {
				c.find(auditlog.TextChanged, sequence, "there is a text of an event that is not there")
			}
			after = page[len(page)-1].Sequence
		}
	}
}

// verifyPage is how many events are read at once.
const verifyPage = 8192

// page reads some events, and their texts. One connection reads at a time, so
// that rows are never read while a second query runs.
func (s *Store) page(ctx context.Context, tx *sql.Tx, c *columns, after int64) ([]auditlog.Record, map[int64][]auditlog.Text, error) {
	page, err := collect(ctx, tx, func(scan scan) (r auditlog.Record, err error) {
		var row eventColumns
		var body string
		var leaf []byte
		if err := scan(&r.Sequence, &row.at, &row.kind, &row.request, &row.grant, &body, &leaf); err != nil {
			return r, err
		}
		r.Body = []byte(body)
		if len(leaf) == len(auditlog.Hash{}) {
			h := auditlog.Hash(leaf)
			r.Leaf = &h
		}
		c.event(r, row)
		return r, nil
	}, "SELECT sequence, at, kind, request_id, grant_id, body, leaf FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2", after, int64(verifyPage))
	if err != nil {
		return nil, nil, err
	}
	to := int64(1<<63 - 1)
	if len(page) > 0 {
		to = page[len(page)-1].Sequence
	}
	texts, err := textsBetween(ctx, tx, after+1, to)
	return page, texts, err
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
func (c *columns) node(height int, index int64, root auditlog.Hash) {
	if height%nodeStep == 0 {
		c.nodes[nodePlace{int64(height), index}] = root
	}
}

// finish compares the stored nodes and the head with what follows from the events.
func (c *columns) finish() error {
	if c.tree.Size() == c.head.sequence && !bytes.Equal(c.tree.Bytes(), c.head.frontier) {
		c.find(auditlog.DerivedChanged, max(1, c.head.sequence), "the head row's hashes are not those that follow from the events")
	}
	_, err := collect(c.ctx, c.tx, func(scan scan) (p nodePlace, err error) {
		var hash []byte
		if err := scan(&p.height, &p.position, &hash); err != nil {
			return p, err
		}
		want, ok := c.nodes[p]
		if !ok || !bytes.Equal(want[:], hash) {
			c.findings = append(c.findings, auditlog.Finding{Kind: auditlog.DerivedChanged, From: p.position<<p.height + 1, To: (p.position + 1) << p.height,
				Words: fmt.Sprintf("the stored node of height %d over them is not the one that follows from them", p.height)})
		}
		return p, nil
	}, "SELECT height, position, hash FROM event_nodes ORDER BY height, position")
	return err
}
