package demo

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Year lets the example organisation live through a year, or a part of it: its
// people ask, policies and people answer, access comes and ends. Every step is
// a step of the Service, on a clock that jumps from one to the next. Equal
// settings give equal rows and events.
type Year struct {
	Service  *approvals.Service // its Now and NewID are the year's from Run on
	People   []approvals.Principal
	Catalog  []approvals.Entitlement
	From     time.Time
	Days     int
	Requests int // that are submitted
	// Each is called when so many requests were submitted, before the next is.
	Each func(ctx context.Context, y *Year, submitted int) error

	now       time.Time
	rand      *rand.Rand
	history   historian
	steps     moments
	order     int // of steps at the same time
	ids       int
	submitted int
	Forget    bool // the next access that is given is never taken away
}

// moment is something that happens at a time.
type moment struct {
	at    time.Time
	order int
	do    func(context.Context) error
}

// moments are what will happen, the next first.
type moments []moment

func (s moments) Len() int { return len(s) }
func (s moments) Less(i, j int) bool {
	return cmp.Or(s[i].at.Compare(s[j].at), cmp.Compare(s[i].order, s[j].order)) < 0
}
func (s moments) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Push implements heap.Interface.
func (s *moments) Push(x any) { *s = append(*s, x.(moment)) } //nolint:forcetypeassert // Only moments are pushed.

// Pop implements heap.Interface.
func (s *moments) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// Now is the year's clock.
func (y *Year) Now() time.Time { return y.now }

// in lets something happen after a while.
func (y *Year) in(d time.Duration, do func(context.Context) error) {
	y.order++
	heap.Push(&y.steps, moment{y.now.Add(d).Truncate(time.Millisecond), y.order, do})
}

// Run lets the time pass, until all that was asked has ended.
func (y *Year) Run(ctx context.Context) error {
	y.rand, y.now = rand.New(rand.NewPCG(seed, 3)), y.From
	y.history = historian{rand: y.rand, byTeam: map[string][]approvals.Principal{}, people: y.People}
	for _, p := range y.People {
		y.history.byTeam[p.Department] = append(y.history.byTeam[p.Department], p)
	}
	y.Service.Now = y.Now
	y.Service.NewID = func(prefix string) string { y.ids++; return fmt.Sprintf("%s%07d", prefix, y.ids) }
	y.plan()
	for len(y.steps) > 0 {
		next, _ := heap.Pop(&y.steps).(moment)
		y.now = next.at
		if err := next.do(ctx); err != nil {
			return fmt.Errorf("at %s: %w", y.now.Format(time.RFC3339), err)
		}
	}
	return nil
}

// plan spreads the requests over the days: few at weekends, and the first of
// each day plans the others.
func (y *Year) plan() {
	weights, total := make([]int, y.Days), 0
	for i := range weights {
		weights[i] = 20
		if wd := y.From.AddDate(0, 0, i).Weekday(); wd == time.Saturday || wd == time.Sunday {
			weights[i] = 2
		}
		total += weights[i]
	}
	for i, done, sum := 0, 0, 0; i < y.Days; i++ {
		sum += weights[i]
		n := y.Requests*sum/total - done
		done += n
		at := y.From.AddDate(0, 0, i)
		y.in(at.Sub(y.now), func(context.Context) error {
			for range n {
				y.in(8*time.Hour+time.Duration(y.rand.IntN(10*3600))*time.Second, y.ask)
			}
			return nil
		})
	}
}

// ask is one request, from its beginning.
func (y *Year) ask(ctx context.Context) error {
	if y.Each != nil {
		if err := y.Each(ctx, y, y.submitted); err != nil {
			return err
		}
	}
	for { // until somebody asks for what they do not have
		p := y.history.one(y.Catalog[y.rand.IntN(len(y.Catalog))], y.now)
		done, err := y.submit(ctx, p)
		if err != nil || done {
			return err
		}
	}
}

