package auditlog_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"golang.org/x/mod/sumdb/note"
)

// forged is a log in memory, for a test to meddle with and to write as a bundle.
type forged struct {
	header auditlog.Header
	bodies []string
	leaves []auditlog.Hash
	notes  []string
	texts  []auditlog.Text
}

// testKey is a key of the tests' log.
type testKey struct {
	signer note.Signer
	public string
	keys   note.Verifiers
}

func newKey(tb testing.TB) testKey {
	tb.Helper()
	secret, public, err := auditlog.NewKey("log.example/test")
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := auditlog.Signer(secret)
	if err != nil {
		tb.Fatal(err)
	}
	keys, err := auditlog.Verifiers(public)
	if err != nil {
		tb.Fatal(err)
	}
	return testKey{signer, public, keys}
}

// body is an event of a number, saying something.
func body(sequence int64, kind string, texts map[string]string) string {
	event := map[string]any{"sequence": sequence, "kind": kind, "actor": map[string]any{"kind": "person", "ref": `C1/"x"\y{}`}}
	if texts != nil {
		event["texts"] = texts
	}
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	canonical, err := auditlog.Canonical(raw)
	if err != nil {
		panic(err)
	}
	return string(canonical)
}

// closed is an event that closed a review, with its signed result.
func (k testKey) closed(tb testing.TB, sequence int64) string {
	tb.Helper()
	review := fmt.Sprint("rv_", sequence)
	text := auditlog.ResultHead(review) + "yearly\nstratum a: population 9, wrong 2: failed\n"
	signed, err := note.Sign(&note.Note{Text: text}, k.signer)
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := auditlog.Marshal(map[string]any{"sequence": sequence, "kind": "review.closed", "actor": map[string]any{"kind": "system", "ref": "kind."},
		"detail": map[string]any{"campaign": review, "result": string(signed), "digest": fmt.Sprintf("%x", sha256.Sum256([]byte(text)))}})
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

// newLog makes a log of n events with checkpoints every few of them.
func newLog(tb testing.TB, k testKey, n int, seed uint64) *forged {
	tb.Helper()
	rng := rand.New(rand.NewPCG(seed, 7))
	l := &forged{header: auditlog.Header{Origin: k.signer.Name(), First: 1, Last: int64(n)}}
	for i := range int64(n) {
		var promised map[string]string
		if i%3 == 0 {
			t := auditlog.NewText(i+1, "reason", fmt.Sprintf("reason %d — “ü”", i))
			hash, err := t.Commitment()
			if err != nil {
				tb.Fatal(err)
			}
			promised = map[string]string{"reason": hash}
			l.texts = append(l.texts, t)
		}
		l.bodies = append(l.bodies, body(i+1, fmt.Sprintf("kind.%d", rng.IntN(5)), promised))
		if i%40 == 20 {
			l.bodies[i] = k.closed(tb, i+1)
		}
		l.leaves = append(l.leaves, auditlog.LeafHash([]byte(l.bodies[i])))
	}
	var sizes []int
	for size := 1 + rng.IntN(9); size < n; size += 1 + rng.IntN(9) {
		sizes = append(sizes, size)
	}
	l.sign(tb, k, append(sizes, n)...)
	return l
}

// sign makes checkpoints of the leaves as they are.
func (l *forged) sign(tb testing.TB, k testKey, sizes ...int) {
	tb.Helper()
	var tree auditlog.Frontier
	l.notes = nil
	for i, leaf := range l.leaves {
		tree.Append(leaf)
		if !slices.Contains(sizes, i+1) {
			continue
		}
		c := auditlog.Checkpoint{Origin: k.signer.Name(), Size: tree.Size(), Root: tree.Root(), At: time.Date(2026, 11, 22, 0, 0, i, 0, time.UTC)}
		signed, err := c.Sign(k.signer)
		if err != nil {
			tb.Fatal(err)
		}
		l.notes = append(l.notes, string(signed))
	}
}

func (l *forged) sizes() (all []int) {
	for _, n := range l.notes {
		c, err := auditlog.Peek([]byte(n))
		if err != nil {
			panic(err)
		}
		all = append(all, int(c.Size))
	}
	return all
}

func (l *forged) clone() *forged {
	c := *l
	c.bodies, c.leaves, c.notes, c.texts = slices.Clone(l.bodies), slices.Clone(l.leaves), slices.Clone(l.notes), slices.Clone(l.texts)
	return &c
}

// rehash does what a careful forger does: each event has its place's number,
// and its own leaf hash.
func (l *forged) rehash() {
	l.leaves = nil
	for i, b := range l.bodies {
		var event map[string]any
		if json.Unmarshal([]byte(b), &event) != nil {
			panic("a test forged no JSON")
		}
		event["sequence"] = i + 1
		raw, _ := json.Marshal(event)
		canonical, err := auditlog.Canonical(raw)
		if err != nil {
			panic(err)
		}
		l.bodies[i] = string(canonical)
		l.leaves = append(l.leaves, auditlog.LeafHash(canonical))
	}
	l.header.Last = int64(len(l.bodies))
	l.texts = nil
}

// change replaces a part of the event at a place, which must have it.
func (l *forged) change(p int, old, by string) {
	before := l.bodies[p]
	if l.bodies[p] = strings.Replace(before, old, by, 1); l.bodies[p] == before {
		panic("a test forged nothing: " + before)
	}
}

// save writes the bundle.
func (l *forged) save(tb testing.TB, dir string) string {
	tb.Helper()
	w, err := auditlog.NewWriter(dir, l.header)
	if err != nil {
		tb.Fatal(err)
	}
	for _, n := range l.notes {
		w.Checkpoint([]byte(n))
	}
	for _, leaf := range l.leaves {
		w.Leaf(leaf)
	}
	texts := l.texts
	for i, b := range l.bodies {
		var mine []auditlog.Text
		for len(texts) > 0 && texts[0].Sequence <= int64(i+1) {
			mine, texts = append(mine, texts[0]), texts[1:]
		}
		w.Event([]byte(b), mine...)
	}
	for _, t := range texts {
		w.Event([]byte("{}"), t) // never: a log has its texts' events
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// trials is how often each attack is made: a few in every run, and as many as
// HALLPASS_TAMPER_TRIALS says, over all attacks.
func trials(tb testing.TB) int {
	tb.Helper()
	if n, err := strconv.Atoi(os.Getenv("HALLPASS_TAMPER_TRIALS")); err == nil && n > 0 {
		return (n + len(attacks) - 1) / len(attacks)
	}
	return 3
}

func TestTamperingIsFoundAndItsPositionNamed(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	python := newPython(t, k)
	honest := newLog(t, k, 150, 1)
	known := []byte(honest.notes[len(honest.notes)-1]) // as an anchor keeps it
	python.add(honest.save(t, t.TempDir()+"/honest"), "honest", verified(t, k, t.TempDir(), honest, known))
	for i := range trials(t) {
		for j, a := range attacks {
			rng := rand.New(rand.NewPCG(uint64(i), uint64(j)))
			l := honest.clone()
			position, exact := a.do(t, rng, l)
			if a.insider {
				l.rehash()
				l.sign(t, k, honest.sizes()...)
			}
			name := fmt.Sprintf("%s, trial %d", a.name, i)
			dir := filepath.Join(t.TempDir(), "b")
			report := verified(t, k, dir, l, known)
			named(t, name, report, position, exact)
			if a.insider {
				saidOf(t, name, report, position, auditlog.BadResult)
			}
			python.add(dir, name, report)
		}
	}
	python.run(known)
}

// verified saves a log and verifies it.
func verified(tb testing.TB, k testKey, dir string, l *forged, known ...[]byte) auditlog.Report {
	tb.Helper()
	b, err := auditlog.OpenBundle(l.save(tb, dir))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	report, err := b.Verify(tb.Context(), k.keys, known...)
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

// named checks that a report names a position: exactly, or by the two
// checkpoints around it, which are at most nine events apart.
func named(tb testing.TB, name string, r auditlog.Report, position int64, exact bool) {
	tb.Helper()
	for _, f := range r.Findings {
		if f.From <= position && position <= f.To && (f.From == position || !exact && f.To-f.From < 9) {
			return
		}
	}
	tb.Errorf("%s: event %d is not named: %+v", name, position, r.Findings)
}

// saidOf checks that a report says something of one event.
func saidOf(tb testing.TB, name string, r auditlog.Report, position int64, kind auditlog.Kind) {
	tb.Helper()
	if !slices.ContainsFunc(r.Findings, func(f auditlog.Finding) bool { return f.Kind == kind && f.From == position && f.To == position }) {
		tb.Errorf("%s: no %s of event %d: %+v", name, kind, position, r.Findings)
	}
}

func TestHonestLogsRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	python := newPython(t, k)
	for n := range 40 {
		l := newLog(t, k, n+1, uint64(n))
		if n%2 == 1 { // some people's words were erased
			l.texts = l.texts[:len(l.texts)/2]
		}
		dir := filepath.Join(t.TempDir(), "b")
		report := verified(t, k, dir, l)
		if !report.Sound() || report.Signed != int64(n+1) || report.Events != int64(n+1) {
			t.Errorf("a log of %d events: %+v", n+1, report)
		}
		python.add(dir, fmt.Sprint("log of ", n+1), report)
	}
	python.run()
}

// python is the second verifier, docs/verify.py; it must say the same as the
// first.
type python struct {
	t       *testing.T
	program string
	key     string
	dirs    []string
	names   []string
	want    []auditlog.Report
}

func newPython(t *testing.T, k testKey) *python {
	t.Helper()
	p := &python{t: t, key: filepath.Join(t.TempDir(), "key.pub")}
	if err := os.WriteFile(p.key, []byte(k.public+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.program, _ = exec.LookPath("python3")
	if p.program == "" && os.Getenv("HALLPASS_REQUIRE_PYTHON") != "" {
		t.Fatal("python3 is not there, and HALLPASS_REQUIRE_PYTHON is set")
	}
	return p
}

func (p *python) add(dir, name string, want auditlog.Report) {
	p.dirs, p.names, p.want = append(p.dirs, dir), append(p.names, name), append(p.want, want)
}

// run verifies all bundles at once.
func (p *python) run(known ...[]byte) {
	p.t.Helper()
	if p.program == "" {
		p.t.Log("python3 is not there: only the first verifier was tested")
		return
	}
	args := []string{filepath.Join("..", "..", "docs", "verify.py"), "--json", "--key", p.key}
	for i, k := range known {
		file := filepath.Join(p.t.TempDir(), fmt.Sprint("known", i))
		if err := os.WriteFile(file, k, 0o600); err != nil {
			p.t.Fatal(err)
		}
		args = append(args, "--known", file)
	}
	out, err := exec.CommandContext(p.t.Context(), p.program, append(args, p.dirs...)...).Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(p.dirs) {
		p.t.Fatalf("%d reports of %d, %v", len(lines), len(p.dirs), err)
	}
	for i, line := range lines {
		var got auditlog.Report
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			p.t.Fatal(err)
		}
		if diff := cmp.Diff(wordless(p.want[i]), wordless(got)); diff != "" {
			p.t.Errorf("%s: the two verifiers differ, -go +python\n%s", p.names[i], diff)
		}
	}
}

// wordless leaves out what each verifier says in its own words.
func wordless(r auditlog.Report) auditlog.Report {
	r.Findings = slices.Clone(r.Findings)
	for i := range r.Findings {
		r.Findings[i].Words = ""
	}
	return r
}
