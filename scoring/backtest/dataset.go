package backtest

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
)

// maxColumns bounds the attributes of a table: pairs grow with its square.
const maxColumns = 20

// Table is a list of requests with their attributes and, in a history, what
// people decided. Values are kept as small numbers, equal for equal words.
type Table struct {
	Columns []string   // attributes, without "approved"
	Rows    [][]uint32 // one value a column; 0 is an empty cell
	Denied  []bool     // one a row; nil where the table has no decisions
}

// dictionary numbers the words of each column, shared by tables that are
// compared with each other.
type dictionary map[string]map[string]uint32

func (d dictionary) number(column, word string) uint32 {
	if word == "" {
		return 0
	}
	words := d[column]
	if words == nil {
		words = map[string]uint32{}
		d[column] = words
	}
	n, ok := words[word]
	if !ok {
		n = uint32(len(words) + 1)
		words[word] = n
	}
	return n
}

// readTable reads CSV with a header. The column "approved" holds 1 or 0, and
// must be there when decided is set, as must be a decision; "entitlement" must
// always be there; every other column is an attribute.
func readTable(name string, r io.Reader, words dictionary, decided bool) (*Table, error) {
	in := csv.NewReader(withoutMark(r))
	in.ReuseRecord = true
	record, err := in.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, tableProblem(name, 1, "the file is empty", "begin with a line of column names", nil)
	case err != nil:
		return nil, tableProblem(name, 1, "the header can't be read", "begin with a line of column names", err)
	}
	h, err := readHeader(name, record, decided)
	if err != nil {
		return nil, err
	}
	t := &Table{Columns: h.columns}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, tableProblem(name, lineOf(err), "this is no line of CSV", "give every line as many fields as the header, and every quote its end", err)
		}
		row := make([]uint32, len(h.from))
		for i, f := range h.from {
			row[i] = words.number(t.Columns[i], record[f])
		}
		t.Rows = append(t.Rows, row)
		if !decided {
			continue
		}
		switch said := strings.TrimSpace(record[h.approved]); said {
		case "1":
			t.Denied = append(t.Denied, false)
		case "0":
			t.Denied = append(t.Denied, true)
		default:
			line, _ := in.FieldPos(h.approved)
			return nil, tableProblem(name, line, fmt.Sprintf(`"approved" is %.20q, neither 1 nor 0`, said), "write 1 for approved and 0 for denied", nil)
		}
	}
	if decided && len(t.Rows) == 0 {
		return nil, tableProblem(name, 2, "there are no decisions", "write one a line, below the names of the columns", nil)
	}
	return t, nil
}

// byteOrderMark is what spreadsheets begin UTF-8 with. It is taken off before the
// CSV reader sees it, which would take a quoted first name for a stray quote.
const byteOrderMark = "\ufeff"

func withoutMark(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if first, err := b.Peek(len(byteOrderMark)); err == nil && string(first) == byteOrderMark {
		_, _ = b.Discard(len(byteOrderMark)) // what was peeked at is there
	}
	return b
}

// lineOf is where the CSV reader stumbled; 0 if it does not say.
func lineOf(err error) int {
	var at *csv.ParseError
	if errors.As(err, &at) {
		return at.Line
	}
	return 0
}

// header says which fields are attributes, and which is the decision.
type header struct {
	columns  []string
	from     []int // the field of each column
	approved int   // -1: there is none
}

func readHeader(name string, record []string, decided bool) (h header, err error) {
	wrong := func(what, mend string) error { return tableProblem(name, 1, what, mend, nil) }
	if line := strings.Join(record, ","); !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
		return h, wrong("this is no text in UTF-8", "export it again as CSV in UTF-8")
	} else if separator := strings.IndexAny(line, ";\t"); len(record) == 1 && separator >= 0 {
		return h, wrong(fmt.Sprintf("the fields are separated by %q", line[separator]), "separate them by commas")
	}
	h.approved = -1
	seen := map[string]bool{}
	for i, c := range record {
		c = strings.TrimSpace(c)
		switch {
		case c == "":
			return h, wrong(fmt.Sprintf("column %d has no name", i+1), "name every column once")
		case seen[c]:
			return h, wrong(fmt.Sprintf("column %d is named %q, as is an earlier one", i+1, c), "name every column once")
		}
		seen[c] = true
		if c == "approved" {
			h.approved = i
			continue
		}
		h.columns = append(h.columns, c)
		h.from = append(h.from, i)
	}
	switch {
	case decided && !seen["approved"]:
		err = wrong(missing(record, "approved"), "add it, with 1 for approved and 0 for denied")
	case !seen["entitlement"]:
		err = wrong(missing(record, "entitlement"), "add it, with what was asked for")
	case len(h.columns) > maxColumns:
		err = wrong(fmt.Sprintf("%d attributes are more than %d", len(h.columns), maxColumns), "leave out those that say the same")
	}
	return h, err
}

// missing says which column is not there, and which one may be meant for it.
func missing(record []string, column string) string {
	what := fmt.Sprintf("there is no column %q", column)
	for _, c := range record {
		if c = strings.TrimSpace(c); strings.EqualFold(c, column) {
			return what + fmt.Sprintf(", only %q: small letters count", c)
		}
	}
	return what
}

// ReadHistory reads decided requests. Errors are of approvals.CodeInvalid and
// name file, line and mend.
func ReadHistory(name string, r io.Reader) (*Table, error) {
	return readTable(name, r, dictionary{}, true)
}

func tableProblem(name string, line int, what, mend string, err error) error {
	p := approvals.Problem{File: name, Line: line, What: what, Mend: mend}
	return &approvals.Error{Code: approvals.CodeInvalid, Message: p.String(), Op: "read decisions", Err: err}
}

// subset is the table of some of its rows.
func (t *Table) subset(rows []int) *Table {
	s := &Table{Columns: t.Columns, Rows: make([][]uint32, len(rows)), Denied: make([]bool, len(rows))}
	for i, r := range rows {
		s.Rows[i], s.Denied[i] = t.Rows[r], t.Denied[r]
	}
	return s
}

// denials counts the refused requests.
func (t *Table) denials() (n int) {
	for _, d := range t.Denied {
		if d {
			n++
		}
	}
	return n
}

// column is an attribute's index, -1 if the table does not have it.
func (t *Table) column(name string) int {
	for i, c := range t.Columns {
		if c == name {
			return i
		}
	}
	return -1
}
