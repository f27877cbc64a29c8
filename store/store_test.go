package store_test

import (
	"context"
	"testing"

	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// open opens and migrates the database at a URL, until the test ends.
func open(tb testing.TB, url string) *store.Store {
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
	if err := s.Migrate(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return s
}

func openSQLite(tb testing.TB) *store.Store {
	tb.Helper()
	return open(tb, "sqlite:"+tb.TempDir())
}

func openPostgres(tb testing.TB) *store.Store {
	tb.Helper()
	return open(tb, pgtest.Start(tb).Database(tb))
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
