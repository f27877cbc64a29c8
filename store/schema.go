package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the schema to this program's version, one version after the
// other, each in its own transaction. Replicas that start together take
// turns. It refuses a schema that is newer than this program.
func (s *Store) Migrate(ctx context.Context) error { return s.migrateTo(ctx, 0) }

// migrateTo stops at a version; 0 is the newest.
func (s *Store) migrateTo(ctx context.Context, version int64) error {
	const op = "migrate the database"
	provider, err := s.provider()
	if err != nil {
		return s.dialect.wrap(op, err)
	}
	have, err := s.schemaVersion(ctx)
	if err != nil {
		return s.dialect.wrap(op, err)
	}
	want := newest(provider)
	if have > want {
		return tooNew(have, want)
	}
	if version == 0 {
		version = want
	}
	done, err := provider.UpTo(ctx, version)
	if err != nil {
		return s.dialect.wrap(op, err)
	}
	if n := len(done); n > 0 {
		s.log.InfoContext(ctx, "database migrated", "from", have, "to", done[n-1].Source.Version, "migrations", n)
	}
	if err := s.checkSchema(ctx); err != nil || s.usable() != nil { // stopped at an earlier version
		return err
	}
	return s.hashEvents(ctx)
}

// checkSchema notes whether the schema can be used. Its own error means that
// the database did not answer.
func (s *Store) checkSchema(ctx context.Context) error {
	const op = "read the schema version"
	provider, err := s.provider()
	if err != nil {
		return s.dialect.wrap(op, err)
	}
	have, err := s.schemaVersion(ctx)
	if err != nil {
		return s.dialect.wrap(op, err)
	}
	var refusal *approvals.Error
	switch want := newest(provider); {
	case have == 0:
		refusal = approvals.Errorf(approvals.CodeUnavailable, "The database is empty; run `hallpass migrate` first.")
	case have < want:
		refusal = approvals.Errorf(approvals.CodeUnavailable,
			"The database has schema version %d and this program needs %d; run `hallpass migrate`.", have, want)
	case have > want:
		refusal = tooNew(have, want)
	}
	s.refusal.Store(refusal)
	return nil
}

func tooNew(have, want int64) *approvals.Error {
	return approvals.Errorf(approvals.CodeUnavailable,
		"The database has schema version %d, newer than this program knows (%d); run the newer hallpass that migrated it.", have, want)
}

// schemaVersion is 0 for a database that was never migrated. It only reads:
// goose's own question would create its table.
func (s *Store) schemaVersion(ctx context.Context) (int64, error) {
	question := "SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = $1"
	if s.dialect == postgres {
		question = "SELECT to_regclass($1) IS NOT NULL"
	}
	var exists bool
	if err := s.db.QueryRowContext(ctx, question, goose.DefaultTablename).Scan(&exists); err != nil || !exists {
		return 0, err
	}
	var version sql.NullInt64
	err := s.db.QueryRowContext(ctx, "SELECT max(version_id) FROM "+goose.DefaultTablename+" WHERE is_applied").Scan(&version)
	return version.Int64, err
}

func (s *Store) provider() (*goose.Provider, error) {
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(s.log)}
	if s.dialect == postgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
		if err != nil {
			return nil, fmt.Errorf("migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(s.dialect.goose, s.db, s.dialect.files(), options...)
}

func newest(p *goose.Provider) int64 {
	sources := p.ListSources() // ordered by version, never empty
	return sources[len(sources)-1].Version
}
