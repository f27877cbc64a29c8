package peoplefile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

func decodeCSV(file string, data []byte) ([]directory.Person, error) {
	if len(data) > source.MaxBytes {
		return nil, approvals.Problems{directory.At(file, 0)("", "split it", "the file has more than %d bytes", source.MaxBytes)}
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))) // spreadsheets write a byte order mark
	header, err := r.Read()
	if err != nil {
		return nil, approvals.Problems{directory.At(file, 1)("", "write "+strings.Join(directory.Columns, ","), "the line with the columns' names cannot be read")}
	}
	if problems := directory.CheckColumns(header, directory.At(file, 1)); len(problems) > 0 {
		return nil, problems
	}
	var people []directory.Person
	var problems approvals.Problems
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, append(problems, csvProblem(file, err))
		}
		line, _ := r.FieldPos(0)
		e, ps := directory.Row(header, record, directory.At(file, line))
		problems = append(problems, ps...)
		people = append(people, e)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return people, nil
}

func csvProblem(file string, err error) approvals.Problem {
	p := approvals.Problem{File: file, What: "the line is not CSV with as many columns as the first", Mend: "quote values that hold commas or quotes"}
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		p.Line = pe.Line
	}
	return p
}
