package auditlog

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// Format names the version of the bundle's format.
const Format = "hallpass-audit-bundle/1"

// The files of a bundle.
const (
	headerFile      = "bundle.json"
	eventsFile      = "events.jsonl"
	leavesFile      = "leaves.txt"
	checkpointsFile = "checkpoints.jsonl"
	textsFile       = "texts.jsonl"
	consistencyFile = "consistency.jsonl"
	proofsFile      = "proofs.jsonl"
)

// Header says what a bundle holds.
type Header struct {
	Format    string `json:"format"`
	Origin    string `json:"origin"`              // the log's name
	First     int64  `json:"first"`               // sequence of the first event
	Last      int64  `json:"last"`                // and of the last
	Before    []Hash `json:"before"`              // frontier of the events before First, the largest subtree first
	Selection string `json:"selection,omitempty"` // which events were picked, each with its proof; empty: all from First to Last
}

// Proof proves that one event is in the tree of a size. Source: RFC 6962,
// section 2.1.1.
type Proof struct {
	Sequence int64  `json:"sequence"`
	Size     int64  `json:"size"`
	Hashes   []Hash `json:"hashes"`
}

// Holds reports whether a proof shows that an event's bytes stand in the tree
// of a checkpoint.
func (p Proof) Holds(body []byte, c Checkpoint) bool {
	return p.Size == c.Size && p.Sequence >= 1 && p.Sequence <= p.Size &&
		tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Sequence-1, LeafHash(body)) == nil
}

// Writer writes a bundle. Its methods are called in the order of the events;
// the first error sticks and is returned by Close.
type Writer struct {
	dir    string
	header Header
	files  map[string]*os.File
	out    map[string]*bufio.Writer
	err    error
}

// NewWriter begins a bundle in a folder, which is made, for this user alone,
// and must be empty if it is there.
func NewWriter(dir string, h Header) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("write a bundle: %w", err)
	}
	if there, err := os.ReadDir(dir); err != nil || len(there) > 0 {
		return nil, errors.Join(fmt.Errorf("write a bundle: the folder %s is not empty; name a new one", dir), err)
	}
	h.Format = Format
	w := &Writer{dir: dir, header: h, files: map[string]*os.File{}, out: map[string]*bufio.Writer{}}
	names := []string{eventsFile, checkpointsFile, textsFile}
	if h.Selection == "" {
		names = append(names, leavesFile, consistencyFile)
	} else {
		names = append(names, proofsFile)
	}
	for _, name := range names {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("write a bundle: %w", err), w.Close())
		}
		w.files[name], w.out[name] = f, bufio.NewWriterSize(f, 1<<16)
	}
	return w, nil
}

func (w *Writer) line(file string, line []byte) {
	if w.err != nil {
		return
	}
	out, ok := w.out[file]
	if !ok {
		w.err = fmt.Errorf("write a bundle: %s does not belong into this kind", file)
		return
	}
	if _, w.err = out.Write(line); w.err == nil {
		w.err = out.WriteByte('\n')
	}
}

func (w *Writer) json(file string, v any) {
	line, err := json.Marshal(v)
	if err != nil {
		w.err = errors.Join(w.err, err)
		return
	}
	w.line(file, line)
}

// Event adds an event and those of its texts that may be handed out.
func (w *Writer) Event(body []byte, texts ...Text) {
	w.line(eventsFile, body)
	for _, t := range texts {
		w.json(textsFile, t)
	}
}

// Leaf adds the leaf hash of the next event from First on. There may be more of
// them than events, up to the size of the last checkpoint.
func (w *Writer) Leaf(h Hash) { w.line(leavesFile, []byte(base64.StdEncoding.EncodeToString(h[:]))) }

// Checkpoint adds a signed note; their sizes grow.
func (w *Writer) Checkpoint(signed []byte) { w.json(checkpointsFile, string(signed)) }

// Consistency adds a proof for a checkpoint of fewer events than come before First.
func (w *Writer) Consistency(c Consistency) { w.json(consistencyFile, c) }

// Prove adds the proof of a picked event.
func (w *Writer) Prove(p Proof) { w.json(proofsFile, p) }

// Close writes the header, and what is left. A bundle without a header is not
// complete and does not verify.
func (w *Writer) Close() error {
	for name, f := range w.files {
		if w.err == nil {
			w.err = w.out[name].Flush()
		}
		w.err = errors.Join(w.err, f.Close())
	}
	if w.err != nil {
		return fmt.Errorf("write a bundle: %w", w.err)
	}
	text, err := json.MarshalIndent(w.header, "", "  ")
	if err != nil {
		return fmt.Errorf("write a bundle: %w", err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, headerFile), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write a bundle: %w", err)
	}
	return nil
}
