package source

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/hallpass-dev/hallpass/approvals"
)

// MaxBytes is the size of the largest file that is read: 32 MiB, about
// 100,000 people.
const MaxBytes = 32 << 20

// Document is a file that was read, so that later checks can say where they
// found something.
type Document struct {
	file string
	root ast.Node
}

// Place is a position in a document, named by the keys and indexes that lead
// to it.
type Place struct {
	doc  *Document
	path []any
}

// Decode reads one YAML document into v, a pointer to a struct whose fields
// carry yaml tags. Fields may be strings, booleans, ints, time.Durations
// (written "20m", "8h" or "7d"), structs, and slices, pointers and string maps
// of those. File is the name used in problems. The error is approvals.Problems
// and lists everything that is wrong.
func Decode(file string, data []byte, v any) (*Document, error) {
	doc := &Document{file: file}
	if p, ok := plausible(file, data); !ok {
		return doc, approvals.Problems{p}
	}
	root, problem := parse(file, data)
	if problem != nil {
		return doc, approvals.Problems{*problem}
	}
	doc.root = root
	d := decoder{file: file}
	if root != nil {
		d.value(root, reflect.ValueOf(v).Elem())
	}
	if len(d.problems) > 0 {
		return doc, d.problems
	}
	return doc, nil
}

// parse gives the tree of the only document in data; nil for an empty one.
func parse(file string, data []byte) (root ast.Node, problem *approvals.Problem) {
	defer func() {
		// The parser reads outside input; a defect in it is a bad file, not a crash.
		if r := recover(); r != nil {
			root, problem = nil, &approvals.Problem{File: file, What: "this is not YAML that can be read", Mend: "write it as plain block YAML"}
		}
	}()
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		p := approvals.Problem{File: file, What: "this is not YAML", Mend: "check indentation, colons and quotes here"}
		var y yaml.Error
		if errors.As(err, &y) {
			p.What = "this is not YAML: " + firstLine(y.GetMessage())
			if t := y.GetToken(); t != nil && t.Position != nil {
				p.Line = t.Position.Line
			}
		}
		return nil, &p
	}
	for _, d := range tree.Docs {
		if d.Body == nil {
			continue
		}
		if root != nil {
			return nil, &approvals.Problem{
				File: file, Line: d.Body.GetToken().Position.Line,
				What: "there is a second document", Mend: "write one document a file, without ---",
			}
		}
		root = d.Body
	}
	return root, nil
}

// plausible refuses what could exhaust the parser before it is parsed: too
// many bytes, brackets nested beyond reason, or a line so long that it can
// hide deep nesting.
func plausible(file string, data []byte) (approvals.Problem, bool) {
	const maxNesting, maxLine = 200, 64 << 10
	if len(data) > MaxBytes {
		return approvals.Problem{File: file, What: fmt.Sprintf("the file has %d bytes; at most %d are read", len(data), MaxBytes), Mend: "split it"}, false
	}
	depth, line, start := 0, 1, 0
	for i, b := range data {
		switch b {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			line, start = line+1, i+1
		}
		if depth > maxNesting || i-start > maxLine {
			return approvals.Problem{File: file, Line: line, What: "the nesting or the line is longer than any plausible file has", Mend: "write plain block YAML"}, false
		}
	}
	return approvals.Problem{}, true
}

// At is the place that the keys (strings) and indexes (ints) lead to.
func (d *Document) At(path ...any) Place { return Place{doc: d, path: path} }

// At is a place below this one.
func (p Place) At(path ...any) Place {
	return Place{doc: p.doc, path: append(p.path[:len(p.path):len(p.path)], path...)}
}

// Problem says what is wrong at the place. Where the last steps of the path
// are missing in the file, it points to the nearest that is there.
func (p Place) Problem(mend, format string, args ...any) approvals.Problem {
	return approvals.Problem{File: p.doc.file, Line: p.Line(), What: fmt.Sprintf(format, args...), Mend: mend}
}

// String is the place as file:line.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.doc.file, p.Line()) }

// Has reports whether the file says something at this key of the place.
func (p Place) Has(key string) bool {
	node := p.doc.root
	for _, step := range append(p.path[:len(p.path):len(p.path)], key) {
		if node == nil {
			return false
		}
		node, _ = child(node, step)
	}
	return node != nil
}

// Line is the line of the place, from 1; 0 in an empty document.
func (p Place) Line() int {
	node := p.doc.root
	if node == nil {
		return 0
	}
	line := 1
	for _, step := range p.path {
		next, at := child(node, step)
		if next == nil {
			break
		}
		node, line = next, at
	}
	return line
}

func child(node ast.Node, step any) (ast.Node, int) {
	switch step := step.(type) {
	case string:
		for _, kv := range pairs(node) {
			if key, ok := kv.Key.(*ast.StringNode); ok && key.Value == step {
				return kv.Value, key.GetToken().Position.Line
			}
		}
	case int:
		if s, ok := node.(*ast.SequenceNode); ok && step < len(s.Values) {
			return s.Values[step], lineOf(s.Values[step])
		}
	}
	return nil, 0
}

// pairs lists the entries of a mapping; the parser gives a mapping with a
// single entry as the entry itself.
func pairs(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// lineOf is where a node begins: for a mapping its first key, as the token of
// the node itself is the colon.
func lineOf(node ast.Node) int {
	if kvs := pairs(node); len(kvs) > 0 {
		return kvs[0].Key.GetToken().Position.Line
	}
	if t := node.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
