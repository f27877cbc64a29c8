package policy

import (
	"fmt"
	"strings"
)

// Edit is a change to one file of the access folder that somebody may review.
// Nothing in this package writes it to disk.
type Edit struct {
	Path  string           // below the access folder, with slashes
	Old   []string         // the file's lines, each with its line feed; nil: it is new
	Lines map[int][]string // what stands in place of an old line, by its index; an empty list removes it
	New   []string         // the lines of a new file
}

// NewFile is the edit that adds a file of the access folder.
func NewFile(path, text string) Edit { return Edit{Path: path, New: splitLines(text)} }

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
		return strings.Join(e.New, "")
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
	var b strings.Builder
	if e.Old == nil {
		fmt.Fprintf(&b, "--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%d @@\n", e.Path, len(e.New))
		for _, line := range e.New {
			marked(&b, '+', line)
		}
		return b.String()
	}
	shift := 0 // how many lines the new file has more so far
	for from := 0; from < len(e.Old); {
		if _, changed := e.Lines[from]; !changed {
			from++
			continue
		}
		if b.Len() == 0 {
			fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", e.Path, e.Path)
		}
		first, last := max(0, from-context3), e.hunkEnd(from)
		fresh := 0
		var body strings.Builder
		for i := first; i < last; i++ {
			by, changed := e.Lines[i]
			if !changed {
				marked(&body, ' ', e.Old[i])
				fresh++
				continue
			}
			marked(&body, '-', e.Old[i])
			for _, line := range by {
				marked(&body, '+', line)
			}
			fresh += len(by)
		}
		fmt.Fprintf(&b, "@@ -%s +%s @@\n%s", span(first, last-first), span(first+shift, fresh), body.String())
		shift += fresh - (last - first)
		from = last
	}
	return b.String()
}

// context3 is how many unchanged lines stand around a change, as in Git.
const context3 = 3

// hunkEnd is the index after the last line of the hunk that a changed line
// begins: changes whose surroundings would touch are one hunk.
func (e Edit) hunkEnd(from int) int {
	last := from
	for i := from; i < len(e.Old) && i <= last+2*context3; i++ {
		if _, changed := e.Lines[i]; changed {
			last = i
		}
	}
	return min(len(e.Old), last+1+context3)
}

// span is where a hunk begins, from 1, and how long it is. An empty one begins
// after the line before it.
func span(first, n int) string {
	if n == 0 {
		return fmt.Sprintf("%d,0", first)
	}
	return fmt.Sprintf("%d,%d", first+1, n)
}

func marked(b *strings.Builder, mark byte, line string) {
	b.WriteByte(mark)
	b.WriteString(line)
	if !strings.HasSuffix(line, "\n") {
		b.WriteString("\n\\ No newline at end of file\n")
	}
}
