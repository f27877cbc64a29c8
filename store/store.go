package store

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Config says which database to open.
type Config struct {
	// URL is postgres://user:password@host/database, or sqlite:PATH, where
	// PATH is a folder (the file in it is hallpass.db) or a file that ends in
	// .db or .sqlite. Missing folders are made, for this user alone.
	URL string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Logger hears of retries and migrations; nobody when nil.
	Logger *slog.Logger
	// Trace hears of changes and of transactions that write; nobody when nil.
	Trace approvals.Trace
	// MaxConns limits the PostgreSQL connections that do work, 8 when 0; one
	// more shows that this process lives. SQLite has one.
	MaxConns int
}

// Store is one open database. Its methods are safe for concurrent use. Errors
// carry the codes of package approvals; CodeUnavailable means that the
// database does not answer, or that its schema is not this program's.
type Store struct {
	db      *sql.DB
	direct  querier // db, for statements outside a transaction
	dialect *dialect
	now     func() time.Time
	log     *slog.Logger
	trace   approvals.Trace
	waker   waker
	batcher batcher
	gathers gathers
	herald  herald
	holder  atomic.Pointer[identity]        // in whose name leases are taken
	refusal atomic.Pointer[approvals.Error] // why the schema can't be used; nil: it can
	refused atomic.Pointer[refusal]         // why the last write was refused; nil: it was not
	release func() error                    // what to give back after the database is closed
}

var _ approvals.Store = (*Store)(nil)

// Open connects to the database. It does not migrate: while the schema is
// missing, older or newer than this program's, every other method but Migrate
// and Close returns an error that says so. Errors name the mend and never the
// password: CodeInvalid for a URL or credentials that cannot work,
// CodeUnavailable for a server that does not answer or a SQLite file that
// another process holds.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{now: cfg.Now, log: cfg.Logger, trace: cfg.Trace, gathers: newGathers()}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.holder.Store(newIdentity())
	var err error
	switch scheme, _, _ := strings.Cut(cfg.URL, ":"); scheme {
	case "postgres", "postgresql":
		err = s.openPostgres(ctx, cfg)
	case "sqlite":
		err = s.openSQLite(ctx, strings.TrimPrefix(cfg.URL, "sqlite:"))
	default:
		err = approvals.Errorf(approvals.CodeInvalid,
			"The database URL is neither postgres://… nor sqlite:PATH; set it to one of them.")
	}
	if err != nil {
		return nil, err
	}
	if err := s.checkSchema(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Engine is "postgres" or "sqlite".
func (s *Store) Engine() string { return s.dialect.name }

// Close ends all connections and gives the SQLite file free. Nothing may be
// called after it.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.release != nil {
		if e := s.release(); err == nil {
			err = e
		}
	}
	return err
}

// Ping reports whether the database answers and has this program's schema.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.usable(); err != nil {
		return err
	}
	return s.dialect.wrap("ping the database", s.db.PingContext(ctx))
}

// usable is nil while the schema is this program's.
func (s *Store) usable() error {
	if refusal := s.refusal.Load(); refusal != nil {
		return refusal
	}
	return nil
}
