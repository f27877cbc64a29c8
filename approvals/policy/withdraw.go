package policy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// withoutRules takes the lines of policies away, with the comment right above
// each and one empty line.
func (f *Folder) withoutRules(e *Edit, one file, ids []string) {
	for _, r := range f.Set.all {
		if r.file != one.path || !slices.Contains(ids, r.ref.ID) {
			continue
		}
		first := r.line - 1
		for first > 0 && strings.HasPrefix(strings.TrimSpace(e.Old[first-1]), "//") {
			first--
		}
		e.remove(first, r.line-1+strings.Count(r.text[:statement(r.text)], "\n")+1)
	}
}

// remove takes lines away, and an empty one after them, or before them at the
// end of the file.
func (e *Edit) remove(first, last int) {
	empty := func(i int) bool { return i >= 0 && i < len(e.Old) && strings.TrimSpace(e.Old[i]) == "" }
	if empty(last) {
		last++
	}
	for last == len(e.Old) && first > 0 && (e.gone(first-1) || empty(first-1)) { // no empty line stays at the end
		first--
	}
	for i := first; i < last; i++ {
		e.Lines[i] = nil
	}
}

func (e *Edit) gone(i int) bool {
	by, changed := e.Lines[i]
	return changed && len(by) == 0
}

// statement is the length of a policy's text up to the semicolon that ends it,
// without what follows.
func statement(text string) int {
	quoted, comment, escaped := false, false, false
	for i := range len(text) {
		switch b := text[i]; {
		case b == '\n':
			comment = false
		case comment || escaped:
			escaped = false
		case quoted:
			escaped, quoted = b == '\\', b != '"'
		case b == '"':
			quoted = true
		case b == '/' && i+1 < len(text) && text[i+1] == '/':
			comment = true
		case b == ';':
			return i
		}
	}
	return len(text)
}

// withoutExamples takes away the examples that show policies, and their names
// from what others say.
func (f *Folder) withoutExamples(e *Edit, one file, ids []string) approvals.Problems {
	var text exampleFile
	doc, err := source.Decode(one.path, one.data, &text)
	if err != nil {
		return err.(approvals.Problems) //nolint:errorlint // Decode returns it unwrapped
	}
	gone := func(id string) bool { return slices.Contains(ids, id) }
	for i, t := range text.Examples {
		if !slices.ContainsFunc(slices.Concat(t.By, t.Not), gone) {
			continue
		}
		first := doc.At("examples", i).Line() - 1
		last := len(e.Old)
		if i+1 < len(text.Examples) {
			last = doc.At("examples", i+1).Line() - 1
		}
		last = endOfExample(e.Old, first, last)
		shows := len(t.By) > 0 && !slices.ContainsFunc(t.By, func(id string) bool { return !gone(id) })
		spares := len(t.By) == 0 && !slices.ContainsFunc(t.Not, func(id string) bool { return !gone(id) })
		if shows || spares {
			e.remove(first, last)
			continue
		}
		for at := first; at < last; at++ {
			if fresh := withoutNames(e.Old[at], ids); fresh != e.Old[at] {
				e.Lines[at] = []string{fresh}
			}
		}
	}
	return nil
}

// endOfExample is where the lines of an example end: before what stands above
// the next one, and before the next key of the file.
func endOfExample(lines []string, first, last int) int {
	for i := first + 1; i < last; i++ {
		if c := lines[i][0]; c != ' ' && c != '#' && c != '-' && c != '\n' && c != '\r' {
			last = i
		}
	}
	for last > first+1 {
		if t := strings.TrimSpace(lines[last-1]); t != "" && !strings.HasPrefix(t, "#") {
			break
		}
		last--
	}
	return last
}

// named is a list of policies on one line, as examples write it.
var named = regexp.MustCompile(`\b(by|not): *\[([^\]]*)\]`)

// withoutNames takes names out of the lists of policies on a line.
func withoutNames(line string, ids []string) string {
	return named.ReplaceAllStringFunc(line, func(list string) string {
		m := named.FindStringSubmatch(list)
		var kept []string
		for name := range strings.SplitSeq(m[2], ",") {
			if name = strings.TrimSpace(name); !slices.Contains(ids, strings.Trim(name, `"'`)) {
				kept = append(kept, name)
			}
		}
		return m[1] + ": [" + strings.Join(kept, ", ") + "]"
	})
}
