//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package store

import (
	"os"

	"github.com/hallpass-dev/hallpass/approvals"
)

// lockFile refuses: without a lock that dies with its process, two processes
// could write one file.
func lockFile(string) (*os.File, error) {
	return nil, approvals.Errorf(approvals.CodeInvalid,
		"SQLite can't be locked for one process on this operating system; use PostgreSQL.")
}

// unlockFile gives back what lockFile never gave.
func unlockFile(f *os.File) error { return f.Close() }
