package auditlog

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
)

// Bundle is a bundle that is read.
type Bundle struct {
	Header
	dir         string
	checkpoints [][]byte
	consistency []Consistency
	proofs      []Proof
	leaves      *os.File // nil for a selection
	block       []byte   // lines of leavesFile that were read last
	blockAt     int64    // which line block begins with
	orphans     []Text   // texts of events that are not there
}

// lineAtMost bounds one line of a bundle, in bytes.
const lineAtMost = 16 << 20

// leafLine is the length of a line of leavesFile, and leafBlock how many of
// them are read at once.
const (
	leafLine  = 45
	leafBlock = 4096
)

// OpenBundle reads what a bundle says of itself. Its events are read when it is
// verified. An error means that it is no bundle, or one of another version.
func OpenBundle(dir string) (*Bundle, error) {
	b := &Bundle{dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, headerFile))
	if err != nil {
		return nil, fmt.Errorf("open a bundle: %w", err)
	}
	if err := json.Unmarshal(text, &b.Header); err != nil {
		return nil, fmt.Errorf("open a bundle: %s: %w", headerFile, err)
	}
	if b.Format != Format {
		return nil, fmt.Errorf("open a bundle: its format is %q and this program knows %q", b.Format, Format)
	}
	if b.First < 1 || b.Last < b.First-1 {
		return nil, fmt.Errorf("open a bundle: it cannot hold events %d to %d", b.First, b.Last)
	}
	notes, err := readLines[string](dir, checkpointsFile)
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		b.checkpoints = append(b.checkpoints, []byte(n))
	}
	if b.Selection != "" {
		b.proofs, err = readLines[Proof](dir, proofsFile)
		return b, err
	}
	if b.consistency, err = readLines[Consistency](dir, consistencyFile); err != nil {
		return nil, err
	}
	if b.leaves, err = os.Open(filepath.Join(dir, leavesFile)); err != nil {
		return nil, fmt.Errorf("open a bundle: %w", err)
	}
	return b, nil
}

// Close ends the reading.
func (b *Bundle) Close() error {
	if b.leaves == nil {
		return nil
	}
	return b.leaves.Close()
}

// Verify looks at everything in the bundle. Known are checkpoints from
// elsewhere that it must agree with.
func (b *Bundle) Verify(ctx context.Context, keys note.Verifiers, known ...[]byte) (report Report, err error) {
	b.orphans = nil
	if b.Selection != "" {
		report, err = b.verifySelection(keys, known)
	} else {
		report, err = b.verifyAll(ctx, keys, known)
	}
	if err == nil && report.Sound() { // else the event is missed already
		for _, t := range b.orphans {
			report.Add(Finding{TextChanged, t.Sequence, t.Sequence, "there is a text of an event that is not there"})
		}
	}
	return report, err
}

func (b *Bundle) verifyAll(ctx context.Context, keys note.Verifiers, known [][]byte) (Report, error) {
	var data []byte
	for _, h := range b.Before {
		data = append(data, h[:]...)
	}
	before, err := ParseFrontier(b.First-1, data)
	if err != nil {
		return Report{}, fmt.Errorf("open a bundle: before: %w", err)
	}
	return Verify(ctx, Log{First: b.First, Last: b.Last, Before: before, Records: b.records(),
		Checkpoints: b.checkpoints, Known: known, Consistency: b.consistency, LeafAt: b.leafAt}, keys)
}

// leafAt reads one line of the leaf hashes.
func (b *Bundle) leafAt(sequence int64) (h Hash, ok bool) {
	line := sequence - b.First
	if line < 0 {
		return h, false
	}
	if b.block == nil || line < b.blockAt || line >= b.blockAt+leafBlock {
		b.blockAt = line - line%leafBlock
		b.block = make([]byte, leafBlock*leafLine)
		n, err := b.leaves.ReadAt(b.block, b.blockAt*leafLine)
		if err != nil && !errors.Is(err, io.EOF) {
			n = 0
		}
		b.block = b.block[:n]
	}
	at := (line - b.blockAt) * leafLine
	if at+leafLine > int64(len(b.block)) || b.block[at+leafLine-1] != '\n' {
		return h, false
	}
	var raw [33]byte // 44 characters hold up to 33 bytes
	n, err := base64.StdEncoding.Strict().Decode(raw[:], b.block[at:at+leafLine-1])
	return Hash(raw[:32]), err == nil && n == len(h)
}

// Records are the events with their texts, as they lie.
func (b *Bundle) records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		texts, stop := iter.Pull2(lines(b.dir, textsFile))
		defer stop()
		var waiting *Text
		pull := func() error {
			line, err, more := texts()
			if waiting = nil; !more || err != nil {
				return err
			}
			waiting = new(Text)
			return json.Unmarshal(line, waiting)
		}
		if err := pull(); err != nil {
			yield(Record{}, fmt.Errorf("read %s: %w", textsFile, err))
			return
		}
		for line, err := range lines(b.dir, eventsFile) {
			r := Record{Body: line}
			if err == nil && waiting != nil {
				p, _ := peek(line) // what cannot be read has no texts, and is found later
				for waiting != nil && waiting.Sequence > 0 && waiting.Sequence < p.sequence && err == nil {
					b.orphans = append(b.orphans, *waiting)
					err = pull()
				}
				for waiting != nil && waiting.Sequence == p.sequence && err == nil {
					r.Texts = append(r.Texts, *waiting)
					err = pull()
				}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		for waiting != nil {
			b.orphans = append(b.orphans, *waiting)
			if err := pull(); err != nil {
				yield(Record{}, fmt.Errorf("read %s: %w", textsFile, err))
				return
			}
		}
	}
}

// lines reads a file line by line; each line is the caller's to keep.
func lines(dir, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = f.Close() }()
		in := bufio.NewScanner(f)
		in.Buffer(make([]byte, 1<<16), lineAtMost)
		in.Split(wholeLines)
		for in.Scan() {
			if !yield(bytes.Clone(in.Bytes()), nil) {
				return
			}
		}
		if err := in.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// wholeLines splits at line feeds and keeps every other byte.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// readLines reads a file of one JSON value a line.
func readLines[T any](dir, name string) (all []T, err error) {
	for line, err := range lines(dir, name) {
		if err != nil {
			return nil, fmt.Errorf("open a bundle: %w", err)
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return nil, fmt.Errorf("open a bundle: %s, line %d: %w", name, len(all)+1, err)
		}
		all = append(all, v)
	}
	return all, nil
}
