package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

// readFor is how long the query for people may take.
const readFor = time.Minute

// People is a query as a directory source. Its columns are directory.Columns,
// by name and in any order; groups may be text or an array, flags text or
// boolean. The query runs in a session that may only read.
type People struct {
	config *pgx.ConnConfig
	query  string
	now    func() time.Time
}

var _ directory.Source = (*People)(nil)

// NewPeople prepares a source; it does not connect. plain allows connections to
// other machines without TLS; now may be nil.
func NewPeople(dsn, query string, plain bool, now func() time.Time) (*People, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil || dsn == "" {
		// The parser's error may quote the string, and the string holds a password.
		return nil, errors.New("postgres: the directory's connection string cannot be parsed; it has the form postgres://user:password@host:port/database?sslmode=verify-full")
	}
	if exposed(cfg) && !plain {
		return nil, errors.New("postgres: the directory would send its password and people's data to another machine without TLS" + plainMend)
	}
	if strings.TrimSpace(query) == "" {
		return nil, errors.New("postgres: the directory has no query")
	}
	if now == nil {
		now = time.Now
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	cfg.RuntimeParams["application_name"] = "hallpass"
	cfg.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.RuntimeParams["statement_timeout"] = fmt.Sprint(readFor.Milliseconds())
	return &People{config: cfg, query: query, now: now}, nil
}

// Name is the database's.
func (p *People) Name() string { return "postgres:" + p.config.Database }

// Read runs the query.
func (p *People) Read(ctx context.Context) (directory.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, readFor+p.config.ConnectTimeout)
	defer cancel()
	r := directory.Reading{AsOf: p.now()}
	conn, err := pgx.ConnectConfig(ctx, p.config.Copy())
	if err != nil {
		return r, p.operators(classify(err, reading))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing was changed
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		r.People, err = p.rows(ctx, tx)
		return err
	})
	return r, p.operators(err)
}

func (p *People) rows(ctx context.Context, tx pgx.Tx) ([]directory.Person, error) {
	rows, err := tx.Query(ctx, p.query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var header []string
	for _, f := range rows.FieldDescriptions() {
		header = append(header, f.Name)
	}
	if ps := directory.CheckColumns(header, directory.At("directory.query", 0)); len(ps) > 0 {
		return nil, ps
	}
	var people []directory.Person
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return nil, err
		}
		texts := make([]string, len(values))
		for i, v := range values {
			if texts[i], err = text(v); err != nil {
				return nil, approvals.Problems{{File: "directory.query", What: fmt.Sprintf("the column %q holds %T", header[i], v), Mend: "cast it to text, boolean or text[]"}}
			}
		}
		e, ps := directory.Row(header, texts, directory.At(p.Name(), 0))
		if len(ps) > 0 {
			e.ID = "" // nobody: what cannot be read may have been what restricts this person
		}
		people = append(people, e)
	}
	return people, rows.Err()
}

// errType says that a column's type is no text.
var errType = errors.New("no text")

// text is a column's value as people.csv would have it.
func text(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool, int16, int32, int64:
		return fmt.Sprint(v), nil
	case [16]byte: // uuid
		return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:]), nil
	case []any:
		var all []string
		for _, one := range v {
			s, ok := one.(string)
			if !ok || strings.Contains(s, ";") {
				return "", errType
			}
			all = append(all, s)
		}
		return strings.Join(all, ";"), nil
	}
	return "", errType
}

// operators turns what the operator has to mend into a problem of the
// configuration; the rest is tried again.
func (p *People) operators(err error) error {
	var pe *pgconn.PgError
	var ce *approvals.ConnectorError
	switch {
	case errors.As(err, &pe) && (pe.Code[:2] == "42" || pe.Code[:2] == "25" || pe.Code[:2] == "22"):
		what := fmt.Sprintf("PostgreSQL refuses the query for people: %s", pe.Message)
		if pe.Position > 0 {
			what += fmt.Sprintf(", at its character %d", pe.Position)
		}
		return approvals.Problems{{File: "directory.query", What: what, Mend: "mend query: under directory: in hallpass.yaml; it may only read"}}
	case errors.As(err, &ce) && ce.Kind == approvals.Misconfigured:
		return approvals.Problems{{File: "hallpass.yaml", What: "the directory can't be read: " + ce.Message, Mend: "mend dsn: under directory:"}}
	}
	var ps approvals.Problems
	if errors.As(err, &ps) {
		return ps
	}
	return classify(err, reading)
}
