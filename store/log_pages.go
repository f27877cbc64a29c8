package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// records are the events with their texts, as the database has them.
func (s *Store) records(ctx context.Context, conn *sql.Conn, tx *sql.Tx, d *derived) iter.Seq2[auditlog.Record, error] {
	return func(yield func(auditlog.Record, error) bool) {
		for after := int64(-1 << 62); ; {
			page, err := s.page(ctx, conn, tx, after)
			to := int64(1<<63 - 1) // of the texts that come after all events
			if len(page) > 0 {
				to = page[len(page)-1].Sequence
			}
			var texts map[int64][]auditlog.Text
			if err == nil {
				texts, err = textsBetween(ctx, tx, after+1, to)
			}
			if err != nil {
				yield(auditlog.Record{}, err)
				return
			}
			for _, r := range page {
				r.Texts = texts[r.Sequence]
				delete(texts, r.Sequence)
				if !yield(r, nil) {
					return
				}
			}
			for sequence := range texts {
				d.find(auditlog.TextChanged, max(1, sequence), "there is a text of an event that is not there")
			}
			if len(page) == 0 {
				return
			}
			after = to
		}
	}
}

// verifyPage is how many events are read at once: few enough that their bytes
// are still near the processor when they are hashed.
const verifyPage = 4096

// page reads the events after a number. One connection reads at a time, so that
// rows are never read while a second query runs.
func (s *Store) page(ctx context.Context, conn *sql.Conn, tx *sql.Tx, after int64) ([]auditlog.Record, error) {
	p := logPage{records: make([]auditlog.Record, 0, verifyPage), leaves: make([]auditlog.Hash, verifyPage), columns: make([]auditlog.Columns, verifyPage)}
	r := reading{
		// Both numbers are ours, and COPY takes no arguments.
		query: fmt.Sprintf("SELECT sequence, at, kind, request_id, grant_id, body, leaf FROM events WHERE sequence > %d ORDER BY sequence LIMIT %d", after, verifyPage),
		scan:  p.scan,
		raw:   p.raw,
	}
	var err error
	if s.dialect == postgres {
		err = native(conn, func(c *pgx.Conn) error { return copyOut(ctx, c, r) })
	} else {
		err = scanRows(ctx, tx, r)
	}
	return p.records, err
}

// logPage holds events whose parts lie together: a page costs a few
// allocations, not some for each event.
type logPage struct {
	records []auditlog.Record
	leaves  []auditlog.Hash
	columns []auditlog.Columns
	room    []byte
	row     [6]sql.RawBytes // of SQLite
}

// roomSize is how many bytes are allocated at once, if they are enough.
const roomSize = 1 << 20

// keep copies bytes that hold no longer than the row.
func (p *logPage) keep(b []byte) []byte {
	if cap(p.room)-len(p.room) < len(b) {
		p.room = make([]byte, 0, max(roomSize, len(b)))
	}
	start := len(p.room)
	p.room = append(p.room, b...)
	return p.room[start:len(p.room):len(p.room)]
}

// scan takes a row of SQLite. A time is text of one width there, and loses its
// zeros in an event.
func (p *logPage) scan(scan scan) error {
	var sequence int64
	v := &p.row
	if err := scan(&sequence, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]); err != nil {
		return err
	}
	at := p.keep(v[0])
	if text, ok := bytes.CutSuffix(at, []byte("Z")); ok && len(at) == len(stampLayout) {
		at = append(bytes.TrimSuffix(bytes.TrimRight(text, "0"), []byte(".")), 'Z')
	}
	p.add(sequence, at, v[1], v[2], v[3], v[4], v[5])
	return nil
}

// raw takes a row of PostgreSQL's binary values.
func (p *logPage) raw(v [][]byte) error {
	if len(v) != 7 || len(v[0]) != 8 || len(v[1]) != 8 {
		return fmt.Errorf("an event is stored in an unknown form")
	}
	var text [len(time.RFC3339Nano)]byte
	at := postgresTime(v[1]).AppendFormat(text[:0], time.RFC3339Nano)
	p.add(int64(binary.BigEndian.Uint64(v[0])), p.keep(at), v[2], v[3], v[4], v[5], v[6])
	return nil
}

// add puts an event on the page.
func (p *logPage) add(sequence int64, at, kind, request, grant, body, leaf []byte) {
	i := len(p.records)
	p.columns[i] = auditlog.Columns{At: at, Kind: p.keep(kind), Request: p.keep(request), Grant: p.keep(grant)}
	r := auditlog.Record{Sequence: sequence, Body: p.keep(body), Columns: &p.columns[i]}
	if len(leaf) == len(auditlog.Hash{}) {
		p.leaves[i] = auditlog.Hash(leaf)
		r.Leaf = &p.leaves[i]
	}
	p.records = append(p.records, r)
}
