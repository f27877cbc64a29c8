package directory

import (
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// Columns are the columns of a table of people, in any order; the first three
// must be there. Groups are parted by semicolons, accounts are "system=name"
// parted by semicolons, and flags are "true", "false" or empty.
var Columns = []string{
	"id", "name", "email", "title", "department", "location", "manager",
	"groups", "time_zone", "accounts", "contractor", "admin", "inactive", "same_as", "out_of_office",
	"function",
}

// CheckColumns finds what is wrong with the names of a table's columns.
func CheckColumns(header []string, problem Problem) (ps approvals.Problems) {
	for i, h := range header {
		switch {
		case !slices.Contains(Columns, h):
			ps = append(ps, problem("", source.Suggest(h, Columns), "the column %q is not known", h))
		case slices.Contains(header[:i], h):
			ps = append(ps, problem("", "keep one of them", "the column %q is there twice", h))
		}
	}
	for _, must := range Columns[:3] {
		if !slices.Contains(header, must) {
			ps = append(ps, problem("", "add it", "the column %q is missing", must))
		}
	}
	return ps
}

// Row reads one line of a table whose columns were checked.
func Row(header, values []string, problem Problem) (Person, approvals.Problems) {
	e := Person{Problem: problem}
	var ps approvals.Problems
	flag := func(name, v string) bool {
		if v != "" && v != "true" && v != "false" {
			ps = append(ps, problem(name, "write true, false or nothing", "the %s of a person is %q", name, v))
		}
		return v == "true"
	}
	for i, v := range values {
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
		case "function":
			e.Function = v
		case "manager":
			e.Manager = approvals.PrincipalID(v)
		case "groups":
			e.Groups = parts(v)
		case "time_zone":
			e.TimeZone = v
		case "accounts":
			var problems approvals.Problems
			e.Accounts, problems = accounts(v, problem)
			ps = append(ps, problems...)
		case "contractor":
			e.Contractor = flag("contractor", v)
		case "admin":
			e.Admin = flag("admin", v)
		case "inactive":
			e.Inactive = flag("inactive", v)
		case "same_as":
			e.SameAs = approvals.PrincipalID(v)
		case "out_of_office":
			all, problems := absences(v, problem)
			e.Absences, ps = all, append(ps, problems...)
		}
	}
	return e, ps
}

func accounts(v string, problem Problem) (all map[string]string, ps approvals.Problems) {
	for _, pair := range parts(v) {
		system, account, ok := strings.Cut(pair, "=")
		if !ok || system == "" || account == "" {
			ps = append(ps, problem("accounts", "write system=name, parted by semicolons", "%q is not an account", pair))
			continue
		}
		if all == nil {
			all = map[string]string{}
		}
		all[system] = account
	}
	return all, ps
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
