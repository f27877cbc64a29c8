package analytics

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Pattern is what people of one department ask for and what people answer: one
// entitlement, in the time that the report covers. Bounds are those of the
// decisions that fit.
type Pattern struct {
	Entitlement approvals.EntitlementID `json:"entitlement"`
	Department  string                  `json:"department"`
	Approved    int                     `json:"approved"`              // by a person
	Fit         int                     `json:"fit"`                   // of them, like what a permit may say
	Requesters  int                     `json:"requesters"`            // different people among those that fit
	Approvers   int                     `json:"approvers"`             // likewise
	Denied      int                     `json:"denied"`                // by a person, in the last QuietDays
	LastDenied  time.Time               `json:"last_denied,omitzero"`  // the latest denial by a person, whenever
	First       time.Time               `json:"first,omitzero"`        // of those that fit
	Last        time.Time               `json:"last,omitzero"`         // likewise
	MaxScore    int                     `json:"max_score"`             // likewise
	MaxMinutes  int64                   `json:"max_minutes,omitempty"` // likewise
	Ticket      bool                    `json:"ticket,omitempty"`      // each of them named one
	Checks      []string                `json:"checks,omitempty"`      // external checks that passed for each of them, ordered
	Fields      []string                `json:"fields,omitempty"`      // "name=value" that each of them said, ordered
	BusiestDay  int                     `json:"busiest_day"`           // most of them on one day (UTC)
	WhyNot      []string                `json:"why_not,omitempty"`     // empty: the decisions speak for a permit
}

// glimpse is what of a decision's facts tells which pattern it belongs to.
type glimpse struct {
	Kind        approvals.RequestKind `json:"kind"`
	Requester   approvals.Principal   `json:"requester"`
	Beneficiary approvals.Principal   `json:"beneficiary"`
	Entitlement struct {
		Sensitivity approvals.Sensitivity `json:"sensitivity"`
	} `json:"entitlement"`
	Duration  time.Duration            `json:"duration"`
	Ticket    string                   `json:"ticket"`
	Directory approvals.DirectoryState `json:"directory"`
	Problems  []string                 `json:"problems"`
	StartsAt  time.Time                `json:"starts_at"`
	Fields    map[string]string        `json:"fields"`
	Checks    []approvals.CheckResult  `json:"checks"`
	Conflicts []approvals.Conflict     `json:"conflicts"`
}

// Habits counts patterns. It is not safe for concurrent use.
type Habits struct {
	now        time.Time
	catalogue  map[approvals.EntitlementID]approvals.Entitlement
	humans     humans
	patterns   map[key]*habit
	dark       map[approvals.EntitlementID]time.Time // the latest denial that no pattern can be named for
	unreadable int
	nameless   int
}

type key struct {
	entitlement approvals.EntitlementID
	department  string
}

type habit struct {
	Pattern
	requesters, approvers map[approvals.PrincipalID]bool
	days                  map[int64]int
	asked                 map[string]bool // names of fields that those which fit answered
	unknown               int             // approvals by people whom the directory does not know
	sensitive             bool
}

// NewHabits makes an empty count as of a time. What can be asked for and who
// people are is as the catalogue and the directory say now.
func NewHabits(now time.Time, catalogue []approvals.Entitlement, people []approvals.Principal) *Habits {
	h := &Habits{now: now, catalogue: map[approvals.EntitlementID]approvals.Entitlement{}, humans: newHumans(people),
		patterns: map[key]*habit{}, dark: map[approvals.EntitlementID]time.Time{}}
	for _, e := range catalogue {
		h.catalogue[e.ID] = e
	}
	return h
}

// Unknown is how many decisions of people could not be counted: their facts
// can't be read, or name no department.
func (h *Habits) Unknown() int { return h.unreadable + h.nameless }

