package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/hallpass-dev/hallpass/approvals"
)

// EachLearned passes on every human decision after a sequence, by sequence, as
// Learned does, but reads all in one go: it is for a start with a long past. It
// ends with the first error of each.
func (s *Store) EachLearned(ctx context.Context, after int64, each func(approvals.Learned) error) error {
	pass := func(l approvals.Learned, err error) error {
		if err != nil {
			return err
		}
		return each(l)
	}
	r := reading{
		op:   "replay human decisions",
		long: after == 0, // all of them; those that came since are few, and asked for often by one statement
		scan: func(scan scan) error { return pass(readLearned(scan)) },
		raw:  func(v [][]byte) error { return pass(decodeLearned(v)) },
	}
	where := ""
	if after > 0 {
		where, r.args = " WHERE sequence > $1", []any{after}
	}
	r.query = "SELECT " + learnedTable.list("") + " FROM learned" + where + " ORDER BY sequence, position"
	return s.stream(ctx, r)
}

// reading is one query whose rows are taken in as they come, without keeping
// them.
type reading struct {
	op, query string
	args      []any
	long      bool                 // it may take longer than a query usually may
	scan      func(scan) error     // of a row, from either engine
	raw       func([][]byte) error // of PostgreSQL's binary values, which hold until it returns
}

func (s *Store) stream(ctx context.Context, r reading) error {
	if err := s.usable(); err != nil {
		return err
	}
	if s.dialect == postgres {
		return s.dialect.wrap(r.op, s.streamRaw(ctx, r))
	}
	return s.dialect.wrap(r.op, scanRows(ctx, s.db, r))
}

// scanRows passes on the rows of a query one by one.
func scanRows(ctx context.Context, q querier, r reading) error {
	rows, err := q.QueryContext(ctx, r.query, r.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // What it could say, rows.Err says.
	for rows.Next() {
		if err := r.scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *Store) streamRaw(ctx context.Context, r reading) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // It goes back to the pool.
	return native(conn, func(conn *pgx.Conn) error {
		if !r.long {
			return streamFrom(ctx, conn, r)
		}
		return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
				return err
			}
			if len(r.args) == 0 {
				return copyOut(ctx, tx.Conn(), r)
			}
			return streamFrom(ctx, tx, r)
		})
	})
}

// native lends PostgreSQL's own connection.
func native(conn *sql.Conn, work func(*pgx.Conn) error) error {
	return conn.Raw(func(driver any) error {
		own, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver's connection is a %T", driver)
		}
		return work(own.Conn())
	})
}

func streamFrom(ctx context.Context, from interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}, r reading) error {
	rows, err := from.Query(ctx, r.query, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, r.args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := r.raw(rows.RawValues()); err != nil {
			return err
		}
	}
	return rows.Err()
}

// The columns of learnedTable, in its order.
const (
	learnedSequence = iota
	_               // position
	learnedAt
	learnedRequest
	learnedEntitlement
	learnedBeneficiary
	learnedManager
	learnedTitle
	learnedDepartment
	learnedLocation
	learnedApprover
	learnedApproved
	learnedDuration
	learnedFunction
	learnedColumns
)

// decodeLearned decodes a row of PostgreSQL's binary values. Its texts share one
// piece of memory: of a million rows nearly all are forgotten soon.
func decodeLearned(v [][]byte) (l approvals.Learned, err error) {
	if len(v) != learnedColumns || len(v[learnedSequence]) != 8 || len(v[learnedAt]) != 8 || len(v[learnedApproved]) != 1 || len(v[learnedDuration]) != 8 {
		return l, fmt.Errorf("a human decision is stored in an unknown form")
	}
	all := string(bytes.Join(v, nil))
	var text [learnedColumns]string
	for i, b := range v {
		text[i], all = all[:len(b)], all[len(b):]
	}
	return approvals.Learned{
		Sequence:    int64(binary.BigEndian.Uint64(v[learnedSequence])),
		At:          postgresTime(v[learnedAt]),
		Request:     approvals.RequestID(text[learnedRequest]),
		Entitlement: approvals.EntitlementID(text[learnedEntitlement]),
		Beneficiary: approvals.PrincipalID(text[learnedBeneficiary]),
		Manager:     approvals.PrincipalID(text[learnedManager]),
		Title:       text[learnedTitle],
		Department:  text[learnedDepartment],
		Location:    text[learnedLocation],
		Function:    text[learnedFunction],
		Approver:    approvals.PrincipalID(text[learnedApprover]),
		Approved:    v[learnedApproved][0] != 0,
		Duration:    time.Duration(binary.BigEndian.Uint64(v[learnedDuration])),
	}, nil
}

// postgresEpoch is where PostgreSQL's microseconds count from.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func postgresTime(b []byte) time.Time {
	micros := int64(binary.BigEndian.Uint64(b))
	return time.UnixMicro(postgresEpoch.UnixMicro() + micros).UTC()
}
