package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// Marks keep, outside of the database, how far it had come: how many events its
// log has and the root of the tree over them, and when each running access ends.
// After a backup was restored they tell what was lost, however much has happened
// since. They are one local file, replaced whole.
type Marks struct {
	path  string
	known marks
}

// marks is the file.
type marks struct {
	Format string                          `json:"format"`
	Size   int64                           `json:"size"`          // events in the log
	Root   string                          `json:"root,omitzero"` // of the tree over them; empty: written by an earlier version
	At     time.Time                       `json:"at"`
	Ends   map[approvals.GrantID]time.Time `json:"ends"` // of the grants that ran
}

const marksFormat = "hallpass-marks/1"

// OpenMarks reads the marks at a path; there may be none yet. A file that can't
// be read is an error, and is not overwritten.
func OpenMarks(path string) (*Marks, error) {
	m := &Marks{path: path}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &m.known)
	}
	if err == nil && m.known.Format != marksFormat {
		err = fmt.Errorf("it is of the format %q", m.known.Format)
	}
	if err != nil {
		return nil, &approvals.Error{Code: approvals.CodeUnavailable, Op: "open marks", Err: err,
			Message: fmt.Sprintf("The marks at %s can't be read: %v. They say whether the database was restored; look at that first, then remove the file.", path, err)}
	}
	return m, nil
}

// At is when the marks were written last; zero: never.
func (m *Marks) At() time.Time { return m.known.At }

// Lost is what the marks know and a log, whose head is given, does not have:
// because it is shorter, or because it was cut back and has grown since. ok says
// that there is something. Ends are of the grants that ran.
func (m *Marks) Lost(ctx context.Context, s *Store, head auditlog.Frontier) (lost approvals.Lost, ok bool, err error) {
	if m.known.Size <= head.Size() {
		root, err := s.rootAt(ctx, head, m.known.Size)
		if err != nil || m.known.Root == "" || root.String() == m.known.Root {
			return lost, false, err
		}
	}
	lost.Known, lost.At, lost.Ends = m.known.Size, m.known.At, maps.Clone(m.known.Ends)
	if lost.Ends == nil {
		lost.Ends = map[approvals.GrantID]time.Time{}
	}
	return lost, true, nil
}

// rootAt is the root over the first events of a log whose head is given. What
// no checkpoint covers yet is put together from its leaves.
func (s *Store) rootAt(ctx context.Context, head auditlog.Frontier, size int64) (auditlog.Hash, error) {
	if size == head.Size() {
		return head.Root(), nil
	}
	last, err := s.LastCheckpoint(ctx)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return auditlog.Hash{}, err
	}
	tree, err := s.reader(ctx, s.db).frontier(min(size, last.Size) &^ (1<<nodeStep - 1))
	for err == nil && tree.Size() < size {
		var leaves [][]byte
		leaves, err = list(ctx, s, "read leaves of the audit log", func(scan scan) (leaf []byte, err error) { return leaf, scan(&leaf) },
			"SELECT leaf FROM events WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3", tree.Size(), size, int64(hashPage))
		if err == nil && len(leaves) == 0 {
			err = approvals.Errorf(approvals.CodeInternal, "Event %d is missing in the audit log; run `hallpass audit verify`.", tree.Size()+1)
		}
		for _, leaf := range leaves {
			tree.Append(auditlog.Hash(leaf))
		}
	}
	if err != nil {
		return auditlog.Hash{}, err
	}
	return tree.Root(), nil
}

// Follow brings the marks up to the database as it is, and writes them if
// something happened. The first time, or when the log is shorter than they
// know, they are made anew.
func (m *Marks) Follow(ctx context.Context, s *Store, fresh bool) error {
	head, err := s.Head(ctx)
	if err != nil || head.Size() == m.known.Size && !fresh {
		return err
	}
	next := marks{Format: marksFormat, At: s.now().UTC(), Ends: maps.Clone(m.known.Ends), Size: m.known.Size, Root: head.Root().String()}
	if fresh || next.Ends == nil {
		next.Size = head.Size() // what happens from here on is found in the rows, and noted once more with its event
		if next.Ends, err = running(ctx, s); err != nil {
			return err
		}
	}
	for next.Size < head.Size() {
		page, err := s.Events(ctx, EventFilter{After: next.Size, Limit: int(min(1000, head.Size()-next.Size))})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return approvals.Errorf(approvals.CodeInternal, "Event %d is missing in the audit log; run `hallpass audit verify`.", next.Size+1)
		}
		for _, e := range page {
			next.note(e)
		}
	}
	if err := m.write(next); err != nil {
		return err
	}
	m.known = next
	return nil
}

// note takes one event over: what says until when an access runs, or that it
// no longer does.
func (m *marks) note(e approvals.Event) {
	m.Size = e.Sequence
	switch e.Kind {
	case approvals.EventGrantRevoking, approvals.EventGrantFailed, approvals.EventGrantRevoked:
		delete(m.Ends, e.Grant)
		return
	}
	if end, err := time.Parse(time.RFC3339, e.Detail["ends_at"]); err == nil && e.Grant != "" {
		m.Ends[e.Grant] = end
	}
}

// running are the ends of all that runs.
func running(ctx context.Context, s *Store) (map[approvals.GrantID]time.Time, error) {
	ends := map[approvals.GrantID]time.Time{}
	for after := approvals.GrantID(""); ; {
		page, err := s.GrantsIn(ctx, []approvals.GrantState{approvals.GrantActive}, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, g := range page {
			ends[g.ID] = g.EndsAt
			after = g.ID
		}
		if len(page) < 1000 {
			return ends, nil
		}
	}
}

// write replaces the file, so that a crash leaves the old one or the new one.
func (m *Marks) write(next marks) error {
	data, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(m.path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(m.path), ".marks-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), m.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
