package directory

import (
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Absence is an absence as written.
type Absence struct {
	From, To string // a date, in the person's time zone, or a time of RFC 3339; a date as the end is the last day
	Delegate string // an id or an email; empty: nobody
	Problem  Problem
}

const awayMend = `write a date like "2026-12-24", or a time like "2026-12-24T12:00:00+01:00"`

// read reads one absence; who the delegate is comes later.
func (a Absence) read(zone *time.Location) (approvals.Absence, approvals.Problems) {
	var ps approvals.Problems
	from, _, err := day(a.From, zone)
	if err != nil {
		ps = append(ps, a.Problem("from", awayMend, "%q is not when an absence begins", a.From))
	}
	until, whole, err := day(a.To, zone)
	if err != nil {
		ps = append(ps, a.Problem("to", awayMend, "%q is not when an absence ends", a.To))
	}
	if whole {
		until = until.AddDate(0, 0, 1)
	}
	if len(ps) == 0 && !from.Before(until) {
		ps = append(ps, a.Problem("to", "let it end after it begins", "the absence from %s ends %s, before it begins", a.From, a.To))
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

// absences reads "2026-12-24/2027-01-02=ada@example.com; …"; the delegate may be
// left out.
func absences(v string, problem Problem) (all []Absence, ps approvals.Problems) {
	for _, part := range parts(v) {
		span, delegate, _ := strings.Cut(part, "=")
		from, to, ok := strings.Cut(span, "/")
		if !ok {
			ps = append(ps, problem("out_of_office", "write 2026-12-24/2027-01-02=delegate, parted by semicolons", "%q is not an absence", part))
			continue
		}
		all = append(all, Absence{From: from, To: to, Delegate: delegate, Problem: problem})
	}
	return all, ps
}
