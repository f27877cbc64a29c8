package app

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder knows which state of some files was taken last. A change is taken when
// two looks in a row, freeEvery apart, show the same. It looks at what they
// hold, not at their dates, so that a copy that keeps dates, a rename and a
// link that is moved to another version are all seen.
type folder struct {
	paths []string // files and folders
	taken string   // the state that was taken last, or tried in vain
	seen  string   // the state at the last look
}

// settled reports whether the files hold something else than what was taken
// last, and held the same at the last look: nobody is about to write them.
func (f *folder) settled() bool {
	now := f.state()
	settled := now == f.seen && now != f.taken
	f.seen = now
	return settled
}

// take notes that the present state is being read.
func (f *folder) take() { f.taken = f.state() }

// state is a digest of the files' names and contents; what cannot be read is
// part of it.
func (f *folder) state() string {
	h := sha256.New()
	for _, path := range f.paths {
		entries, err := os.ReadDir(path)
		if err != nil { // a file, or nothing
			add(h, path)
			continue
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") {
				add(h, filepath.Join(path, e.Name()))
			}
		}
	}
	return string(h.Sum(nil))
}

// add writes a file's name and content, told apart from every other by their
// lengths.
func add(h hash.Hash, path string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(path)))
	h.Write(n[:])
	h.Write([]byte(path))
	size, err := copyFile(h, path)
	binary.BigEndian.PutUint64(n[:], uint64(size))
	h.Write(n[:])
	if err != nil {
		fmt.Fprintf(h, "%T", err)
	}
}

func copyFile(w io.Writer, path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return 0, fs.ErrInvalid
	}
	return io.Copy(w, f)
}
