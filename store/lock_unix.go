//go:build linux || darwin || freebsd || netbsd || openbsd

package store

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/hallpass-dev/hallpass/approvals"
)

// lockFile takes the lock file for this process. The kernel releases it when
// the process ends, by whatever cause. The file itself stays: removing it
// would let two processes lock two different files of one name.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer func() { _ = f.Close() }()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, err
		}
		return nil, approvals.Errorf(approvals.CodeUnavailable,
			"Another process%s uses this SQLite database (%s is locked). Stop it first; for several replicas use PostgreSQL.", holder(f), path)
	}
	if err := f.Truncate(0); err == nil {
		// The number only makes the refusal more helpful: the lock is what counts.
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return f, nil
}

// unlockFile gives the lock back. Closing alone would not, while a program that
// is just being started still has the file open.
func unlockFile(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

func holder(f *os.File) string {
	b := make([]byte, 20)
	n, _ := f.ReadAt(b, 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	if err != nil {
		return ""
	}
	return " (" + strconv.Itoa(pid) + ")"
}
