package evidence

import (
	"cmp"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// tally counts what the summary and the charts say.
type tally struct {
	from, to time.Time
	asOf     time.Time

	Requests, Granted, Automatic, ByPeople, BreakGlass int
	Denied, Cancelled, Lapsed, Pending                 int
	Extended                                           int // of those granted: a later end of access that was there
	Ends, EndsLate, Running                            int
	ReadBack                                           int // ends with a read-back
	Facts                                              int // requests whose decision names its facts
	Periods                                            []Bucket
	systems                                            map[string]*SystemCount
	people                                             map[approvals.PrincipalID]bool
	waits                                              map[Way][]time.Duration // from submission until access worked
	lived                                              []time.Duration         // for how long access was there; running access counts until asOf
}

// Bucket is a part of the period.
type Bucket struct {
	From                                  time.Time
	Name                                  string
	Automatic, ByPeople, Refused, Other   int // requests by what became of them; break-glass is among Other
	Ended, Late                           int // ends, by when they were due
	BreakGlass, Cancelled, Lapsed, Opened int
}

// Approved is how many gave access.
func (b Bucket) Approved() int { return b.Automatic + b.ByPeople + b.BreakGlass }

// SystemCount is how often access to a system was given.
type SystemCount struct {
	System              string
	Automatic, ByPeople int
	Other               int // by break-glass
	Refused             int
}

// Total is how often access was given.
func (s SystemCount) Total() int { return s.Automatic + s.ByPeople + s.Other }

func newTally(from, to, asOf time.Time) *tally {
	t := &tally{from: from, to: to, asOf: asOf, systems: map[string]*SystemCount{}, people: map[approvals.PrincipalID]bool{},
		waits: map[Way][]time.Duration{}}
	t.Periods = buckets(from, to)
	return t
}

// buckets cuts a period into days, weeks or months, so that a chart has at most
// about forty.
func buckets(from, to time.Time) (all []Bucket) {
	from, to = from.UTC(), to.UTC()
	layout, next := "Jan 06", func(t time.Time) time.Time { return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC) }
	switch days := to.Sub(from).Hours() / 24; {
	case days <= 32:
		layout, next = "2 Jan", func(t time.Time) time.Time { return t.Truncate(24*time.Hour).AddDate(0, 0, 1) }
	case days <= 190:
		layout, next = "2 Jan", func(t time.Time) time.Time { return t.Truncate(24*time.Hour).AddDate(0, 0, 7) }
	case days > 1500:
		layout, next = "2006", func(t time.Time) time.Time { return time.Date(t.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC) }
	}
	if layout == "Jan 06" && !to.After(from.AddDate(1, 0, 0)) {
		layout = "Jan" // each month comes once
	}
	for at := from; at.Before(to); at = next(at) {
		all = append(all, Bucket{From: at, Name: at.Format(layout)})
	}
	return all
}

// bucket is the part that a time lies in; nil outside.
func (t *tally) bucket(at time.Time) *Bucket {
	i, found := slices.BinarySearchFunc(t.Periods, at, func(b Bucket, at time.Time) int { return b.From.Compare(at) })
	if !found {
		i--
	}
	if i < 0 || !at.Before(t.to) || len(t.Periods) == 0 {
		return nil
	}
	return &t.Periods[i]
}

// add counts a record.
func (t *tally) add(r Record) {
	t.Requests++
	t.people[r.Beneficiary.ID] = true
	system := cmp.Or(r.System, "(not known)")
	if t.systems[system] == nil {
		t.systems[system] = &SystemCount{System: system}
	}
	t.outcome(r, t.systems[system], t.bucket(r.SubmittedAt))
	if r.Granted() && !r.First() {
		t.Extended++
	}
	if r.FactsDigest != "" {
		t.Facts++
	}
	if r.Granted() && !r.ActiveAt.IsZero() && r.First() {
		t.waits[r.By] = append(t.waits[r.By], max(0, r.ActiveAt.Sub(r.SubmittedAt)))
	}
	t.ended(r)
}

