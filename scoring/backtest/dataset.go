package backtest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

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
// must be there when decided is set; "entitlement" must always be there; every
// other column is an attribute.
func readTable(name string, r io.Reader, words dictionary, decided bool) (*Table, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	record, err := in.Read()
	if err != nil {
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
			return t, nil
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
		switch record[h.approved] {
		case "1":
			t.Denied = append(t.Denied, false)
		case "0":
			t.Denied = append(t.Denied, true)
		default:
			line, _ := in.FieldPos(h.approved)
			return nil, tableProblem(name, line, `"approved" is neither 1 nor 0`, "write 1 for approved and 0 for denied", nil)
		}
	}
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
	h.approved = -1
	seen := map[string]bool{}
	for i, c := range record {
		c = strings.TrimSpace(strings.TrimPrefix(c, "\ufeff"))
		if c == "" || seen[c] {
			return h, tableProblem(name, 1, fmt.Sprintf("column %d has no name of its own", i+1), "name every column once", nil)
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
		err = tableProblem(name, 1, `there is no column "approved"`, "add it, with 1 for approved and 0 for denied", nil)
	case !seen["entitlement"]:
		err = tableProblem(name, 1, `there is no column "entitlement"`, "add it, with what was asked for", nil)
	case len(h.columns) > maxColumns:
		err = tableProblem(name, 1, fmt.Sprintf("%d attributes are more than %d", len(h.columns), maxColumns), "leave out those that say the same", nil)
	}
	return h, err
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
