package lifecycle_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// engines are the databases that are measured. PostgreSQL commits to disk, as a
// server in earnest does.
var engines = []struct {
	name string
	url  func(*testing.B) string
}{
	{"SQLite", func(b *testing.B) string { return "sqlite:" + b.TempDir() }},
	{"Postgres", func(b *testing.B) string { return pgtest.Durable(b).Database(b) }},
}

// number is a size from the environment, or the usual one; -short takes the small one.
func number(b *testing.B, name string, usual, short int) int {
	b.Helper()
	if testing.Short() {
		usual = short
	}
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(usual)))
	if err != nil || n < 1 {
		b.Fatalf("%s must be a number from 1 on", name)
	}
	return n
}

// recorder notes when the end of each grant is stored for good.
type recorder struct {
	*store.Store
	mu     sync.Mutex
	proved map[approvals.GrantID]time.Time
	want   int
	all    chan struct{}
}

func (r *recorder) Apply(ctx context.Context, c approvals.Change) error {
	err := r.Store.Apply(ctx, c)
	for _, g := range c.Grants {
		if err != nil || g.State != approvals.GrantRevoked {
			continue
		}
		r.mu.Lock()
		r.proved[g.ID] = time.Now()
		if len(r.proved) == r.want {
			close(r.all)
		}
		r.mu.Unlock()
	}
	return err
}

// fleet is many people's access, stored and in the system.
type fleet struct {
	*approvalstest.World
	db   *recorder
	hand hand
	ends map[approvals.GrantID]time.Time
}

// hand is the system that a fleet's access is in.
type hand interface {
	approvals.Connector
	each() int                             // grants a person
	target(n int) map[string]string        // of the nth grant
	seat(*testing.B, []approvals.Grant)    // makes access be there
	judge(*testing.B, []approvals.GrantID) // fails unless all of it went, and none twice
}

// box is a system in memory.
type box struct{ *sandbox.Sandbox }

func newBox(b *testing.B) hand {
	b.Helper()
	var systems []sandbox.Resource
	for i := range grantsEach {
		systems = append(systems, sandbox.Resource{Name: fmt.Sprint("db-", i), Levels: []string{"read-only"}})
	}
	s, err := sandbox.New(sandbox.Config{Resources: systems})
	if err != nil {
		b.Fatal(err)
	}
	return box{s}
}

func (x box) each() int { return grantsEach }

func (x box) target(n int) map[string]string {
	return map[string]string{"resource": fmt.Sprint("db-", n%grantsEach), "level": "read-only"}
}

func (x box) seat(b *testing.B, grants []approvals.Grant) {
	b.Helper()
	for _, g := range grants {
		if err := x.Seat(g.Target["resource"], "read-only", g.Account); err != nil {
			b.Fatal(err)
		}
	}
}

func (x box) judge(b *testing.B, grants []approvals.GrantID) {
	b.Helper()
	removed := map[string]int{}
	truth := x.Snapshot()
	for _, e := range truth.Journal {
		if e.Op == sandbox.OpRevoke {
			removed[e.Grant]++
		}
	}
	for _, id := range grants {
		if removed[string(id)] != 1 {
			b.Errorf("%d removals for grant %s, want 1", removed[string(id)], id)
		}
	}
	if left := len(truth.Members); left > 0 {
		b.Errorf("%d members are left in the system", left)
	}
}

const grantsEach = 4

