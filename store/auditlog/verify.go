package auditlog

import (
	"context"
	"iter"
	"runtime"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Record is one event as it lies before a verifier.
type Record struct {
	Sequence int64  // the number it is kept under; 0: only its body says
	Body     []byte // the bytes that the leaf was made of
	Leaf     *Hash  // the leaf hash kept with it; nil: see Log.LeafAt
	Texts    []Text // of people, as far as they are there
	Columns  *Columns
}

// Columns are what a database keeps beside an event to find it by. Each must
// be what the event says; empty: the event says none.
type Columns struct {
	At                   []byte // as in the event
	Kind, Request, Grant []byte
}

// Consistency proves that the tree of one size is the beginning of that of
// another. Source: RFC 6962, section 2.1.2.
type Consistency struct {
	From   int64  `json:"from"` // size
	To     int64  `json:"to"`   // size, larger
	Hashes []Hash `json:"hashes"`
}

// Log is a log, or a part without gaps of one, to be verified.
type Log struct {
	First       int64                    // sequence of its first event; 1 for a whole log
	Last        int64                    // sequence of its last event, as it says of itself
	Before      Frontier                 // over the events before First
	Records     iter.Seq2[Record, error] // in the order in which they lie; an error ends them
	Checkpoints [][]byte                 // signed notes, in the order in which they lie
	Known       [][]byte                 // signed notes from elsewhere: anchors, an earlier export
	Consistency []Consistency            // for checkpoints of fewer events than Before

	// LeafAt is the leaf hash kept for a sequence, apart from the events; it may
	// know of more than Last. Nil: only the records have any.
	LeafAt func(sequence int64) (Hash, bool)
	// Perfect hears of each perfect subtree that the kept leaf hashes make; see
	// Frontier.Grow. Nil: nobody.
	Perfect func(height int, index int64, root Hash)
	// Tree hears at the end of the tree that the kept leaf hashes make, as far
	// as they go without a gap. Nil: nobody.
	Tree func(Frontier)
}

// Verify looks at every event, every checkpoint and every text, and says what
// is wrong and where. An error means that the log could not be read, or ctx
// ended; what is wrong with what was read is in the report.
func Verify(ctx context.Context, log Log, keys note.Verifiers) (Report, error) {
	v := &verifier{log: log, keys: keys, place: log.First, tree: log.Before.Clone(), early: map[int64]bool{}}
	v.First, v.Last = log.First, log.First-1
	v.open()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := inOrder(ctx, log.Records, func(f findings) { v.record(f) })
	if err != nil {
		return v.Report, err
	}
	v.finish()
	return v.Report, nil
}

// verifier is one pass over a log.
type verifier struct {
	Report
	log    Log
	keys   note.Verifiers
	place  int64 // sequence of the event that belongs at this place
	held   *findings
	gaps   []gap
	early  map[int64]bool // numbers beyond place that were seen already
	tree   Frontier       // over the kept leaf hashes, as far as they go without a gap
	signed []signed       // ordered by size
	next   int            // the first of signed that the tree has not reached
}

// gap is a run of numbers that have not been seen.
type gap struct{ from, to int64 }

// findings is what a worker learns of one record.
type findings struct {
	record   Record
	hash     Hash
	sequence int64 // as the body says; 0: unreadable
	problem  error // why it is unreadable
	absent   int   // texts that are not there
	texts    int   // texts that were compared
	textErr  error
	columns  []string // how they differ from the event
	closed   []byte   // the detail of an event that closed a review; nil: it is another
}

func examine(r Record) findings {
	f := findings{record: r, hash: LeafHash(r.Body), texts: len(r.Texts)}
	p, err := peek(r.Body)
	f.sequence, f.problem = p.sequence, err
	if p.texts != nil || len(r.Texts) > 0 {
		f.absent, f.textErr = checkTexts(p.texts, r.Texts)
	}
	if err == nil && r.Columns != nil {
		f.columns = r.Columns.differ(p)
	}
	if err == nil && says(p.kind, []byte(resultKind)) {
		if f.closed = p.detail; f.closed == nil {
			f.closed = []byte("null")
		}
	}
	return f
}

// batchSize is how many records go to a worker at once.
const batchSize = 512

// inOrder examines records on all processors, and hands on what was found in
// the order of the records.
func inOrder(ctx context.Context, records iter.Seq2[Record, error], take func(findings)) error {
	type batch struct {
		records []Record
		err     error
		done    chan []findings
	}
	queue := make(chan batch, 2*runtime.GOMAXPROCS(0))
	work := make(chan batch, 2*runtime.GOMAXPROCS(0))
	go func() {
		defer close(queue)
		defer close(work)
		send := func(b batch) bool {
			b.done = make(chan []findings, 1)
			for _, to := range []chan batch{work, queue} {
				select {
				case to <- b:
				case <-ctx.Done():
					return false
				}
			}
			return true
		}
		var b batch
		for r, err := range records {
			if err != nil {
				b.err = err
				break
			}
			if b.records = append(b.records, r); len(b.records) == batchSize {
				if !send(b) {
					return
				}
				b = batch{}
			}
		}
		send(b)
	}()
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for b := range work {
				found := make([]findings, len(b.records))
				for i, r := range b.records {
					found[i] = examine(r)
				}
				b.done <- found
			}
		}()
	}
	for b := range queue {
		for _, f := range <-b.done {
			take(f)
		}
		if b.err != nil {
			return b.err
		}
	}
	return ctx.Err()
}

// record takes the next record. One that is out of its place is held back
// until the one after it tells what happened.
func (v *verifier) record(f findings) {
	v.Events++
	v.Texts += int64(f.texts)
	v.Absent += int64(f.absent)
	if v.held != nil {
		held := *v.held
		v.held = nil
		v.misplaced(held, v.sequenceOf(f))
	}
	if s := v.sequenceOf(f); s > v.place {
		v.held = &f
		return
	}
	v.settleRecord(f)
}

