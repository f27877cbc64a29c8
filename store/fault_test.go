package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestFaultsAreToldByCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]approvals.Code{
		"23505": approvals.CodeDuplicate,   // unique_violation
		"23503": approvals.CodeInvalid,     // foreign_key_violation
		"22021": approvals.CodeInvalid,     // character_not_in_repertoire
		"54000": approvals.CodeInvalid,     // program_limit_exceeded
		"40001": approvals.CodeUnavailable, // serialization_failure, after the last try
		"40P01": approvals.CodeUnavailable, // deadlock_detected, after the last try
		"42P01": approvals.CodeUnavailable, // undefined_table
		"57P01": approvals.CodeUnavailable, // admin_shutdown
		"53300": approvals.CodeUnavailable, // too_many_connections
		"08006": approvals.CodeUnavailable, // connection_failure
		"25006": approvals.CodeUnavailable, // read_only_sql_transaction, as on a standby
		"P0001": approvals.CodeInternal,    // raise_exception, as our trigger does
		"42601": approvals.CodeInternal,    // syntax_error
		"":      approvals.CodeInternal,
	} {
		err := postgres.wrap("test", fmt.Errorf("deep: %w", &pgconn.PgError{Code: code, Message: "duplicate key 23505"}))
		if got := approvals.ErrorCode(err); got != want {
			t.Errorf("SQLSTATE %q: %s, want %s", code, got, want)
		}
	}
	for _, cause := range []error{driver.ErrBadConn, sql.ErrConnDone, io.ErrUnexpectedEOF, net.ErrClosed, context.Canceled,
		context.DeadlineExceeded, &net.OpError{Op: "dial", Err: errors.New("refused")}} {
		for _, d := range []*dialect{postgres, sqlite} {
			err := d.wrap("test", cause)
			if got := approvals.ErrorCode(err); got != approvals.CodeUnavailable || !errors.Is(err, cause) {
				t.Errorf("%s: %v: %s, want %s", d.name, cause, got, approvals.CodeUnavailable)
			}
		}
	}
	known := approvals.Errorf(approvals.CodeLapsed, "too late")
	if err := sqlite.wrap("test", known); !errors.Is(err, known) || approvals.ErrorCode(err) != approvals.CodeLapsed {
		t.Errorf("an error of the domain lost its code: %v", err)
	}
	if err := sqlite.wrap("test", nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}

func TestConnectionThatWasLostUnnoticedIsUnavailable(t *testing.T) {
	t.Parallel()
	conn, err := pgconn.Connect(t.Context(), pgtest.Start(t).AdminDSN())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), "SELECT 1").ReadAll()
	if got := approvals.ErrorCode(postgres.wrap("test", err)); got != approvals.CodeUnavailable {
		t.Errorf("%v: %s, want %s", err, got, approvals.CodeUnavailable)
	}
}

func TestOnlyLostTransactionsRunAgain(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, s *Store) {
		runs := 0
		err := s.transact(t.Context(), "test", func(tx *sql.Tx) error {
			runs++
			_, err := tx.ExecContext(t.Context(), "INSERT INTO messages VALUES ('s', '', '', ''), ('s', '', '', '')")
			return err
		})
		if runs != 1 || approvals.ErrorCode(err) != approvals.CodeDuplicate {
			t.Errorf("a duplicate ran %d times: %v", runs, err)
		}
	})
}

func TestContentionIsTriedAFewTimes(t *testing.T) {
	t.Parallel()
	s := openInside(t, pgtest.Start(t).Database(t))
	migrated(t, s, 0)
	runs := 0
	err := s.transact(t.Context(), "test", func(tx *sql.Tx) error {
		runs++
		_, err := tx.ExecContext(t.Context(), "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure'; END $$")
		return err
	})
	if runs != attempts || approvals.ErrorCode(err) != approvals.CodeUnavailable {
		t.Errorf("%d runs, %v; want %d and %s", runs, err, attempts, approvals.CodeUnavailable)
	}
}

// TestDeadlockIsResolved lets two transactions wait for each other's row.
func TestDeadlockIsResolved(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		if s.dialect == sqlite {
			t.Skip("SQLite has one writer, so none can wait for another")
		}
		migrated(t, s, 0)
		exec(t, s, "INSERT INTO messages VALUES ('a', '', '', ''), ('b', '', '', '')")
		touch := func(tx *sql.Tx, slot string) error {
			_, err := tx.ExecContext(t.Context(), "UPDATE messages SET digest = digest || 'x' WHERE slot = $1", slot)
			return err
		}
		first, second := make(chan struct{}), make(chan struct{})
		run := func(mine, other string, here, there chan struct{}) error {
			tries := 0
			return s.transact(t.Context(), "test", func(tx *sql.Tx) error {
				if err := touch(tx, mine); err != nil {
					return err
				}
				if tries++; tries == 1 {
					close(here)
					<-there
				}
				return touch(tx, other)
			})
		}
		done := make(chan error)
		go func() { done <- run("a", "b", first, second) }()
		go func() { done <- run("b", "a", second, first) }()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		for _, slot := range []string{"a", "b"} {
			if m, err := s.Message(t.Context(), slot); err != nil || m.Digest != "xx" {
				t.Errorf("%s was touched as %q, %v; want twice", slot, m.Digest, err)
			}
		}
	})
}
