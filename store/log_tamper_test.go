package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
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

// attack is one way to meddle. It says which event must be named, whether
// exactly, and whether it concerns only what the database keeps for itself.
type attack struct {
	name     string
	do       func(*meddler) int64
	vague    bool // named by the two checkpoints around it
	internal bool // nothing of it is in a bundle
}

const edit = "UPDATE events SET body = replace(body, 'billing', 'payroll') WHERE sequence = $1"

var attacks = []attack{
	{name: "edit", do: func(m *meddler) int64 { p := m.place(); m.exec(edit, p); return p }},
	{name: "edit and compute everything anew", vague: true, do: func(m *meddler) int64 { p := m.place(); m.exec(edit, p); m.repair(); return p }},
	{name: "edit of a leaf hash", do: func(m *meddler) int64 {
		p := m.place()
		m.exec("UPDATE events SET leaf = (SELECT leaf FROM events WHERE sequence = $1) WHERE sequence = $2", p%m.n+1, p)
		return p
	}},
	{name: "delete", do: func(m *meddler) int64 { p := m.place(); m.exec("DELETE FROM events WHERE sequence = $1", p); return p }},
	{name: "delete and compute everything anew", vague: true, do: func(m *meddler) int64 {
		p := m.place()
		m.exec("DELETE FROM events WHERE sequence = $1", p)
		m.repair()
		return p
	}},
	{name: "insert after the end", do: func(m *meddler) int64 {
		from := m.place()
		m.copyTo(from, m.n+1)
		m.exec("UPDATE events SET body = replace(body, $1, $2) WHERE sequence = $3",
			fmt.Sprintf(`"sequence":%d`, from), fmt.Sprintf(`"sequence":%d`, m.n+1), m.n+1)
		return m.n + 1
	}},
	{name: "insert and compute everything anew", vague: true, do: func(m *meddler) int64 {
		p := m.place()
		m.exec("UPDATE events SET sequence = -sequence - 1 WHERE sequence >= $1", p)
		m.exec("UPDATE events SET sequence = -sequence WHERE sequence < 0")
		m.copyTo(m.n+1, p)
		m.repair()
		return p
	}},
	{name: "reorder", do: func(m *meddler) int64 { p, q := m.swap(); return min(p, q) }},
	{name: "reorder and compute everything anew", vague: true, do: func(m *meddler) int64 { p, q := m.swap(); m.repair(); return min(p, q) }},
	{name: "cut off", do: func(m *meddler) int64 { p := m.place(); m.exec("DELETE FROM events WHERE sequence >= $1", p); return p }},
	{name: "cut off and compute everything anew", do: func(m *meddler) int64 {
		p := 2 + m.rng.Int64N(m.n-1)
		m.exec("DELETE FROM events WHERE sequence >= $1", p)
		m.repair()
		return p
	}},
	{name: "roll back to an old database", do: func(m *meddler) int64 {
		p := 2 + m.rng.Int64N(m.n-1)
		m.exec("DELETE FROM events WHERE sequence >= $1", p)
		m.exec("DELETE FROM checkpoints WHERE size >= $1", p)
		m.repair()
		return p
	}},
	{name: "swap of two checkpoints", do: func(m *meddler) int64 {
		a, b := m.neighbours()
		m.exec("UPDATE checkpoints SET note = $1, at = $2 WHERE size = $3", string(b.Note), at(b.At), a.Size)
		m.exec("UPDATE checkpoints SET note = $1, at = $2 WHERE size = $3", string(a.Note), at(a.At), b.Size)
		return a.Size
	}},
	{name: "forged key", do: func(m *meddler) int64 {
		m.exec(edit, m.place())
		m.repair()
		return m.forge()
	}},
	{name: "edit of a text", do: func(m *meddler) int64 {
		p := (m.place()-1)/3*3 + 1
		m.exec("UPDATE texts SET text = 'something else' WHERE sequence = $1 AND name = 'reason'", p)
		return p
	}},
	{name: "edit of a column", internal: true, do: func(m *meddler) int64 {
		p := m.place()
		column := []string{"kind", "request_id", "grant_id"}[m.rng.IntN(3)]
		m.exec("UPDATE events SET "+column+" = 'other' WHERE sequence = $1", p)
		return p
	}},
	{name: "edit of a time", internal: true, do: func(m *meddler) int64 {
		p := m.place()
		m.exec("UPDATE events SET at = '2020-01-02T03:04:05.678Z' WHERE sequence = $1", p)
		return p
	}},
	{name: "edit of the head", internal: true, do: func(m *meddler) int64 {
		m.exec("UPDATE event_head SET frontier = $1", make([]byte, 32))
		return m.n
	}},
	{name: "forged node", internal: true, vague: true, do: func(m *meddler) int64 {
		m.exec("INSERT INTO event_nodes (height, position, hash) VALUES (8, 0, $1)", make([]byte, 32))
		return 1
	}},
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
		note, err := p.Sign(n)
		if err != nil {
			m.tb.Fatal(err)
		}
		m.exec("UPDATE checkpoints SET note = $1 WHERE size = $2", string(note), c.Size)
		if first == 0 {
			first = c.Size
		}
	}
	return first
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

