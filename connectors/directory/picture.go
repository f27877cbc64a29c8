package directory

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// picture is one good reading; it never changes.
type picture struct {
	asOf    time.Time
	people  []approvals.Principal // ordered by id
	byID    map[approvals.PrincipalID]int
	byEmail map[string]int
	groups  map[string][]int
}

func newPicture(people int, asOf time.Time) *picture {
	return &picture{asOf: asOf, byID: make(map[approvals.PrincipalID]int, people), byEmail: make(map[string]int, people), groups: map[string][]int{}}
}

// link makes a picture of a reading. Of a strict one any problem is an error;
// otherwise the problems say who was left out, and of what.
func link(r Reading) (*picture, approvals.Problems) {
	entries := slices.Clone(r.People)
	slices.SortStableFunc(entries, func(a, b Person) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var problems approvals.Problems
	if !r.Strict {
		entries, problems = usable(entries)
	}
	p, wrong := arrange(entries, r.AsOf, r.Strict)
	problems = append(problems, wrong...)
	slices.SortStableFunc(problems, func(a, b approvals.Problem) int { return a.Line - b.Line })
	return p, problems
}

func arrange(entries []Person, asOf time.Time, strict bool) (*picture, approvals.Problems) {
	s := newPicture(len(entries), asOf)
	var problems approvals.Problems
	z := newZones()
	for i, e := range entries {
		if strict {
			problems = append(problems, e.check(z)...)
		}
		if _, dup := s.byID[e.ID]; dup {
			problems = append(problems, e.Problem("id", "give each person an id of their own", "the id %q is taken already", e.ID))
		}
		if _, dup := s.byEmail[fold(e.Email)]; dup {
			problems = append(problems, e.Problem("email", "give each person an email of their own", "the email %q is taken already", e.Email))
		}
		s.byID[e.ID], s.byEmail[fold(e.Email)] = i, i
	}
	for i, e := range entries {
		p, ps := s.related(entries, e)
		problems = append(problems, ps...)
		for _, g := range p.Groups {
			s.groups[g] = append(s.groups[g], i)
		}
		s.people = append(s.people, p)
	}
	return s, problems
}

// related names the people whom a person's entry refers to: the manager, the
// first entry of somebody who has two, and who stands in while they are away.
func (s *picture) related(entries []Person, e Person) (p approvals.Principal, ps approvals.Problems) {
	p = e.Principal
	p.Manager, p.SameAs, p.Away = "", "", nil
	if e.Manager != "" {
		switch i := s.someone(string(e.Manager)); {
		case i < 0:
			ps = append(ps, e.Problem("manager", "write the id or the email of somebody who is there", "the manager %q is not there", e.Manager))
		case entries[i].ID == e.ID:
			ps = append(ps, e.Problem("manager", "leave the manager out for who has none", "%q is their own manager", e.ID))
		default:
			p.Manager = entries[i].ID
		}
	}
	if e.SameAs != "" {
		switch i := s.someone(string(e.SameAs)); {
		case i < 0:
			ps = append(ps, e.Problem("same_as", "write the id or the email of somebody who is there", "%q, whose second entry %q is, is not there", e.SameAs, e.ID))
		case entries[i].ID == e.ID || entries[i].SameAs != "":
			ps = append(ps, e.Problem("same_as", "name the person's first entry", "%q cannot be a second entry of %q", e.ID, e.SameAs))
		default:
			p.SameAs = entries[i].ID
		}
	}
	for _, a := range e.Absences {
		absence, problems := a.read(p.Zone())
		ps = append(ps, problems...)
		if a.Delegate != "" {
			switch i := s.someone(a.Delegate); {
			case i < 0:
				ps = append(ps, a.Problem("delegate", "write the id or the email of somebody who is there", "the delegate %q is not there", a.Delegate))
			case entries[i].ID == e.ID:
				ps = append(ps, a.Problem("delegate", "name somebody else, or nobody", "%q is their own delegate", e.ID))
			default:
				absence.Delegate = entries[i].ID
			}
		}
		if len(problems) == 0 {
			p.Away = append(p.Away, absence)
		}
	}
	return p, ps
}

// someone finds whom an id or an email names; -1 for nobody.
func (s *picture) someone(name string) int {
	if i, ok := s.byID[approvals.PrincipalID(name)]; ok {
		return i
	}
	if i, ok := s.byEmail[fold(name)]; ok && name != "" {
		return i
	}
	return -1
}

func (s *picture) pick(indexes []int) []approvals.Principal {
	people := make([]approvals.Principal, len(indexes))
	for i, at := range indexes {
		people[i] = clone(s.people[at])
	}
	return people
}

// clone keeps callers from changing the picture.
func clone(p approvals.Principal) approvals.Principal {
	p.Groups = slices.Clone(p.Groups)
	p.Accounts = maps.Clone(p.Accounts)
	p.Away = slices.Clone(p.Away)
	return p
}

func fold(email string) string { return strings.ToLower(email) }
