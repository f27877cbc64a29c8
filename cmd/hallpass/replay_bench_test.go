package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/examples"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// BenchmarkReplay decides stored requests again by a changed policy folder,
// from a SQLite file to the report: as many as HALLPASS_REPLAY_DECISIONS says,
// 5000 if it says nothing; make bench-replay asks for a million. They are of
// two thousand people in five departments, for everything in the example's
// catalogue; half of the scores, durations and times of day are like those of
// another request.
func BenchmarkReplay(b *testing.B) {
	dir, url, n := filled(b, func(*approvals.Change, int) {})
	guard := filepath.Join(dir, "policies", "guardrails.cedar")
	text, err := os.ReadFile(guard)
	if err != nil {
		b.Fatal(err)
	}
	changed := strings.Replace(string(text), "forbid (principal in Group::\"guests\", action", "forbid (principal in Group::\"visitors\", action", 1)
	tests := filepath.Join(dir, "policies", "guardrails_test.yaml")
	cases, err := os.ReadFile(tests)
	if err != nil {
		b.Fatal(err)
	}
	for path, text := range map[string]string{guard: changed, tests: strings.ReplaceAll(string(cases), "groups: [guests]", "groups: [visitors]")} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	fromHere()
	var r *policy.Replay
	for b.Loop() {
		if r, err = replay(b.Context(), dir, url, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
	if r.Decisions != n || r.UnreadableAll != 0 || r.Flips == 0 {
		b.Fatalf("%d decisions, %d unreadable, %d flips", r.Decisions, r.UnreadableAll, r.Flips)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "decisions/s")
	b.ReportMetric(float64(r.Flips), "flips")
	if mb := peak(); mb > 0 {
		b.ReportMetric(mb, "peak-MB")
	}
}

// filled is the example's access folder and a database with as many decisions as
// are asked for.
func filled(b *testing.B, settle func(c *approvals.Change, i int)) (dir, url string, n int) {
	b.Helper()
	n = 5000
	if v := os.Getenv("HALLPASS_REPLAY_DECISIONS"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
	}
	dir = b.TempDir()
	if err := os.CopyFS(dir, examples.Access); err != nil {
		b.Fatal(err)
	}
	dir = filepath.Join(dir, "access")
	url = "sqlite:" + filepath.Join(b.TempDir(), "past.db")
	fill(b, dir, url, n, settle)
	return dir, url, n
}

// fromHere counts the peak of memory anew.
func fromHere() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600)
}

// peak is the most memory that this process has held, in MB; 0 where the
// system does not say.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024
		}
	}
	return 0
}

// fill stores n decided requests, after settle has said what becomes of the last
// request of a change.
func fill(b *testing.B, dir, url string, n int, settle func(c *approvals.Change, i int)) {
	b.Helper()
	set, _, err := policies(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), store.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	things, err := catalog.Load(b.Context(), dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	all, err := things.All(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	const batch = 500
	for from := 0; from < n; from += batch {
		var c approvals.Change
		for i := from; i < min(from+batch, n); i++ {
			r := storetest.Request(fmt.Sprintf("req_%07d", i))
			f, a := past(rng, all, i)
			c.Requests = append(c.Requests, r)
			c.Decisions = append(c.Decisions, approvals.Decision{Request: r.ID, Sequence: 1, At: f.At, Facts: f, Assessment: a,
				Ruling: approvals.Restrain(f, a, set.Decide(f, a))})
			c.Events = append(c.Events, storetest.Event(approvals.EventRequestDecided, string(r.ID)))
			settle(&c, i)
		}
		if err := s.Apply(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

// past is a request of some person at some time.
func past(rng *rand.Rand, all []approvals.Entitlement, i int) (approvals.Facts, approvals.Assessment) {
	f := storetest.Facts()
	f.At = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i%500_000) * time.Minute)
	who := rng.IntN(2000)
	f.Beneficiary.ID = approvals.PrincipalID(fmt.Sprint("p", who))
	f.Beneficiary.Email = fmt.Sprintf("p%d@example.com", who)
	f.Beneficiary.Department = []string{"Engineering", "Finance", "Support", "Sales", "People"}[who%5]
	f.Beneficiary.Groups = [][]string{{"engineering"}, {"engineering", "on-call"}, {"finance"}, {"support"}, {"guests"}, {"sales"}, nil}[who%7]
	f.Beneficiary.Contractor = who%11 == 0
	f.Beneficiary.Manager = approvals.PrincipalID(fmt.Sprint("p", who/8))
	f.Requester = f.Beneficiary
	f.Entitlement = all[(who%6+rng.IntN(6))%len(all)]
	f.Duration = []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, time.Duration(1+rng.IntN(480)) * time.Minute}[rng.IntN(5)]
	f.Ticket = []string{"", fmt.Sprintf("INC-%d", i)}[rng.IntN(2)]
	f.Weekday, f.MinuteOfDay, f.AutoToday = f.At.Weekday(), f.At.Hour()*60+f.At.Minute(), rng.IntN(4)
	f.Directory.AsOf = f.At.Add(-time.Hour)
	for k := range 24 { // as many counts as a score rests on
		f.Evidence.Counts = append(f.Evidence.Counts, approvals.Count{Name: fmt.Sprintf("history.cell%02d", k), N: rng.Int64N(50), Of: 50 + rng.Int64N(500)})
	}
	a := approvals.Assessment{Score: rng.IntN(100), Confidence: approvals.ConfidenceHigh, Model: "additive-2"}
	for k := range 8 {
		a.Factors = append(a.Factors, approvals.Factor{Name: fmt.Sprintf("factor.%d", k), Points: rng.IntN(30), Words: "9 of 12 requests like this one were approved by people"})
	}
	return f, a
}
