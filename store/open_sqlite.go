package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/hallpass-dev/hallpass/approvals"
)

// pragmas make SQLite durable (a commit survives the loss of power), strict
// about references, and let a transaction take its write lock at its start,
// so that it cannot fail half-way for want of it.
const pragmas = "_txlock=immediate&_dqs=0&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
	"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"

func (s *Store) openSQLite(ctx context.Context, path string) error {
	if path == "" {
		return approvals.Errorf(approvals.CodeInvalid, "The database URL names no path; set it to sqlite:PATH, for instance sqlite:./data.")
	}
	file, err := sqliteFile(path)
	if err != nil {
		return cannotOpen(path, err)
	}
	lock, err := lockFile(file + ".lock")
	if err != nil {
		return cannotOpen(path, err)
	}
	// SQLite gives its other files the mode of the main one.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		_ = lock.Close()
		return cannotOpen(path, err)
	}
	_ = f.Close()

	dsn := (&url.URL{Scheme: "file", Path: file, RawQuery: pragmas}).String()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		_ = lock.Close()
		return cannotOpen(path, err)
	}
	// One connection: SQLite has one writer, and this one never waits for itself.
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	db.SetConnMaxLifetime(0)
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		_ = lock.Close()
		return cannotOpen(path, err)
	}
	s.db, s.dialect, s.release = db, sqlite, func() error { return unlockFile(lock) }
	s.direct = &statements{db: db}
	s.herald.live.Store(true)                  // nobody else can have the file open
	s.holder.Store(s.holder.Load().with(true)) // the lock on the file
	return nil
}

// sqliteFile is the absolute path of the database file, in a folder that exists.
func sqliteFile(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	isFile := err == nil && !info.IsDir()
	if ext := filepath.Ext(abs); err != nil && (ext == ".db" || ext == ".sqlite") {
		isFile = true
	}
	if !isFile {
		abs = filepath.Join(abs, "hallpass.db")
	}
	return abs, os.MkdirAll(filepath.Dir(abs), 0o700)
}

func cannotOpen(path string, err error) error {
	if approvals.ErrorCode(err) != approvals.CodeInternal {
		return fmt.Errorf("open SQLite: %w", err)
	}
	return &approvals.Error{
		Code:    approvals.CodeUnavailable,
		Message: fmt.Sprintf("The SQLite database at %s can't be opened: %v. Check that the path is right and may be written by this user.", path, err),
		Op:      "open SQLite",
		Err:     err,
	}
}
