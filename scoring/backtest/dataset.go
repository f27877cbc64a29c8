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
	header, err := in.Read()
	if err != nil {
		return nil, tableProblem(name, 1, "the header can't be read", "begin with a line of column names", err)
	}
	t := &Table{}
	approved, entitlement, seen := -1, -1, map[string]bool{}
	var from []int
	for i, c := range header {
		c = strings.TrimSpace(strings.TrimPrefix(c, "\ufeff"))
		if c == "" || seen[c] {
			return nil, tableProblem(name, 1, fmt.Sprintf("column %d has no name of its own", i+1), "name every column once", nil)
		}
		seen[c] = true
		if c == "approved" {
			approved = i
			continue
		}
		if c == "entitlement" {
			entitlement = i
		}
		t.Columns = append(t.Columns, c)
		from = append(from, i)
	}
	switch {
	case decided && approved < 0:
		return nil, tableProblem(name, 1, `there is no column "approved"`, "add it, with 1 for approved and 0 for denied", nil)
	case entitlement < 0:
		return nil, tableProblem(name, 1, `there is no column "entitlement"`, "add it, with what was asked for", nil)
	case len(t.Columns) > maxColumns:
		return nil, tableProblem(name, 1, fmt.Sprintf("%d attributes are more than %d", len(t.Columns), maxColumns), "leave out those that say the same", nil)
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		line, _ := in.FieldPos(0)
		if err != nil {
			return nil, tableProblem(name, line, "this is no line of CSV", "give every line as many fields as the header", err)
		}
		row := make([]uint32, len(from))
		for i, f := range from {
			row[i] = words.number(t.Columns[i], record[f])
		}
		t.Rows = append(t.Rows, row)
		if !decided {
			continue
		}
		switch record[approved] {
		case "1":
			t.Denied = append(t.Denied, false)
		case "0":
			t.Denied = append(t.Denied, true)
		default:
			return nil, tableProblem(name, line, `"approved" is neither 1 nor 0`, "write 1 for approved and 0 for denied", nil)
		}
	}
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