func (y *Year) submit(ctx context.Context, p past) (bool, error) {
	who := approvals.Person(p.request.Requester, "slack", "")
	if slices.ContainsFunc(y.People, func(o approvals.Principal) bool { return o.ID == who.Principal && slices.Contains(o.Groups, "on-call") }) && y.rand.IntN(3) == 0 {
		return y.emergency(ctx, who, p)
	}
	y.ids++
	draft, err := y.Service.Draft(ctx, who, approvals.Ask{Requester: who.Principal, Entitlement: p.request.Entitlement, Duration: p.request.Duration,
		Reason: p.request.Reason, Ticket: p.request.Ticket, Fields: fields(p.request.Entitlement, y.Catalog), Key: fmt.Sprint("year/", y.ids)})
	if err != nil {
		return false, mine(err)
	}
	r, err := y.Service.Submit(ctx, who, draft.ID)
	if err != nil {
		if wrong := mine(err); wrong != nil {
			return false, wrong
		}
		_, err = y.Service.Cancel(ctx, who, draft.ID)
		return false, err
	}
	y.submitted++
	switch r.State {
	case approvals.RequestApproved:
		y.begin(r)
	case approvals.RequestPending:
		y.wait(r, p)
	}
	return true, nil
}

// mine is an error that the year is not made for: that something can't be asked
// now is none.
func mine(err error) error {
	switch approvals.ErrorCode(err) {
	case approvals.CodeConflict, approvals.CodeInvalid, approvals.CodeForbidden, approvals.CodeDuplicate, approvals.CodeAlreadyDecided, approvals.CodeIllegalTransition:
		return nil
	}
	return err
}

// fields answers what the catalogue asks besides.
func fields(id approvals.EntitlementID, all []approvals.Entitlement) map[string]string {
	answers := map[string]string{}
	for _, e := range all {
		if e.ID != id {
			continue
		}
		for _, f := range e.Fields {
			switch f.Type {
			case approvals.FieldChoice:
				answers[f.Name] = f.Choices[0]
			case approvals.FieldBool:
				answers[f.Name] = "true"
			case approvals.FieldNumber:
				answers[f.Name] = "1"
			default:
				answers[f.Name] = "as every month"
			}
		}
	}
	return answers
}

// wait lets people answer, or not.
func (y *Year) wait(r approvals.Request, p past) {
	who := approvals.Person(r.Requester, "slack", "")
	switch chance := y.rand.IntN(1000); {
	case chance < 12:
		y.in(10*time.Minute, func(ctx context.Context) error {
			_, err := y.Service.Cancel(ctx, who, r.ID)
			return mine(err)
		})
	case chance < 15:
		y.in(time.Minute, func(ctx context.Context) error {
			_, err := y.Service.Approve(ctx, who, r.ID, "")
			if approvals.ErrorCode(err) == approvals.CodeSelfApproval { // as it must
				err = nil
			}
			return err
		})
		fallthrough
	default:
		y.in(p.request.DecidedAt.Sub(p.request.SubmittedAt), func(ctx context.Context) error { return y.answer(ctx, r.ID, p, 0) })
	}
	y.in(r.LapsesAt.Sub(y.now), func(ctx context.Context) error {
		_, err := y.Service.Lapse(ctx, r.ID)
		if code := approvals.ErrorCode(err); code == approvals.CodeAlreadyDecided || code == approvals.CodeConflict {
			return nil
		}
		return err
	})
}

// answersAtMost is how many are asked, one after the other, before a request is
// left to lapse.
const answersAtMost = 6

// answer lets the next approver answer, until it is settled.
func (y *Year) answer(ctx context.Context, id approvals.RequestID, p past, nth int) error {
	d, err := y.Service.Store.Decision(ctx, id)
	if err != nil || nth >= answersAtMost || len(d.Approvers) == 0 {
		return err
	}
	who := approvals.Person(d.Approvers[nth%len(d.Approvers)], "slack", "")
	var r approvals.Request
	if p.learned.Approved {
		r, err = y.Service.Approve(ctx, who, id, "")
	} else {
		r, err = y.Service.Deny(ctx, who, id, "not needed for this work")
	}
	switch approvals.ErrorCode(err) {
	case "":
	case approvals.CodeAlreadyDecided, approvals.CodeForbidden, approvals.CodeSelfApproval, approvals.CodeLapsed:
	default:
		return err
	}
	if err == nil && r.State == approvals.RequestApproved {
		y.begin(r)
	}
	if r.State == approvals.RequestPending || err != nil && approvals.ErrorCode(err) != approvals.CodeAlreadyDecided {
		y.in(5*time.Minute, func(ctx context.Context) error { return y.answer(ctx, id, p, nth+1) })
	}
	return nil
}
