package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/jackc/pgx/v5/pgconn"
	moderncsqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// fault is what a database error means, whichever engine said it.
type fault int

const (
	faultInternal    fault = iota
	faultUnique            // a unique key is taken
	faultReference         // a row is referred to that is not there
	faultInput             // the engine cannot store this value
	faultContention        // lost against another transaction: nothing was done, trying again may help
	faultUnavailable       // the database does not answer, or cannot now
	faultUnwritable        // the database answers, but takes no writes: it is full or read-only
	faultSchema            // a table or column is missing
)

// postgresFault reads the SQLSTATE. Source: the PostgreSQL manual, appendix A.
func postgresFault(err error) (fault, bool) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var connect *pgconn.ConnectError
		// What failed before anything was sent, as on a connection that was lost
		// and not yet noticed, has no type of its own.
		return faultUnavailable, errors.As(err, &connect) || pgconn.Timeout(err) || pgconn.SafeToRetry(err)
	}
	switch pg.Code {
	case "23505":
		return faultUnique, true
	case "23503":
		return faultReference, true
	case "40001", "40P01", "55P03":
		return faultContention, true
	case "42P01", "42703", "3F000":
		return faultSchema, true
	case "25006", "53100":
		return faultUnwritable, true
	case "57014", "57P01", "57P02", "57P03", "25P03", "3D000":
		return faultUnavailable, true
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "22", "54":
		return faultInput, true
	case "08", "28", "53", "58":
		return faultUnavailable, true
	}
	return faultInternal, true
}

// sqliteFault reads the extended result code. Source: sqlite.org/rescode.html.
func sqliteFault(err error) (fault, bool) {
	var e *moderncsqlite.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return faultUnique, true
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return faultReference, true
	// A disk that was made read-only under its user, or has a quota, does not say
	// that it is full. Reading works all the same.
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE:
		return faultUnwritable, true
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return faultContention, true
	case sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE:
		return faultInput, true
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY:
		return faultUnwritable, true
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_PERM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM:
		return faultUnavailable, true
	}
	return faultInternal, true
}

// faultOf says what an error from database/sql means.
func (d *dialect) faultOf(err error) fault {
	if f, ok := d.fault(err); ok {
		return f
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return faultUnavailable
	}
	return faultInternal
}

// wrap gives an error a code and the name of what was being done. An
// approvals.Error keeps its code and sentence.
func (d *dialect) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var known *approvals.Error
	if errors.As(err, &known) {
		return fmt.Errorf("%s: %w", op, err)
	}
	e := &approvals.Error{Op: op, Err: err}
	switch d.faultOf(err) {
	case faultUnique:
		e.Code, e.Message = approvals.CodeDuplicate, "This exists already."
	case faultReference:
		e.Code, e.Message = approvals.CodeInvalid, "This refers to something that is not stored."
	case faultInput:
		e.Code, e.Message = approvals.CodeInvalid, "The database can't store one of these values."
	case faultContention:
		e.Code, e.Message = approvals.CodeUnavailable, "The database is busy. Nothing was changed; please try again."
	case faultUnwritable:
		e.Code, e.Message = approvals.CodeUnavailable,
			"The database takes no writes: it is full, or read-only. Nothing new is granted until it does; access that ends is taken away all the same."
	case faultUnavailable:
		e.Code, e.Message = approvals.CodeUnavailable, "The database does not answer. Please try again."
	case faultSchema:
		e.Code, e.Message = approvals.CodeUnavailable, "The database lacks a table that this version needs; run `hallpass migrate`."
	default:
		e.Code = approvals.CodeInternal
	}
	return e
}