// Approval counts a decision if it is the first of a request that a person
// approved; others it passes over.
func (h *Habits) Approval(d approvals.PastDecision) {
	if d.Sequence != 1 || !d.ByPerson() || d.State != approvals.RequestApproved {
		return
	}
	f, p := h.pattern(d)
	if p == nil {
		return
	}
	p.Approved++
	p.sensitive = p.sensitive || sensitive(f.Entitlement.Sensitivity)
	var a score
	if json.Unmarshal(d.Assessment, &a) == nil && fits(d, f, a) {
		h.fit(p, d, f, *a.Score)
	}
}

// score is what counts of an assessment. One that is absent is not a low one.
type score struct {
	Score   *int   `json:"score"`
	Problem string `json:"problem"`
}

func (a score) low() bool {
	return a.Score != nil && *a.Score >= 0 && *a.Score <= MaxScore && a.Problem == ""
}

// fits reports whether a request is like what a proposed permit may say: staff
// ask for themselves, from now on, with a low score and nothing in doubt, and
// get what they asked for.
func fits(d approvals.PastDecision, f glimpse, a score) bool {
	return f.Kind == approvals.KindAccess && f.Requester.ID == f.Beneficiary.ID && !f.Beneficiary.Contractor &&
		f.StartsAt.IsZero() && len(f.Problems) == 0 && len(f.Conflicts) == 0 && !f.Directory.Stale && f.Duration > 0 &&
		a.low() && !d.Shortened
}

func (h *Habits) fit(p *habit, d approvals.PastDecision, f glimpse, score int) {
	said := fieldsOf(f.Fields)
	passed := passedOf(f.Checks)
	if p.Fit == 0 {
		p.First, p.Last, p.Ticket, p.Fields, p.Checks = d.DecidedAt, d.DecidedAt, true, said, passed
	}
	p.Fit++
	if d.DecidedAt.Before(p.First) {
		p.First = d.DecidedAt
	}
	if d.DecidedAt.After(p.Last) {
		p.Last = d.DecidedAt
	}
	p.MaxScore = max(p.MaxScore, score)
	p.MaxMinutes = max(p.MaxMinutes, int64(f.Duration/time.Minute))
	p.Ticket = p.Ticket && f.Ticket != ""
	p.Fields, p.Checks = both(p.Fields, said), both(p.Checks, passed)
	for name := range f.Fields {
		p.asked[name] = true
	}
	h.humans.meet(f.Requester)
	p.requesters[f.Requester.ID] = true
	if h.humans.known[d.DecidedBy] {
		p.approvers[d.DecidedBy] = true
	} else {
		p.unknown++
	}
	date := d.DecidedAt.UTC().Unix() / int64(day/time.Second)
	p.days[date]++
	p.BusiestDay = max(p.BusiestDay, p.days[date])
}

// Denial counts a decision if it is the first of a request that a person
// denied, be it access or its extension; others it passes over. One that can't
// be read, or names no department, speaks against every pattern of its
// entitlement.
func (h *Habits) Denial(d approvals.PastDecision) {
	if d.Sequence != 1 || !d.ByPerson() || d.State != approvals.RequestDenied {
		return
	}
	_, p := h.pattern(d)
	if p == nil {
		if d.DecidedAt.After(h.dark[d.Entitlement]) {
			h.dark[d.Entitlement] = d.DecidedAt
		}
		return
	}
	if d.DecidedAt.After(p.LastDenied) {
		p.LastDenied = d.DecidedAt
	}
	if h.recent(d.DecidedAt) {
		p.Denied++
	}
}

// recent reports whether a denial is not older than QuietDays, to the day.
func (h *Habits) recent(at time.Time) bool {
	return !at.IsZero() && !at.Before(h.now.Add(-QuietDays*day))
}

