package notary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// Folder keeps each checkpoint as a file: DAY/SIZE.txt. It is worth as much as
// the folder is beyond the reach of whoever has the database: another machine,
// a medium that is written once.
type Folder struct{ Path string }

// Name implements Anchor.
func (f Folder) Name() string { return "the folder " + f.Path }

// Put implements Anchor. A file that is there stays as it is; one that says
// something else is an error.
func (f Folder) Put(_ context.Context, c store.SignedCheckpoint) error {
	dir := filepath.Join(f.Path, c.At.UTC().Format("2006-01-02"))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return unreachable("The folder can't be written.", err)
	}
	path := filepath.Join(dir, fileName(c.Size))
	if there, err := os.ReadFile(path); err == nil {
		if !bytes.Equal(there, c.Note) {
			return unreachable(fmt.Sprintf("It holds another checkpoint of %d events: the log has two histories.", c.Size), nil)
		}
		return nil
	}
	temporary, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return unreachable("The folder can't be written.", err)
	}
	_, err = temporary.Write(c.Note)
	err = errors.Join(err, temporary.Chmod(0o440), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Link(temporary.Name(), path) // unlike a rename it replaces nothing
	}
	if err = errors.Join(err, os.Remove(temporary.Name())); err != nil {
		return unreachable("The folder can't be written.", err)
	}
	return nil
}

// fileName sorts as sizes grow.
func fileName(size int64) string { return fmt.Sprintf("%020d.txt", size) }

// Beyond implements Anchor.
func (f Folder) Beyond(_ context.Context, size int64) ([]byte, error) {
	days, err := os.ReadDir(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slices.Reverse(days)
	for _, day := range days {
		if !day.IsDir() {
			continue
		}
		files, err := filepath.Glob(filepath.Join(f.Path, day.Name(), "[0-9]*.txt"))
		if err != nil || len(files) == 0 {
			continue
		}
		last := slices.Max(files)
		if filepath.Base(last) <= fileName(size) {
			return nil, nil
		}
		return os.ReadFile(last)
	}
	return nil, nil
}

// unreachable is an anchor's error: what people are told, without secrets.
func unreachable(words string, cause error) error {
	return &approvals.Error{Code: approvals.CodeUnavailable, Op: "anchor a checkpoint", Message: words, Err: cause}
}
