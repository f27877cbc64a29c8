package postgres

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	_ approvals.Connector    = (*Connector)(nil)
	_ approvals.Holder       = (*Connector)(nil)
	_ approvals.Expirer      = (*Connector)(nil)
	_ approvals.SessionEnder = (*Connector)(nil)
	_ approvals.Validator    = (*Connector)(nil)
)

// maxConns bounds the connections to one server: role changes are short, and
// the server's slots are for its users. It is how many calls the worker makes
// at once unless it is told otherwise.
const maxConns = 8

// Config says which server a connector serves.
type Config struct {
	Name    string        // of the connector; marks the logins that it creates, so keep it
	DSN     string        // URL or keyword string of the bot's own login; secret
	Domain  string        // accounts that end in @Domain have logins without it; empty: login and account are the same
	Plain   bool          // connections to other machines may go without TLS
	Timeout time.Duration // for one call in all; default 20 s
	Logger  *slog.Logger
	Now     func() time.Time
}

// Connector gives and takes membership in one server's group roles. It is safe
// for concurrent use.
type Connector struct {
	cfg  Config
	pool *pgxpool.Pool

	mu sync.Mutex
	// cleared holds the memberships after whose removal this process has seen
	// all sessions of that time end. Sessions that a login opens later cannot
	// have the role, and must not be taken for leftovers.
	cleared map[membership]bool
}

// membership is a login's place in a group role.
type membership struct{ login, role string }

// New prepares a connector. It does not connect: a server that is down now
// must not stop Hallpass. The error for a connection string that cannot be
// parsed does not repeat it.
func New(cfg Config) (*Connector, error) {
	switch {
	case cfg.Name == "":
		return nil, errors.New("postgres: the connector has no name; give it one and keep it")
	case cfg.DSN == "":
		return nil, errors.New("postgres: connector " + cfg.Name + " has no connection string; set its DSN, e.g. postgres://hallpass:PASSWORD@host:5432/postgres")
	}
	pc, err := pgxpool.ParseConfig(cfg.DSN)
	if err != nil {
		// The parser's error may quote the string, and the string holds a password.
		return nil, errors.New("postgres: the connection string of connector " + cfg.Name +
			" cannot be parsed; it has the form postgres://user:password@host:port/database?sslmode=verify-full")
	}
	if exposed(pc.ConnConfig) && !cfg.Plain {
		return nil, errors.New("postgres: connector " + cfg.Name + " would send its password and people's roles to another machine without TLS" + plainMend)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second
	}
	pc.MaxConns = maxConns
	if pc.ConnConfig.ConnectTimeout == 0 {
		pc.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	params := pc.ConnConfig.RuntimeParams
	params["application_name"] = "hallpass"
	params["search_path"] = "pg_catalog" // nobody's functions stand in for the server's
	params["lock_timeout"] = "5000"      // milliseconds
	pool, err := pgxpool.NewWithConfig(context.Background(), pc)
	if err != nil {
		return nil, errors.New("postgres: the connection pool of connector " + cfg.Name + " could not be made; check its pool settings")
	}
	return &Connector{cfg: cfg, pool: pool, cleared: map[membership]bool{}}, nil
}

// Close closes the connections. Calls after it fail as retryable.
func (c *Connector) Close() { c.pool.Close() }

func (c *Connector) setCleared(m membership, done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if done {
		c.cleared[m] = true
	} else {
		delete(c.cleared, m)
	}
}

func (c *Connector) isCleared(m membership) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cleared[m]
}