// sequenceOf is where a record claims to belong; one that cannot be read is
// taken to belong where it lies.
func (v *verifier) sequenceOf(f findings) int64 {
	switch {
	case f.record.Sequence > 0:
		return f.record.Sequence
	case f.sequence > 0:
		return f.sequence
	}
	return v.place
}

// misplaced judges a record that came too early, by the number of the one that
// follows it; -1: none does.
func (v *verifier) misplaced(f findings, following int64) {
	s := v.sequenceOf(f)
	switch {
	case following == v.place && s != following+1 || s > v.log.Last:
		v.find(Inserted, v.place, v.place, "an event with the number %d was put in before event %d", s, v.place)
	case following == v.place+1 && following != s+1:
		v.find(Reordered, v.place, v.place, "event %d stands in the place of event %d", s, v.place)
		v.gaps = append(v.gaps, gap{v.place, v.place})
		v.early[s] = true
		v.advance(v.place + 1)
		v.content(s, f)
	default:
		v.gaps = append(v.gaps, gap{v.place, s - 1})
		v.skip(s)
		v.settleRecord(f)
	}
}

// settleRecord takes a record that is in its place, or comes late or twice.
func (v *verifier) settleRecord(f findings) {
	s := v.sequenceOf(f)
	if s < v.place {
		if !v.fill(s) {
			v.find(Inserted, s, s, "there is another event with the number %d, before event %d", s, v.place)
		} else {
			v.find(Reordered, s, s, "event %d stands in the place of event %d", s, v.place)
		}
	} else {
		v.Last = s
		v.advance(s + 1)
	}
	v.content(s, f)
}

// advance goes on to the next place whose event has not been seen.
func (v *verifier) advance(to int64) {
	for v.place = to; v.early[v.place]; v.place++ {
		v.Last = max(v.Last, v.place)
		delete(v.early, v.place)
	}
}

// content compares an event's bytes with what is kept of them.
func (v *verifier) content(s int64, f findings) {
	leaf := f.record.Leaf
	if leaf == nil && v.log.LeafAt != nil {
		if h, ok := v.log.LeafAt(s); ok {
			leaf = &h
		}
	}
	switch {
	case leaf == nil:
		v.find(Edited, s, s, "its leaf hash is missing")
	case *leaf != f.hash:
		v.find(Edited, s, s, "its bytes were changed since they were hashed")
	}
	switch {
	case f.problem != nil:
		v.find(Edited, s, s, "it cannot be read: %v", f.problem)
	case f.sequence != s:
		v.find(Reordered, s, s, "it is kept as number %d and says that it is number %d", s, f.sequence)
	case f.textErr != nil:
		v.find(TextChanged, s, s, "%v", f.textErr)
	}
	for _, words := range f.columns {
		v.find(ColumnChanged, s, s, "%s", words)
	}
	v.result(s, f)
	if leaf != nil && s == v.tree.Size()+1 {
		v.grow(*leaf)
	}
}

// result looks at the result of a review that an event closed.
func (v *verifier) result(s int64, f findings) {
	if f.closed == nil {
		return
	}
	if err := checkClosed(f.closed, v.keys); err != nil {
		v.find(BadResult, s, s, "%v", err)
	}
}

// skip carries the tree over numbers that are left out, where their leaf
// hashes are kept.
func (v *verifier) skip(to int64) {
	for v.log.LeafAt != nil && v.tree.Size()+1 < to {
		leaf, ok := v.log.LeafAt(v.tree.Size() + 1)
		if !ok {
			return
		}
		v.grow(leaf)
	}
}

// fill takes a number out of the gaps, and reports whether it was in one.
func (v *verifier) fill(s int64) bool {
	i := slices.IndexFunc(v.gaps, func(g gap) bool { return g.from <= s && s <= g.to })
	if i < 0 {
		return false
	}
	g := v.gaps[i]
	rest := []gap{{g.from, s - 1}, {s + 1, g.to}}
	rest = slices.DeleteFunc(rest, func(g gap) bool { return g.from > g.to })
	v.gaps = slices.Replace(v.gaps, i, i+1, rest...)
	return true
}

func (v *verifier) grow(leaf Hash) {
	v.tree.Grow(leaf, v.log.Perfect)
	v.reached()
}

// finish judges the end of the log, and then the checkpoints.
func (v *verifier) finish() {
	if v.held != nil {
		held := *v.held
		v.held = nil
		v.misplaced(held, -1)
	}
	for _, g := range v.gaps {
		v.find(Missing, g.from, g.to, "left out")
	}
	switch end := v.place - 1; {
	case end < v.log.Last:
		v.find(Cut, v.place, v.log.Last, "cut off at the end")
	case end > v.log.Last:
		v.find(Inserted, v.log.Last+1, end, "put in after the end, which is event %d", v.log.Last)
	}
	if v.log.LeafAt != nil {
		for leaf, ok := v.log.LeafAt(v.tree.Size() + 1); ok; leaf, ok = v.log.LeafAt(v.tree.Size() + 1) {
			v.grow(leaf)
		}
	}
	if v.log.Tree != nil {
		v.log.Tree(v.tree)
	}
	v.judge()
	v.settle()
}

// consistent reports whether a proof shows that the tree of an earlier
// checkpoint is the beginning of that of a later one.
func consistent(c Consistency, from, to Checkpoint) bool {
	return c.From == from.Size && c.To == to.Size && tlog.CheckTree(c.Hashes, to.Size, to.Root, from.Size, from.Root) == nil
}
