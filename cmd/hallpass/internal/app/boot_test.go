package app

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// BenchmarkBoot fills a durable PostgreSQL with a million decisions and five
// million holdings, and measures a start of the score from it: people, holders
// and decisions into a world that can answer. -short makes it a twentieth.
func BenchmarkBoot(b *testing.B) {
	c := synthetic.Config{People: 100_000, Entitlements: 20_000, Grants: 5_600_000, Decisions: 1_000_000, Seed: 1}
	if testing.Short() {
		c = synthetic.Config{People: 5_000, Entitlements: 1_000, Grants: 250_000, Decisions: 50_000, Seed: 1}
	}
	org := synthetic.New(c)
	dsn := pgtest.Durable(b).Database(b)
	st, err := store.Open(b.Context(), store.Config{URL: dsn})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	}()
	if err := st.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	fill(b, dsn, org)
	people, state := org.People, org.State
	org.Held = nil
	var before, after runtime.MemStats
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&before)
		b.StartTimer()
		w := scoring.NewWorld(scoring.Options{People: c.People, Entitlements: c.Entitlements})
		w.SetPeople(people, state)
		s := scoring.New(w, st, nil)
		if err := replay(b.Context(), st, w, s); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if w.Decisions() != int64(c.Decisions) {
			b.Fatalf("%d decisions were replayed, want %d", w.Decisions(), c.Decisions)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(w)
		b.StartTimer()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
}

// fill copies an organisation's past into a database.
func fill(b *testing.B, dsn string, org *synthetic.Organisation) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(b.Context())) }() // The database goes with it.
	i := 0
	_, err = conn.CopyFrom(b.Context(), pgx.Identifier{"learned"},
		[]string{"sequence", "position", "at", "request_id", "entitlement", "beneficiary", "manager", "title", "department", "location", "approver", "approved", "duration", "function"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if i == len(org.Decisions) {
				return nil, nil
			}
			l := org.Decisions[i]
			i++
			return []any{l.Sequence, int64(0), l.At, string(l.Request), string(l.Entitlement), string(l.Beneficiary), string(l.Manager), l.Title,
				l.Department, l.Location, string(l.Approver), l.Approved, int64(l.Duration), l.Function}, nil
		}))
	if err != nil {
		b.Fatal(err)
	}
	holders := make([][]int32, len(org.Entitlements))
	for p, held := range org.Held {
		for _, e := range held {
			holders[e] = append(holders[e], int32(p))
		}
	}
	e, at := 0, 0
	_, err = conn.CopyFrom(b.Context(), pgx.Identifier{"holdings"}, []string{"entitlement", "account", "principal", "as_of"},
		pgx.CopyFromFunc(func() ([]any, error) {
			for e < len(holders) && at == len(holders[e]) {
				e, at = e+1, 0
			}
			if e == len(holders) {
				return nil, nil
			}
			p := string(org.People[holders[e][at]].ID)
			at++
			return []any{string(org.Entitlements[e]), p, p, time.Unix(0, 0)}, nil
		}))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := conn.Exec(b.Context(), "VACUUM ANALYZE"); err != nil {
		b.Fatal(err)
	}
}
