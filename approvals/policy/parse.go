package policy

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// position finds "line:column" in the engine's parse errors, the only place
// where it says them. It is used to point a person to a line, for no decision.
var position = regexp.MustCompile(`(?:<input>:)?\b(\d+):(\d+)\b`)

// parse reads the policies of a file.
func parse(f file) (rs rules, problems approvals.Problems) {
	defer func() {
		// The parser reads outside input; a defect in it is a bad file, not a crash.
		if r := recover(); r != nil {
			rs, problems = nil, approvals.Problems{{File: f.path, What: "the engine cannot read this file", Mend: "write it more simply"}}
		}
	}()
	if p, ok := plausible(f); !ok {
		return nil, approvals.Problems{p}
	}
	list, err := cedar.NewPolicyListFromBytes(f.path, f.data)
	if err != nil {
		return nil, approvals.Problems{syntaxProblem(f, err)}
	}
	for i, p := range list {
		end := len(f.data)
		if i+1 < len(list) {
			end = list[i+1].Position().Offset
		}
		pos := p.Position()
		rs = append(rs, &rule{policy: p, head: headOf(p), file: f.path, line: pos.Line, text: string(f.data[pos.Offset:end])})
	}
	return rs, nil
}

func syntaxProblem(f file, err error) approvals.Problem {
	p := approvals.Problem{File: f.path, Mend: "mend what stands just before this"}
	what := strings.TrimPrefix(err.Error(), "parser error: ")
	if m := position.FindStringSubmatch(what); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
	}
	what = strings.TrimLeft(position.ReplaceAllString(strings.TrimPrefix(what, "parse error at "), ""), ": ")
	p.What = "this is not Cedar: " + strings.ToValidUTF8(strings.ReplaceAll(what, "\n", " "), "?")
	return p
}

// plausible refuses what could exhaust the parser, which recurses: brackets
// nested beyond reason, outside texts and comments.
func plausible(f file) (approvals.Problem, bool) {
	const maxNesting = 100
	if !utf8.Valid(f.data) {
		return approvals.Problem{File: f.path, What: "the file is not UTF-8 text", Mend: "save it as UTF-8"}, false
	}
	depth, line := 0, 1
	quoted, comment, escaped := false, false, false
	for i, b := range f.data {
		switch {
		case b == '\n':
			line, comment = line+1, false
		case comment || escaped:
			escaped = false
		case quoted:
			escaped, quoted = b == '\\', b != '"'
		case b == '"':
			quoted = true
		case b == '/' && i+1 < len(f.data) && f.data[i+1] == '/':
			comment = true
		case b == '(' || b == '[' || b == '{':
			depth++
		case b == ')' || b == ']' || b == '}':
			depth = max(0, depth-1)
		}
		if depth > maxNesting {
			return approvals.Problem{File: f.path, Line: line, What: fmt.Sprintf("brackets nest deeper than %d", maxNesting), Mend: "split the condition into several policies"}, false
		}
	}
	return approvals.Problem{}, true
}

// named finds a rule in a set that is not sorted yet.
func (rs rules) named(id string) *rule {
	for _, r := range rs {
		if r.ref.ID == id {
			return r
		}
	}
	return nil
}

func (r *rule) place() string { return fmt.Sprintf("%s:%d", r.file, r.line) }
