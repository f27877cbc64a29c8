package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"golang.org/x/mod/sumdb/note"
)

// SignedCheckpoint is a checkpoint as it is kept.
type SignedCheckpoint struct {
	Size int64     // events that it covers
	At   time.Time // when it was signed
	Note []byte    // the signed note
}

func readCheckpoint(scan scan) (c SignedCheckpoint, err error) {
	var signed stamp
	err = scan(&c.Size, &signed, &c.Note)
	c.At = signed.Time
	return c, err
}

// Checkpoints lists checkpoints by size, those over more events than the given
// number.
func (s *Store) Checkpoints(ctx context.Context, after int64, limit int) ([]SignedCheckpoint, error) {
	return list(ctx, s, "list checkpoints", readCheckpoint,
		"SELECT size, at, note FROM checkpoints WHERE size > $1 ORDER BY size LIMIT $2", after, int64(limit))
}

const lastCheckpoint = "SELECT size, at, note FROM checkpoints ORDER BY size DESC LIMIT 1"

// LastCheckpoint is the one over the most events; CodeNotFound when there is none.
func (s *Store) LastCheckpoint(ctx context.Context) (SignedCheckpoint, error) {
	return single(ctx, s, "read the last checkpoint", "No checkpoint was signed yet; configure a key (hallpass audit key).", readCheckpoint, lastCheckpoint)
}

// Seal signs a checkpoint over all events there are, unless there is one
// already, and reports whether it did. Before it signs, it hashes again every
// event since the last one: an event or a hash that was changed since it was
// written is refused with CodeInternal, and the sentence names where. Writers
// do not wait for it.
func (s *Store) Seal(ctx context.Context, origin string, signers ...note.Signer) (sealed bool, c SignedCheckpoint, err error) {
	const op = "sign a checkpoint"
	tree, err := s.Head(ctx)
	if err != nil {
		return false, c, err
	}
	c, err = s.LastCheckpoint(ctx)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return false, c, err
	}
	if tree.Size() <= c.Size {
		return false, c, nil
	}
	grown, err := s.checkSince(ctx, c, &tree)
	if err != nil {
		return false, c, s.dialect.wrap(op, err)
	}
	point := auditlog.Checkpoint{Origin: origin, Size: tree.Size(), Root: tree.Root(), At: s.now().UTC().Truncate(time.Millisecond)}
	signed, err := point.Sign(signers...)
	if err != nil {
		return false, c, &approvals.Error{Code: approvals.CodeInvalid, Op: op, Err: err, Message: "The checkpoint can't be signed: " + err.Error() + "."}
	}
	next := SignedCheckpoint{Size: point.Size, At: point.At, Note: signed}
	err = s.transact(ctx, op, func(tx *sql.Tx) error {
		w := &writer{store: s, tx: tx, ctx: ctx}
		if err := w.put(nodeTable, grown, " ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
		n, err := execute(ctx, tx, "INSERT INTO checkpoints (size, at, note) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", next.Size, at(next.At), string(next.Note))
		if sealed = n == 1; err != nil || sealed {
			return err
		}
		first, err := collect(ctx, tx, readCheckpoint, "SELECT size, at, note FROM checkpoints WHERE size = $1", next.Size)
		if len(first) == 1 { // another replica was faster, and its note is the one that counts
			next = first[0]
		}
		return err
	})
	if err != nil {
		return false, c, err
	}
	return sealed, next, nil
}

// checkSince builds the nodes of the tree that are stored anew from where they
// end, out of the events themselves, and compares with the last checkpoint and
// with the head. It returns the rows of the nodes that are new.
func (s *Store) checkSince(ctx context.Context, last SignedCheckpoint, head *auditlog.Frontier) (grown [][]any, err error) {
	var signed auditlog.Checkpoint
	if last.Size > 0 {
		if signed, err = auditlog.Peek(last.Note); err != nil {
			return nil, changed("The last checkpoint was changed", err)
		}
	}
	// The stored nodes reach as far as the last checkpoint, and not further.
	tree, err := s.reader(ctx, s.db).frontier(last.Size &^ (1<<nodeStep - 1))
	if err != nil {
		return nil, err
	}
	start := tree.Size() + 1
	for {
		if tree.Size() == last.Size && last.Size > 0 && tree.Root() != signed.Root {
			return nil, changed("The log of the first %d events is no longer the one that was signed", nil, last.Size)
		}
		if tree.Size() == head.Size() {
			break
		}
		to := head.Size()
		if tree.Size() < last.Size {
			to = last.Size
		}
		page, err := collect(ctx, s.db, readRecord,
			"SELECT sequence, body, leaf FROM events WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3", tree.Size(), to, int64(hashPage))
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return nil, changed("Event %d is missing", nil, tree.Size()+1)
		}
		for _, record := range page {
			if err := matches(record, tree.Size()+1); err != nil {
				return nil, err
			}
			tree.Grow(*record.Leaf, func(height int, index int64, root auditlog.Hash) {
				if height%nodeStep == 0 {
					grown = append(grown, []any{int64(height), index, root[:]})
				}
			})
		}
	}
	if tree.Root() != head.Root() {
		return nil, changed("Something in events %d to %d is not what was written", nil, start, head.Size())
	}
	return grown, nil
}

// matches compares an event that is about to be signed with its leaf hash.
func matches(r auditlog.Record, sequence int64) error {
	switch {
	case r.Sequence != sequence:
		return changed("Event %d is missing", nil, sequence)
	case r.Leaf == nil || *r.Leaf != auditlog.LeafHash(r.Body):
		return changed("Event %d was changed", nil, sequence)
	}
	return nil
}

func changed(format string, cause error, args ...any) error {
	e := approvals.Errorf(approvals.CodeInternal, format+" since it was written. No checkpoint is signed; run `hallpass audit verify`.", args...)
	e.Err = cause
	return e
}
