package policy

import (
	"bytes"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Edit is a change to one file of the access folder that somebody may review.
// Nothing in this package writes it to disk.
type Edit struct {
	Path  string           // below the access folder, with slashes
	Old   []string         // the file's lines, each with its line feed; nil: it is new
	Lines map[int][]string // what stands in place of an old line, by its index; an empty list removes it
	New   string           // the text of a new file
}

// NewFile is the edit that adds a file of the access folder.
func NewFile(path, text string) Edit { return Edit{Path: path, New: text} }

// splitLines parts a text into lines that keep their line feeds.
func splitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// Text is the file after the edit.
func (e Edit) Text() string {
	if e.Old == nil {
		return e.New
	}
	var b strings.Builder
	for i, line := range e.Old {
		if by, changed := e.Lines[i]; changed {
			b.WriteString(strings.Join(by, ""))
		} else {
			b.WriteString(line)
		}
	}
	return b.String()
}

// Patch is the edit as a unified diff with paths below the access folder, for
// git apply (or patch -p1) in that folder. It is empty where nothing changes.
func (e Edit) Patch() string {
	from := "a/" + e.Path
	if e.Old == nil {
		from = "/dev/null"
	}
	patch := diff.Diff(from, []byte(strings.Join(e.Old, "")), "b/"+e.Path, []byte(e.Text()))
	_, patch, _ = bytes.Cut(patch, []byte("\n")) // "diff a b", of which a patch has no need
	return string(patch)
}
