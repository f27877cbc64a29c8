package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// journaled marks the journal entries that a change merges.
func (w *writer) journaled(c approvals.Change) error {
	rows := make([][]any, len(c.Journal))
	for i, id := range c.Journal {
		rows[i] = []any{id}
	}
	return w.insert(journalTable, rows, "This journal entry was merged already.")
}

var journalTable = newTable("journal", 1, "id text")

// noteWrites remembers whether the database takes writes.
func (s *Store) noteWrites(err error) {
	switch {
	case err == nil:
		s.refused.Store(nil)
	case s.dialect.faultOf(err) == faultUnwritable:
		s.refused.Store(&refusal{s.dialect.wrap("write", err)})
	}
}

// refusal is why the last write was refused.
type refusal struct{ err error }

// Refused is why the database took no write when it was tried last; nil while
// it does. Reading works all the same.
func (s *Store) Refused() error {
	if r := s.refused.Load(); r != nil {
		return r.err
	}
	return nil
}

// journalReserve is how much room a journal has before the disk is asked for
// more: what fills the database's disk often fills the journal's. An entry takes
// about half a kilobyte.
const journalReserve = 1 << 20

// Journal keeps what was done while the database could not be written: a local
// file of one line an entry, each with the hash of the one before, synced before
// Append returns. The zero value works in memory only. It is safe for concurrent use, but for one process only.
type Journal struct {
	mu      sync.Mutex
	file    *os.File // nil: memory only
	lock    *os.File
	end     int64 // where the next line goes
	prev    string
	entries []approvals.JournalEntry
}

// journalLine is an entry as it is written.
type journalLine struct {
	approvals.JournalEntry
	Prev string `json:"prev,omitempty"` // of the line before: "sha256:" and the hexadecimal leaf hash of its bytes
}

// OpenJournal opens or makes the journal at a path. What an earlier process
// left is read, as far as its lines are whole and follow on each other; said
// tells in words what is not. A line cut off at the end is what a crash leaves;
// the rest of a broken file is kept beside it. With an error the journal works
// in memory only.
func OpenJournal(path string) (j *Journal, said []string, err error) {
	j = &Journal{}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return j, nil, journalError(path, err)
	}
	if j.lock, err = lockFile(path + ".lock"); err != nil {
		return j, nil, journalError(path, err)
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return j, nil, errors.Join(journalError(path, err), j.Close())
	}
	if said = j.read(data); len(said) > 0 {
		kept := path + ".broken"
		said = append(said, "What was found is kept as "+kept+".")
		if err := os.WriteFile(kept, bytes.TrimRight(data, "\x00"), 0o600); err != nil {
			return j, said, errors.Join(journalError(path, err), j.Close())
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return j, said, errors.Join(journalError(path, err), j.Close())
	}
	if err := j.reserve(f); err != nil {
		return j, said, errors.Join(journalError(path, err), f.Close(), j.Close())
	}
	j.file = f
	return j, said, nil
}

func journalError(path string, err error) error {
	if approvals.ErrorCode(err) != approvals.CodeInternal {
		return err
	}
	return &approvals.Error{Code: approvals.CodeUnavailable, Op: "open the journal", Err: err,
		Message: fmt.Sprintf("The journal of revocations at %s can't be used: %v. Check that the data directory may be written by this user.", path, err)}
}

// read takes over the lines of a file, up to the first that is not whole.
func (j *Journal) read(data []byte) (said []string) {
	text := data
	if i := bytes.IndexByte(data, 0); i >= 0 {
		text = data[:i]
	}
	for n := 1; len(text) > 0; n++ {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return []string{fmt.Sprintf("Line %d of the journal was cut off while it was written; what it told of is done again.", n)}
		}
		var l journalLine
		if err := json.Unmarshal(line, &l); err != nil || l.ID == "" {
			return []string{fmt.Sprintf("Line %d of the journal can't be read: somebody changed it, or the disk did.", n)}
		}
		if l.Prev != j.prev {
			return []string{fmt.Sprintf("Line %d of the journal does not follow on the one before: lines were changed, removed or put in.", n)}
		}
		j.entries, j.prev = append(j.entries, l.JournalEntry), journalHash(line)
		j.end += int64(len(line)) + 1
		text = rest
	}
	return nil
}

func journalHash(line []byte) string { return fmt.Sprintf("sha256:%x", auditlog.LeafHash(line)) }

// reserve sees to it that there are zeros behind the last line, so that the disk
// need not be asked when it is full. Where there are enough, it writes nothing:
// who opens the journal while the disk is full has the room that was there.
func (j *Journal) reserve(f *os.File) error {
	rest, err := io.ReadAll(io.NewSectionReader(f, j.end, math.MaxInt64-j.end))
	if err != nil || len(rest) >= journalReserve/2 && len(bytes.Trim(rest, "\x00")) == 0 {
		return err
	}
	if _, err := f.WriteAt(make([]byte, journalReserve), j.end); err != nil {
		return err
	}
	if err := f.Truncate(j.end + journalReserve); err != nil {
		return err
	}
	return f.Sync()
}

// Append keeps an entry. With an error it is kept in memory only.
func (j *Journal) Append(e approvals.JournalEntry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
	if j.file == nil {
		return approvals.Errorf(approvals.CodeUnavailable, "There is no journal file: what was done is known to this process only.")
	}
	line, err := auditlog.Marshal(journalLine{e, j.prev})
	if err != nil {
		return err
	}
	if _, err = j.file.WriteAt(append(line, '\n'), j.end); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return journalError(j.file.Name(), err)
	}
	j.end, j.prev = j.end+int64(len(line))+1, journalHash(line)
	return nil
}

// Entries are those that are not forgotten yet, the oldest first.
func (j *Journal) Entries() []approvals.JournalEntry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

// Forget drops the first n entries, which are in the log. The file is emptied
// when none is left; until then a crash makes them be merged again, which the
// log notices.
func (j *Journal) Forget(n int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = slices.Clone(j.entries[n:])
	if len(j.entries) > 0 || j.file == nil {
		return nil
	}
	j.end, j.prev = 0, ""
	if err := j.reserve(j.file); err != nil {
		return journalError(j.file.Name(), err)
	}
	return nil
}

// Close gives the file free; no journal has none.
func (j *Journal) Close() (err error) {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range []*os.File{j.file, j.lock} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	j.file, j.lock = nil, nil
	return err
}
