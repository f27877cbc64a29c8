package auditlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// errScan says that a body is not one JSON object as the log writes it.
var errScan = errors.New("the event is not one JSON object without white space")

// Members visits the top-level members of an event's bytes, name and raw value
// each, far faster than a JSON reader. It fails for what is not one object
// without white space; values are passed on unread.
func Members(body []byte, visit func(name, value []byte)) error {
	if len(body) < 2 || body[0] != '{' {
		return errScan
	}
	for pos := 1; ; pos++ {
		if pos == 1 && body[pos] == '}' && len(body) == 2 {
			return nil
		}
		if pos >= len(body) || body[pos] != '"' {
			return errScan
		}
		end := stringEnd(body, pos)
		if end >= len(body) || body[end] != ':' {
			return errScan
		}
		last := valueEnd(body, end+1)
		if last == end+1 || last >= len(body) {
			return errScan
		}
		visit(body[pos+1:end-1], body[end+1:last])
		switch pos = last; body[pos] {
		case '}':
			if pos != len(body)-1 {
				return errScan
			}
			return nil
		case ',':
		default:
			return errScan
		}
	}
}

// valueEnd is the place after the value that begins at pos.
func valueEnd(b []byte, pos int) int {
	for depth := 0; pos < len(b); {
		switch b[pos] {
		case '"':
			pos = stringEnd(b, pos)
		case '{', '[':
			depth++
			pos++
		case '}', ']':
			if depth == 0 {
				return pos
			}
			depth--
			pos++
		case ',':
			if depth == 0 {
				return pos
			}
			pos++
		default:
			pos++
			continue
		}
		if depth == 0 && pos < len(b) && (b[pos] == ',' || b[pos] == '}') {
			return pos
		}
	}
	return pos
}

// peeked is what verification reads of an event: raw values; nil: none.
type peeked struct {
	sequence                 int64
	texts                    []byte // the object of commitments
	at, kind, request, grant []byte
	detail                   []byte
}

// peek reads an event's number, the commitments to its texts, and what a
// database may keep beside it.
func peek(body []byte) (p peeked, err error) {
	numbers := 0
	scan := Members(body, func(name, value []byte) {
		switch string(name) {
		case "sequence":
			numbers++
			p.sequence, err = strconv.ParseInt(string(value), 10, 64)
		case "texts":
			p.texts = value
		case "at":
			p.at = value
		case "kind":
			p.kind = value
		case "request":
			p.request = value
		case "grant":
			p.grant = value
		case "detail":
			p.detail = value
		}
	})
	switch {
	case scan != nil:
		return peeked{}, scan
	case err != nil || numbers != 1 || p.sequence < 1:
		return peeked{}, errors.New("the event says no number of its own")
	}
	return p, nil
}

// differ says where columns are not what the event says.
func (c *Columns) differ(p peeked) (words []string) {
	for _, column := range [...]struct {
		name       string
		kept, said []byte
	}{{"at", c.At, p.at}, {"kind", c.Kind, p.kind}, {"request", c.Request, p.request}, {"grant", c.Grant, p.grant}} {
		switch {
		case column.said == nil && len(column.kept) == 0:
		case column.said == nil:
			words = append(words, fmt.Sprintf("its column for %s says %q and the event says none", column.name, column.kept))
		case !says(column.said, column.kept):
			words = append(words, fmt.Sprintf("its column for %s says %q and the event says %s", column.name, column.kept, column.said))
		}
	}
	return words
}

// says reports whether a raw JSON value is a string of that text.
func says(value, text []byte) bool {
	if len(value) == len(text)+2 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0 {
		return bytes.Equal(value[1:len(value)-1], text)
	}
	var said string
	return json.Unmarshal(value, &said) == nil && said == string(text)
}
