package peoplefile

import (
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// away is an absence as written.
type away struct {
	from, to string // a date, in the person's time zone, or a time of RFC 3339; a date as the end is the last day
	delegate string // an id or an email; empty: nobody
	problem  func(key, mend, format string, args ...any) approvals.Problem
}

const awayMend = `write a date like "2026-12-24", or a time like "2026-12-24T12:00:00+01:00"`

// absence reads one absence; who the delegate is comes later.
func (a away) absence(zone *time.Location) (approvals.Absence, approvals.Problems) {
	var ps approvals.Problems
	from, _, err := day(a.from, zone)
	if err != nil {
		ps = append(ps, a.problem("from", awayMend, "%q is not when an absence begins", a.from))
	}
	until, whole, err := day(a.to, zone)
	if err != nil {
		ps = append(ps, a.problem("to", awayMend, "%q is not when an absence ends", a.to))
	}
	if whole {
		until = until.AddDate(0, 0, 1)
	}
	if len(ps) == 0 && !from.Before(until) {
		ps = append(ps, a.problem("to", "let it end after it begins", "the absence from %s ends %s, before it begins", a.from, a.to))
	}
	return approvals.Absence{From: from.UTC(), Until: until.UTC()}, ps
}

// day reads a date, which is the day's begin in a zone, or a time.
func day(s string, zone *time.Location) (at time.Time, whole bool, err error) {
	if at, err = time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return at, true, nil
	}
	at, err = time.Parse(time.RFC3339, s)
	return at, false, err
}

// someone finds whom an id or an email names; -1 for nobody.
func (s *snapshot) someone(name string) int {
	if i, ok := s.byID[approvals.PrincipalID(name)]; ok {
		return i
	}
	if i, ok := s.byEmail[fold(name)]; ok && name != "" {
		return i
	}
	return -1
}

// related adds to a person whose second entry they are, when they are away, and
// who stands in for them then.
func (s *snapshot) related(entries []entry, e entry, p *approvals.Principal) (ps approvals.Problems) {
	if e.sameAs != "" {
		switch i := s.someone(e.sameAs); {
		case i < 0:
			ps = append(ps, e.problem("same_as", "write the id or the email of somebody in this file", "%q, whose second entry %q is, is not in the file", e.sameAs, e.ID))
		case entries[i].ID == e.ID || entries[i].sameAs != "":
			ps = append(ps, e.problem("same_as", "name the person's first entry", "%q cannot be a second entry of %q", e.ID, e.sameAs))
		default:
			p.SameAs = entries[i].ID
		}
	}
	for _, a := range e.away {
		absence, problems := a.absence(p.Zone())
		ps = append(ps, problems...)
		if a.delegate != "" {
			switch i := s.someone(a.delegate); {
			case i < 0:
				ps = append(ps, a.problem("delegate", "write the id or the email of somebody in this file", "the delegate %q is not in the file", a.delegate))
			case entries[i].ID == e.ID:
				ps = append(ps, a.problem("delegate", "name somebody else, or nobody", "%q is their own delegate", e.ID))
			default:
				absence.Delegate = entries[i].ID
			}
		}
		p.Away = append(p.Away, absence)
	}
	return ps
}

// awayCSV reads "2026-12-24/2027-01-02=ada@example.com; …"; the delegate may be
// left out.
func awayCSV(v string, problem func(key, mend, format string, args ...any) approvals.Problem) (all []away, ps approvals.Problems) {
	for _, part := range parts(v) {
		span, delegate, _ := strings.Cut(part, "=")
		from, to, ok := strings.Cut(span, "/")
		if !ok {
			ps = append(ps, problem("out_of_office", "write 2026-12-24/2027-01-02=delegate, parted by semicolons", "%q is not an absence", part))
			continue
		}
		all = append(all, away{from: from, to: to, delegate: delegate, problem: problem})
	}
	return all, ps
}
