package peoplefile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// columns are the CSV form's columns, in any order; id, name and email must be
// there. Groups are parted by semicolons, accounts are "system=name" parted by
// semicolons, and flags are "true", "false" or empty.
var columns = []string{
	"id", "name", "email", "title", "department", "location", "manager",
	"groups", "time_zone", "accounts", "contractor", "admin", "inactive", "same_as", "out_of_office",
}

func decodeCSV(file string, data []byte) ([]entry, error) {
	if len(data) > source.MaxBytes {
		return nil, approvals.Problems{at(file, 0)("", "split it", "the file has more than %d bytes", source.MaxBytes)}
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))) // spreadsheets write a byte order mark
	header, err := r.Read()
	if err != nil {
		return nil, approvals.Problems{at(file, 1)("", "write "+strings.Join(columns, ","), "the line with the columns' names cannot be read")}
	}
	if problems := checkHeader(file, header); len(problems) > 0 {
		return nil, problems
	}
	var entries []entry
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
		e, ps := row(file, line, header, record)
		problems = append(problems, ps...)
		entries = append(entries, e)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return entries, nil
}

func csvProblem(file string, err error) approvals.Problem {
	p := approvals.Problem{File: file, What: "the line is not CSV with as many columns as the first", Mend: "quote values that hold commas or quotes"}
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		p.Line = pe.Line
	}
	return p
}

func checkHeader(file string, header []string) (ps approvals.Problems) {
	for i, h := range header {
		switch {
		case !slices.Contains(columns, h):
			ps = append(ps, at(file, 1)("", source.Suggest(h, columns), "the column %q is not known", h))
		case slices.Contains(header[:i], h):
			ps = append(ps, at(file, 1)("", "keep one of them", "the column %q is there twice", h))
		}
	}
	for _, must := range columns[:3] {
		if !slices.Contains(header, must) {
			ps = append(ps, at(file, 1)("", "add it", "the column %q is missing", must))
		}
	}
	return ps
}

func row(file string, line int, header, record []string) (entry, approvals.Problems) {
	problem := at(file, line)
	e := entry{problem: problem}
	var ps approvals.Problems
	flag := func(name, v string) bool {
		if v != "" && v != "true" && v != "false" {
			ps = append(ps, problem(name, "write true, false or nothing", "the %s of a person is %q", name, v))
		}
		return v == "true"
	}
	for i, v := range record {
		switch header[i] {
		case "id":
			e.ID = approvals.PrincipalID(v)
		case "name":
			e.Name = v
		case "email":
			e.Email = v
		case "title":
			e.Title = v
		case "department":
			e.Department = v
		case "location":
			e.Location = v
		case "manager":
			e.manager = v
		case "groups":
			e.Groups = parts(v)
		case "time_zone":
			e.TimeZone = v
		case "accounts":
			for _, pair := range parts(v) {
				system, account, ok := strings.Cut(pair, "=")
				if !ok || system == "" || account == "" {
					ps = append(ps, problem("accounts", "write system=name, parted by semicolons", "%q is not an account", pair))
					continue
				}
				if e.Accounts == nil {
					e.Accounts = map[string]string{}
				}
				e.Accounts[system] = account
			}
		case "contractor":
			e.Contractor = flag("contractor", v)
		case "admin":
			e.Admin = flag("admin", v)
		case "inactive":
			e.Inactive = flag("inactive", v)
		case "same_as":
			e.sameAs = v
		case "out_of_office":
			all, problems := awayCSV(v, problem)
			e.away, ps = all, append(ps, problems...)
		}
	}
	return e, ps
}

// parts splits a list that is parted by semicolons.
func parts(v string) []string {
	var out []string
	for p := range strings.SplitSeq(v, ";") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
