package policy

import (
	"regexp"
	"slices"
	"strings"

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

// withoutExamples takes away the examples that show policies and nothing else,
// and their names from what others say. Where another policy counts on an
// example that shows one of them, it says from then on what the rest answers.
func (f *Folder) withoutExamples(e *Edit, one file, ids []string, rest *Set) {
	var text exampleFile
	doc, err := source.Decode(one.path, one.data, &text)
	if err != nil {
		return // what is not changed will not load then, and say why
	}
	gone := func(id string) bool { return slices.Contains(ids, id) }
	stays := func(id string) bool { return !gone(id) }
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
		if !slices.ContainsFunc(slices.Concat(t.By, t.Not), stays) {
			e.remove(first, last)
			continue
		}
		lists := map[string][]string{"not": slices.DeleteFunc(slices.Clone(t.Not), gone)}
		expect := ""
		if slices.ContainsFunc(t.By, gone) {
			tried, problems := t.under(text.Defaults).build(doc.At("examples", i), f.words)
			if len(problems) > 0 {
				return
			}
			got := rest.answer(tried)
			expect, lists["by"] = got.outcome, got.by
		}
		for at := first; at < last; at++ {
			if fresh := rewritten(e.Old[at], lists, expect); fresh != e.Old[at] {
				e.Lines[at] = []string{fresh}
			}
		}
	}
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

// named is a list of policies, and expected an answer, on one line, as examples
// write them.
var (
	named    = regexp.MustCompile(`\b(by|not): *\[[^\]]*\]`)
	expected = regexp.MustCompile(`\bexpect: *[a-z_]+`)
)

// rewritten is a line with other lists of policies, and another answer unless
// that is empty. What it can't find it leaves, and the folder will not load.
func rewritten(line string, lists map[string][]string, expect string) string {
	line = named.ReplaceAllStringFunc(line, func(list string) string {
		key, _, _ := strings.Cut(list, ":")
		if names, changed := lists[key]; changed {
			return key + ": [" + strings.Join(names, ", ") + "]"
		}
		return list
	})
	if expect != "" {
		line = expected.ReplaceAllLiteralString(line, "expect: "+expect)
	}
	return line
}
