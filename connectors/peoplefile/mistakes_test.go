package peoplefile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/peoplefile"
)

func TestMistakesAreNamedWithLineAndMend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, file, old, new, want string }{
		{"an unknown key", "p.yaml", "department:", "departement:", `p.yaml:11: the key "departement" is not known here; did you mean "department"?`},
		{"an id that is taken", "p.yaml", "id: gone", "id: maya", `p.yaml:18: the id "maya" is taken already; give each person an id of their own`},
		{"an email that is taken", "p.yaml", "gone@example.com", "MAYA@example.com", `p.yaml:10: the email "Maya@example.com" is taken already; give each person an email of their own`},
		{"no id", "p.yaml", "id: maya", "id:", `p.yaml:8: "" cannot be an id; use letters, digits and . _ @ + -, at most 100`},
		{"an id with a space", "p.yaml", "id: maya", "id: maya l", `p.yaml:8: "maya l" cannot be an id; use letters, digits and . _ @ + -, at most 100`},
		{"no name", "p.yaml", "name: Maya Lindqvist", "name: \" \"", `p.yaml:9: the person "maya" has no name; write the name`},
		{"no email", "p.yaml", "    email: Maya@example.com\n", "", `p.yaml:8: "" is not an email address; write a plain address like ada@example.com`},
		{"an email with a name", "p.yaml", "email: Maya@example.com", `email: "Maya <m@example.com>"`, `p.yaml:10: "Maya <m@example.com>" is not an email address; write a plain address like ada@example.com`},
		{"an unknown manager", "p.yaml", "manager: tom@example.com", "manager: tim", `p.yaml:13: the manager "tim" is not there; write the id or the email of somebody who is there`},
		{"their own manager", "p.yaml", "manager: tom@example.com", "manager: maya", `p.yaml:13: "maya" is their own manager; leave the manager out for who has none`},
		{"an unknown time zone", "p.yaml", "America/Chicago", "America/Chicagoo", `p.yaml:15: the time zone "America/Chicagoo" is not known; write an IANA name like "Europe/Berlin"`},
		{"this machine's time zone", "p.yaml", "America/Chicago", "Local", `p.yaml:15: the time zone "Local" is not known; write an IANA name like "Europe/Berlin"`},
		{"a group twice", "p.yaml", "[support, leads]", "[support, support]", `p.yaml:7: the group "support" is named twice; name it once`},
		{"a group with a space", "p.yaml", "[support, leads]", "[the support]", `p.yaml:7: "the support" cannot be a group; use letters, digits and . _ @ + -, at most 100`},
		{"a title of two lines", "p.yaml", "title: Billing Support Lead", `title: "Lead\nCEO"`, `p.yaml:6: the title of "tom" cannot be used; use at most 200 printable bytes`},
		{"a date of no form", "p.yaml", "2026-01-05T09:00:00Z", "last week", `p.yaml:1: "last week" is not a time; write a time like "2026-01-05T09:00:00Z"`},
		{"an unknown column", "p.csv", "department", "dept", `p.csv:1: the column "dept" is not known; use one of: id, name, email, title, department, location, manager, groups, time_zone, accounts, contractor, admin, inactive, same_as, out_of_office, function`},
		{"a column twice", "p.csv", "department", "title", `p.csv:1: the column "title" is there twice; keep one of them`},
		{"a column that must be there", "p.csv", "email", "title", `p.csv:1: the column "title" is there twice; keep one of them
p.csv:1: the column "email" is missing; add it`},
		{"a line that is too short", "p.csv", "support; leads,,,,,", "support", `p.csv:2: the line is not CSV with as many columns as the first; quote values that hold commas or quotes`},
		{"a quote in the middle", "p.csv", "Maya Lindqvist", `Maya "L`, `p.csv:3: the line is not CSV with as many columns as the first; quote values that hold commas or quotes`},
		{"a flag of no form", "p.csv", "mlindqvist,true", "mlindqvist,yes", `p.csv:3: the contractor of a person is "yes"; write true, false or nothing`},
		{"an account of no form", "p.csv", "postgres-prod=mlindqvist", "mlindqvist", `p.csv:3: "mlindqvist" is not an account; write system=name, parted by semicolons`},
		{"an unknown manager in CSV", "p.csv", "Austin,tom@example.com", "Austin,tim", `p.csv:3: the manager "tim" is not there; write the id or the email of somebody who is there`},
		{"nothing in CSV", "p.csv", asCSV, "", `p.csv:1: the line with the columns' names cannot be read; write id,name,email,title,department,location,manager,groups,time_zone,accounts,contractor,admin,inactive,same_as,out_of_office,function`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := asYAML
			if strings.HasSuffix(tc.file, ".csv") {
				text = asCSV
			}
			if !strings.Contains(text, tc.old) {
				t.Fatal("the case changes nothing")
			}
			path := file(t, tc.file, strings.Replace(text, tc.old, tc.new, 1))
			_, err := peoplefile.Open(t.Context(), path, directory.Config{})
			if _, ok := err.(approvals.Problems); !ok { //nolint:errorlint // the type itself is what is promised
				t.Fatalf("the error is %v", err)
			}
			got := strings.ReplaceAll(err.Error(), strings.TrimSuffix(path, tc.file), "")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMissingFileIsSaidSo(t *testing.T) {
	t.Parallel()
	d, err := peoplefile.Open(t.Context(), "nowhere/people.yaml", directory.Config{})
	want := "nowhere/people.yaml: the file is not there; write people.yaml, or set the path of the one that you have"
	if d != nil || err == nil || err.Error() != want {
		t.Errorf("%v, %v", d, err)
	}
}

// FuzzOpen feeds both forms: whatever they hold, the answer is problems, or a
// directory in which everybody can be found again.
func FuzzOpen(f *testing.F) {
	f.Add(asYAML, false)
	f.Add(asCSV, true)
	f.Add("id,name,email\n\"", true)
	f.Add("people: [{id: a, manager: a}, {id: a}]", false)
	f.Fuzz(func(t *testing.T, text string, csv bool) {
		name := "people.yaml"
		if csv {
			name = "people.csv"
		}
		d, err := peoplefile.Open(t.Context(), file(t, name, text), directory.Config{})
		if err != nil {
			problems, ok := err.(approvals.Problems) //nolint:errorlint // the type itself is what is promised
			if !ok || len(problems) == 0 {
				t.Fatalf("the error is %v", err)
			}
			for _, p := range problems {
				if p.File == "" || p.What == "" || p.Mend == "" {
					t.Errorf("%+v", p)
				}
			}
			return
		}
		people, err := d.People(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			byID, err := d.Principal(t.Context(), p.ID)
			if err != nil || cmp.Diff(p, byID) != "" {
				t.Errorf("%q is not found by id: %v", p.ID, err)
			}
			if byEmail, err := d.ByEmail(t.Context(), p.Email); err != nil || byEmail.ID != p.ID {
				t.Errorf("%q is not found by email: %v", p.ID, err)
			}
			if p.Manager == p.ID {
				t.Errorf("%q manages themselves", p.ID)
			}
		}
	})
}
