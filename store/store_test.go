package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// open opens and migrates the database at a URL, until the test ends.
func open(tb testing.TB, url string) *store.Store {
	tb.Helper()
	s := opened(tb, url)
	if err := s.Migrate(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return s
}

// opened is the same for a database that is migrated already.
func opened(tb testing.TB, url string) *store.Store {
	tb.Helper()
	s, err := store.Open(context.Background(), store.Config{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func openSQLite(tb testing.TB) *store.Store {
	tb.Helper()
	return opened(tb, storetest.EmptySQLite(tb))
}

func openPostgres(tb testing.TB) *store.Store {
	tb.Helper()
	return opened(tb, storetest.EmptyPostgres(tb))
}

func TestEmptyDatabasesAreMigratedAndApart(t *testing.T) {
	t.Parallel()
	for engine, open := range map[string]storetest.Opener{"sqlite": openSQLite, "postgres": openPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			one, two := open(t), open(t)
			if err := one.Apply(t.Context(), storetest.Submission("only-here", "mia")); err != nil {
				t.Fatal(err)
			}
			for s, want := range map[*store.Store]int{one: 2, two: 0} {
				events, err := s.Events(t.Context(), store.EventFilter{})
				if err != nil || len(events) != want {
					t.Errorf("%d events, %v; want %d", len(events), err, want)
				}
			}
		})
	}
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, openSQLite)
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	pgtest.Start(t)
	storetest.Run(t, openPostgres)
}

func TestSQLiteAgreesWithTheModel(t *testing.T) {
	t.Parallel()
	storetest.Model(t, openSQLite)
}

func TestPostgresAgreesWithTheModel(t *testing.T) {
	t.Parallel()
	storetest.Model(t, openPostgres)
}

// TestReplicasShareOnePostgres runs two stores on one database, as two
// replicas do.
func TestReplicasShareOnePostgres(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	replicas := []*store.Store{open(t, dsn), open(t, dsn)}
	const changes = 40
	var mu sync.Mutex
	claimed := make(map[string]int)
	var wg sync.WaitGroup
	for r, s := range replicas {
		for w := range 4 {
			wg.Go(func() {
				for i := range changes / 4 {
					if err := s.Apply(t.Context(), storetest.Submission(fmt.Sprint(r, "-", w, "-", i), "mia")); err != nil {
						t.Error(err)
					}
					leases, err := s.ClaimTasks(t.Context(), []approvals.TaskKind{approvals.TaskChase}, storetest.Epoch.Add(24*time.Hour), time.Hour, 2)
					if err != nil {
						t.Error(err)
					}
					for _, l := range leases {
						mu.Lock()
						claimed[l.Key]++
						mu.Unlock()
						if err := s.FinishTask(t.Context(), l); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
	}
	wg.Wait()
	events, err := replicas[0].Events(t.Context(), store.EventFilter{})
	if err != nil || len(events) != 2*2*changes {
		t.Fatalf("%d events, %v; want %d", len(events), err, 2*2*changes)
	}
	for i, e := range events {
		if e.Sequence != int64(i+1) {
			t.Fatalf("event %d has sequence %d", i+1, e.Sequence)
		}
	}
	for key, n := range claimed {
		if n != 1 {
			t.Errorf("task %s was claimed %d times", key, n)
		}
	}
}
