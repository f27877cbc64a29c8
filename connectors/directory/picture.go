package peoplefile

import (
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// id is the form of ids and group names: they travel in links and policies.
var id = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$`)

// entry is a person as written, and where.
type entry struct {
	approvals.Principal
	manager string // an id or an email
	sameAs  string // likewise
	away    []away
	problem func(key, mend, format string, args ...any) approvals.Problem
}

// snapshot is one good reading of the file; it never changes.
type snapshot struct {
	asOf    time.Time
	people  []approvals.Principal // ordered by id
	byID    map[approvals.PrincipalID]int
	byEmail map[string]int
	groups  map[string][]int
}

func newSnapshot(entries []entry, asOf time.Time) (*snapshot, error) {
	s := &snapshot{
		asOf:    asOf,
		byID:    make(map[approvals.PrincipalID]int, len(entries)),
		byEmail: make(map[string]int, len(entries)),
		groups:  map[string][]int{},
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var problems approvals.Problems
	zones := map[string]bool{"": true, "Local": false} // known or not; looking one up reads a file
	for i, e := range entries {
		if _, asked := zones[e.TimeZone]; !asked {
			_, err := time.LoadLocation(e.TimeZone)
			zones[e.TimeZone] = err == nil
		}
		problems = append(problems, e.check(zones)...)
		if _, dup := s.byID[e.ID]; dup {
			problems = append(problems, e.problem("id", "give each person an id of their own", "the id %q is taken already", e.ID))
		}
		if _, dup := s.byEmail[fold(e.Email)]; dup {
			problems = append(problems, e.problem("email", "give each person an email of their own", "the email %q is taken already", e.Email))
		}
		s.byID[e.ID], s.byEmail[fold(e.Email)] = i, i
	}
	for i, e := range entries {
		p := e.Principal
		if e.manager != "" {
			m, problem := s.manager(entries, e)
			if problem != nil {
				problems = append(problems, *problem)
			}
			p.Manager = m
		}
		problems = append(problems, s.related(entries, e, &p)...)
		for _, g := range p.Groups {
			s.groups[g] = append(s.groups[g], i)
		}
		s.people = append(s.people, p)
	}
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b approvals.Problem) int { return a.Line - b.Line })
		return nil, problems
	}
	return s, nil
}

func (s *snapshot) manager(entries []entry, e entry) (approvals.PrincipalID, *approvals.Problem) {
	i := s.someone(e.manager)
	if i < 0 {
		p := e.problem("manager", "write the id or the email of somebody in this file", "the manager %q is not in the file", e.manager)
		return "", &p
	}
	if entries[i].ID == e.ID {
		p := e.problem("manager", "leave the manager out for who has none", "%q is their own manager", e.ID)
		return "", &p
	}
	return entries[i].ID, nil
}

// check says what is wrong with one person taken alone; zones tells the time
// zones that exist.
func (e entry) check(zones map[string]bool) approvals.Problems {
	var ps approvals.Problems
	wrong := func(key, mend, format string, args ...any) { ps = append(ps, e.problem(key, mend, format, args...)) }
	if !id.MatchString(string(e.ID)) {
		wrong("id", "use letters, digits and . _ @ + -, at most 100", "%q cannot be an id", e.ID)
	}
	if strings.TrimSpace(e.Name) == "" {
		wrong("name", "write the name", "the person %q has no name", e.ID)
	}
	if a, err := mail.ParseAddress(e.Email); err != nil || a.Address != e.Email {
		wrong("email", "write a plain address like ada@example.com", "%q is not an email address", e.Email)
	}
	if !zones[e.TimeZone] {
		wrong("time_zone", `write an IANA name like "Europe/Berlin"`, "the time zone %q is not known", e.TimeZone)
	}
	for i, g := range e.Groups {
		if !id.MatchString(g) {
			wrong("groups", "use letters, digits and . _ @ + -, at most 100", "%q cannot be a group", g)
		}
		if slices.Contains(e.Groups[:i], g) {
			wrong("groups", "name it once", "the group %q is named twice", g)
		}
	}
	for _, text := range []struct{ key, value string }{
		{"name", e.Name}, {"title", e.Title}, {"department", e.Department}, {"location", e.Location},
	} {
		if len(text.value) > 200 || strings.ContainsFunc(text.value, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) {
			wrong(text.key, "use at most 200 printable bytes", "the %s of %q cannot be used", text.key, e.ID)
		}
	}
	return ps
}

func (s *snapshot) pick(indexes []int) []approvals.Principal {
	people := make([]approvals.Principal, len(indexes))
	for i, at := range indexes {
		people[i] = clone(s.people[at])
	}
	return people
}

// clone keeps callers from changing the snapshot.
func clone(p approvals.Principal) approvals.Principal {
	p.Groups = slices.Clone(p.Groups)
	p.Accounts = maps.Clone(p.Accounts)
	p.Away = slices.Clone(p.Away)
	return p
}

func fold(email string) string { return strings.ToLower(email) }

// at makes the function that names a problem in a line without a finer place.
func at(file string, line int) func(key, mend, format string, args ...any) approvals.Problem {
	return func(_, mend, format string, args ...any) approvals.Problem {
		return approvals.Problem{File: file, Line: line, What: fmt.Sprintf(format, args...), Mend: mend}
	}
}
