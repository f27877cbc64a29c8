package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// meddler changes the database behind the program's back, inside a transaction
// that is rolled back.
type meddler struct {
	tb  testing.TB
	s   *Store
	tx  *sql.Tx
	rng *rand.Rand
	n   int64 // events
	key notary
}

func (m *meddler) exec(query string, args ...any) {
	m.tb.Helper()
	if _, err := m.tx.ExecContext(context.Background(), query, args...); err != nil {
		m.tb.Fatalf("%s: %v", query, err)
	}
}

// disarm takes away what keeps the tables append-only: who owns the database can.
func (m *meddler) disarm() {
	if m.s.dialect == postgres {
		m.exec("SET LOCAL session_replication_role = replica")
		return
	}
	for _, trigger := range []string{"events_keep_update", "events_keep_delete", "events_keep_replace", "events_need_leaf", "checkpoints_keep_update", "checkpoints_keep_delete"} {
		m.exec("DROP TRIGGER " + trigger)
	}
}

// numbers are the first column of a query.
func (m *meddler) numbers(query string) []int64 {
	m.tb.Helper()
	all, err := collect(context.Background(), m.tx, func(scan scan) (n int64, err error) { return n, scan(&n) }, query)
	if err != nil || len(all) == 0 {
		m.tb.Fatalf("%s: %d, %v", query, len(all), err)
	}
	return all
}

func (m *meddler) place() int64 { return 1 + m.rng.Int64N(m.n) }

// repair does what a careful forger does: all that follows from the events is
// computed anew, but for the signatures.
func (m *meddler) repair() {
	ctx := context.Background()
	records, err := collect(ctx, m.tx, readRecord, "SELECT sequence, body, leaf FROM events ORDER BY sequence")
	if err != nil {
		m.tb.Fatal(err)
	}
	var tree auditlog.Frontier
	m.exec("DELETE FROM event_nodes")
	for i, r := range records {
		var event map[string]any
		if err := json.Unmarshal(r.Body, &event); err != nil {
			m.tb.Fatal(err)
		}
		event["sequence"] = i + 1
		raw, _ := json.Marshal(event)
		body, err := auditlog.Canonical(raw)
		if err != nil {
			m.tb.Fatal(err)
		}
		leaf := auditlog.LeafHash(body)
		m.exec("UPDATE events SET sequence = $1, body = $2, leaf = $3 WHERE sequence = $4", int64(i+1), string(body), leaf[:], r.Sequence)
		tree.Grow(leaf, func(height int, index int64, root auditlog.Hash) {
			if height%nodeStep == 0 {
				m.exec("INSERT INTO event_nodes (height, position, hash) VALUES ($1, $2, $3)", int64(height), index, root[:])
			}
		})
	}
	m.exec("UPDATE event_head SET sequence = $1, frontier = $2", tree.Size(), tree.Bytes())
	m.exec("DELETE FROM texts")
}

// copyTo puts a copy of an event under another number, with its leaf hash.
func (m *meddler) copyTo(from, to int64) {
	m.exec("INSERT INTO events (sequence, at, kind, request_id, grant_id, body, leaf) SELECT $1, at, kind, request_id, grant_id, body, leaf FROM events WHERE sequence = $2", to, from)
}

func (m *meddler) swap() (p, q int64) {
	p = m.place()
	q = p%m.n + 1
	m.exec("UPDATE events SET sequence = -1 WHERE sequence = $1", p)
	m.exec("UPDATE events SET sequence = $1 WHERE sequence = $2", p, q)
	m.exec("UPDATE events SET sequence = $1 WHERE sequence = -1", q)
	return p, q
}

func (m *meddler) checkpoints() []SignedCheckpoint {
	all, err := collect(context.Background(), m.tx, readCheckpoint, "SELECT size, at, note FROM checkpoints ORDER BY size")
	if err != nil {
		m.tb.Fatal(err)
	}
	return all
}

func (m *meddler) neighbours() (a, b SignedCheckpoint) {
	all := m.checkpoints()
	i := m.rng.IntN(len(all) - 1)
	return all[i], all[i+1]
}

// forge signs every checkpoint with a key of the same name.
func (m *meddler) forge() (first int64) {
	n := newNotary(m.tb)
	for _, c := range m.checkpoints() {
		p, err := auditlog.Peek(c.Note)
		if err != nil {
			m.tb.Fatal(err)
		}
		m.sign(p, n)
		first = cmp.Or(first, c.Size)
	}
	return first
}

// signAgain does what happens when the log is meddled with between an event and
// its first checkpoint: the right key signs what is there.
func (m *meddler) signAgain() {
	records, err := collect(context.Background(), m.tx, readRecord, "SELECT sequence, body, leaf FROM events ORDER BY sequence")
	if err != nil {
		m.tb.Fatal(err)
	}
	var tree auditlog.Frontier
	roots := map[int64]auditlog.Hash{}
	for _, r := range records {
		tree.Append(*r.Leaf)
		roots[tree.Size()] = tree.Root()
	}
	for _, c := range m.checkpoints() {
		m.sign(auditlog.Checkpoint{Origin: testLog, Size: c.Size, Root: roots[c.Size], At: c.At}, m.key)
	}
}

// sign puts a signature of a key in the place of a checkpoint's own.
func (m *meddler) sign(c auditlog.Checkpoint, n notary) {
	note, err := c.Sign(n)
	if err != nil {
		m.tb.Fatal(err)
	}
	m.exec("UPDATE checkpoints SET note = $1 WHERE size = $2", string(note), c.Size)
}

// dump writes the database as it is as a bundle, whatever is wrong with it.
func (m *meddler) dump(origin string) string {
	ctx, dir := context.Background(), filepath.Join(m.tb.TempDir(), "b")
	heads, err := collect(ctx, m.tx, readHead, selectHead)
	if err != nil {
		m.tb.Fatal(err)
	}
	w, err := auditlog.NewWriter(dir, auditlog.Header{Origin: origin, First: 1, Last: heads[0].sequence})
	if err != nil {
		m.tb.Fatal(err)
	}
	for _, c := range m.checkpoints() {
		w.Checkpoint(c.Note)
	}
	records, err := collect(ctx, m.tx, readRecord, "SELECT sequence, body, leaf FROM events ORDER BY sequence")
	if err != nil {
		m.tb.Fatal(err)
	}
	texts, err := textsBetween(ctx, m.tx, 0, 1<<40)
	if err != nil {
		m.tb.Fatal(err)
	}
	next := int64(1)
	for _, r := range records {
		for ; next < r.Sequence; next++ {
			w.Leaf(auditlog.Hash{}) // nobody knows it any more
		}
		w.Leaf(*r.Leaf)
		w.Event(r.Body, texts[r.Sequence]...)
		next++
	}
	if err := w.Close(); err != nil {
		m.tb.Fatal(err)
	}
	return dir
}
