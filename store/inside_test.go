package store

import (
	"context"
	"testing"

	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// onBoth runs a test on an open, empty, unmigrated database of each engine.
func onBoth(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := "sqlite:" + t.TempDir()
			if engine == "postgres" {
				url = pgtest.Start(t).Database(t)
			}
			test(t, openInside(t, url))
		})
	}
}

func openInside(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(context.Background(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// migrated brings the schema up to a version, 0 for the newest.
func migrated(t *testing.T, s *Store, version int64) {
	t.Helper()
	if err := s.migrateTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}

// exec runs SQL that must succeed.
func exec(t *testing.T, s *Store, query string, args ...any) {
	t.Helper()
	if _, err := s.db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
