package store

import (
	"context"
	"errors"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// BundleScope says what goes into a bundle.
type BundleScope struct {
	First int64               // sequence of the first event; 0: 1
	Last  int64               // of the last; 0: all that is signed
	Only  approvals.RequestID // only events of this request, each with its proof; empty: all
	Texts bool                // hand out what people wrote
	Since []int64             // sizes of checkpoints that the reader has from earlier: proofs for them are put in
}

// WriteBundle writes a part of the audit log, or all of it, as a folder that
// proves itself; see package auditlog. It holds only events that a checkpoint
// covers: CodeNotFound says that there is none, CodeConflict that some of what
// was asked for is not covered yet.
func (s *Store) WriteBundle(ctx context.Context, dir string, scope BundleScope) (auditlog.Header, error) {
	last, err := s.LastCheckpoint(ctx)
	if err != nil {
		return auditlog.Header{}, err
	}
	signed, err := auditlog.Peek(last.Note)
	if err != nil {
		return auditlog.Header{}, err
	}
	b := &bundler{Store: s, ctx: ctx, scope: scope, reader: s.reader(ctx, s.db), end: last}
	b.header = auditlog.Header{Origin: signed.Origin, First: max(1, scope.First), Last: scope.Last}
	if b.header.Last == 0 {
		b.header.Last = last.Size
	}
	if b.header.Last > last.Size || b.header.First > b.header.Last {
		return b.header, approvals.Errorf(approvals.CodeConflict,
			"Events %d to %d were asked for, and a checkpoint covers those up to %d; sign another one first (hallpass audit checkpoint).", b.header.First, b.header.Last, last.Size)
	}
	if scope.Only != "" {
		return b.picked(dir)
	}
	return b.span(dir)
}

// bundler writes one bundle.
type bundler struct {
	*Store
	ctx    context.Context // of the one call that it is made for
	scope  BundleScope
	header auditlog.Header
	reader *treeReader
	end    SignedCheckpoint // covers all that is written
	out    *auditlog.Writer
}

// picked writes the events of one request, with a proof each.
func (b *bundler) picked(dir string) (auditlog.Header, error) {
	records, err := list(b.ctx, b.Store, "read a request's events", readRecord,
		"SELECT sequence, body, leaf FROM events WHERE request_id = $1 AND request_id <> '' AND sequence >= $2 AND sequence <= $3 ORDER BY sequence",
		string(b.scope.Only), b.header.First, b.header.Last)
	if err != nil {
		return b.header, err
	}
	if len(records) == 0 {
		return b.header, approvals.Errorf(approvals.CodeNotFound, "The audit log knows no signed event of request %s.", b.scope.Only)
	}
	b.header.First, b.header.Last = records[0].Sequence, records[len(records)-1].Sequence
	b.header.Selection = "request " + string(b.scope.Only)
	if b.out, err = auditlog.NewWriter(dir, b.header); err != nil {
		return b.header, err
	}
	b.out.Checkpoint(b.end.Note)
	for _, r := range records {
		texts, err := b.texts(r.Sequence, r.Sequence)
		if err != nil {
			return b.header, errors.Join(err, b.out.Close())
		}
		proof, err := b.reader.prove(r.Sequence, b.end.Size)
		if err != nil {
			return b.header, errors.Join(err, b.out.Close())
		}
		b.out.Event(r.Body, texts[r.Sequence]...)
		b.out.Prove(proof)
	}
	return b.header, b.out.Close()
}

// span writes all events from First to Last.
func (b *bundler) span(dir string) (auditlog.Header, error) {
	// The first checkpoint that covers all: the fewer leaf hashes follow, the better.
	ends, err := b.Checkpoints(b.ctx, b.header.Last-1, 1)
	if err != nil {
		return b.header, err
	}
	if len(ends) == 1 {
		b.end = ends[0]
	}
	before, err := b.reader.frontier(b.header.First - 1)
	if err != nil {
		return b.header, b.dialect.wrap("read the tree", err)
	}
	b.header.Before = before.Hashes()
	if b.out, err = auditlog.NewWriter(dir, b.header); err != nil {
		return b.header, err
	}
	for _, step := range []func() error{b.earlier, b.checkpoints, b.events, b.tail} {
		if err := step(); err != nil {
			return b.header, errors.Join(err, b.out.Close())
		}
	}
	return b.header, b.out.Close()
}

// earlier writes the last checkpoint before the part, and those asked for, with
// their proofs.
func (b *bundler) earlier() error {
	if b.header.First == 1 {
		return nil
	}
	before, err := list(b.ctx, b.Store, "read the checkpoint before", readCheckpoint,
		"SELECT size, at, note FROM checkpoints WHERE size < $1 ORDER BY size DESC LIMIT 1", b.header.First-1)
	if err != nil {
		return err
	}
	sizes := b.scope.Since
	for _, c := range before {
		b.out.Checkpoint(c.Note)
		sizes = append(sizes, c.Size)
	}
	for _, size := range sizes {
		if size >= b.header.First-1 || size < 1 {
			continue
		}
		proof, err := b.ProveConsistency(b.ctx, size, b.end.Size)
		if err != nil {
			return err
		}
		b.out.Consistency(proof)
	}
	return nil
}

func (b *bundler) checkpoints() error {
	for after := max(b.header.First-2, 0); ; {
		page, err := b.Checkpoints(b.ctx, after, hashPage)
		if err != nil {
			return err
		}
		for _, c := range page {
			if c.Size > b.end.Size {
				return nil
			}
			b.out.Checkpoint(c.Note)
			after = c.Size
		}
		if len(page) < hashPage {
			return nil
		}
	}
}

func (b *bundler) events() error {
	for after := b.header.First - 1; after < b.header.Last; {
		page, err := list(b.ctx, b.Store, "read the audit log", readRecord,
			"SELECT sequence, body, leaf FROM events WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3", after, b.header.Last, int64(verifyPage))
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return approvals.Errorf(approvals.CodeInternal, "The audit log lacks events after %d; run `hallpass audit verify`.", after)
		}
		next := page[len(page)-1].Sequence
		texts, err := b.texts(after+1, next)
		if err != nil {
			return err
		}
		for i, r := range page {
			if r.Sequence != after+1+int64(i) || r.Leaf == nil {
				return approvals.Errorf(approvals.CodeInternal, "The audit log lacks event %d, or its hash; run `hallpass audit verify`.", after+1+int64(i))
			}
			b.out.Event(r.Body, texts[r.Sequence]...)
			b.out.Leaf(*r.Leaf)
		}
		after = next
	}
	return nil
}

