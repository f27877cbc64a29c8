package source

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/hallpass-dev/hallpass/approvals"
)

var durationType = reflect.TypeFor[time.Duration]()

// decoder fills values from a tree and collects what is wrong.
type decoder struct {
	file     string
	problems approvals.Problems
}

func (d *decoder) wrong(node ast.Node, mend, format string, args ...any) {
	d.problems = append(d.problems, approvals.Problem{
		File: d.file, Line: lineOf(node), What: fmt.Sprintf(format, args...), Mend: mend,
	})
}

func (d *decoder) value(node ast.Node, v reflect.Value) {
	switch node.(type) {
	case *ast.NullNode:
		return // an empty value is an absent one
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		d.wrong(node, "write the value out", "anchors, aliases and tags are not read")
		return
	}
	switch {
	case v.Type() == durationType:
		d.duration(node, v)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(node, v.Elem())
	case v.Kind() == reflect.Struct:
		d.structure(node, v)
	case v.Kind() == reflect.Slice:
		d.slice(node, v)
	case v.Kind() == reflect.Map:
		d.stringMap(node, v)
	default:
		d.scalar(node, v)
	}
}

func (d *decoder) scalar(node ast.Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if s, ok := text(node); ok {
			v.SetString(s)
			return
		}
		d.wrong(node, "write it in quotes", "a text is expected, not %s", kind(node))
	case reflect.Bool:
		if b, ok := node.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
			return
		}
		d.wrong(node, "write true or false", "true or false is expected, not %s", kind(node))
	case reflect.Int, reflect.Int64:
		if n, ok := node.(*ast.IntegerNode); ok {
			if i, err := strconv.ParseInt(n.Token.Value, 10, 32); err == nil {
				v.SetInt(i)
				return
			}
		}
		d.wrong(node, "write a whole number", "a whole number is expected, not %s", kind(node))
	default:
		panic(fmt.Sprintf("source: cannot decode into %s", v.Type()))
	}
}

func (d *decoder) duration(node ast.Node, v reflect.Value) {
	const mend = `write minutes, hours or days, like "20m", "8h" or "7d"`
	s, ok := text(node)
	if !ok {
		d.wrong(node, mend, "a duration is expected, not %s", kind(node))
		return
	}
	dur, err := ParseDuration(s)
	if err != nil {
		d.wrong(node, mend, "%q is not a duration", s)
		return
	}
	v.SetInt(int64(dur))
}

// ParseDuration reads "20m", "1h30m" or "7d". It refuses a negative duration.
func ParseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, approvals.Errorf(approvals.CodeInvalid, "%q is not a number of days.", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	dur, err := time.ParseDuration(s)
	if err != nil || dur < 0 {
		return 0, approvals.Errorf(approvals.CodeInvalid, "%q is not a duration.", s)
	}
	return dur, nil
}

func (d *decoder) slice(node ast.Node, v reflect.Value) {
	s, ok := node.(*ast.SequenceNode)
	if !ok {
		d.wrong(node, "write a list, with a dash before each entry", "a list is expected, not %s", kind(node))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values)))
	for i, item := range s.Values {
		d.value(item, v.Index(i))
	}
}

func (d *decoder) stringMap(node ast.Node, v reflect.Value) {
	if !mapping(node) {
		d.wrong(node, "write key: value lines", "a mapping is expected, not %s", kind(node))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, kv := range pairs(node) {
		key, ok := d.key(kv)
		if !ok {
			continue
		}
		if v.MapIndex(reflect.ValueOf(key)).IsValid() {
			d.wrong(kv.Key, "keep one of them", "the key %q is given twice", key)
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(kv.Value, item)
		v.SetMapIndex(reflect.ValueOf(key), item)
	}
}

func (d *decoder) structure(node ast.Node, v reflect.Value) {
	if !mapping(node) {
		d.wrong(node, "write key: value lines", "a mapping is expected, not %s", kind(node))
		return
	}
	fields, names := fieldsOf(v.Type())
	seen := make(map[string]bool, len(names))
	for _, kv := range pairs(node) {
		key, ok := d.key(kv)
		if !ok {
			continue
		}
		index, known := fields[key]
		switch {
		case !known:
			d.wrong(kv.Key, Suggest(key, names), "the key %q is not known here", key)
		case seen[key]:
			d.wrong(kv.Key, "keep one of them", "the key %q is given twice", key)
		default:
			seen[key] = true
			d.value(kv.Value, v.Field(index))
		}
	}
}

func (d *decoder) key(kv *ast.MappingValueNode) (string, bool) {
	s, ok := kv.Key.(*ast.StringNode)
	if !ok {
		d.wrong(kv.Key, "write a plain word as the key", "a key that is %s is not read", kind(kv.Key))
		return "", false
	}
	return s.Value, true
}

func fieldsOf(t reflect.Type) (map[string]int, []string) {
	fields := make(map[string]int, t.NumField())
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		fields[name] = i
		names = append(names, name)
	}
	slices.Sort(names)
	return fields, names
}

func mapping(node ast.Node) bool {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

func text(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

func kind(node ast.Node) string {
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	case *ast.IntegerNode:
		return "a number"
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a fraction"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	default:
		return "this"
	}
}
