package auditlog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	c := canon{in: text, out: make([]byte, 0, len(text))}
	if err := c.value(0); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return c.out, nil
}

// canon reads JSON that is known to be valid.
type canon struct {
	in  []byte
	pos int
	out []byte
}

// space skips white space and the separators between values, which are right
// in valid JSON.
func (c *canon) space() {
	for c.pos < len(c.in) && bytes.IndexByte([]byte(" \t\r\n,:"), c.in[c.pos]) >= 0 {
		c.pos++
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

// member is one name and value of an object, as it will be written.
type member struct {
	name string
	text []byte
}

func (c *canon) object(depth int) error {
	c.pos++
	start := len(c.out)
	var members []member
	for c.space(); c.in[c.pos] != '}'; c.space() {
		name, err := c.text()
		if err != nil {
			return err
		}
		from := len(c.out)
		if err := c.value(depth + 1); err != nil {
			return err
		}
		members = append(members, member{name, slices.Clone(c.out[from:])})
	}
	c.pos++
	slices.SortFunc(members, func(a, b member) int { return compareNames(a.name, b.name) })
	c.out = append(c.out[:start], '{')
	for i, m := range members {
		if i > 0 {
			if members[i-1].name == m.name {
				return fmt.Errorf("the name %q stands twice in one object", m.name)
			}
			c.out = append(c.out, ',')
		}
		c.out = append(appendText(c.out, m.name), ':')
		c.out = append(c.out, m.text...)
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
func (c *canon) text() (string, error) {
	end := stringEnd(c.in, c.pos)
	token := c.in[c.pos:end]
	c.pos = end
	if bytes.IndexByte(token, '\\') < 0 {
		return string(token[1 : len(token)-1]), nil
	}
	var text string
	err := json.Unmarshal(token, &text)
	return text, err
}

func (c *canon) integer() error {
	end := c.pos
	for end < len(c.in) && bytes.IndexByte([]byte("+-.0123456789eE"), c.in[end]) >= 0 {
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
func compareNames(a, b string) int {
	ascii := true
	for i := 0; i < len(a) && ascii; i++ {
		ascii = a[i] < utf8.RuneSelf
	}
	for i := 0; i < len(b) && ascii; i++ {
		ascii = b[i] < utf8.RuneSelf
	}
	if ascii {
		return cmp.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// appendText writes a string with the escapes of RFC 8785, section 3.2.2.2.
func appendText(out []byte, text string) []byte {
	const short = "\b\t\n\f\r"
	out = append(out, '"')
	for i := range len(text) {
		switch b := text[i]; {
		case b == '"' || b == '\\':
			out = append(out, '\\', b)
		case b >= 0x20:
			out = append(out, b)
		default:
			if k := bytes.IndexByte([]byte(short), b); k >= 0 {
				out = append(out, '\\', "btnfr"[k])
			} else {
				out = fmt.Appendf(out, `\u%04x`, b)
			}
		}
	}
	return append(out, '"')
}
