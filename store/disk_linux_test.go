package store

import (
	"math"
	"os"
	osexec "os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// TestDiskThatTakesNothingIsADatabaseThatTakesNoWrites covers a disk that says
// neither that it is full nor that it may not be written, as one with a quota or
// one that the kernel made read-only: a process that may not make files any
// larger stands for it.
func TestDiskThatTakesNothingIsADatabaseThatTakesNoWrites(t *testing.T) {
	t.Parallel()
	cmd := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriterWithoutRoom$")
	cmd.Env = append(os.Environ(), "HALLPASS_TEST_NO_ROOM="+t.TempDir())
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

// noRoom is how large a file may be: as large as a journal is from the start.
const noRoom = journalReserve

// TestWriterWithoutRoom is the process of
// TestDiskThatTakesNothingIsADatabaseThatTakesNoWrites.
func TestWriterWithoutRoom(t *testing.T) {
	dir := os.Getenv("HALLPASS_TEST_NO_ROOM")
	if dir == "" {
		t.Skip("only runs for TestDiskThatTakesNothingIsADatabaseThatTakesNoWrites")
	}
	db := openInside(t, "sqlite:"+dir)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "revocations.journal")
	j := journalAt(t, path, "")
	if err := j.Append(entry("a")); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: noRoom, Max: math.MaxUint64}); err != nil {
		t.Fatal(err)
	}
	var err error
	for written := 0; err == nil && written < 4*noRoom; written += 4000 {
		err = db.Apply(t.Context(), filling(time.Now()))
	}
	if approvals.ErrorCode(err) != approvals.CodeUnavailable || db.Refused() == nil {
		t.Errorf("a write that the disk refuses ends in %v; the database is taken to refuse writes because of: %v", err, db.Refused())
	}
	if _, _, err := db.Overdue(t.Context(), time.Now()); err != nil {
		t.Errorf("what is stored can't be read: %v", err)
	}
	if j = journalAt(t, path, ""); len(j.Entries()) != 1 {
		t.Errorf("the journal has %d entries", len(j.Entries()))
	}
	if err := j.Append(entry("b")); err != nil {
		t.Errorf("a journal that was opened on a disk that takes nothing has no room: %v", err)
	}
}