// outcome counts what became of a request. An imported one has no bucket but
// its own time.
func (t *tally) outcome(r Record, s *SystemCount, b *Bucket) {
	if b == nil {
		b = &Bucket{} // outside of the period: counted nowhere
	}
	switch {
	case r.Granted() && r.By == ByPolicy:
		t.Granted, t.Automatic, s.Automatic, b.Automatic = t.Granted+1, t.Automatic+1, s.Automatic+1, b.Automatic+1
	case r.Granted() && r.By == ByBreakGlass:
		t.Granted, t.BreakGlass, s.Other, b.BreakGlass, b.Other = t.Granted+1, t.BreakGlass+1, s.Other+1, b.BreakGlass+1, b.Other+1
	case r.Granted():
		t.Granted, t.ByPeople, s.ByPeople, b.ByPeople = t.Granted+1, t.ByPeople+1, s.ByPeople+1, b.ByPeople+1
	case r.Outcome == approvals.RequestDenied:
		t.Denied, s.Refused, b.Refused = t.Denied+1, s.Refused+1, b.Refused+1
	case r.Outcome == approvals.RequestCancelled:
		t.Cancelled, b.Cancelled, b.Other = t.Cancelled+1, b.Cancelled+1, b.Other+1
	case r.Outcome == approvals.RequestLapsed:
		t.Lapsed, b.Lapsed, b.Other = t.Lapsed+1, b.Lapsed+1, b.Other+1
	default:
		t.Pending, b.Opened, b.Other = t.Pending+1, b.Opened+1, b.Other+1
	}
}

// ended counts how access ended.
func (t *tally) ended(r Record) {
	if !r.First() || r.ActiveAt.IsZero() {
		return
	}
	end := r.EndedAt
	if end.IsZero() {
		end = r.ResidualAt
	}
	if end.IsZero() {
		t.Running++
		t.lived = append(t.lived, max(0, t.asOf.Sub(r.ActiveAt)))
	} else {
		t.Ends++
		t.lived = append(t.lived, max(0, end.Sub(r.ActiveAt)))
		if r.EndReadBack != "" {
			t.ReadBack++
		}
	}
	late := r.Late > lateAfter
	if late {
		t.EndsLate++
	}
	if b := t.bucket(r.EndsAt); b != nil && (late || !end.IsZero()) {
		if late {
			b.Late++
		} else {
			b.Ended++
		}
	}
}

// Systems are the counts by system, the most used first.
func (t *tally) Systems() []SystemCount {
	var all []SystemCount
	for _, s := range t.systems {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b SystemCount) int {
		return cmp.Or(b.Total()-a.Total(), cmp.Compare(a.System, b.System))
	})
	return all
}

// People is how many had requests.
func (t *tally) People() int { return len(t.people) }

// Wait is a share of the requests that got access within a time.
func (t *tally) Wait(w Way, share float64) time.Duration {
	waits := t.waits[w]
	if len(waits) == 0 {
		return 0
	}
	slices.Sort(waits)
	return waits[min(len(waits)-1, int(share*float64(len(waits))))]
}

// step is a length of time that a table counts to.
type step struct {
	Name string
	Upto time.Duration
}

var waitSteps = []step{{"1 min", time.Minute}, {"5 min", 5 * time.Minute}, {"15 min", 15 * time.Minute}, {"1 h", time.Hour},
	{"4 h", 4 * time.Hour}, {"1 day", 24 * time.Hour}, {"longer", 1<<63 - 1}}

var lifeSteps = []step{{"15 min", 15 * time.Minute}, {"1 h", time.Hour}, {"2 h", 2 * time.Hour}, {"4 h", 4 * time.Hour}, {"8 h", 8 * time.Hour},
	{"1 day", 24 * time.Hour}, {"2 days", 48 * time.Hour}, {"7 days", 7 * 24 * time.Hour}, {"30 days", 30 * 24 * time.Hour}}

// Waits counts, for each step, the requests of a kind that waited until then,
// and longer than until the step before.
func (t *tally) Waits(w Way) []int {
	counts := make([]int, len(waitSteps))
	for _, d := range t.waits[w] {
		counts[slices.IndexFunc(waitSteps, func(s step) bool { return d <= s.Upto })]++
	}
	return counts
}

// Lasting counts, for each step, the access that was still there then.
func (t *tally) Lasting() []int {
	counts := make([]int, len(lifeSteps))
	for _, d := range t.lived {
		for i, s := range lifeSteps {
			if d > s.Upto {
				counts[i]++
			}
		}
	}
	return counts
}

// Given is how often access came to be, extensions left out.
func (t *tally) Given() int { return len(t.lived) }
