package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// sessionDefaults are set on each connection unless the URL sets them. A
// replica that hangs inside a transaction must not hold the audit log's lock,
// and a query must not wait for ever: milliseconds. Rows are found by their
// keys, which the server would rather not do while it takes the disk for one
// that turns.
var sessionDefaults = map[string]string{
	"application_name":                    "hallpass",
	"idle_in_transaction_session_timeout": "30000",
	"statement_timeout":                   "60000",
	"lock_timeout":                        "20000",
	"random_page_cost":                    "1.1",
}

func (s *Store) openPostgres(ctx context.Context, cfg Config) error {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		// The cause may quote the URL with its password, so it stays here.
		return &approvals.Error{
			Code: approvals.CodeInvalid, Op: "open PostgreSQL",
			Message: "The database URL can't be read; write it as postgres://user:password@host:5432/database, with special characters in the password percent-encoded.",
		}
	}
	pc.MaxConns = 8
	if cfg.MaxConns > 0 {
		pc.MaxConns = int32(min(cfg.MaxConns, 1000))
	}
	if pc.ConnConfig.ConnectTimeout == 0 {
		pc.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	for name, value := range sessionDefaults {
		if _, set := pc.ConnConfig.RuntimeParams[name]; !set {
			pc.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return refused(pc, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return refused(pc, err)
	}
	s.db, s.dialect = stdlib.OpenDBFromPool(pool), postgres
	s.direct = s.db
	vigil := keepVigil(ctx, pc.ConnConfig, &s.holder, &s.herald, s.log)
	// The lock goes last: until then the connections may hold leases.
	s.release = func() error { pool.Close(); vigil.end(); return nil }
	return nil
}

// refused says why the first connection failed and what to mend. The cause is
// pgx's, which leaves the password out.
func refused(pc *pgxpool.Config, err error) error {
	c := pc.ConnConfig
	where := fmt.Sprintf("%s:%d", c.Host, c.Port)
	e := &approvals.Error{Code: approvals.CodeUnavailable, Op: "open PostgreSQL", Err: err}
	var pg *pgconn.PgError
	switch errors.As(err, &pg); {
	case pg == nil:
		e.Message = fmt.Sprintf("PostgreSQL at %s does not answer. Check that it runs, that the host and port are right, and that TLS settings (sslmode) agree.", where)
	case pg.Code == "28P01" || pg.Code == "28000":
		e.Code = approvals.CodeInvalid
		e.Message = fmt.Sprintf("PostgreSQL at %s refuses user %q. Check the user, the password and pg_hba.conf.", where, c.User)
	case pg.Code == "3D000":
		e.Code = approvals.CodeInvalid
		e.Message = fmt.Sprintf("PostgreSQL at %s has no database %q. Create it, owned by user %q.", where, c.Database, c.User)
	default:
		e.Message = fmt.Sprintf("PostgreSQL at %s can't serve now (SQLSTATE %s). Try again when it can.", where, pg.Code)
	}
	return e
}
