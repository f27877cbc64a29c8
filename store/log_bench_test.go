package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// benchEvents is how many events a verification is measured over: a few, or as
// many as HALLPASS_LOG_EVENTS says.
func benchEvents(fallback int) int {
	if n, err := strconv.Atoi(os.Getenv("HALLPASS_LOG_EVENTS")); err == nil && n > 0 {
		return n
	}
	return fallback
}

// sampleEvent is an event of usual size.
func sampleEvent(i int) approvals.Event {
	score := i % 100
	return approvals.Event{Sequence: int64(i + 1), At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second), Kind: approvals.EventGrantActive,
		Actor: approvals.System("worker"), Request: approvals.RequestID(fmt.Sprint("req_", i)), Grant: approvals.GrantID(fmt.Sprint("gr_", i)),
		Entitlement: "billing-db:read-only", Beneficiary: "p_0042", Policies: []approvals.PolicyRef{{ID: "low-risk-read-only", Effect: "permit", Reason: "Low risk."}},
		Version:     approvals.PolicyVersion{Digest: "6f1ed002ab5595859014ebf0951522d9a1b2c3d4e5f60718293a4b5c6d7e8f90", Commit: "4f0c1d2e"},
		FactsDigest: "44b53649c63d83c78cb2c01e63c0ab09a9d33c0bd24b13b6ed6f93eda5446dec", Score: &score, Model: "shipped-1",
		Origin: "C0123/1700000000.1", Connector: "postgres", Operation: "grant", ReadBack: "member of billing_ro"}
}

// BenchmarkEventBody is what the tree adds to an event: canonical JSON instead
// of plain, the leaf hash, and its place in the tree.
func BenchmarkEventBody(b *testing.B) {
	b.Run("PlainJSON", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := asJSON(sampleEvent(i)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("CanonicalAndHashed", func(b *testing.B) {
		var tree auditlog.Frontier
		for i := 0; b.Loop(); i++ {
			body, err := eventBody(sampleEvent(i))
			if err != nil {
				b.Fatal(err)
			}
			tree.Append(auditlog.LeafHash(body))
		}
	})
}

// BenchmarkVerifyBundle reads a bundle from disk and verifies it.
func BenchmarkVerifyBundle(b *testing.B) {
	events := benchEvents(100_000)
	n := newNotary(b)
	dir := filepath.Join(b.TempDir(), "bundle")
	w, err := auditlog.NewWriter(dir, auditlog.Header{Origin: testLog, First: 1, Last: int64(events)})
	if err != nil {
		b.Fatal(err)
	}
	var tree auditlog.Frontier
	for i := range events {
		body, err := eventBody(sampleEvent(i))
		if err != nil {
			b.Fatal(err)
		}
		leaf := auditlog.LeafHash(body)
		tree.Append(leaf)
		w.Event(body)
		w.Leaf(leaf)
		if i%1000 == 999 || i == events-1 {
			signed, err := auditlog.Checkpoint{Origin: testLog, Size: tree.Size(), Root: tree.Root(), At: time.Unix(int64(i), 0)}.Sign(n)
			if err != nil {
				b.Fatal(err)
			}
			w.Checkpoint(signed)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		bundle, err := auditlog.OpenBundle(dir)
		if err != nil {
			b.Fatal(err)
		}
		report, err := bundle.Verify(context.Background(), n.keys)
		if err != nil || !report.Sound() || report.Signed != int64(events) {
			b.Fatalf("%+v, %v", report, err)
		}
		if err := bundle.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkLog measures verification and proofs on a database.
func BenchmarkLog(b *testing.B) {
	for _, engine := range []string{"SQLite", "Postgres"} {
		b.Run(engine, func(b *testing.B) {
			url := "sqlite:" + b.TempDir()
			if engine == "Postgres" {
				url = pgtest.Start(b).Database(b)
			}
			s, err := Open(context.Background(), Config{URL: url})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			if err := s.Migrate(context.Background()); err != nil {
				b.Fatal(err)
			}
			events, n := benchEvents(50_000), newNotary(b)
			for i := 0; i < events; {
				var c approvals.Change
				for range min(5000, events-i) {
					c.Events = append(c.Events, sampleEvent(i))
					i++
				}
				if err := s.Apply(context.Background(), c); err != nil {
					b.Fatal(err)
				}
			}
			n.seal(b, s)
			b.Run("Verify", func(b *testing.B) {
				for range b.N {
					if report, err := s.VerifyLog(context.Background(), n.keys); err != nil || !report.Sound() {
						b.Fatalf("%+v, %v", report, err)
					}
				}
				b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
			b.Run("Prove", func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				for range b.N {
					if _, err := s.Prove(context.Background(), 1+rng.Int64N(int64(events)), int64(events)); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
