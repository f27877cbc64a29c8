package auditlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxInteger is the largest integer that every JSON reader keeps exactly.
// Source: RFC 7493, section 2.2.
const maxInteger = "9007199254740991"

// maxDepth bounds how deep values nest.
const maxDepth = 32

// Canonical rewrites one JSON value in the form of RFC 8785: members ordered by
// the UTF-16 code units of their names, no white space, one way to write each
// string. It fails for what the audit log never holds and other readers read
// differently: numbers that are no integers of at most 53 bits, a name twice in
// one object, text that is not UTF-8.
func Canonical(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("canonical JSON: not valid UTF-8")
	}
	if !json.Valid(text) {
		return nil, errors.New("canonical JSON: not JSON")
	}
	return canonical(text)
}

// Marshal writes a value as canonical JSON; see Canonical.
func Marshal(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return canonical(text)
}

// canonical rewrites JSON that is known to be valid.
func canonical(text []byte) ([]byte, error) {
	c := canon{in: text, out: make([]byte, 0, len(text))}
	if err := c.value(0); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return c.out, nil
}

// canon reads JSON that is known to be valid.
type canon struct {
	in      []byte
	pos     int
	out     []byte
	scratch []byte // of an object whose members are put in order
}

// space skips white space and the separators between values, which are right
// in valid JSON.
func (c *canon) space() {
	for c.pos < len(c.in) {
		switch c.in[c.pos] {
		case ' ', '\t', '\r', '\n', ',', ':':
			c.pos++
		default:
			return
		}
	}
}

func (c *canon) value(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("values nest deeper than %d", maxDepth)
	}
	c.space()
	switch b := c.in[c.pos]; {
	case b == '{':
		return c.object(depth)
	case b == '[':
		return c.array(depth)
	case b == '"':
		text, err := c.text()
		c.out = appendText(c.out, text)
		return err
	case b == '-' || b >= '0' && b <= '9':
		return c.integer()
	default: // true, false, null
		end := c.pos
		for end < len(c.in) && c.in[end] >= 'a' && c.in[end] <= 'z' {
			end++
		}
		c.out = append(c.out, c.in[c.pos:end]...)
		c.pos = end
		return nil
	}
}

// member is one name of an object, and where it was written with its value.
type member struct {
	name     []byte
	from, to int
}

func (c *canon) object(depth int) error {
	c.pos++
	c.out = append(c.out, '{')
	start := len(c.out)
	var few [32]member
	members := few[:0]
	for c.space(); c.in[c.pos] != '}'; c.space() {
		name, err := c.text()
		if err != nil {
			return err
		}
		if len(members) > 0 {
			c.out = append(c.out, ',')
		}
		from := len(c.out)
		c.out = append(appendText(c.out, name), ':')
		if err := c.value(depth + 1); err != nil {
			return err
		}
		members = append(members, member{name, from, len(c.out)})
	}
	c.pos++
	byName := func(a, b member) int { return compareNames(a.name, b.name) }
	if !slices.IsSortedFunc(members, byName) {
		slices.SortFunc(members, byName)
		c.scratch = append(c.scratch[:0], c.out[start:]...)
		c.out = c.out[:start]
		for i, m := range members {
			if i > 0 {
				c.out = append(c.out, ',')
			}
			c.out = append(c.out, c.scratch[m.from-start:m.to-start]...)
		}
	}
	for i := 1; i < len(members); i++ {
		if bytes.Equal(members[i-1].name, members[i].name) {
			return fmt.Errorf("the name %q stands twice in one object", members[i].name)
		}
	}
	c.out = append(c.out, '}')
	return nil
}

func (c *canon) array(depth int) error {
	c.pos++
	c.out = append(c.out, '[')
	first := true
	for c.space(); c.in[c.pos] != ']'; c.space() {
		if !first {
			c.out = append(c.out, ',')
		}
		first = false
		if err := c.value(depth + 1); err != nil {
			return err
		}
	}
	c.pos++
	c.out = append(c.out, ']')
	return nil
}

// text reads a string.
func (c *canon) text() ([]byte, error) {
	end := stringEnd(c.in, c.pos)
	token := c.in[c.pos:end]
	c.pos = end
	if bytes.IndexByte(token, '\\') < 0 {
		return token[1 : len(token)-1], nil
	}
	var text string
	err := json.Unmarshal(token, &text)
	return []byte(text), err
}

func (c *canon) integer() error {
	end := c.pos
	for end < len(c.in) && strings.IndexByte("+-.0123456789eE", c.in[end]) >= 0 {
		end++
	}
	number := c.in[c.pos:end]
	c.pos = end
	digits := bytes.TrimPrefix(number, []byte("-"))
	if bytes.ContainsAny(number, ".eE") || len(digits) > len(maxInteger) ||
		len(digits) == len(maxInteger) && string(digits) > maxInteger || string(number) == "-0" {
		return fmt.Errorf("%s is no integer of at most 53 bits", number)
	}
	c.out = append(c.out, number...)
	return nil
}

// stringEnd is the place after the string that begins at a quote.
func stringEnd(b []byte, pos int) int {
	for i := pos + 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// compareNames orders by UTF-16 code units.
func compareNames(a, b []byte) int {
	if ascii(a) && ascii(b) {
		return bytes.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(string(a))), utf16.Encode([]rune(string(b))))
}

func ascii(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendText writes a string with the escapes of RFC 8785, section 3.2.2.2.
func appendText(out, text []byte) []byte {
	const short = "\b\t\n\f\r"
	out = append(out, '"')
	plain := 0 // from here on nothing needs an escape
	for i, b := range text {
		if b >= 0x20 && b != '"' && b != '\\' {
			continue
		}
		out = append(out, text[plain:i]...)
		plain = i + 1
		switch k := strings.IndexByte(short, b); {
		case b >= 0x20:
			out = append(out, '\\', b)
		case k >= 0:
			out = append(out, '\\', "btnfr"[k])
		default:
			out = fmt.Appendf(out, `\u%04x`, b)
		}
	}
	return append(append(out, text[plain:]...), '"')
}
