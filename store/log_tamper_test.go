package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

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
	{name: "edit of a review's result before it was signed for", do: func(m *meddler) int64 {
		closed := m.numbers("SELECT sequence FROM events WHERE kind = 'review.closed' ORDER BY sequence")
		p := closed[m.rng.IntN(len(closed))]
		m.exec("UPDATE events SET body = replace(body, 'wrong 2', 'wrong 0') WHERE sequence = $1", p)
		m.repair()
		m.signAgain()
		return p
	}},
	{name: "edit of a text", do: func(m *meddler) int64 {
		texts := m.numbers("SELECT sequence FROM texts WHERE name = 'reason' ORDER BY sequence")
		p := texts[m.rng.IntN(len(texts))]
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
		n.closes(t, s, "rv_1")
		total, widest := 1, 1
		for total < 150 {
			more := 1 + rng.IntN(12)
			write(t, s, 3*more)
			n.seal(t, s)
			total, widest = total+3*more, max(widest, 3*more)
		}
		n.closes(t, s, "rv_2")
		n.seal(t, s)
		total++
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
				m := &meddler{tb: t, s: s, tx: tx, rng: rng, n: int64(total), key: n}
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

// closes records the end of a review, with its signed result.
func (n notary) closes(tb testing.TB, s *Store, review string) {
	tb.Helper()
	text := auditlog.ResultHead(review) + "yearly\nbilling: wrong 2: failed\n"
	signed, err := note.Sign(&note.Note{Text: text}, n)
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Apply(tb.Context(), approvals.Change{Events: []approvals.Event{{At: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC), Kind: approvals.EventReviewClosed, Actor: approvals.System("review"),
		Detail: map[string]string{"campaign": review, "result": string(signed), "digest": fmt.Sprintf("%x", sha256.Sum256([]byte(text)))}}}}); err != nil {
		tb.Fatal(err)
	}
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
