package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// EmptySQLite returns the URL of a migrated database with nothing in it, whose
// file goes with the test. Migrations run once in a test process and each test
// gets a copy: under the race detector they cost most of a second. A test in a
// bubble of virtual time calls it before the bubble.
func EmptySQLite(tb testing.TB) string {
	tb.Helper()
	migrated, err := emptyFile()
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(tb.TempDir(), "hallpass.db")
	if err := os.WriteFile(file, migrated, 0o600); err != nil {
		tb.Fatal(err)
	}
	return "sqlite:" + file
}

// emptyFile is what a migrated SQLite database without rows has in its file.
var emptyFile = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "hallpass-empty-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "empty.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// EmptyPostgres is the same on the PostgreSQL server that the process's tests
// share. It skips, or fails, where [pgtest.Start] does.
func EmptyPostgres(tb testing.TB) string {
	tb.Helper()
	cluster := pgtest.Start(tb)
	if os.Getenv(pgtest.EnvDSN) != "" {
		// A template would stay on a server that does not end with the process.
		dsn := cluster.Database(tb)
		if err := migrate(dsn); err != nil {
			tb.Fatal(err)
		}
		return dsn
	}
	template.once.Do(func() {
		template.dsn, _, template.err = cluster.NewDatabase(context.Background())
		if template.err == nil {
			template.err = migrate(template.dsn)
		}
	})
	if template.err != nil {
		tb.Fatal(template.err)
	}
	return cluster.Copy(tb, template.dsn)
}

// template is the migrated database on the server that the tests share.
var template struct {
	once sync.Once
	dsn  string
	err  error
}

func migrate(url string) error {
	db, err := store.Open(context.Background(), store.Config{URL: url})
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(context.Background()), db.Close())
}