// tamperTrials is how often each attack is made on each engine: once in every
// run, or so often that all attacks together are as many as
// HALLPASS_TAMPER_TRIALS says.
func tamperTrials() int {
	if n, err := strconv.Atoi(os.Getenv("HALLPASS_TAMPER_TRIALS")); err == nil && n > 0 {
		return (n + len(attacks) - 1) / len(attacks)
	}
	return 1
}

func TestTamperingWithTheDatabaseIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		n := newNotary(t)
		rng := rand.New(rand.NewPCG(1, 2))
		total, widest := 0, 0
		for total < 150 {
			more := 1 + rng.IntN(12)
			write(t, s, 3*more)
			n.seal(t, s)
			total, widest = total+3*more, max(widest, 3*more)
		}
		known := n.anchored(t, s)
		var dirs []string
		var wants []want
		conn, err := s.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for trial := range tamperTrials() {
			for i, a := range attacks {
				rng := rand.New(rand.NewPCG(uint64(trial), uint64(i)))
				tx, err := conn.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				m := &meddler{tb: t, s: s, tx: tx, rng: rng, n: int64(total)}
				m.disarm()
				w := want{fmt.Sprintf("%s, trial %d", a.name, trial), a.do(m), a.vague, max(widest, 256)}
				report, err := s.verifyLog(t.Context(), conn, tx, n.keys, [][]byte{known})
				if err != nil {
					t.Fatalf("%s: %v", w.name, err)
				}
				w.check(t, "in the database", report)
				if !a.internal {
					dirs, wants = append(dirs, m.dump(testLog)), append(wants, w)
				}
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, report := range byPython(t, n, known, dirs) {
			wants[i].check(t, "by docs/verify.py", report)
		}
		if err := conn.Close(); err != nil { // SQLite has one
			t.Fatal(err)
		}
		if report, err := s.VerifyLog(t.Context(), n.keys, known); err != nil || !report.Sound() {
			t.Errorf("the untouched log: %+v, %v", report, err)
		}
	})
}

// anchored is the last checkpoint, as an anchor keeps it.
func (n notary) anchored(tb testing.TB, s *Store) []byte {
	c, err := s.LastCheckpoint(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	return c.Note
}

// want is what a report must name.
type want struct {
	name     string
	position int64
	vague    bool
	within   int // how far a vague finding may reach
}

func (w want) check(tb testing.TB, how string, r auditlog.Report) {
	tb.Helper()
	for _, f := range r.Findings {
		if f.From == w.position || w.vague && f.From <= w.position && w.position <= f.To && f.To-f.From <= int64(w.within) {
			return
		}
	}
	tb.Errorf("%s, %s: event %d is not named: %+v", w.name, how, w.position, r.Findings)
}

// byPython runs the second verifier over bundles; none where there is no Python.
func byPython(t *testing.T, n notary, known []byte, dirs []string) (reports []auditlog.Report) {
	t.Helper()
	python, err := osexec.LookPath("python3")
	if err != nil {
		if os.Getenv("HALLPASS_REQUIRE_PYTHON") != "" {
			t.Fatal(err)
		}
		t.Log("python3 is not there: only the first verifier was tested")
		return nil
	}
	key, anchor := filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "anchor")
	for file, content := range map[string]string{key: n.public, anchor: string(known)} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{filepath.Join("..", "docs", "verify.py"), "--json", "--key", key, "--known", anchor}, dirs...)
	out, err := osexec.CommandContext(t.Context(), python, args...).Output()
	for line := range strings.Lines(string(out)) {
		var r auditlog.Report
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	if len(reports) != len(dirs) {
		t.Fatalf("%d reports of %d bundles: %v", len(reports), len(dirs), err)
	}
	return reports
}
