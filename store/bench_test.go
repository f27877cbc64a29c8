package store_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

func BenchmarkSQLite(b *testing.B) { storetest.Bench(b, openSQLite) }

// BenchmarkPostgres commits to disk, as a server in earnest does.
func BenchmarkPostgres(b *testing.B) {
	cluster := pgtest.Durable(b)
	storetest.Bench(b, func(tb testing.TB) *store.Store { return open(tb, cluster.Database(tb)) })
}
