package peoplefile

import (
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

// peopleFile is the YAML form.
type peopleFile struct {
	AsOf   string   `yaml:"as_of"` // RFC 3339; absent: when the file was last changed
	People []person `yaml:"people"`
}

type person struct {
	ID         string            `yaml:"id"`
	Name       string            `yaml:"name"`
	Email      string            `yaml:"email"`
	Title      string            `yaml:"title"`
	Department string            `yaml:"department"`
	Location   string            `yaml:"location"`
	Function   string            `yaml:"function"`
	Manager    string            `yaml:"manager"` // an id or an email
	Groups     []string          `yaml:"groups"`
	TimeZone   string            `yaml:"time_zone"` // IANA name
	Accounts   map[string]string `yaml:"accounts"`  // system → account name, where it is not the email
	Contractor bool              `yaml:"contractor"`
	Admin      bool              `yaml:"admin"`
	Inactive   bool              `yaml:"inactive"`
	SameAs     string            `yaml:"same_as"` // of a second entry: the id or email of the person's first
	Away       []awayYAML        `yaml:"out_of_office"`
}

// awayYAML is a time in which somebody does not answer.
type awayYAML struct {
	From     string `yaml:"from"`
	To       string `yaml:"to"`
	Delegate string `yaml:"delegate"`
}

func decodeYAML(file string, data []byte) ([]directory.Person, time.Time, error) {
	var f peopleFile
	doc, err := source.Decode(file, data, &f)
	if err != nil {
		return nil, time.Time{}, err
	}
	var asOf time.Time
	if f.AsOf != "" {
		if asOf, err = time.Parse(time.RFC3339, f.AsOf); err != nil {
			return nil, asOf, approvals.Problems{doc.At("as_of").Problem(`write a time like "2026-01-05T09:00:00Z"`, "%q is not a time", f.AsOf)}
		}
	}
	people := make([]directory.Person, len(f.People))
	for i, p := range f.People {
		people[i] = directory.Person{
			Principal: approvals.Principal{
				ID: approvals.PrincipalID(p.ID), Name: p.Name, Email: p.Email, Title: p.Title,
				Department: p.Department, Location: p.Location, Function: p.Function, Groups: p.Groups, Accounts: p.Accounts,
				TimeZone: p.TimeZone, Contractor: p.Contractor, Admin: p.Admin, Inactive: p.Inactive,
				Manager: approvals.PrincipalID(p.Manager), SameAs: approvals.PrincipalID(p.SameAs),
			},
			Problem: func(key, mend, format string, args ...any) approvals.Problem {
				return doc.At("people", i, key).Problem(mend, format, args...)
			},
		}
		for j, a := range p.Away {
			people[i].Absences = append(people[i].Absences, directory.Absence{From: a.From, To: a.To, Delegate: a.Delegate,
				Problem: func(key, mend, format string, args ...any) approvals.Problem {
					return doc.At("people", i, "out_of_office", j, key).Problem(mend, format, args...)
				}})
		}
	}
	return people, asOf, nil
}