// pattern finds the pattern of a decision; nil when its facts do not tell.
func (h *Habits) pattern(d approvals.PastDecision) (f glimpse, p *habit) {
	if json.Unmarshal(d.Facts, &f) != nil {
		h.unreadable++
		return f, nil
	}
	if f.Beneficiary.Department == "" {
		h.nameless++
		return f, nil
	}
	k := key{d.Entitlement, f.Beneficiary.Department}
	if p = h.patterns[k]; p == nil {
		p = &habit{Pattern: Pattern{Entitlement: k.entitlement, Department: k.department},
			requesters: map[approvals.PrincipalID]bool{}, approvers: map[approvals.PrincipalID]bool{}, days: map[int64]int{}, asked: map[string]bool{}}
		h.patterns[k] = p
	}
	return f, p
}

// Patterns lists what people approved at least MinDecisions times, the most
// frequent first, each with why it is not proposed, and counts the rest.
func (h *Habits) Patterns() (often []Pattern, rest int) {
	for _, p := range h.patterns {
		if p.Approved < MinDecisions {
			if p.Approved > 0 {
				rest++
			}
			continue
		}
		p.Requesters, p.Approvers = h.humans.count(p.requesters), h.humans.count(p.approvers)
		p.WhyNot = h.whyNot(p)
		often = append(often, p.Pattern)
	}
	slices.SortFunc(often, func(a, b Pattern) int {
		return cmp.Or(b.Approved-a.Approved, cmp.Compare(a.Entitlement, b.Entitlement), cmp.Compare(a.Department, b.Department))
	})
	return often, rest
}

func (h *Habits) whyNot(p *habit) (why []string) {
	not := func(when bool, format string, args ...any) {
		if when {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	e, known := h.catalogue[p.Entitlement]
	not(!known, "the catalogue no longer has it")
	not(known && sensitive(e.Sensitivity), "its sensitivity is %s", e.Sensitivity)
	not(known && !sensitive(e.Sensitivity) && p.sensitive, "its sensitivity was high when some of it was decided")
	not(known && len(e.Owners) == 0, "nobody owns it, so nobody could answer for the permit")
	not(p.Fit < MinDecisions, "%d of the %d decisions needed are like what a permit may say (staff, for themselves, at once, score %d or less, as asked)", p.Fit, MinDecisions, MaxScore)
	not(p.Requesters < MinRequesters, "%s asked, %d are needed", people(p.Requesters), MinRequesters)
	not(p.Approvers < MinApprovers && p.unknown == 0, "%s approved, %d are needed", people(p.Approvers), MinApprovers)
	not(p.Approvers < MinApprovers && p.unknown > 0, "%s whom the directory knows approved, %d are needed", people(p.Approvers), MinApprovers)
	not(p.Denied > 0, "people denied it %s in the last %d days, the last time on %s", times(p.Denied), QuietDays, p.LastDenied.UTC().Format(time.DateOnly))
	for _, f := range e.Fields {
		not(p.asked[f.Name] && !p.settled(f), "requests say different things in %q, or what no policy can ask for", f.Label)
	}
	not(h.recent(h.dark[p.Entitlement]), "people denied it in the last %d days and it is not known for which department", QuietDays)
	return why
}

// settled reports whether all that fit say the same in a field, and a policy can
// ask for it.
func (p *habit) settled(f approvals.Field) bool {
	return (f.Type == approvals.FieldChoice || f.Type == approvals.FieldBool) &&
		slices.ContainsFunc(p.Fields, func(said string) bool { return strings.HasPrefix(said, f.Name+"=") })
}

func fieldsOf(said map[string]string) []string {
	var all []string
	for name, value := range said {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}

func passedOf(checks []approvals.CheckResult) []string {
	var all []string
	for _, c := range checks {
		if c.Passed {
			all = append(all, c.Name)
		}
	}
	slices.Sort(all)
	return all
}

// both is what two ordered lists have in common.
func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { _, in := slices.BinarySearch(b, s); return !in })
}

func people(n int) string { return counted(n, "person", "people") }
func times(n int) string  { return counted(n, "time", "times") }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
