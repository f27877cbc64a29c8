package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
)

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// scan reads one row into its destinations.
type scan func(dest ...any) error

// collect runs a query and reads all rows.
func collect[T any](ctx context.Context, q querier, read func(scan) (T, error), query string, args ...any) ([]T, error) {
	if err := storable(args); err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		v, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// execute runs a statement and counts the rows that it touched.
func execute(ctx context.Context, q querier, query string, args ...any) (int64, error) {
	if err := storable(args); err != nil {
		return 0, err
	}
	result, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// statements keeps what SQLite has parsed, by query: parsing the claim of the
// outbox takes longer than running it. PostgreSQL's driver does so by itself.
// Queries are few: each is text of this package.
type statements struct {
	db *sql.DB
	mu sync.Mutex
	of map[string]*sql.Stmt
}

func (p *statements) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	stmt := p.of[query]
	p.mu.Unlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.of[query]; other != nil {
		return other, stmt.Close() //nolint:sqlclosecheck // Of two that were parsed at once the first is kept.
	}
	if p.of == nil {
		p.of = map[string]*sql.Stmt{}
	}
	p.of[query] = stmt
	return stmt, nil
}

// ExecContext implements querier.
func (p *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := p.prepare(ctx, query) //nolint:sqlclosecheck // It lives as long as the database is open.
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// QueryContext implements querier.
func (p *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.prepare(ctx, query) //nolint:sqlclosecheck // It lives as long as the database is open.
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// list is collect outside a transaction, with the error made ready for callers.
func list[T any](ctx context.Context, s *Store, op string, read func(scan) (T, error), query string, args ...any) ([]T, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	all, err := collect(ctx, s.direct, read, query, args...)
	return all, s.dialect.wrap(op, err)
}

// single is list where exactly one row is looked for; missing is what a person
// is told when there is none.
func single[T any](ctx context.Context, s *Store, op, missing string, read func(scan) (T, error), query string, args ...any) (T, error) {
	all, err := list(ctx, s, op, read, query, args...)
	var none T
	switch {
	case err != nil:
		return none, err
	case len(all) == 0:
		return none, fmt.Errorf("%s: %w", op, approvals.Errorf(approvals.CodeNotFound, "%s", missing))
	}
	return all[0], nil
}

// storable refuses text that PostgreSQL cannot hold, on both engines alike.
func storable(args []any) error {
	for _, arg := range args {
		var err error
		switch v := arg.(type) {
		case string:
			err = storableText(v)
		case []string:
			for i := 0; i < len(v) && err == nil; i++ {
				err = storableText(v[i])
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func storableText(text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return approvals.Errorf(approvals.CodeInvalid, "A text holds a NUL character; remove it.")
	}
	if !utf8.ValidString(text) {
		return approvals.Errorf(approvals.CodeInvalid, "A text is not valid UTF-8; send it as UTF-8.")
	}
	return nil
}

// attempts is how often a transaction that lost against another one is run in all.
const attempts = 6

// transact runs work in one transaction, and again when it lost against
// another one: such a loss changes nothing. A commit that fails is never run
// again, since it may have happened.
func (s *Store) transact(ctx context.Context, op string, work func(*sql.Tx) error) (err error) {
	if err := s.usable(); err != nil {
		return err
	}
	attempt := 1
	ctx, end := s.trace.Begin(ctx, "transaction", slog.String("engine", s.dialect.name), slog.String("op", op))
	defer func() { end(err, slog.Int("attempts", attempt)) }()
	for ; ; attempt++ {
		retry, err := s.once(ctx, work)
		if err == nil || !retry || attempt == attempts {
			return s.dialect.wrap(op, err)
		}
		s.log.DebugContext(ctx, "transaction lost against another one", "op", op, "attempt", attempt)
		select {
		case <-ctx.Done():
			return s.dialect.wrap(op, errors.Join(ctx.Err(), err))
		case <-time.After(rand.N(5 * time.Millisecond << attempt)): //nolint:gosec // Nobody gains by guessing a pause.
		}
	}
}

func (s *Store) once(ctx context.Context, work func(*sql.Tx) error) (retry bool, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.dialect.faultOf(err) == faultContention, err
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback()
		return s.dialect.faultOf(err) == faultContention, err
	}
	if err := tx.Commit(); err != nil {
		return false, &approvals.Error{Code: approvals.CodeUnavailable, Op: "commit", Err: err,
			Message: "The database did not say whether the change was made; look before trying again."}
	}
	return false, nil
}