// tail writes the leaf hashes of the events that follow, up to the checkpoint.
func (b *bundler) tail() error {
	for sequence := b.header.Last + 1; sequence <= b.end.Size; sequence++ {
		h, err := b.reader.node(0, sequence-1)
		if err != nil {
			return err
		}
		b.out.Leaf(h)
	}
	return nil
}

func (b *bundler) texts(from, to int64) (map[int64][]auditlog.Text, error) {
	if !b.scope.Texts {
		return nil, nil
	}
	return b.Texts(b.ctx, from, to)
}

// Texts lists what people wrote in a range of events, by sequence. Erased texts
// are not there.
func (s *Store) Texts(ctx context.Context, from, to int64) (map[int64][]auditlog.Text, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	texts, err := textsBetween(ctx, s.db, from, to)
	return texts, s.dialect.wrap("list people's texts", err)
}

// Records lists events as they were hashed, those after a sequence, at most
// limit.
func (s *Store) Records(ctx context.Context, after int64, limit int) ([]auditlog.Record, error) {
	return list(ctx, s, "read the audit log", readRecord,
		"SELECT sequence, body, leaf FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2", after, int64(limit))
}

// Between finds the sequences of the first and the last event whose time is at
// or after from and before to; zero times do not limit. CodeNotFound says that
// there is none.
func (s *Store) Between(ctx context.Context, from, to time.Time) (first, last int64, err error) {
	query, args := "SELECT coalesce(min(sequence), 0), coalesce(max(sequence), 0) FROM events WHERE TRUE", []any(nil)
	if !from.IsZero() {
		args = append(args, at(from))
		query += " AND at >= $1"
	}
	if !to.IsZero() {
		args = append(args, at(to))
		query += " AND at < $" + string(rune('0'+len(args)))
	}
	span, err := single(ctx, s, "find events by time", "", func(scan scan) (v [2]int64, err error) { return v, scan(&v[0], &v[1]) }, query, args...)
	if err == nil && span[0] == 0 {
		err = approvals.Errorf(approvals.CodeNotFound, "The audit log has no event in that time.")
	}
	return span[0], span[1], err
}
