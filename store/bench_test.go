package store_test

import (
	"context"
	"testing"

	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

func BenchmarkSQLite(b *testing.B) { storetest.Bench(b, openSQLite) }

// BenchmarkPostgres commits to disk, as a server in earnest does.
func BenchmarkPostgres(b *testing.B) {
	pgtest.Start(b) // skips where PostgreSQL is missing
	cluster, err := pgtest.New(context.Background(), pgtest.Options{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			b.Error(err)
		}
	})
	storetest.Bench(b, func(tb testing.TB) *store.Store { return open(tb, cluster.Database(tb)) })
}