func openFleet(b *testing.B, url string, h hand) *fleet {
	b.Helper()
	db, err := store.Open(b.Context(), store.Config{URL: url})
	if err == nil {
		err = db.Migrate(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	f := &fleet{hand: h, db: &recorder{Store: db, proved: map[approvals.GrantID]time.Time{}, all: make(chan struct{})}, ends: map[approvals.GrantID]time.Time{}}
	f.World = approvalstest.NewWorld(f.db)
	return f
}

func (f *fleet) close(b *testing.B) {
	if err := f.db.Close(); err != nil {
		b.Error(err)
	}
}

// grant is the nth grant of a fleet, active until a time, and the request behind it.
func (f *fleet) grant(n int, now, end time.Time) (approvals.Request, approvals.Grant) {
	who := approvals.PrincipalID(fmt.Sprintf("p%06d", n/f.hand.each()))
	r := approvals.Request{ID: approvals.RequestID(fmt.Sprintf("req_b%07d", n)), Kind: approvals.KindAccess, State: approvals.RequestApproved,
		Requester: who, Beneficiary: who, Entitlement: approvalstest.ReadOnly, Duration: time.Hour, Key: fmt.Sprint("bench:", n),
		CreatedAt: now.Add(-time.Hour), SubmittedAt: now.Add(-time.Hour), DecidedAt: now.Add(-time.Hour)}
	g := approvals.Grant{ID: approvals.GrantID(fmt.Sprintf("gr_b%07d", n)), Request: r.ID, Entitlement: r.Entitlement, Principal: who,
		State: approvals.GrantActive, Connector: "postgres", Account: string(who) + "@example.com", Duration: time.Hour,
		Target:    f.hand.target(n),
		CreatedAt: now.Add(-time.Hour), Prechecked: true, ActiveAt: now.Add(-time.Hour), EndsAt: end}
	r.Grant = g.ID
	return r, g
}

// hold gives n grants to people; the ith ends at ends(i).
func (f *fleet) hold(b *testing.B, n int, ends func(i int) time.Time) {
	b.Helper()
	const batch = 500
	now := time.Now()
	for from := 0; from < n; from += batch {
		var c approvals.Change
		for i := from; i < min(n, from+batch); i++ {
			r, g := f.grant(i, now, ends(i))
			if i%f.hand.each() == 0 {
				f.Directory.Put(approvals.Principal{ID: g.Principal, Name: "Pat", Email: g.Account, Manager: "mia"})
			}
			c.Requests, c.Grants = append(c.Requests, r), append(c.Grants, g)
			c.Events = append(c.Events, approvals.Event{At: now, Kind: approvals.EventGrantActive, Actor: approvals.System("bench"), Grant: g.ID, Request: r.ID})
			c.Tasks = append(c.Tasks, approvals.Task{Kind: approvals.TaskRevoke, Key: string(g.ID), RunAt: g.EndsAt})
			f.ends[g.ID] = g.EndsAt
		}
		f.hand.seat(b, c.Grants)
		if err := f.db.Store.Apply(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	f.db.want = n
}

// work runs a worker, with so many calls at once, until all of the fleet is
// proved to be gone.
func (f *fleet) work(b *testing.B, concurrency int) {
	b.Helper()
	w, err := lifecycle.New(lifecycle.Config{Service: f.Service, Store: f.db, Connectors: map[string]approvals.Connector{"postgres": f.hand},
		Limits: map[string]lifecycle.Limits{"postgres": {Concurrency: concurrency}}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 30*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	select {
	case <-f.db.all:
	case <-ctx.Done():
		b.Errorf("only %d of %d grants are revoked", len(f.db.proved), f.db.want)
	}
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// report says how late each end was stored, counted from its own time, and
// fails unless each was one removal in the system itself.
func (f *fleet) report(b *testing.B) {
	b.Helper()
	f.hand.judge(b, slices.Collect(maps.Keys(f.ends)))
	var lags []time.Duration
	var first, last time.Time
	for id, end := range f.ends {
		at := f.db.proved[id]
		lags = append(lags, at.Sub(end))
		if first.IsZero() || end.Before(first) {
			first = end
		}
		if at.After(last) {
			last = at
		}
	}
	slices.Sort(lags)
	at := func(share float64) float64 {
		return float64(lags[min(len(lags)-1, int(share*float64(len(lags))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(.5), "p50-ms")
	b.ReportMetric(at(.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
	b.ReportMetric(last.Sub(first).Seconds(), "all-s")
	b.ReportMetric(float64(len(lags))/last.Sub(first).Seconds(), "grants/s")
	b.ReportMetric(0, "ns/op")
}

// ending measures a fleet of n in memory that ends over a span of time.
func ending(b *testing.B, url func(*testing.B) string, n int, span time.Duration) {
	endingIn(b, url, newBox, 64, n, span)
}

// endingIn measures a fleet of n in a system that is called so often at once.
func endingIn(b *testing.B, url func(*testing.B) string, system func(*testing.B) hand, concurrency, n int, span time.Duration) {
	once := false
	for b.Loop() {
		if once {
			continue // one run is one measurement
		}
		once = true
		f := openFleet(b, url(b), system(b))
		// Long enough from now for all to be stored and the worker to idle.
		begin := time.Now().Add(2*time.Second + time.Duration(n)*time.Second/2000)
		f.hold(b, n, func(i int) time.Time {
			return begin.Add(time.Duration(i) * span / time.Duration(n)).Truncate(time.Millisecond)
		})
		if late := time.Since(begin); late > 0 {
			b.Logf("the first ended %s before all were stored: its lag is not the worker's", late)
		}
		f.work(b, concurrency)
		f.report(b)
		f.close(b)
	}
}

// BenchmarkEndsOverAMinute ends 10,000 grants spread over a minute, or
// HALLPASS_BENCH_SPREAD of them.
func BenchmarkEndsOverAMinute(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			n := number(b, "HALLPASS_BENCH_SPREAD", 10_000, 500)
			ending(b, e.url, n, time.Minute*time.Duration(n)/10_000)
		})
	}
}

// BenchmarkEndsInASecond ends 10,000 grants within the same second, or
// HALLPASS_BENCH_SECOND of them.
func BenchmarkEndsInASecond(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) { ending(b, e.url, number(b, "HALLPASS_BENCH_SECOND", 10_000, 500), time.Second) })
	}
}

// BenchmarkEndsAtOnce ends 100,000 grants at one moment, or HALLPASS_BENCH_ATONCE
// of them.
func BenchmarkEndsAtOnce(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) { ending(b, e.url, number(b, "HALLPASS_BENCH_ATONCE", 100_000, 1000), 0) })
	}
}
